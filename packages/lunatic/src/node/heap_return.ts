// Gives V8's heap back to the operating system after a peak of processes.
//
// V8 collects when something is allocated. A VM whose million processes have ended, and which has nothing to do now, would keep their
// records, half a GiB, for as long as it is idle (V8's own "memory reducer" was waited for for 35 seconds, and did nothing). So a while after
// most processes have ended the collector is asked for, through the inspector's protocol, the one public way there is. The pause is
// bounded by what it finds alive: it is not asked for unless the dead records are a third of what is
// in the heap at least (the rest is garbage as well, or alive).

import { getHeapStatistics } from 'node:v8';
import { HEAP_RETURN_DELAY_MS, HEAP_RETURN_MIN_PROCESSES, PROCESS_BYTES } from './limits.ts';

export class HeapReturn {
  readonly #alive: () => number;
  readonly #isIdle: () => boolean;
  /** Most processes alive since the last collection that was asked for. */
  #peak = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Collections asked for, for inspection. */
  collections = 0;

  constructor(alive: () => number, isIdle: () => boolean) {
    this.#alive = alive;
    this.#isIdle = isIdle;
  }

  /** A process has ended; `alive` are left. Hot: every end. */
  ended(alive: number): void {
    if (alive >= this.#peak) this.#peak = alive + 1;
    else if (this.#peak - alive > HEAP_RETURN_MIN_PROCESSES && alive < this.#peak / 4 && this.#timer === null)
      this.#wait();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#peak = Infinity;
  }

  #wait(): void {
    this.#timer = setTimeout(() => this.#timeIsUp(), HEAP_RETURN_DELAY_MS);
    // It is no reason to keep the event loop alive.
    this.#timer.unref();
  }

  #timeIsUp(): void {
    this.#timer = null;
    const alive = this.#alive();
    if (alive >= this.#peak / 4) return;
    if (!this.#isIdle()) {
      // What runs allocates, and may well make V8 collect by itself; and a pause would hurt.
      this.#wait();
      return;
    }
    const deadBytes = (this.#peak - alive) * PROCESS_BYTES;
    this.#peak = alive;
    if (deadBytes < getHeapStatistics().used_heap_size / 3) return;
    this.collections++;
    collect();
  }
}

/** Nothing happens in a Node.js that was built without the inspector. */
function collect(): void {
  const inspector = process.getBuiltinModule('node:inspector');
  if (inspector === undefined) return;
  const session = new inspector.Session();
  session.connect();
  // V8 does it in a task of its own, and not at all for a session that has gone. A session that is disconnected by its own callback waits
  // for itself, for ever.
  session.post('HeapProfiler.collectGarbage', () => setImmediate(() => session.disconnect()));
}
