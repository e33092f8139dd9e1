/**
 * Export section.
 *
 * Spec: core/binary/modules#export-section.
 */

import { WasmError } from '../error.ts';
import { MAX_EXPORTS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { type Export, type ExternKind, SECTION_EXPORT, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { EXTERN_KINDS } from './imports.ts';

export function decodeExports(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('exports', MAX_EXPORTS, 3);
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const offset = reader.pos;
    const name = reader.name();
    if (seen.has(name)) {
      throw new WasmError(`the export name ${JSON.stringify(name)} appears twice`, offset);
    }
    seen.add(name);
    const kind = EXTERN_KINDS[reader.u8()];
    if (kind === undefined) {
      throw new WasmError('invalid kind of export', reader.pos - 1);
    }
    const index = reader.u32();
    if (index >= spaceSize(module, kind)) {
      throw new WasmError(`the export ${JSON.stringify(name)} names ${kind} ${index}, which does not exist`, offset);
    }
    module.exports.push({ name, kind, index, offset });
  }
}

function spaceSize(module: WasmModule, kind: ExternKind): number {
  switch (kind) {
    case 'func':
      return module.funcTypeIndices.length;
    case 'table':
      return module.tables.length;
    case 'memory':
      return module.memories.length;
    case 'global':
      return module.globals.length;
    case 'tag':
      return module.tags.length;
    default: {
      const never: never = kind;
      return never;
    }
  }
}

export function encodeExports(writer: ByteWriter, exports: readonly Omit<Export, 'offset'>[]): void {
  writer.section(SECTION_EXPORT, (section) => {
    section.u32(exports.length);
    for (const entry of exports) {
      section.name(entry.name);
      section.u8(EXTERN_KINDS.indexOf(entry.kind));
      section.u32(entry.index);
    }
  });
}
