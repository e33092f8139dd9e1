/**
 * Table section.
 *
 * Spec: core/binary/modules#table-section.
 */

import { WasmError } from '../error.ts';
import { MAX_TABLE_ELEMENTS, MAX_TABLES } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { isNullable, SECTION_TABLE, type TableDef, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readConstExpr } from './const_expr.ts';
import { readTableType, writeTableType } from './value_types.ts';

const HAS_INIT = 0x40;

export function decodeTables(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('tables', MAX_TABLES, 3);
  for (let i = 0; i < count; i++) {
    module.tables.push(decodeTable(reader, module));
  }
}

function decodeTable(reader: ByteReader, module: WasmModule): TableDef {
  const start = reader.pos;
  const hasInit = reader.bytes[start] === HAS_INIT;
  if (hasInit) {
    reader.u8();
    if (reader.u8() !== 0) {
      throw new WasmError('the reserved byte of a table must be zero', start);
    }
  }
  const type = readTableType(reader, module.types.length, MAX_TABLE_ELEMENTS);
  if (!hasInit && !isNullable(type.elemType)) {
    throw new WasmError('a table of references that cannot be null needs an initial value', start);
  }
  return { ...type, init: hasInit ? readConstExpr(reader, module) : undefined };
}

/** `tables`: the defined ones only; `source` is where their const exprs are copied from. */
export function encodeTables(writer: ByteWriter, tables: readonly TableDef[], source: Uint8Array): void {
  writer.section(SECTION_TABLE, (section) => {
    section.u32(tables.length);
    for (const table of tables) {
      if (table.init !== undefined) {
        section.u8(HAS_INIT);
        section.u8(0);
      }
      writeTableType(section, table);
      if (table.init !== undefined) {
        section.bytes(source, table.init.start, table.init.end);
      }
    }
  });
}
