// The clock of a VM on this machine. It tells what SystemClock tells, which runs on any JavaScript engine; but `performance` makes Node.js
// load a good deal first (1.6 ms), and takes longer to read. All threads of an OS process read the same time.

import type { Clock } from '../base/clock.ts';

/** The global `process` is a getter. */
const { hrtime } = process;

/** Hot: some readings in every slice. */
export class NodeClock implements Clock {
  nowMs(): number {
    const time = hrtime();
    return time[0] * 1e3 + time[1] / 1e6;
  }

  wallNs(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }
}
