// Clocks. Spec: witx clock_res_get, clock_time_get.

import type { HostContext } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import { answers, type Row } from '../table.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME,
  ERRNO_INVAL,
  ERRNO_SUCCESS,
} from './numbers.ts';

export function clockRows(env: HostEnvironment): readonly Row[] {
  return [
    answers('clock_res_get', 'ii', 'i', clockResGet),
    answers('clock_time_get', 'iIi', 'i', (ctx, id, _precision, time) => {
      const ns = clockNs(env, id);
      if (ns === undefined) return ERRNO_INVAL;
      ctx.memory.writeU64(time, ns);
      return ERRNO_SUCCESS;
    }),
  ];
}

/** Nanoseconds of a clock by its number; undefined if there is no such clock. A process's cpu time is the VM's. */
export function clockNs(env: HostEnvironment, id: number): bigint | undefined {
  switch (id) {
    case CLOCK_REALTIME:
      return env.clock.wallNs();
    case CLOCK_MONOTONIC:
      return BigInt(Math.floor(env.clock.nowMs() * NS_PER_MS));
    case CLOCK_PROCESS_CPUTIME:
    case CLOCK_THREAD_CPUTIME:
      return env.cpuNs();
    default:
      return undefined;
  }
}

/** Writes the resolution as `u64` nanoseconds. EINVAL: no such clock. */
function clockResGet(ctx: HostContext, id: number, resolution: number): number {
  if (id < CLOCK_REALTIME || id > CLOCK_THREAD_CPUTIME) return ERRNO_INVAL;
  ctx.memory.writeU64(resolution, id === CLOCK_REALTIME ? REALTIME_RESOLUTION_NS : RESOLUTION_NS);
  return ERRNO_SUCCESS;
}

export const NS_PER_MS = 1e6;
const REALTIME_RESOLUTION_NS = 1_000_000n;
const RESOLUTION_NS = 1_000n;
