// The name section of the rewritten module: the guest's function names, and for each appended function its own, so that
// stack traces of a crashed process show guest names whichever version ran.

import { functionNames } from '../wasm/names.ts';
import { SECTION_CUSTOM } from '../wasm/types.ts';
import type { ByteWriter } from '../wasm/writer.ts';
import type { RewriteContext } from './context.ts';

const SUBSECTION_FUNCTIONS = 1;

export function emitNameSection(writer: ByteWriter, context: RewriteContext): void {
  const names: [number, string][] = [...functionNames(context.module)].filter(
    ([index]) => index < context.module.funcTypeIndices.length,
  );
  names.sort((a, b) => a[0] - b[0]);
  context.appended.forEach((entry, k) => {
    if (entry.name !== '') names.push([context.module.funcTypeIndices.length + k, entry.name]);
  });
  writer.section(SECTION_CUSTOM, (section) => {
    section.name('name');
    section.u8(SUBSECTION_FUNCTIONS);
    section.sized((subsection) => {
      subsection.u32(names.length);
      for (const [index, name] of names) {
        subsection.u32(index);
        subsection.name(name);
      }
    });
  });
}
