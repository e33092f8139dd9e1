// The end of a process by its own wish. Spec: witx proc_exit, proc_raise.

import { exitWithCode } from '../../actor/exit_reason.ts';
import { STOP_EXIT } from '../../engine/host_function.ts';
import { answers, mayStop, type Row } from '../table.ts';
import { ERRNO_NOTSUP } from './numbers.ts';

export const PROC_ROWS: readonly Row[] = [
  // Code 0 is a normal end; any other is a failure, of which links are told.
  mayStop('proc_exit', 'i', '', (ctx, code) => {
    ctx.process.exitReason = exitWithCode(code >>> 0);
    ctx.stop(STOP_EXIT);
  }),
  // POSIX signals do not exist here; libraries fall back to their own emulation.
  answers('proc_raise', 'i', 'i', () => ERRNO_NOTSUP),
];
