// `lunatic::timer`: messages sent later. Spec: ABI reference 1.3, with an exact answer of `cancel_timer`.

import { TIMER_REFUSED } from '../../actor/process_timers.ts';
import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { takeScratch } from '../message/scratch.ts';
import { answers, namespace } from '../table.ts';
import { delayMs, idNumber } from '../values.ts';

export const TIMER_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::timer', [
  answers('send_after', 'II', 'I', sendAfter),
  answers('cancel_timer', 'I', 'i', (ctx, id) =>
    ctx.process.system.timers.cancel(ctx.process.pid, idNumber(id)) ? 1 : 0,
  ),
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
