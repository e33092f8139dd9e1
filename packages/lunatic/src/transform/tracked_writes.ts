// Writes of memory 0 with the marks that record them, and marks alone: of one block, and of a range. Where no marks are wanted nobody calls this.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import type { OpSignature } from '../wasm/opcode_table.ts';
import { OP_I32_ADD, OP_I32_SHR_U, OP_I32_STORE8, OP_I32_SUB, opSignature, storeSize } from '../wasm/opcodes.ts';
import { I32, type ValType } from '../wasm/types.ts';
import { isMemoryBulk } from './bulk.ts';
import type { CodeWriter } from './code_writer.ts';
import type { RewriteContext } from './context.ts';
import { operandKey } from './frames.ts';
import { BLOCK_SHIFT } from './injected_abi.ts';

/** Locals that an emitted function has beside the guest's: the one called `name`, made when first asked for. */
export interface ExtraLocals {
  local(name: string, type: ValType): number;
}

/** Names of locals for values on their way to memory; made once, since a new string costs more than the look-up. */
const VALUE_NAMES = new Map<number, string>();

function valueName(k: number, type: ValType): string {
  const key = operandKey(k, type);
  let name = VALUE_NAMES.get(key);
  if (name === undefined) {
    name = `value ${k} ${type}`;
    VALUE_NAMES.set(key, name);
  }
  return name;
}

/** Does this instruction write to memory, other than through a helper? */
export function writesMemory(op: number): boolean {
  return storeSize(op) > 0 || isMemoryBulk(op);
}

/**
 * A write to memory 0 and its mark. The write comes first: when it traps nothing is marked, and when it does not the address
 * plus offset fits 32 bits. A store may reach into the next block: readers of marks allow for MARK_REACH. `offset`: of a store.
 */
export function emitTrackedWrite(
  writer: CodeWriter,
  context: RewriteContext,
  op: number,
  offset: number,
  start: number,
  end: number,
  locals: ExtraLocals,
): void {
  const address = locals.local('address', I32);
  if (isMemoryBulk(op)) {
    const [operand, length] = [locals.local(valueName(0, I32), I32), locals.local('length', I32)];
    writer.localSet(length);
    writer.localSet(operand);
    writer.localTee(address);
    writer.localGet(operand);
    writer.localGet(length);
    writer.out.bytes(context.module.bytes, start, end);
    emitRangeMark(writer, context, address, length);
    return;
  }
  // Address first, then the values: one for a store, up to two for an atomic read-modify-write.
  const { params } = opSignature(op) as OpSignature;
  const first = locals.local(valueName(0, params[1]), params[1]);
  const second = params.length > 2 ? locals.local(valueName(1, params[2]), params[2]) : -1;
  if (second >= 0) writer.localSet(second);
  writer.localSet(first);
  writer.localTee(address);
  writer.localGet(first);
  if (second >= 0) writer.localGet(second);
  writer.out.bytes(context.module.bytes, start, end);
  emitMark(writer, context, address, offset);
}

/** Marks the blocks of [address, address + length), both in locals; the range lies in memory 0. */
export function emitRangeMark(writer: CodeWriter, context: RewriteContext, address: number, length: number): void {
  writer.localGet(length);
  writer.if(BLOCK_EMPTY);
  emitMarkPlace(writer, context, address, 0);
  writer.i32(1);
  writer.localGet(address);
  writer.localGet(length);
  writer.op(OP_I32_ADD);
  writer.sub(1);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.localGet(address);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.op(OP_I32_SUB);
  writer.add(1);
  writer.memoryFill(context.side);
  writer.end();
}

/** Marks the block of the address in a local, plus `offset`. */
export function emitMark(writer: CodeWriter, context: RewriteContext, address: number, offset: number): void {
  emitMarkPlace(writer, context, address, offset);
  writer.i32(1);
  writer.access(OP_I32_STORE8, 0, context.side);
}

/** Leaves where the mark of that block is. */
function emitMarkPlace(writer: CodeWriter, context: RewriteContext, address: number, offset: number): void {
  writer.globalGet(context.globals.marks);
  writer.localGet(address);
  if (offset !== 0) writer.add(offset | 0);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.op(OP_I32_ADD);
}
