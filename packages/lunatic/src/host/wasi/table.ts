// `lunatic::wasi`: what a child's WASI functions will see. Spec: ABI reference 1.10.

import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { HANDLE_BYTES, MAX_CONFIG_BYTES, MAX_CONFIG_ENTRIES } from '../limits.ts';
import { draftOf } from '../process/config.ts';
import { grantedDirectory } from '../process/directories.ts';
import { hold, letGo } from '../state.ts';
import { mayStop, namespace } from '../table.ts';
import { readText } from '../values.ts';

export const WASI_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::wasi', [
  // Duplicates are kept, in order.
  mayStop('config_add_environment_variable', 'Iiiii', '', (ctx, id, name, nameLength, value, valueLength) => {
    const nameText = readText(ctx, name, nameLength);
    const valueText = readText(ctx, value, valueLength);
    const draft = draftOf(ctx, id);
    change(ctx, nameText.length + valueText.length, () => draft.addVariable(nameText, valueText));
  }),
  mayStop('config_add_command_line_argument', 'Iii', '', (ctx, id, text, length) => {
    const argument = readText(ctx, text, length);
    const draft = draftOf(ctx, id);
    change(ctx, argument.length, () => draft.addArgument(argument));
  }),
  // What the parent cannot grant makes the spawn fail, which can say so; this call cannot.
  mayStop('config_preopen_dir', 'Iii', '', (ctx, id, text, length) => {
    const draft = draftOf(ctx, id);
    const requested = readText(ctx, text, length);
    const preopen = grantedDirectory(draft.owner, requested);
    if (preopen === undefined) change(ctx, requested.length, () => draft.refusePreopen(requested));
    else change(ctx, preopen.host.length + preopen.guest.length, () => draft.addPreopen(preopen));
  }),
]);

/** Counts an entry of so many characters, and adds it. Traps if that is too much for the configuration, or for all processes together. */
function change(ctx: HostContext, characters: number, add: () => boolean): void {
  hold(ctx, characters + HANDLE_BYTES);
  if (add()) return;
  letGo(ctx, characters + HANDLE_BYTES);
  ctx.trap(
    `a configuration holds at most ${MAX_CONFIG_ENTRIES} entries of a kind and ${MAX_CONFIG_BYTES} bytes of text`,
  );
}
