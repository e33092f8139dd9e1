// Letting others run. Spec: witx sched_yield.

import { mayStop, type Row } from '../table.ts';
import { yieldOnce } from '../waits.ts';
import { ERRNO_SUCCESS } from './numbers.ts';

export const SCHED_ROWS: readonly Row[] = [
  mayStop('sched_yield', '', 'i', (ctx) => {
    yieldOnce(ctx);
    return ERRNO_SUCCESS;
  }),
];
