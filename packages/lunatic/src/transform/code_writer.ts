// Writes instructions: the vocabulary of the emitters and of the injected functions.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_CALL,
  OP_DROP,
  OP_ELSE,
  OP_END,
  OP_F32_CONST,
  OP_F32_LOAD,
  OP_F32_STORE,
  OP_F64_CONST,
  OP_F64_LOAD,
  OP_F64_STORE,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_I32_ADD,
  OP_I32_CONST,
  OP_I32_LOAD,
  OP_I32_LT_S,
  OP_I32_STORE,
  OP_I32_SUB,
  OP_I64_CONST,
  OP_I64_LOAD,
  OP_I64_STORE,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_SIZE,
  OP_REF_NULL,
  OP_RETURN,
  OP_V128_CONST,
  OP_V128_LOAD,
  OP_V128_STORE,
} from '../wasm/opcodes.ts';
import { writeValType } from '../wasm/sections/value_types.ts';
import { F32, F64, heapTypeOf, I32, I64, isTypeIndex, V128, type ValType } from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';

export class CodeWriter {
  readonly out = new ByteWriter();
  /** Where the branches begin that are hardly ever taken (branch_hints.ts): bytes from the beginning of `out`. */
  unlikely: number[] = [];
  /** Whether to note them. */
  hints = true;

  /** As new, in the same buffer. */
  clear(): void {
    this.out.clear();
    this.unlikely = [];
    this.hints = true;
  }

  op(opcode: number): void {
    encodeOpcode(this.out, opcode);
  }

  localGet(index: number): void {
    this.out.u8u32(OP_LOCAL_GET, index);
  }

  localSet(index: number): void {
    this.out.u8u32(OP_LOCAL_SET, index);
  }

  localTee(index: number): void {
    this.out.u8u32(OP_LOCAL_TEE, index);
  }

  globalGet(index: number): void {
    this.out.u8u32(OP_GLOBAL_GET, index);
  }

  globalSet(index: number): void {
    this.out.u8u32(OP_GLOBAL_SET, index);
  }

  i32(value: number): void {
    this.out.u8(OP_I32_CONST);
    this.out.s32(value);
  }

  /** An i64 constant that fits 32 bits. */
  i64(value: number): void {
    this.out.u8(OP_I64_CONST);
    this.out.s32(value);
  }

  add(value: number): void {
    this.i32(value);
    this.out.u8(OP_I32_ADD);
  }

  sub(value: number): void {
    this.i32(value);
    this.out.u8(OP_I32_SUB);
  }

  /** Is the i32 on the stack negative? */
  isNegative(): void {
    this.i32(0);
    this.out.u8(OP_I32_LT_S);
  }

  call(index: number): void {
    this.out.u8u32(OP_CALL, index);
  }

  drop(): void {
    this.out.u8(OP_DROP);
  }

  return(): void {
    this.out.u8(OP_RETURN);
  }

  blockType(blockType: number): void {
    encodeBlockType(this.out, blockType);
  }

  block(blockType: number): void {
    this.out.u8(OP_BLOCK);
    encodeBlockType(this.out, blockType);
  }

  loop(blockType: number): void {
    this.out.u8(OP_LOOP);
    encodeBlockType(this.out, blockType);
  }

  if(blockType: number): void {
    this.out.u8(OP_IF);
    encodeBlockType(this.out, blockType);
  }

  /** An `if` whose arm hardly ever runs. */
  unlikelyIf(blockType: number): void {
    if (this.hints) this.unlikely.push(this.out.length);
    this.if(blockType);
  }

  else(): void {
    this.out.u8(OP_ELSE);
  }

  end(): void {
    this.out.u8(OP_END);
  }

  br(label: number): void {
    this.out.u8u32(OP_BR, label);
  }

  brIf(label: number): void {
    this.out.u8u32(OP_BR_IF, label);
  }

  /** A load or store with alignment 1 from or to `memory`. */
  access(opcode: number, offset: number, memory: number): void {
    encodeOpcode(this.out, opcode);
    // Bit 6 of the alignment announces an explicit memory index (spec: multi-memory memarg).
    this.out.u32(memory === 0 ? 0 : 0x40);
    if (memory !== 0) this.out.u32(memory);
    this.out.u32(offset);
  }

  load(type: ValType, offset: number, memory: number): void {
    this.access(LOADS[type] as number, offset, memory);
  }

  store(type: ValType, offset: number, memory: number): void {
    this.access(STORES[type] as number, offset, memory);
  }

  /** Stores the value of local `value` at a fixed address of `memory`. */
  storeLocalAt(address: number, value: number, memory: number): void {
    this.i32(0);
    this.localGet(value);
    this.store(I32, address, memory);
  }

  storeConstantAt(address: number, value: number, memory: number): void {
    this.i32(0);
    this.i32(value);
    this.store(I32, address, memory);
  }

  loadAt(address: number, memory: number): void {
    this.i32(0);
    this.load(I32, address, memory);
  }

  memorySize(memory: number): void {
    this.out.u8(OP_MEMORY_SIZE);
    this.out.u32(memory);
  }

  /** [to, from, length] on the stack. */
  memoryCopy(to: number, from: number): void {
    this.op(OP_MEMORY_COPY);
    this.out.u32(to);
    this.out.u32(from);
  }

  /** [to, value, length] on the stack. */
  memoryFill(memory: number): void {
    this.op(OP_MEMORY_FILL);
    this.out.u32(memory);
  }

  /** A zero (or null) of the type: what a function returns while the stack unwinds. */
  dummy(type: ValType): void {
    switch (type) {
      case I32:
        this.i32(0);
        return;
      case I64:
        this.out.u8(OP_I64_CONST);
        this.out.u8(0);
        return;
      case F32:
        this.out.u8(OP_F32_CONST);
        for (let k = 0; k < 4; k++) this.out.u8(0);
        return;
      case F64:
        this.out.u8(OP_F64_CONST);
        for (let k = 0; k < 8; k++) this.out.u8(0);
        return;
      case V128:
        this.op(OP_V128_CONST);
        for (let k = 0; k < 16; k++) this.out.u8(0);
        return;
      default:
        this.out.u8(OP_REF_NULL);
        encodeHeapType(this.out, type);
    }
  }
}

const EMPTY_BLOCK_BYTE = 0x40;

export function encodeOpcode(out: ByteWriter, opcode: number): void {
  if (opcode <= 0xff) {
    out.u8(opcode);
    return;
  }
  out.u8(opcode >> 12);
  out.u32(opcode & 0xfff);
}

/** A block type in the form of `InstructionReader.blockType`. */
export function encodeBlockType(out: ByteWriter, blockType: number): void {
  if (blockType >= 0) out.s32(blockType);
  else if (blockType === BLOCK_EMPTY) out.u8(EMPTY_BLOCK_BYTE);
  else writeValType(out, -blockType - 2);
}

export function encodeHeapType(out: ByteWriter, type: ValType): void {
  const heapType = heapTypeOf(type);
  if (isTypeIndex(heapType)) out.s32(heapType);
  else out.u8(heapType & 0xff);
}

const LOADS: { readonly [type: number]: number } = {
  [I32]: OP_I32_LOAD,
  [I64]: OP_I64_LOAD,
  [F32]: OP_F32_LOAD,
  [F64]: OP_F64_LOAD,
  [V128]: OP_V128_LOAD,
};

const STORES: { readonly [type: number]: number } = {
  [I32]: OP_I32_STORE,
  [I64]: OP_I64_STORE,
  [F32]: OP_F32_STORE,
  [F64]: OP_F64_STORE,
  [V128]: OP_V128_STORE,
};
