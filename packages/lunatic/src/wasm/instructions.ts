/**
 * A cursor over the instructions of one body or const expr: opcode and immediates, no tree, nothing allocated per step
 * (except the labels of `br_table` and the clauses of `try_table`).
 *
 * After `next()` the fields describe the instruction at bytes `[start, pos)`. Which immediate fields hold something
 * depends on the opcode; the others keep an old value.
 *
 * - one index (local, global, function, label, tag, type, table, memory, segment): `imm0`
 * - `call_indirect`, `return_call_indirect`: `imm0` type, `imm1` table
 * - `memory.copy`, `table.copy`: `imm0` destination, `imm1` source; `memory.init`, `table.init`: `imm0` segment, `imm1`
 *   memory or table
 * - loads and stores: `imm0` alignLog2, `imm1` offset, `imm2` memory, `imm3` lane where there is one
 * - lane instructions: `imm0` lane; `i32.const`: `imm0` the value. The bytes of the other constants and of
 *   `i8x16.shuffle` are the last 4, 8 or 16 before `pos` (`i64.const`: LEB128 from `start + 1`)
 * - `select_t`: `imm0` the value type; `ref.null`: `imm0` the nullable reference type
 * - `block`, `loop`, `if`, `try`, `try_table`: `blockType`; `br_table`: `labels`; `try_table`: `catches`
 *
 * Indices are not checked here, immediates.ts does that. Everything about the encoding is: I1, for any bytes `next()`
 * either moves forward by at least one byte and stays within `end`, or answers false at `end`, or throws `WasmError`.
 *
 * Spec: core/binary/instructions.
 */

import { unsupported, WasmError } from './error.ts';
import { MAX_BR_TABLE_TARGETS, MAX_TYPES } from './limits.ts';
import {
  fillOpcodeTables,
  IMM_4_BYTES,
  IMM_8_BYTES,
  IMM_16_BYTES,
  IMM_BLOCK,
  IMM_BR_TABLE,
  IMM_GC,
  IMM_HEAP_TYPE,
  IMM_I32,
  IMM_I64,
  IMM_INDEX,
  IMM_LANE,
  IMM_MEMARG,
  IMM_MEMARG_LANE,
  IMM_NONE,
  IMM_PREFIX,
  IMM_SELECT,
  IMM_TRY_TABLE,
  IMM_TWO_INDICES,
  IMM_ZERO,
  IMMEDIATES,
  slotOf,
} from './opcode_table.ts';
import { CATCH_ALL, CATCH_ALL_REF, opcodeName } from './opcodes.ts';
import { ByteReader } from './reader.ts';
import { readHeapType, readValType } from './sections/value_types.ts';
import { type FuncType, makeRef, type ValType, type WasmModule } from './types.ts';

/** A clause of `try_table`: `kind` is one of `CATCH` … `CATCH_ALL_REF`; `tag` is 0 for the last two. */
export interface CatchClause {
  readonly kind: number;
  readonly tag: number;
  readonly label: number;
}

export const BLOCK_EMPTY = -1;

const EMPTY_BLOCK_BYTE = 0x40;
const MEMARG_HAS_MEMORY = 0x40;

const NO_TYPES: readonly ValType[] = [];
const EMPTY_TYPE: FuncType = { params: NO_TYPES, results: NO_TYPES };
const SINGLE_RESULT_TYPES = new Map<ValType, FuncType>();

/** Bounds the cache, since a hostile module can name a million reference types. */
const MAX_SINGLE_RESULT_TYPES = 1024;

/** Parameters and results of a block. The caller has checked a type index (validate.ts) or trusts the module. */
export function blockTypeOf(module: WasmModule, blockType: number): FuncType {
  if (blockType >= 0) {
    return module.types[blockType];
  }
  if (blockType === BLOCK_EMPTY) {
    return EMPTY_TYPE;
  }
  const valType = -blockType - 2;
  let type = SINGLE_RESULT_TYPES.get(valType);
  if (type === undefined) {
    type = { params: NO_TYPES, results: [valType] };
    if (SINGLE_RESULT_TYPES.size < MAX_SINGLE_RESULT_TYPES) {
      SINGLE_RESULT_TYPES.set(valType, type);
    }
  }
  return type;
}

export function blockParams(module: WasmModule, blockType: number): readonly ValType[] {
  return blockTypeOf(module, blockType).params;
}

export function blockResults(module: WasmModule, blockType: number): readonly ValType[] {
  return blockTypeOf(module, blockType).results;
}

/** The block type of a block without parameters and with one result. */
export function singleResultBlockType(valType: ValType): number {
  return -valType - 2;
}

// Hot: every byte of code goes through here, twice in a rewrite.
export class InstructionReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  start: number;
  pos: number;
  op: number;
  imm0: number;
  imm1: number;
  imm2: number;
  imm3: number;
  blockType: number;
  labels: number[];
  catches: CatchClause[];
  /** For the rare immediates; takes `pos` over and gives it back. */
  private readonly rare: ByteReader;

  constructor(bytes: Uint8Array, start: number, end: number) {
    fillOpcodeTables();
    this.bytes = bytes;
    this.end = end;
    this.start = start;
    this.pos = start;
    this.op = 0;
    this.imm0 = 0;
    this.imm1 = 0;
    this.imm2 = 0;
    this.imm3 = 0;
    this.blockType = BLOCK_EMPTY;
    this.labels = [];
    this.catches = [];
    this.rare = new ByteReader(bytes, start, end);
  }

  /** False at the end; then nothing has changed. */
  next(): boolean {
    if (this.pos >= this.end) {
      return false;
    }
    this.start = this.pos;
    this.op = this.bytes[this.pos++];
    let kind = IMMEDIATES[this.op];
    if (kind === IMM_PREFIX) {
      kind = this.readSubOpcode();
    }
    switch (kind) {
      case IMM_NONE:
        return true;
      case IMM_INDEX:
        this.imm0 = this.u32();
        return true;
      case IMM_I32:
        this.imm0 = this.s32();
        return true;
      case IMM_MEMARG:
        this.readMemarg();
        return true;
      case IMM_BLOCK:
        this.blockType = this.readBlockType();
        return true;
      case IMM_TWO_INDICES:
        this.imm0 = this.u32();
        this.imm1 = this.u32();
        return true;
      case IMM_I64:
        this.skipS64();
        return true;
      case IMM_4_BYTES:
        this.skip(4);
        return true;
      case IMM_8_BYTES:
        this.skip(8);
        return true;
      case IMM_16_BYTES:
        this.skip(16);
        return true;
      default:
        this.readRare(kind);
        return true;
    }
  }

  private fail(reason: string): WasmError {
    return new WasmError(reason, this.start);
  }

  private readSubOpcode(): number {
    const prefix = this.op;
    const sub = this.u32();
    this.op = (prefix << 12) | sub;
    const slot = sub > 0xfff ? 0xff : slotOf(this.op);
    return IMMEDIATES[slot];
  }

  private readRare(kind: number): void {
    switch (kind) {
      case IMM_BR_TABLE:
        this.readBrTable();
        return;
      case IMM_TRY_TABLE:
        this.blockType = this.readBlockType();
        this.readCatches();
        return;
      case IMM_SELECT:
        this.readSelectType();
        return;
      case IMM_HEAP_TYPE:
        this.rare.pos = this.pos;
        this.imm0 = makeRef(readHeapType(this.rare, MAX_TYPES), true);
        this.pos = this.rare.pos;
        return;
      case IMM_LANE:
        this.imm0 = this.u8();
        return;
      case IMM_MEMARG_LANE:
        this.readMemarg();
        this.imm3 = this.u8();
        return;
      case IMM_ZERO:
        if (this.u8() !== 0) {
          throw this.fail('the reserved byte after atomic.fence must be zero');
        }
        return;
      case IMM_GC:
        throw unsupported(
          `gc instruction ${this.op === 0xfb ? `0xfb ${this.u32()}` : opcodeName(this.op)}`,
          this.start,
        );
      default:
        throw this.fail(`unknown opcode 0x${this.op.toString(16)}`);
    }
  }

  private u8(): number {
    if (this.pos >= this.end) {
      throw this.fail('unexpected end inside an instruction');
    }
    return this.bytes[this.pos++];
  }

  private u32(): number {
    // One byte is by far the commonest length.
    if (this.pos < this.end) {
      const byte = this.bytes[this.pos];
      if (byte < 0x80) {
        this.pos++;
        return byte;
      }
    }
    return this.longU32();
  }

  private longU32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    const last = this.u8();
    if (last > 0x0f) {
      throw this.fail('invalid LEB128: the integer does not fit into u32');
    }
    return (value | (last << 28)) >>> 0;
  }

  private s32(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return (value << (25 - shift)) >> (25 - shift);
      }
    }
    const last = this.u8();
    const unused = last & 0xf8;
    if (unused !== 0 && unused !== 0x78) {
      throw this.fail('invalid LEB128: the integer does not fit into s32');
    }
    return value | (last << 28);
  }

  private skipS64(): void {
    for (let i = 0; i < 9; i++) {
      if (this.u8() < 0x80) {
        return;
      }
    }
    const last = this.u8();
    if (last !== 0 && last !== 0x7f) {
      throw this.fail('invalid LEB128: the integer does not fit into s64');
    }
  }

  private skip(length: number): void {
    if (length > this.end - this.pos) {
      throw this.fail('unexpected end inside an instruction');
    }
    this.pos += length;
  }

  private readMemarg(): void {
    let align = this.u32();
    this.imm2 = 0;
    if (align >= MEMARG_HAS_MEMORY) {
      if (align >= 2 * MEMARG_HAS_MEMORY) {
        throw this.fail(`invalid alignment flags 0x${align.toString(16)}`);
      }
      align -= MEMARG_HAS_MEMORY;
      this.imm2 = this.u32();
    }
    this.imm0 = align;
    this.imm1 = this.readMemargOffset();
  }

  /** Encoded as u64, though a memory with 32-bit addresses must keep it below 2^32. */
  private readMemargOffset(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    let byte = this.u8();
    let high = byte & 0x70;
    value = (value | (byte << 28)) >>> 0;
    for (let length = 6; byte >= 0x80; length++) {
      byte = this.u8();
      high |= byte & 0x7f;
      if (length === 10 && byte > 1) {
        throw this.fail('invalid LEB128: the integer does not fit into u64');
      }
    }
    if (high !== 0) {
      throw this.fail('a memory offset does not fit into 32 bits');
    }
    return value;
  }

  private readBlockType(): number {
    if (this.pos >= this.end) {
      throw this.fail('unexpected end inside an instruction');
    }
    const byte = this.bytes[this.pos];
    if (byte === EMPTY_BLOCK_BYTE) {
      this.pos++;
      return BLOCK_EMPTY;
    }
    this.rare.pos = this.pos;
    // A value type is one byte with the sign bit of s33 set; everything else is a type index.
    const isValType = byte > EMPTY_BLOCK_BYTE && byte < 0x80;
    const blockType = isValType ? singleResultBlockType(readValType(this.rare, MAX_TYPES)) : this.rare.s33();
    if (!isValType && (blockType < 0 || blockType >= MAX_TYPES)) {
      throw this.fail(`invalid block type ${blockType}`);
    }
    this.pos = this.rare.pos;
    return blockType;
  }

  private readBrTable(): void {
    const count = this.u32();
    if (count > MAX_BR_TABLE_TARGETS) {
      throw this.fail(`${count} targets of br_table, more than the limit of ${MAX_BR_TABLE_TARGETS}`);
    }
    this.labels.length = 0;
    for (let i = 0; i <= count; i++) {
      this.labels.push(this.u32());
    }
  }

  private readCatches(): void {
    const count = this.u32();
    if (count > this.end - this.pos) {
      throw this.fail(`unexpected end: ${count} catch clauses do not fit`);
    }
    this.catches = [];
    for (let i = 0; i < count; i++) {
      const kind = this.u8();
      if (kind > CATCH_ALL_REF) {
        throw this.fail(`invalid kind of catch clause 0x${kind.toString(16)}`);
      }
      const tag = kind < CATCH_ALL ? this.u32() : 0;
      this.catches.push({ kind, tag, label: this.u32() });
    }
  }

  private readSelectType(): void {
    const count = this.u32();
    if (count !== 1) {
      throw this.fail(`select with ${count} types instead of one`);
    }
    this.rare.pos = this.pos;
    this.imm0 = readValType(this.rare, MAX_TYPES);
    this.pos = this.rare.pos;
  }
}
