// The custom section that tells V8 which branches are hardly ever taken. V8 then moves the code behind them out of the way, and
// what only that code needs is moved to the stack there instead of before the branch. V8 reads it from 14 on; older ones pass over it.
//
// The guest's own hints are not carried over: its code moves, and no compiler writes them unasked.
//
// Spec: branch hinting, custom section "metadata.code.branch_hint".

import { SECTION_CUSTOM } from '../wasm/types.ts';
import type { ByteWriter } from '../wasm/writer.ts';

const UNLIKELY = 0;

/** `unlikely`: by function index, offsets from the beginning of the body in rising order. */
export function emitBranchHints(writer: ByteWriter, unlikely: ReadonlyMap<number, readonly number[]>): void {
  const functions = [...unlikely].filter(([, offsets]) => offsets.length > 0).sort((a, b) => a[0] - b[0]);
  if (functions.length === 0) return;
  writer.section(SECTION_CUSTOM, (section) => {
    section.name('metadata.code.branch_hint');
    section.u32(functions.length);
    for (const [funcIndex, offsets] of functions) {
      section.u32(funcIndex);
      section.u32(offsets.length);
      for (const offset of offsets) {
        section.u32(offset);
        section.u32(1);
        section.u8(UNLIKELY);
      }
    }
  });
}
