// Host calls whose answer another worker of the VM has: the process asks, stops, and takes the answer when its import is called again.

import { MAIN_WORKER } from '../actor/actor_system.ts';
import { FOREVER, IO_NONE, IO_WAIT, WAIT_NONE } from '../actor/process.ts';
import { type HostContext, STOP_MAIN, STOP_WAIT, STOP_YIELD } from '../engine/host_function.ts';

/** Whether this is the second call, which takes an answer, or one about a process that is not on this worker. */
export function mustAsk(ctx: HostContext, pid: number): boolean {
  return ctx.process.waitKind !== WAIT_NONE || ctx.process.system.isElsewhere(pid);
}

/**
 * The answer that `ask` has another worker give; undefined: it is not there, the stop has been asked for, return at once. For functions declared with
 * `mayStop`; `ask` is called once, by the first call, and calls `done` once, later.
 */
export function awaitAnswer<T>(ctx: HostContext, ask: (done: (answer: T) => void) => void): T | undefined {
  const proc = ctx.process;
  const waited = proc.pollIo();
  if (waited === IO_NONE) {
    const token = proc.beginIo(FOREVER, false);
    ask((answer) => proc.completeIo(token, answer));
    ctx.stop(STOP_WAIT);
    return undefined;
  }
  if (waited === IO_WAIT) {
    ctx.stop(STOP_WAIT);
    return undefined;
  }
  return proc.takeIoValue() as T; // what `ask` was given `done` for
}

/** Whether this worker is not the one that has the registry, standard input and the embedder's functions. */
export function isElsewhere(ctx: HostContext): boolean {
  return ctx.process.system.space.self !== MAIN_WORKER;
}

/** The process goes on at the main worker, and calls again there: true, return at once. */
export function goesToMain(ctx: HostContext): boolean {
  if (!isElsewhere(ctx)) return false;
  ctx.stop(STOP_MAIN);
  return true;
}

/** Too much is on its way to where `pid` is: true, the call is made again in the next slice, return at once. */
export function waitsForRoom(ctx: HostContext, pid: number): boolean {
  const { remote } = ctx.process.system;
  if (remote === null || !ctx.process.system.isElsewhere(pid) || !remote.isCongested(pid)) return false;
  ctx.stop(STOP_YIELD);
  return true;
}
