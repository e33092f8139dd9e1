// `lunatic::timer`: messages sent later. Spec: ABI reference 1.3, with an exact answer of `cancel_timer`.

import { WAIT_NONE } from '../../actor/process.ts';
import { CALL_CANCEL_TIMER, TIMER_REFUSED } from '../../actor/process_timers.ts';
import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { awaitAnswer } from '../elsewhere.ts';
import { takeScratch } from '../message/scratch.ts';
import { answers, mayStop, namespace } from '../table.ts';
import { delayMs, idNumber } from '../values.ts';

export const TIMER_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::timer', [
  answers('send_after', 'II', 'I', sendAfter),
  mayStop('cancel_timer', 'I', 'i', cancelTimer),
]);

/**
 * Gives the scratch message away, to be delivered after `delay` milliseconds even if this process has ended by then;
 * dropped if the receiver has. Returns the timer's id. Traps without a message, and at the bound on delayed messages.
 */
function sendAfter(ctx: HostContext, pid: bigint, delay: bigint): bigint {
  const message = takeScratch(ctx);
  const { timers } = ctx.process.system;
  const id = timers.sendAfter(ctx.process.pid, message, idNumber(pid), delayMs(delay));
  if (id === TIMER_REFUSED) {
    message.release();
    ctx.trap('too many delayed messages are under way; cancel some, or wait for their delivery');
  }
  return BigInt(id);
}

/** A process that moved to another worker has left its timers behind: that worker is asked. */
function cancelTimer(ctx: HostContext, timerId: bigint): number {
  const { system, pid, waitKind } = ctx.process;
  const id = idNumber(timerId);
  const worker = system.timers.workerOf(id);
  if (system.remote === null || (worker === system.space.self && waitKind === WAIT_NONE))
    return system.timers.cancel(pid, id) ? 1 : 0;
  const { remote } = system;
  const cancelled = awaitAnswer<unknown>(ctx, (done) => remote.call(worker, CALL_CANCEL_TIMER, [pid, id], done));
  return cancelled === true ? 1 : 0;
}
