// `lunatic::trap`: running a guest function so that its trap does not end the process. Spec: ABI reference 1.13.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { mayStop, namespace } from '../table.ts';

export const TRAP_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::trap', [
  mayStop('catch', 'ii', 'i', catchTrap),
]);

/**
 * Calls the guest's `_lunatic_catch_trap(index, pointer)` and returns what it returns, or 0 if it trapped. The guest's memory
 * stays as it was at the trap. Traps if there is no such export.
 */
function catchTrap(ctx: HostContext, index: number, pointer: number): number {
  const result = ctx.takeCallResult();
  if (result === undefined) {
    ctx.callExport('_lunatic_catch_trap', [index, pointer], true);
    return 0;
  }
  return result.trapped ? 0 : Number(result.value);
}
