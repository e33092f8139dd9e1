// `lunatic::message`. Spec: ABI reference 1.2.

import type { HostFunction } from '../../engine/host_function.ts';
import { namespace } from '../table.ts';
import { DATA_ROWS } from './data.ts';
import { DELIVERY_ROWS } from './delivery.ts';

export const MESSAGE_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::message', [
  ...DATA_ROWS,
  ...DELIVERY_ROWS,
]);
