/**
 * Checks of the indices and constants that stand inside instructions against the module they refer to.
 * Every function here throws `WasmError` at offset `at`, the instruction's.
 *
 * Spec: core/valid/instructions.
 */

import { WasmError } from './error.ts';
import type { InstructionReader } from './instructions.ts';
import { isSubtype } from './matching.ts';
import { ACCESS_BYTES, LANES } from './opcode_table.ts';
import {
  OP_DATA_DROP,
  OP_ELEM_DROP,
  OP_I8X16_SHUFFLE,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_GROW,
  OP_MEMORY_INIT,
  OP_MEMORY_SIZE,
  OP_TABLE_COPY,
  OP_TABLE_INIT,
  opcodeName,
} from './opcodes.ts';
import {
  type FuncType,
  HEAP_FUNC,
  heapTypeOf,
  isTypeIndex,
  makeRef,
  printValType,
  type ValType,
  type WasmModule,
} from './types.ts';

const FUNC_NON_NULL = makeRef(HEAP_FUNC, false);
const FIRST_ATOMIC = 0xfe000;
const SHUFFLE_LANES = 32;

/** The item if there is one; callers name the space for the error. */
function lookUp<Item>(space: readonly Item[], index: number, what: string, at: number): Item {
  if (index >= space.length) {
    throw new WasmError(`${what} ${index} is out of range`, at);
  }
  return space[index];
}

export function typeAt(module: WasmModule, typeIndex: number, at: number): FuncType {
  return lookUp(module.types, typeIndex, 'type index', at);
}

export function functionType(module: WasmModule, funcIndex: number, at: number): FuncType {
  return module.types[lookUp(module.funcTypeIndices, funcIndex, 'function index', at)];
}

export function tagParams(module: WasmModule, tagIndex: number, at: number): readonly ValType[] {
  return module.types[lookUp(module.tags, tagIndex, 'tag index', at)].params;
}

export function tableElemType(module: WasmModule, tableIndex: number, at: number): ValType {
  return lookUp(module.tables, tableIndex, 'table index', at).elemType;
}

export function globalGetType(module: WasmModule, globalIndex: number, at: number): ValType {
  return lookUp(module.globals, globalIndex, 'global index', at).type.valType;
}

export function globalSetType(module: WasmModule, globalIndex: number, at: number): ValType {
  const { valType, mutable } = lookUp(module.globals, globalIndex, 'global index', at).type;
  if (!mutable) {
    throw new WasmError(`global ${globalIndex} is not mutable`, at);
  }
  return valType;
}

/** A type that stands in an instruction: the reader cannot tell how many types there are. */
export function checkValType(module: WasmModule, type: ValType, at: number): void {
  if (type > 0xff && isTypeIndex(heapTypeOf(type))) {
    typeAt(module, heapTypeOf(type), at);
  }
}

/** For the instructions whose stack effect is known from the opcode. */
export function checkPlainImmediates(module: WasmModule, reader: InstructionReader, slot: number): void {
  const at = reader.start;
  const accessBytes = ACCESS_BYTES[slot];
  if (LANES[slot] > 0) {
    const lane = accessBytes > 0 ? reader.imm3 : reader.imm0;
    if (lane >= LANES[slot]) {
      throw new WasmError(`lane ${lane} of ${opcodeName(reader.op)} is out of range`, at);
    }
  }
  if (accessBytes > 0) {
    checkMemory(module, reader.imm2, at);
    const alignment = 2 ** reader.imm0;
    if (alignment > accessBytes || (reader.op >= FIRST_ATOMIC && alignment !== accessBytes)) {
      throw new WasmError(`alignment ${alignment} of ${opcodeName(reader.op)}`, at);
    }
    return;
  }
  switch (reader.op) {
    case OP_MEMORY_SIZE:
    case OP_MEMORY_GROW:
    case OP_MEMORY_FILL:
      checkMemory(module, reader.imm0, at);
      return;
    case OP_MEMORY_COPY:
      checkMemory(module, reader.imm0, at);
      checkMemory(module, reader.imm1, at);
      return;
    case OP_MEMORY_INIT:
      checkDataIndex(module, reader.imm0, at);
      checkMemory(module, reader.imm1, at);
      return;
    case OP_DATA_DROP:
      checkDataIndex(module, reader.imm0, at);
      return;
    case OP_ELEM_DROP:
      segmentType(module, reader.imm0, at);
      return;
    case OP_TABLE_INIT:
      checkItems(module, segmentType(module, reader.imm0, at), tableElemType(module, reader.imm1, at), at);
      return;
    case OP_TABLE_COPY:
      checkItems(module, tableElemType(module, reader.imm1, at), tableElemType(module, reader.imm0, at), at);
      return;
    case OP_I8X16_SHUFFLE:
      for (let i = reader.pos - 16; i < reader.pos; i++) {
        if (reader.bytes[i] >= SHUFFLE_LANES) {
          throw new WasmError(`lane ${reader.bytes[i]} of i8x16.shuffle is out of range`, at);
        }
      }
  }
}

function checkMemory(module: WasmModule, memoryIndex: number, at: number): void {
  lookUp(module.memories, memoryIndex, 'memory index', at);
}

/** The data section comes after the code, so V8 goes by the announced count, and so do we. */
function checkDataIndex(module: WasmModule, dataIndex: number, at: number): void {
  if (module.dataCount === undefined) {
    throw new WasmError('an instruction on data segments needs a data count section', at);
  }
  if (dataIndex >= module.dataCount) {
    throw new WasmError(`data segment ${dataIndex} is out of range`, at);
  }
}

/** A segment of function indices cannot hold null, though its type is written `funcref`. */
function segmentType(module: WasmModule, elemIndex: number, at: number): ValType {
  const { expressions, elemType } = lookUp(module.elements, elemIndex, 'element segment', at);
  return expressions === undefined ? FUNC_NON_NULL : elemType;
}

function checkItems(module: WasmModule, from: ValType, to: ValType, at: number): void {
  if (!isSubtype(module, from, to)) {
    throw new WasmError(`type mismatch: items of ${printValType(from)} for a table of ${printValType(to)}`, at);
  }
}
