// Instructions that run in appended helpers, because their time is not bounded by their weight or because the
// engine has a say: `memory.grow` (a limit per process, accounted and re-pooled by the engine) and long bulk-memory
// instructions (charged by length, in pieces with a resume point between). `table.grow`: table_grow.ts.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_EQZ,
  OP_I32_GE_S,
  OP_I32_GT_U,
  OP_I32_LE_U,
  OP_I32_LT_U,
  OP_I32_MUL,
  OP_I32_SHR_U,
  OP_I32_SUB,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_INIT,
  OP_REF_AS_NON_NULL,
  OP_SELECT,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
} from '../wasm/opcodes.ts';
import { FUNCREF, heapTypeOf, I32, isNullable, makeRef, type ValType } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { emitSave, type FrameLayout, frameOfParams } from './frames.ts';
import {
  BLOCK_SHIFT,
  CELL_GROW_MEMORY,
  CELL_GROW_PAGES,
  CELL_GROW_RESULT,
  CELL_LEFT,
  CELL_RESULT_BYTES,
  CELL_STOP,
  FRAME_HEADER,
  RESULT_STRIDE,
  RESULTS,
  STOP_GROW,
} from './injected_abi.ts';
import { BULK_CHUNK, BULK_SHIFT, COST_TABLE_ELEMENT, TABLE_CHUNK } from './limits.ts';
import { emitLoadValue } from './references.ts';
import { emitRangeMark } from './tracked_writes.ts';

/** Remembers what is left of the turn and makes everybody on the stack unwind. */
export function emitStopNow(writer: CodeWriter, context: RewriteContext): void {
  writer.i32(0);
  writer.globalGet(context.globals.fuel);
  writer.store(I32, CELL_LEFT, context.side);
  writer.i32(-1);
  writer.globalSet(context.globals.fuel);
}

/** `(i32 pages) -> i32`: stops with STOP_GROW; the engine grows the memory and leaves the answer in CELL_GROW_RESULT. */
export function growHelper(context: RewriteContext, memory: number): number {
  return context.helper(`grow ${memory}`, () => {
    const helper = context.append([I32], [I32], 'lunatic$grow');
    const resume = context.append([], [], 'lunatic$grow_resume');
    const layout = frameOfParams([]);
    const functionNumber = context.addResumeEntry(resume.index, [layout.sizeBytes]);

    const forward = new CodeWriter();
    encodeLocals(forward.out, []);
    forward.localGet(0);
    forward.op(OP_I32_EQZ);
    forward.if(BLOCK_EMPTY);
    forward.memorySize(memory);
    forward.return();
    forward.end();
    forward.storeLocalAt(CELL_GROW_PAGES, 0, context.side);
    forward.storeConstantAt(CELL_GROW_MEMORY, memory, context.side);
    forward.storeConstantAt(CELL_STOP, STOP_GROW, context.side);
    emitSave(forward, context, layout, functionNumber, noSlot);
    emitStopNow(forward, context);
    forward.i32(0);
    forward.end();
    helper.body = forward.out.finish();

    const writer = new CodeWriter();
    encodeLocals(writer.out, []);
    writer.globalGet(context.globals.top);
    writer.sub(FRAME_HEADER);
    writer.globalSet(context.globals.top);
    writer.i32(0);
    writer.loadAt(CELL_GROW_RESULT, context.side);
    writer.store(I32, RESULTS, context.side);
    writer.storeConstantAt(CELL_RESULT_BYTES, RESULT_STRIDE, context.side);
    writer.end();
    resume.body = writer.out.finish();
    return helper.index;
  });
}

function noSlot(): never {
  throw new Error('a frame without values has no slots');
}

/** What one bulk instruction does, with its operands [to, from or value, length] on the stack. */
interface BulkInstruction {
  readonly op: number;
  readonly imm0: number;
  readonly imm1: number;
  /** Memory written to; -1: a table. */
  readonly memory: number;
  /** The second operand is an address, which moves along. */
  readonly hasSource: boolean;
  /** The operands' types; the second is a reference for `table.fill`. */
  readonly types: readonly ValType[];
  /** The table has no nulls, so the value of `table.fill` is cast back. */
  readonly nonNull: boolean;
  /** Length of a piece, and what it costs. */
  readonly chunk: number;
  readonly chunkCost: number;
}

function describeBulk(context: RewriteContext, op: number, imm0: number, imm1: number): BulkInstruction {
  if (op === OP_MEMORY_FILL || op === OP_MEMORY_COPY || op === OP_MEMORY_INIT) {
    return {
      op,
      imm0,
      imm1,
      memory: op === OP_MEMORY_INIT ? imm1 : imm0,
      hasSource: op !== OP_MEMORY_FILL,
      types: i32s(3),
      nonNull: false,
      chunk: BULK_CHUNK,
      chunkCost: BULK_CHUNK >> BULK_SHIFT,
    };
  }
  const hasSource = op !== OP_TABLE_FILL;
  // Only `table.fill` takes an element; the first immediate of the others need not be a table.
  const elemType = hasSource ? FUNCREF : context.module.tables[imm0].elemType;
  return {
    op,
    imm0,
    imm1,
    memory: -1,
    hasSource,
    types: hasSource ? i32s(3) : [I32, nullable(elemType), I32],
    nonNull: !hasSource && !isNullable(elemType),
    chunk: TABLE_CHUNK,
    chunkCost: TABLE_CHUNK * COST_TABLE_ELEMENT,
  };
}

/** The type that also holds null: what waits in a private table must have it. */
export function nullable(type: ValType): ValType {
  return isNullable(type) ? type : makeRef(heapTypeOf(type), true);
}

/** `(i32 to, i32 from or value, i32 length)`, for one instruction with these immediates. */
export function bulkHelper(context: RewriteContext, op: number, imm0: number, imm1: number): number {
  return context.helper(`bulk ${op} ${imm0} ${imm1}`, () => {
    const instruction = describeBulk(context, op, imm0, imm1);
    const helper = context.append(instruction.types, [], 'lunatic$bulk');
    const pieces = emitPieces(context, instruction);
    const writer = new CodeWriter();
    encodeLocals(writer.out, []);
    writer.localGet(2);
    writer.i32(instruction.chunk);
    writer.op(OP_I32_LE_U);
    writer.if(BLOCK_EMPTY);
    emitCharge(writer, context, instruction);
    emitBulk(writer, context, instruction);
    writer.return();
    writer.end();
    // Bounds first, so that a stop between pieces never leaves a partial write behind that a trap would not have made:
    // an empty instruction at the far ends traps exactly when the whole one would. A sum that wraps is out of bounds, or the very end
    // of a memory of 4 GiB: the whole instruction decides.
    for (const operand of instruction.hasSource ? [0, 1] : [0]) {
      writer.localGet(operand);
      writer.localGet(2);
      writer.op(OP_I32_ADD);
      writer.localGet(operand);
      writer.op(OP_I32_LT_U);
      writer.if(BLOCK_EMPTY);
      emitBulk(writer, context, instruction);
      writer.return();
      writer.end();
    }
    writer.localGet(0);
    writer.localGet(2);
    writer.op(OP_I32_ADD);
    writer.localGet(1);
    if (instruction.hasSource) {
      writer.localGet(2);
      writer.op(OP_I32_ADD);
    }
    emitCast(writer, instruction);
    writer.i32(0);
    emitInstruction(writer, instruction);
    for (let k = 0; k < 3; k++) writer.localGet(k);
    writer.call(pieces);
    writer.end();
    helper.body = writer.out.finish();
    return helper.index;
  });
}

/** fuel = max(0, fuel - price of the length): the next check stops, nothing is subtracted below zero (I1, I2). */
function emitCharge(writer: CodeWriter, context: RewriteContext, instruction: BulkInstruction): void {
  const { fuel } = context.globals;
  const price = (): void => {
    writer.localGet(2);
    if (instruction.memory >= 0) {
      writer.i32(BULK_SHIFT);
      writer.op(OP_I32_SHR_U);
    } else {
      writer.i32(COST_TABLE_ELEMENT);
      writer.op(OP_I32_MUL);
    }
  };
  writer.globalGet(fuel);
  price();
  writer.op(OP_I32_SUB);
  writer.i32(0);
  writer.globalGet(fuel);
  price();
  writer.op(OP_I32_GE_S);
  writer.op(OP_SELECT);
  writer.globalSet(fuel);
}

/** Pushes [to, from or value, length]. */
function emitOperands(writer: CodeWriter, instruction: BulkInstruction): void {
  writer.localGet(0);
  writer.localGet(1);
  emitCast(writer, instruction);
  writer.localGet(2);
}

function emitCast(writer: CodeWriter, instruction: BulkInstruction): void {
  if (instruction.nonNull) writer.op(OP_REF_AS_NON_NULL);
}

function emitInstruction(writer: CodeWriter, instruction: BulkInstruction): void {
  writer.op(instruction.op);
  writer.out.u32(instruction.imm0);
  if (instruction.hasSource) writer.out.u32(instruction.imm1);
}

/** The instruction on locals 0..2, and its marks. */
function emitBulk(writer: CodeWriter, context: RewriteContext, instruction: BulkInstruction): void {
  emitOperands(writer, instruction);
  emitInstruction(writer, instruction);
  if (context.tracked && instruction.memory === 0) emitRangeMark(writer, context, 0, 2);
}

/** `(to, from or value, length)` within bounds: one piece per turn of a loop that can stop. Returns its function index. */
function emitPieces(context: RewriteContext, instruction: BulkInstruction): number {
  const { types } = instruction;
  const pieces = context.append(types, [], 'lunatic$bulk_pieces');
  const resume = context.append([], [], 'lunatic$bulk_resume');
  const layout = frameOfParams(types);
  const functionNumber = context.addResumeEntry(resume.index, [layout.sizeBytes]);
  pieces.body = emitPiecesForward(context, instruction, layout, functionNumber);

  const writer = new CodeWriter();
  encodeLocals(writer.out, i32s(1));
  writer.globalGet(context.globals.top);
  writer.sub(layout.sizeBytes);
  writer.localTee(0);
  writer.globalSet(context.globals.top);
  writer.globalGet(context.globals.fuel);
  writer.add(instruction.chunkCost);
  writer.globalSet(context.globals.fuel);
  for (const slot of layout.slots) {
    writer.localGet(0);
    emitLoadValue(writer, context, slot.type, layout.sizeBytes - slot.fromEnd);
  }
  writer.call(pieces.index);
  writer.storeConstantAt(CELL_RESULT_BYTES, 0, context.side);
  writer.end();
  resume.body = writer.out.finish();
  return pieces.index;
}

function emitPiecesForward(
  context: RewriteContext,
  instruction: BulkInstruction,
  layout: FrameLayout,
  functionNumber: number,
): Uint8Array {
  const writer = new CodeWriter();
  const { fuel } = context.globals;
  encodeLocals(writer.out, []);
  writer.loop(BLOCK_EMPTY);
  writer.globalGet(fuel);
  writer.sub(instruction.chunkCost);
  writer.globalSet(fuel);
  writer.globalGet(fuel);
  writer.isNegative();
  writer.if(BLOCK_EMPTY);
  emitSave(writer, context, layout, functionNumber, (slot) => slot.local);
  writer.return();
  writer.end();
  writer.localGet(2);
  writer.i32(instruction.chunk);
  writer.op(OP_I32_LE_U);
  writer.if(BLOCK_EMPTY);
  emitBulk(writer, context, instruction);
  writer.return();
  writer.end();
  if (instruction.op === OP_MEMORY_COPY || instruction.op === OP_TABLE_COPY) {
    // A copy upwards may overlap its source: the last piece first.
    writer.localGet(0);
    writer.localGet(1);
    writer.op(OP_I32_GT_U);
    writer.if(BLOCK_EMPTY);
    emitLastPiece(writer, context, instruction);
    writer.br(1);
    writer.end();
  }
  emitFirstPiece(writer, context, instruction);
  writer.br(0);
  writer.end();
  writer.end();
  return writer.out.finish();
}

/** Does [to, from, CHUNK) and moves the operands past it. */
function emitFirstPiece(writer: CodeWriter, context: RewriteContext, instruction: BulkInstruction): void {
  writer.localGet(0);
  writer.localGet(1);
  emitCast(writer, instruction);
  writer.i32(instruction.chunk);
  emitInstruction(writer, instruction);
  emitChunkMark(writer, context, instruction, () => writer.localGet(0));
  for (const operand of instruction.hasSource ? [0, 1] : [0]) {
    writer.localGet(operand);
    writer.add(instruction.chunk);
    writer.localSet(operand);
  }
  writer.localGet(2);
  writer.sub(instruction.chunk);
  writer.localSet(2);
}

/** Does the last CHUNK bytes and shortens the rest. */
function emitLastPiece(writer: CodeWriter, context: RewriteContext, instruction: BulkInstruction): void {
  writer.localGet(2);
  writer.sub(instruction.chunk);
  writer.localSet(2);
  for (const operand of [0, 1]) {
    writer.localGet(operand);
    writer.localGet(2);
    writer.op(OP_I32_ADD);
  }
  writer.i32(instruction.chunk);
  emitInstruction(writer, instruction);
  emitChunkMark(writer, context, instruction, () => {
    writer.localGet(0);
    writer.localGet(2);
    writer.op(OP_I32_ADD);
  });
}

/** Marks a piece of BULK_CHUNK bytes; it may touch one block more than it is long. */
function emitChunkMark(
  writer: CodeWriter,
  context: RewriteContext,
  instruction: BulkInstruction,
  address: () => void,
): void {
  if (!context.tracked || instruction.memory !== 0) return;
  writer.globalGet(context.globals.marks);
  address();
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.op(OP_I32_ADD);
  writer.i32(1);
  writer.i32((BULK_CHUNK >> BLOCK_SHIFT) + 1);
  writer.memoryFill(context.side);
}
