// `table.grow` runs in an appended helper. Tables live in V8's heap, and a heap that is full ends the whole VM, so what all
// instances of a thread may add to their tables is bounded: CELL_TABLE_GROWTH counts it, and a request beyond the bound fails as the
// specification allows, with -1. A long one runs in pieces with a resume point between; nobody but the process itself could see the
// table in between, and it waits.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_EQ,
  OP_I32_EQZ,
  OP_I32_GT_U,
  OP_I32_LE_U,
  OP_REF_AS_NON_NULL,
  OP_TABLE_GROW,
  OP_TABLE_SIZE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { I32, isNullable } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { emitSave, type FrameLayout, frameOfParams } from './frames.ts';
import { CELL_RESULT_BYTES, CELL_TABLE_GROWTH, RESULT_STRIDE, RESULTS } from './injected_abi.ts';
import { COST_TABLE_ELEMENT, MAX_GROWN_TABLE, MAX_TABLE_GROWTH, TABLE_CHUNK } from './limits.ts';
import { nullable } from './outlined.ts';
import { emitCountGrowth, emitLoadValue } from './references.ts';

const CHUNK_COST = TABLE_CHUNK * COST_TABLE_ELEMENT;
const [VALUE, LENGTH, SIZE] = [0, 1, 2];

/** `(reference, i32 elements) -> i32`: the former size or -1. */
export function tableGrowHelper(context: RewriteContext, table: number): number {
  return context.helper(`table.grow ${table}`, () => {
    const { elemType, limits } = context.module.tables[table];
    const most = Math.min(limits.max ?? MAX_GROWN_TABLE, MAX_GROWN_TABLE);
    const helper = context.append([nullable(elemType), I32], [I32], 'lunatic$table_grow');
    const pieces = emitPieces(context, table);
    const writer = new CodeWriter();
    encodeLocals(writer.out, i32s(1));
    emitTable(writer, OP_TABLE_SIZE, table);
    writer.localSet(SIZE);
    writer.localGet(LENGTH);
    writer.op(OP_I32_EQZ);
    writer.if(BLOCK_EMPTY);
    writer.localGet(SIZE);
    writer.return();
    writer.end();
    // Neither sum can wrap: V8's tables end at 10,000,000.
    failAbove(writer, most, () => writer.localGet(LENGTH));
    failAbove(writer, most, () => {
      writer.localGet(SIZE);
      writer.localGet(LENGTH);
      writer.op(OP_I32_ADD);
    });
    failAbove(writer, MAX_TABLE_GROWTH, () => {
      writer.loadAt(CELL_TABLE_GROWTH, context.side);
      writer.localGet(LENGTH);
      writer.op(OP_I32_ADD);
    });
    emitCountGrowth(writer, context, LENGTH);
    for (const operand of [VALUE, LENGTH, SIZE]) writer.localGet(operand);
    writer.call(pieces);
    writer.end();
    helper.body = writer.out.finish();
    return helper.index;
  });
}

function failAbove(writer: CodeWriter, bound: number, value: () => void): void {
  value();
  writer.i32(bound);
  writer.op(OP_I32_GT_U);
  writer.if(BLOCK_EMPTY);
  writer.i32(-1);
  writer.return();
  writer.end();
}

/** `(reference, i32 elements, i32 former size) -> i32 former size`: one piece per turn of a loop that can stop. */
function emitPieces(context: RewriteContext, table: number): number {
  const { elemType } = context.module.tables[table];
  const types = [nullable(elemType), I32, I32];
  const pieces = context.append(types, [I32], 'lunatic$table_grow_pieces');
  const resume = context.append([], [], 'lunatic$table_grow_resume');
  const layout = frameOfParams(types);
  const functionNumber = context.addResumeEntry(resume.index, [layout.sizeBytes]);
  pieces.body = emitForward(context, table, layout, functionNumber);

  const { top, fuel } = context.globals;
  const writer = new CodeWriter();
  encodeLocals(writer.out, i32s(1));
  const base = 0;
  writer.globalGet(top);
  writer.sub(layout.sizeBytes);
  writer.localTee(base);
  writer.globalSet(top);
  // Paid for before the stop.
  writer.globalGet(fuel);
  writer.add(CHUNK_COST);
  writer.globalSet(fuel);
  writer.i32(0);
  for (const slot of layout.slots) {
    writer.localGet(base);
    emitLoadValue(writer, context, slot.type, layout.sizeBytes - slot.fromEnd);
  }
  writer.call(pieces.index);
  writer.store(I32, RESULTS, context.side);
  writer.storeConstantAt(CELL_RESULT_BYTES, RESULT_STRIDE, context.side);
  writer.end();
  resume.body = writer.out.finish();
  return pieces.index;
}

function emitForward(context: RewriteContext, table: number, layout: FrameLayout, functionNumber: number): Uint8Array {
  const { fuel } = context.globals;
  const writer = new CodeWriter();
  encodeLocals(writer.out, []);
  writer.loop(BLOCK_EMPTY);
  writer.globalGet(fuel);
  writer.sub(CHUNK_COST);
  writer.globalSet(fuel);
  writer.globalGet(fuel);
  writer.isNegative();
  writer.if(BLOCK_EMPTY);
  emitSave(writer, context, layout, functionNumber, (slot) => slot.local);
  writer.i32(0);
  writer.return();
  writer.end();
  writer.localGet(LENGTH);
  writer.i32(TABLE_CHUNK);
  writer.op(OP_I32_LE_U);
  writer.if(BLOCK_EMPTY);
  emitGrow(writer, context, table, () => writer.localGet(LENGTH));
  writer.localGet(SIZE);
  writer.return();
  writer.end();
  emitGrow(writer, context, table, () => writer.i32(TABLE_CHUNK));
  writer.localGet(LENGTH);
  writer.sub(TABLE_CHUNK);
  writer.localSet(LENGTH);
  writer.br(0);
  writer.end();
  writer.op(OP_UNREACHABLE);
  writer.end();
  return writer.out.finish();
}

/** One piece. All bounds are checked, so only a V8 that has no memory left refuses it; what was grown before cannot be undone: a trap. */
function emitGrow(writer: CodeWriter, context: RewriteContext, table: number, length: () => void): void {
  writer.localGet(VALUE);
  if (!isNullable(context.module.tables[table].elemType)) writer.op(OP_REF_AS_NON_NULL);
  length();
  emitTable(writer, OP_TABLE_GROW, table);
  writer.i32(-1);
  writer.op(OP_I32_EQ);
  writer.if(BLOCK_EMPTY);
  writer.op(OP_UNREACHABLE);
  writer.end();
}

function emitTable(writer: CodeWriter, op: number, table: number): void {
  writer.op(op);
  writer.out.u32(table);
}
