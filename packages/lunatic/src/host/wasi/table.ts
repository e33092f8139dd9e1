// `lunatic::wasi`: what a child's WASI functions will see. Spec: ABI reference 1.10.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { MAX_CONFIG_BYTES, MAX_CONFIG_ENTRIES } from '../limits.ts';
import { draftOf } from '../process/config.ts';
import { grantedDirectory } from '../process/directories.ts';
import { mayStop, namespace } from '../table.ts';
import { readText } from '../values.ts';

export const WASI_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::wasi', [
  // Duplicates are kept, in order.
  mayStop('config_add_environment_variable', 'Iiiii', '', (ctx, id, name, nameLength, value, valueLength) => {
    const draft = draftOf(ctx, id);
    const added = draft.addVariable(readText(ctx, name, nameLength), readText(ctx, value, valueLength));
    if (!added) tooMuch(ctx);
  }),
  mayStop('config_add_command_line_argument', 'Iii', '', (ctx, id, text, length) => {
    if (!draftOf(ctx, id).addArgument(readText(ctx, text, length))) tooMuch(ctx);
  }),
  // What the parent cannot grant makes the spawn fail, which can say so; this call cannot.
  mayStop('config_preopen_dir', 'Iii', '', (ctx, id, text, length) => {
    const draft = draftOf(ctx, id);
    const requested = readText(ctx, text, length);
    const preopen = grantedDirectory(draft.owner, requested);
    const added = preopen === undefined ? draft.refusePreopen(requested) : draft.addPreopen(preopen);
    if (!added) tooMuch(ctx);
  }),
]);

function tooMuch(ctx: HostContext): never {
  ctx.trap(
    `a configuration holds at most ${MAX_CONFIG_ENTRIES} entries of a kind and ${MAX_CONFIG_BYTES} bytes of text`,
  );
}
