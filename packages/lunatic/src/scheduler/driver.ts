// What the scheduler needs of its host: a macrotask, and one timer.
//
// A macrotask is a turn of the host's event loop, so I/O and signals come in between two turns of ours. `setImmediate` is
// the cheapest there is on Node.js (1.5 us a turn against 3.3 us through a MessageChannel), and unlike a port it holds the event
// loop open only while a turn is due.

import { MAX_HOST_DELAY_MS } from './limits.ts';

export interface HostDriver {
  /** Calls `turn` once, soon, from the event loop. At most one request is outstanding. */
  requestTurn(turn: () => void): void;
  /** Calls `fire` once after at least `delayMs`, replacing what was armed before. May be early or late: the caller checks. */
  armTimer(delayMs: number, fire: () => void): void;
  disarmTimer(): void;
  /** Withdraws what is outstanding. Nothing holds the event loop open afterwards. */
  close(): void;
}

/** The event loop this program runs in. */
export class EventLoopDriver implements HostDriver {
  #immediate: ReturnType<typeof setImmediate> | null = null;
  #timeout: ReturnType<typeof setTimeout> | null = null;

  requestTurn(turn: () => void): void {
    this.#immediate = setImmediate(turn);
  }

  armTimer(delayMs: number, fire: () => void): void {
    this.disarmTimer();
    this.#timeout = setTimeout(fire, Math.min(Math.ceil(delayMs), MAX_HOST_DELAY_MS));
  }

  disarmTimer(): void {
    if (this.#timeout === null) return;
    clearTimeout(this.#timeout);
    this.#timeout = null;
  }

  close(): void {
    this.disarmTimer();
    if (this.#immediate === null) return;
    clearImmediate(this.#immediate);
    this.#immediate = null;
  }
}
