// Randomness. Spec: witx random_get.

import { type HostContext, STOP_YIELD } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import { MAX_IO_BYTES } from '../limits.ts';
import { hostState } from '../state.ts';
import { mayStop, type Row } from '../table.ts';
import { ERRNO_SUCCESS } from './numbers.ts';

export function randomRows(env: HostEnvironment): readonly Row[] {
  return [mayStop('random_get', 'ii', 'i', (ctx, buffer, length) => randomGet(env, ctx, buffer >>> 0, length >>> 0))];
}

/** Fills the buffer. A long one is filled in portions, other processes run in between. */
function randomGet(env: HostEnvironment, ctx: HostContext, buffer: number, length: number): number {
  ctx.memory.check(buffer, length);
  const state = hostState(ctx);
  const done = state.progress;
  const portion = Math.min(length - done, MAX_IO_BYTES);
  env.random.fill(ctx.memory.writable(buffer + done, portion));
  ctx.charge(portion);
  if (done + portion < length) {
    state.progress = done + portion;
    ctx.stop(STOP_YIELD);
  } else {
    state.progress = 0;
  }
  return ERRNO_SUCCESS;
}
