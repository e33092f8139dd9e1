/**
 * Element section.
 *
 * Spec: core/binary/modules#element-section. The flags: bit 0 says passive or declared, bit 1 an explicit table (or,
 * with bit 0, declared), bit 2 expressions instead of function indices.
 */

import { WasmError } from '../error.ts';
import { MAX_ELEMENT_ITEMS, MAX_ELEMENT_SEGMENTS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import {
  type ByteRange,
  type ElementSegment,
  FUNCREF,
  SECTION_ELEMENT,
  type ValType,
  type WasmModule,
} from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readConstExpr } from './const_expr.ts';
import { readFuncIndex } from './functions.ts';
import { readRefType, writeValType } from './value_types.ts';

const FLAG_NOT_ACTIVE = 1;
const FLAG_EXPLICIT = 2;
const FLAG_EXPRESSIONS = 4;
const KIND_FUNC = 0;

export function decodeElements(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('element segments', MAX_ELEMENT_SEGMENTS, 2);
  for (let i = 0; i < count; i++) {
    module.elements.push(decodeSegment(reader, module));
  }
}

function decodeSegment(reader: ByteReader, module: WasmModule): ElementSegment {
  const start = reader.pos;
  const flags = reader.u32();
  if (flags > 7) {
    throw new WasmError(`invalid flags of an element segment 0x${flags.toString(16)}`, start);
  }
  const explicit = (flags & FLAG_EXPLICIT) !== 0;
  const active = (flags & FLAG_NOT_ACTIVE) === 0;
  const tableIndex = active && explicit ? reader.u32() : 0;
  if (active && tableIndex >= module.tables.length) {
    throw new WasmError(`an element segment names table ${tableIndex}, which does not exist`, start);
  }
  const offset = active ? readConstExpr(reader, module) : undefined;
  const hasExpressions = (flags & FLAG_EXPRESSIONS) !== 0;
  const elemType = active && !explicit ? FUNCREF : readItemType(reader, module, hasExpressions);
  const count = reader.count('items of an element segment', MAX_ELEMENT_ITEMS);
  const funcIndices: number[] = [];
  const expressions: ByteRange[] | undefined = hasExpressions ? [] : undefined;
  for (let i = 0; i < count; i++) {
    if (expressions === undefined) {
      funcIndices.push(readFuncIndex(reader, module));
    } else {
      expressions.push(readConstExpr(reader, module, funcIndices));
    }
  }
  const mode = active ? 'active' : explicit ? 'declared' : 'passive';
  return { mode, tableIndex, offset, elemType, funcIndices, expressions, start, end: reader.pos };
}

function readItemType(reader: ByteReader, module: WasmModule, hasExpressions: boolean): ValType {
  if (hasExpressions) {
    return readRefType(reader, module.types.length);
  }
  const start = reader.pos;
  if (reader.u8() !== KIND_FUNC) {
    throw new WasmError('invalid kind of an element segment', start);
  }
  return FUNCREF;
}

/**
 * Segments with function indices and expressions as in `segments`, whatever form they had; const exprs are copied from
 * `source`, the module they were decoded from, so their own indices stay as they are.
 */
export function encodeElements(writer: ByteWriter, segments: readonly ElementSegment[], source: Uint8Array): void {
  writer.section(SECTION_ELEMENT, (section) => {
    section.u32(segments.length);
    for (const segment of segments) {
      encodeSegment(section, segment, source);
    }
  });
}

function encodeSegment(writer: ByteWriter, segment: ElementSegment, source: Uint8Array): void {
  const { mode, tableIndex, offset, elemType, expressions } = segment;
  const explicit = mode === 'declared' || (mode === 'active' && (tableIndex !== 0 || elemType !== FUNCREF));
  const hasType = explicit || mode === 'passive';
  writer.u32(
    (mode === 'active' ? 0 : FLAG_NOT_ACTIVE) |
      (explicit ? FLAG_EXPLICIT : 0) |
      (expressions === undefined ? 0 : FLAG_EXPRESSIONS),
  );
  if (mode === 'active' && explicit) {
    writer.u32(tableIndex);
  }
  if (offset !== undefined) {
    writer.bytes(source, offset.start, offset.end);
  }
  if (expressions === undefined) {
    if (hasType) {
      writer.u8(KIND_FUNC);
    }
    writer.u32(segment.funcIndices.length);
    for (const funcIndex of segment.funcIndices) {
      writer.u32(funcIndex);
    }
    return;
  }
  if (hasType) {
    writeValType(writer, elemType);
  }
  writer.u32(expressions.length);
  for (const expression of expressions) {
    writer.bytes(source, expression.start, expression.end);
  }
}
