/**
 * Value types, heap types and limits, as they stand inside sections and instructions.
 *
 * Spec: core/binary/types.
 */

import { unsupported, WasmError } from '../error.ts';
import { MAX_MEMORY_PAGES, MAX_TYPES } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import {
  EXNREF,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  type GlobalType,
  HEAP_EXN,
  HEAP_EXTERN,
  HEAP_FUNC,
  heapTypeOf,
  I32,
  I64,
  isRef,
  isTypeIndex,
  type Limits,
  makeRef,
  REF_NON_NULL,
  REF_NULLABLE,
  type TableType,
  V128,
  type ValType,
} from '../types.ts';
import type { ByteWriter } from '../writer.ts';

const GC_HEAP_TYPES = new Map<number, string>([
  [0x6a, 'array'],
  [0x6b, 'struct'],
  [0x6c, 'i31'],
  [0x6d, 'eq'],
  [0x6e, 'any'],
  [0x71, 'none'],
  [0x72, 'noextern'],
  [0x73, 'nofunc'],
  [0x74, 'noexn'],
]);

/** `typeCount`: type indices at or above it are refused. */
export function readValType(reader: ByteReader, typeCount: number): ValType {
  const start = reader.pos;
  const byte = reader.u8();
  switch (byte) {
    case I32:
    case I64:
    case F32:
    case F64:
    case V128:
    case FUNCREF:
    case EXTERNREF:
    case EXNREF:
      return byte;
    case REF_NULLABLE:
      return makeRef(readHeapType(reader, typeCount), true);
    case REF_NON_NULL:
      return makeRef(readHeapType(reader, typeCount), false);
  }
  const gcName = GC_HEAP_TYPES.get(byte);
  throw gcName === undefined
    ? new WasmError(`invalid value type 0x${byte.toString(16)}`, start)
    : unsupported(`gc reference type ${gcName}`, start);
}

export function readRefType(reader: ByteReader, typeCount: number): ValType {
  const start = reader.pos;
  const type = readValType(reader, typeCount);
  if (!isRef(type)) {
    throw new WasmError('a reference type is expected here', start);
  }
  return type;
}

export function readHeapType(reader: ByteReader, typeCount: number): number {
  const start = reader.pos;
  const value = reader.s33();
  if (value >= 0) {
    if (value >= typeCount || value >= MAX_TYPES) {
      throw new WasmError(`type index ${value} is out of range`, start);
    }
    return value;
  }
  const byte = value & 0x7f;
  if (value >= -64) {
    switch (byte) {
      case FUNCREF:
        return HEAP_FUNC;
      case EXTERNREF:
        return HEAP_EXTERN;
      case EXNREF:
        return HEAP_EXN;
    }
    const gcName = GC_HEAP_TYPES.get(byte);
    if (gcName !== undefined) {
      throw unsupported(`gc reference type ${gcName}`, start);
    }
  }
  throw new WasmError(`invalid heap type ${value}`, start);
}

export function writeValType(writer: ByteWriter, type: ValType): void {
  if (type <= 0xff) {
    writer.u8(type);
    return;
  }
  const heapType = heapTypeOf(type);
  writer.u8(type & 0xff);
  if (isTypeIndex(heapType)) {
    writer.s32(heapType);
  } else {
    writer.u8(heapType & 0xff);
  }
}

const LIMITS_HAS_MAX = 1;
const LIMITS_SHARED = 2;
const LIMITS_IS64 = 4;
const LIMITS_PAGE_SIZE = 8;

function readLimits(reader: ByteReader, what: 'memory' | 'table', bound: number): Limits {
  const start = reader.pos;
  const flags = reader.u8();
  if (flags > 0x0f) {
    throw new WasmError(`invalid limits flags 0x${flags.toString(16)}`, start);
  }
  if ((flags & LIMITS_SHARED) !== 0) {
    throw unsupported(`shared ${what}`, start);
  }
  if ((flags & LIMITS_IS64) !== 0) {
    throw unsupported(`${what}64`, start);
  }
  if ((flags & LIMITS_PAGE_SIZE) !== 0) {
    throw unsupported('custom page sizes', start);
  }
  const min = reader.u32();
  const max = (flags & LIMITS_HAS_MAX) !== 0 ? reader.u32() : undefined;
  if (min > bound) {
    throw new WasmError(`the minimum of a ${what}, ${min}, is above ${bound}`, start);
  }
  if (max !== undefined && max < min) {
    throw new WasmError(`the limits of a ${what} are reversed: ${min} to ${max}`, start);
  }
  return { min, max, shared: false, is64: false };
}

export function readMemoryLimits(reader: ByteReader): Limits {
  const start = reader.pos;
  const limits = readLimits(reader, 'memory', MAX_MEMORY_PAGES);
  if (limits.max !== undefined && limits.max > MAX_MEMORY_PAGES) {
    throw new WasmError(`the maximum of a memory, ${limits.max} pages, is above ${MAX_MEMORY_PAGES}`, start);
  }
  return limits;
}

export function readTableType(reader: ByteReader, typeCount: number, bound: number): TableType {
  const elemType = readRefType(reader, typeCount);
  return { elemType, limits: readLimits(reader, 'table', bound) };
}

export function readGlobalType(reader: ByteReader, typeCount: number): GlobalType {
  const valType = readValType(reader, typeCount);
  const start = reader.pos;
  const mutability = reader.u8();
  if (mutability > 1) {
    // Bit 1 is the flag of the shared-everything proposal, which no engine accepts without a switch.
    throw new WasmError(`invalid mutability 0x${mutability.toString(16)}`, start);
  }
  return { valType, mutable: mutability === 1 };
}

export function writeLimits(writer: ByteWriter, limits: Limits): void {
  writer.u8(
    (limits.max === undefined ? 0 : LIMITS_HAS_MAX) |
      (limits.shared ? LIMITS_SHARED : 0) |
      (limits.is64 ? LIMITS_IS64 : 0),
  );
  writer.u32(limits.min);
  if (limits.max !== undefined) {
    writer.u32(limits.max);
  }
}

export function writeTableType(writer: ByteWriter, type: TableType): void {
  writeValType(writer, type.elemType);
  writeLimits(writer, type.limits);
}

export function writeGlobalType(writer: ByteWriter, type: GlobalType): void {
  writeValType(writer, type.valType);
  writer.u8(type.mutable ? 1 : 0);
}
