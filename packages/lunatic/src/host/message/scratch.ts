// The scratch area: the one message a process is writing or reading. Spec: ABI reference 1.2.

import { MESSAGE_DATA, type Message } from '../../actor/message.ts';
import type { HostContext } from '../../engine/host_function.ts';

/** The message in the scratch area, of any kind. Traps if there is none. */
export function anyScratch(ctx: HostContext): Message {
  const message = ctx.scratch();
  if (message === null) noScratch(ctx);
  return message;
}

/** The data message in the scratch area. Traps if there is none, or one of another kind. */
export function dataScratch(ctx: HostContext): Message {
  const message = anyScratch(ctx);
  if (message.kind !== MESSAGE_DATA) ctx.trap('the scratch area holds a notice of death, not a data message');
  return message;
}

/** Takes the message out to be sent. Traps if there is none. */
export function takeScratch(ctx: HostContext): Message {
  const message = ctx.takeScratch();
  if (message === null) noScratch(ctx);
  return message;
}

function noScratch(ctx: HostContext): never {
  return ctx.trap('the scratch area holds no message');
}
