// `lunatic::error`: texts of failed calls, kept until the guest drops them. Spec: ABI reference 1.1.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { hostState } from '../state.ts';
import { answers, namespace } from '../table.ts';
import { idNumber, printId } from '../values.ts';

export const ERROR_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::error', [
  answers('string_size', 'I', 'i', (ctx, id) => UTF8.encode(errorText(ctx, id)).length),
  // Writes the text without a terminator, `string_size` bytes.
  answers('to_string', 'Ii', '', (ctx, id, pointer) => ctx.memory.write(pointer, UTF8.encode(errorText(ctx, id)))),
  answers('drop', 'I', '', (ctx, id) => {
    if (hostState(ctx).errors?.remove(idNumber(id)) === undefined) unknownError(ctx, id);
  }),
]);

function errorText(ctx: HostContext, id: bigint): string {
  return hostState(ctx).errors?.get(idNumber(id)) ?? unknownError(ctx, id);
}

function unknownError(ctx: HostContext, id: bigint): never {
  ctx.trap(`error id ${printId(id)} does not exist`);
}

const UTF8 = new TextEncoder();
