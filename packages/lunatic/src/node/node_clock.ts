// The clock of a VM on this machine. It tells what SystemClock tells, which runs on any JavaScript engine; but `performance` makes Node.js
// load a good deal first (1.6 ms), and takes longer to read.

import type { Clock } from '../base/clock.ts';

export class NodeClock implements Clock {
  nowMs(): number {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  }

  wallNs(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }
}
