// References to imports that may stop, outside of code: element segments and constant expressions name the wrapper instead.
//
// Expressions are byte ranges of the module. Where one changes, its new bytes are put behind a copy of the module, and the range
// points there; a module without such references is used as it is, but for the one expression that the resume table needs.

import { InstructionReader } from '../wasm/instructions.ts';
import { OP_END, OP_I32_CONST, OP_REF_FUNC } from '../wasm/opcodes.ts';
import type { ByteRange, ElementSegment, TableDef } from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';
import type { RewriteContext } from './context.ts';

export interface PatchedReferences {
  readonly source: Uint8Array;
  readonly elements: readonly ElementSegment[];
  readonly tables: readonly TableDef[];
  /** Of the defined globals, in order. */
  readonly globalInits: readonly ByteRange[];
  /** `i32.const 0`. */
  readonly zeroOffset: ByteRange;
}

export function patchRefFuncs(context: RewriteContext): PatchedReferences {
  const { module } = context;
  const source = new ByteWriter(module.bytes.length + 64);
  source.bytes(module.bytes);
  const append = (write: () => void): ByteRange => {
    const start = source.length;
    write();
    return { start, end: source.length };
  };
  const zeroOffset = append(() => {
    source.u8(OP_I32_CONST);
    source.u8(0);
    source.u8(OP_END);
  });
  const patch = (range: ByteRange): ByteRange => {
    const target = redirectedTarget(context, range);
    if (target === undefined) return range;
    return append(() => {
      source.u8(OP_REF_FUNC);
      source.u32(target);
      source.u8(OP_END);
    });
  };
  const elements = module.elements.map((segment) => ({
    ...segment,
    funcIndices: segment.funcIndices.map((index) => context.target(index)),
    expressions: segment.expressions?.map(patch),
  }));
  const tables = module.tables.map((table) =>
    table.init === undefined ? table : { ...table, init: patch(table.init) },
  );
  const globalInits = module.globals.slice(module.importedGlobals).map((global) => patch(global.init as ByteRange));
  return { source: source.finish(), elements, tables, globalInits, zeroOffset };
}

/** The wrapper's index, if the expression is a `ref.func` of a wrapped import. */
function redirectedTarget(context: RewriteContext, range: ByteRange): number | undefined {
  if (!context.hasRedirects) return undefined;
  const reader = new InstructionReader(context.module.bytes, range.start, range.end);
  if (!reader.next() || reader.op !== OP_REF_FUNC || !context.isRedirected(reader.imm0)) return undefined;
  return context.target(reader.imm0);
}
