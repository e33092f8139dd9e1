// The clock for timeouts: monotonic, in nanoseconds.

import { clockTimeGet } from "./bindings/wasi";

export const CLOCK_REALTIME: u32 = 0;
export const CLOCK_MONOTONIC: u32 = 1;

export function clockNs(clock: u32 = CLOCK_MONOTONIC): u64 {
  const out = memory.data(8);
  clockTimeGet(clock, 1, out);
  return load<u64>(out);
}
