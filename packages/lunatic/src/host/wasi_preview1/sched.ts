// Letting others run. Spec: witx sched_yield.

import { yieldOnce } from '../waits.ts';
import { mayStop, type Row } from '../table.ts';
import { ERRNO_SUCCESS } from './numbers.ts';

export const SCHED_ROWS: readonly Row[] = [
  mayStop('sched_yield', '', 'i', (ctx) => {
    yieldOnce(ctx);
    return ERRNO_SUCCESS;
  }),
];
