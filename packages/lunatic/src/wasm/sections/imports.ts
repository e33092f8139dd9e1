/**
 * Import section.
 *
 * Spec: core/binary/modules#import-section.
 */

import { WasmError } from '../error.ts';
import { MAX_IMPORTS, MAX_TABLE_ELEMENTS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { type ExternKind, type Import, SECTION_IMPORT, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readTagType } from './tags.ts';
import {
  readGlobalType,
  readMemoryLimits,
  readTableType,
  writeGlobalType,
  writeLimits,
  writeTableType,
} from './value_types.ts';

/** In the order of their codes, which imports and exports share. */
export const EXTERN_KINDS: readonly ExternKind[] = ['func', 'table', 'memory', 'global', 'tag'];

export function decodeImports(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('imports', MAX_IMPORTS, 4);
  for (let i = 0; i < count; i++) {
    const entry = decodeImport(reader, module);
    module.imports.push(entry);
  }
  module.importedFunctions = module.funcTypeIndices.length;
  module.importedTables = module.tables.length;
  module.importedMemories = module.memories.length;
  module.importedGlobals = module.globals.length;
  module.importedTags = module.tags.length;
}

/** Also enters the import into its index space. */
function decodeImport(reader: ByteReader, module: WasmModule): Import {
  const offset = reader.pos;
  const moduleName = reader.name();
  const name = reader.name();
  const start = reader.pos;
  const code = reader.u8();
  const common = { module: moduleName, name, offset };
  switch (EXTERN_KINDS[code]) {
    case 'func': {
      const typeIndex = readTypeIndex(reader, module);
      module.funcTypeIndices.push(typeIndex);
      return { ...common, kind: 'func', typeIndex };
    }
    case 'table': {
      const table = readTableType(reader, module.types.length, MAX_TABLE_ELEMENTS);
      module.tables.push({ ...table, init: undefined });
      return { ...common, kind: 'table', table };
    }
    case 'memory': {
      const memory = readMemoryLimits(reader);
      module.memories.push(memory);
      return { ...common, kind: 'memory', memory };
    }
    case 'global': {
      const global = readGlobalType(reader, module.types.length);
      module.globals.push({ type: global, init: undefined });
      return { ...common, kind: 'global', global };
    }
    case 'tag': {
      const typeIndex = readTagType(reader, module);
      module.tags.push(typeIndex);
      return { ...common, kind: 'tag', typeIndex };
    }
    default:
      throw new WasmError(`invalid kind of import 0x${code.toString(16)}`, start);
  }
}

export function readTypeIndex(reader: ByteReader, module: WasmModule): number {
  const start = reader.pos;
  const typeIndex = reader.u32();
  if (typeIndex >= module.types.length) {
    throw new WasmError(`type index ${typeIndex} is out of range`, start);
  }
  return typeIndex;
}

export function encodeImports(writer: ByteWriter, imports: readonly Omit<Import, 'offset'>[]): void {
  writer.section(SECTION_IMPORT, (section) => {
    section.u32(imports.length);
    for (const entry of imports) {
      section.name(entry.module);
      section.name(entry.name);
      section.u8(EXTERN_KINDS.indexOf(entry.kind));
      encodeImportType(section, entry);
    }
  });
}

function encodeImportType(writer: ByteWriter, entry: Omit<Import, 'offset'>): void {
  if (entry.typeIndex !== undefined) {
    if (entry.kind === 'tag') {
      writer.u8(0);
    }
    writer.u32(entry.typeIndex);
  } else if (entry.table !== undefined) {
    writeTableType(writer, entry.table);
  } else if (entry.memory !== undefined) {
    writeLimits(writer, entry.memory);
  } else if (entry.global !== undefined) {
    writeGlobalType(writer, entry.global);
  } else {
    throw new TypeError(`import ${entry.module}.${entry.name} has no type`);
  }
}
