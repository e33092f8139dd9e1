// `lunatic::error`: texts of failed calls, kept until the guest drops them. Spec: ABI reference 1.1.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { MIN_CHARGED_BYTES } from '../limits.ts';
import { hostState, removeHandle } from '../state.ts';
import { answers, mayStop, namespace } from '../table.ts';
import { idNumber, printId } from '../values.ts';

export const ERROR_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::error', [
  mayStop('string_size', 'I', 'i', (ctx, id) => encodedText(ctx, id).length),
  // Writes the text without a terminator, `string_size` bytes.
  mayStop('to_string', 'Ii', '', (ctx, id, pointer) => ctx.memory.write(pointer, encodedText(ctx, id))),
  answers('drop', 'I', '', (ctx, id) => {
    const text = removeHandle(ctx, hostState(ctx).errors, idNumber(id), ({ length }) => length);
    if (text === undefined) unknownError(ctx, id);
  }),
]);

function encodedText(ctx: HostContext, id: bigint): Uint8Array {
  const bytes = UTF8.encode(errorText(ctx, id));
  if (bytes.length >= MIN_CHARGED_BYTES) ctx.charge(bytes.length);
  return bytes;
}

function errorText(ctx: HostContext, id: bigint): string {
  return hostState(ctx).errors?.get(idNumber(id)) ?? unknownError(ctx, id);
}

function unknownError(ctx: HostContext, id: bigint): never {
  ctx.trap(`error id ${printId(id)} does not exist`);
}

const UTF8 = new TextEncoder();
