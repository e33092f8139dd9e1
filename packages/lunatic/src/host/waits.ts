// Waiting, as handlers say it: begin, stop, and go on when the same import is called again.
//
// The actor layer keeps the wait itself (process.ts there), wakes only when it is over, and refuses late answers by token.

import { FOREVER, IO_WAIT } from '../actor/process.ts';
import { type HostContext, STOP_WAIT, STOP_YIELD } from '../engine/host_function.ts';
import type { InputSource, OutputSink } from './environment.ts';
import { type HostState, hostState } from './state.ts';
import { delayMs } from './values.ts';

/** `sleep_ms`: returns when the time is over. Signals are taken in meanwhile. */
export function sleep(ctx: HostContext, ms: bigint): void {
  if (!ctx.process.sleep(delayMs(ms))) ctx.stop(STOP_WAIT);
}

/** Lets the processes that can run have a turn first. */
export function yieldOnce(ctx: HostContext): void {
  const state = hostState(ctx);
  state.yielded = !state.yielded;
  if (state.yielded) ctx.stop(STOP_YIELD);
}

/** Begins a wait for input; `timeoutMs` as for `Process.beginIo`. */
export function waitForInput(ctx: HostContext, input: InputSource, timeoutMs: number): void {
  const proc = ctx.process;
  const token = proc.beginIo(timeoutMs);
  hostState(ctx).withdrawal = { withdraw: input.onReadable(() => proc.completeIo(token, null)) };
  ctx.stop(STOP_WAIT);
}

/** Begins a wait until output is taken again. */
export function waitForOutput(ctx: HostContext, output: OutputSink): void {
  const proc = ctx.process;
  const token = proc.beginIo(FOREVER);
  output.onDrain(() => proc.completeIo(token, null));
  ctx.stop(STOP_WAIT);
}

/**
 * For a handler that may be called again after such a wait: ends a wait that is over, by its answer or its timeout, and
 * takes back the request. False: it is not over, the stop has been asked for, return at once. True on a first call.
 */
export function endWait(ctx: HostContext, state: HostState): boolean {
  if (ctx.process.pollIo() === IO_WAIT) {
    ctx.stop(STOP_WAIT);
    return false;
  }
  if (state.withdrawal !== null) {
    state.withdrawal.withdraw();
    state.withdrawal = null;
  }
  return true;
}
