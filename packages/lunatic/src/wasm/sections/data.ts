/**
 * Data section and data count section.
 *
 * Spec: core/binary/modules#data-section, core/binary/modules#data-count-section.
 */

import { WasmError } from '../error.ts';
import { MAX_DATA_SEGMENTS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import type { DataSegment, WasmModule } from '../types.ts';
import { readConstExpr } from './const_expr.ts';

const FLAG_PASSIVE = 1;
const FLAG_EXPLICIT_MEMORY = 2;

export function decodeDataCount(reader: ByteReader, module: WasmModule): void {
  const start = reader.pos;
  const count = reader.u32();
  if (count > MAX_DATA_SEGMENTS) {
    throw new WasmError(`${count} data segments, more than the limit of ${MAX_DATA_SEGMENTS}`, start);
  }
  module.dataCount = count;
}

export function decodeData(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('data segments', MAX_DATA_SEGMENTS, 2);
  for (let i = 0; i < count; i++) {
    module.data.push(decodeSegment(reader, module));
  }
}

function decodeSegment(reader: ByteReader, module: WasmModule): DataSegment {
  const start = reader.pos;
  const flags = reader.u32();
  if (flags > FLAG_EXPLICIT_MEMORY) {
    throw new WasmError(`invalid flags of a data segment 0x${flags.toString(16)}`, start);
  }
  const active = flags !== FLAG_PASSIVE;
  const memoryIndex = flags === FLAG_EXPLICIT_MEMORY ? reader.u32() : 0;
  if (active && memoryIndex >= module.memories.length) {
    throw new WasmError(`a data segment names memory ${memoryIndex}, which does not exist`, start);
  }
  const offset = active ? readConstExpr(reader, module) : undefined;
  const size = reader.u32();
  const dataStart = reader.pos;
  reader.skip(size, 'the contents of a data segment');
  const mode = active ? 'active' : 'passive';
  return { mode, memoryIndex, offset, dataStart, dataEnd: reader.pos, start, end: reader.pos };
}
