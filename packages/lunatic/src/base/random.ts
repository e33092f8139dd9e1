// Randomness, as a seam: from the system for guests, from a seed for tests and simulation.

export interface Random {
  /** Fills `target` with random bytes. */
  fill(target: Uint8Array): void;
  /** A whole number from 0 to 2^32 - 1. */
  nextU32(): number;
}

/** Cryptographically strong. */
export class SystemRandom implements Random {
  fill(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += MAX_REQUEST_BYTES) {
      // A view on shared memory is refused by the system; guests' memories are not shared.
      const part = target.subarray(at, at + MAX_REQUEST_BYTES) as Uint8Array<ArrayBuffer>;
      globalThis.crypto.getRandomValues(part);
    }
  }

  nextU32(): number {
    const word = new Uint32Array(1);
    globalThis.crypto.getRandomValues(word);
    return word[0] as number;
  }
}

/** xoshiro128**: fast, reproducible, not for secrets. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** The same seed (taken modulo 2^32) gives the same numbers. */
  constructor(seed: number) {
    // The state must not be all zero; splitmix32 spreads the seed over it.
    let state = seed | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return z ^ (z >>> 16);
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    this.#d = next() | 1;
  }

  nextU32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = rotateLeft(this.#d, 11);
    return result;
  }

  fill(target: Uint8Array): void {
    let word = 0;
    for (let i = 0; i < target.length; i++) {
      if ((i & 3) === 0) word = this.nextU32();
      target[i] = word & 0xff;
      word >>>= 8;
    }
  }
}

/** A whole number from 0 to `bound` - 1, without bias. Throws RangeError unless `bound` lies in 1 ... 2^32. */
export function randomBelow(random: Random, bound: number): number {
  if (!(bound >= 1 && bound <= 2 ** 32)) throw new RangeError(`no random number below ${bound}`);
  const limit = 2 ** 32 - (2 ** 32 % bound);
  for (;;) {
    const value = random.nextU32();
    if (value < limit) return value % bound;
  }
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** What `getRandomValues` takes at once. */
const MAX_REQUEST_BYTES = 65536;
