// Time, as a seam: the VM reads no other clock, so it can run under a simulated one.

export interface Clock {
  /** Milliseconds from an arbitrary start, with a fraction; never goes backwards. */
  nowMs(): number;
  /** Nanoseconds since 1970-01-01T00:00:00Z; may jump when the system's clock is set. */
  wallNs(): bigint;
}

export class SystemClock implements Clock {
  /** The global of that name is a getter in Node.js, and loads a good deal when it is first asked. */
  readonly #performance = performance;

  nowMs(): number {
    return this.#performance.now();
  }

  wallNs(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }
}

/** A clock that moves only when told to; for tests and simulation. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallNs: bigint;

  constructor(nowMs = 0, wallNs = 0n) {
    this.#nowMs = nowMs;
    this.#wallNs = wallNs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallNs(): bigint {
    return this.#wallNs;
  }

  /** Moves both clocks forward. Throws RangeError for a negative step. */
  advance(stepMs: number): void {
    if (!(stepMs >= 0)) throw new RangeError(`cannot advance the clock by ${stepMs} ms`);
    this.#nowMs += stepMs;
    this.#wallNs += BigInt(Math.round(stepMs * 1e6));
  }
}
