// How processes of worker.wat may end.

import type { ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';

/** Reasons that processes of this program can have, and nothing else: a trap in $out_of_order, say, is a bug of the VM. */
export function isExpected(reason: ExitReason): boolean {
  switch (reason.kind) {
    case 'normal':
    case 'killed':
    case 'noproc':
      return true;
    case 'linked':
      return isExpected(reason.reason);
    case 'trap':
      return reason.message === 'unreachable' && /^at on_purpose /.test(reason.stack ?? '');
    default:
      return false;
  }
}
