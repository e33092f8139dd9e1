// The injected functions through which the engine runs a process: the driver and the entries, wrappers of imports that may stop.
//
// A process is only ever run by `run`: it resumes the innermost frame of the chunk, and when that function ends normally it
// leaves its results in RESULTS and the driver resumes the next one, which takes them up behind its call. Starting is the
// same: the engine writes an entry frame (arguments, callee) whose resume function makes the call.

import { BLOCK_EMPTY, singleResultBlockType } from '../wasm/instructions.ts';
import {
  CATCH_ALL_REF,
  OP_CALL_INDIRECT,
  OP_I32_ADD,
  OP_I32_AND,
  OP_I32_EQ,
  OP_I32_EQZ,
  OP_I32_GE_S,
  OP_I32_GT_U,
  OP_I32_SUB,
  OP_I32_WRAP_I64,
  OP_I64_CONST,
  OP_I64_EQ,
  OP_I64_SHR_U,
  OP_THROW_REF,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { EXNREF, type FuncType, I32, I64, type ValType } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { emitSave, frameOfParams, sizeOf } from './frames.ts';
import {
  CELL_ANSWER,
  CELL_FUEL,
  CELL_MAILBOX_EMPTY,
  CELL_RESULT_BYTES,
  CELL_SCRATCH,
  CELL_STOP,
  CELL_TOP,
  FRAME_HEADER,
  RESULT_STRIDE,
  RESULTS,
  RUN_ENDED,
  RUN_NO_ROOM,
  RUN_STOPPED,
  SCRATCH_TOP,
  STOP_RECEIVE,
} from './injected_abi.ts';
import { COST_FRAME } from './limits.ts';
import { emitStopNow } from './outlined.ts';
import { emitLoadValue, emitStoreValue } from './references.ts';

/** `run(i32 fuel, i32 top, i32 floor, i32 limit) -> i32`; see injected_abi.ts. Returns its function index. */
export function emitRun(context: RewriteContext): number {
  const { globals, side } = context;
  const returned = emitReturnedFrame(context);
  const run = context.append(i32s(4), [I32], 'lunatic$run');
  const writer = new CodeWriter();
  const [fuel, top, floor, limit, length] = [0, 1, 2, 3, 4];
  encodeLocals(writer.out, i32s(1));
  writer.localGet(fuel);
  writer.globalSet(globals.fuel);
  writer.localGet(top);
  writer.globalSet(globals.top);
  writer.i32(SCRATCH_TOP);
  writer.globalSet(globals.scratch);
  writer.block(BLOCK_EMPTY);
  writer.loop(BLOCK_EMPTY);
  emitIfEnded(writer, context, floor);
  emitResume(writer, context, floor);
  writer.globalGet(globals.fuel);
  writer.isNegative();
  writer.brIf(1);
  // A long chain of returns must end its turn too. What the last function returned goes to a frame of its own.
  writer.globalGet(globals.fuel);
  writer.sub(COST_FRAME);
  writer.globalSet(globals.fuel);
  writer.globalGet(globals.fuel);
  writer.i32(0);
  writer.op(OP_I32_GE_S);
  writer.brIf(0);
  emitIfEnded(writer, context, floor);
  writer.loadAt(CELL_RESULT_BYTES, side);
  writer.localSet(length);
  writer.i32(SCRATCH_TOP - FRAME_HEADER);
  writer.localGet(length);
  writer.op(OP_I32_SUB);
  writer.globalSet(globals.scratch);
  writer.globalGet(globals.scratch);
  writer.i32(RESULTS);
  writer.localGet(length);
  writer.memoryCopy(side, side);
  writer.storeLocalAt(SCRATCH_TOP - FRAME_HEADER, length, side);
  writer.storeConstantAt(SCRATCH_TOP - 4, returned, side);
  writer.end();
  writer.end();
  emitSettle(writer, context, limit, length);
  writer.end();
  run.body = writer.out.finish();
  return run.index;
}

/**
 * Calls the resume function of the innermost frame. An exception that it lets out goes on in the next frame, which throws it again at its
 * own call; without a next frame it leaves `run`. Emitted two blocks deep, the inner one the loop over frames.
 */
function emitResume(writer: CodeWriter, context: RewriteContext, floor: number): void {
  const { globals, side } = context;
  const call = (): void => {
    writer.globalGet(globals.top);
    writer.sub(4);
    writer.load(I32, 0, side);
    emitCallIndirect(writer, context.typeIndex([], []), context.resumeTable);
  };
  if (!context.catches) {
    call();
    return;
  }
  writer.block(BLOCK_EMPTY);
  writer.block(singleResultBlockType(EXNREF));
  writer.op(OP_TRY_TABLE);
  writer.blockType(BLOCK_EMPTY);
  writer.out.u32(1);
  writer.out.u8(CATCH_ALL_REF);
  writer.out.u32(0);
  call();
  writer.end();
  writer.br(1);
  writer.end();
  writer.globalSet(globals.exception);
  // Nobody stops while an exception is under way: the chunk is as it was when its frame was taken.
  writer.globalGet(globals.top);
  writer.localGet(floor);
  writer.op(OP_I32_EQ);
  writer.if(BLOCK_EMPTY);
  writer.globalGet(globals.exception);
  writer.dummy(EXNREF);
  writer.globalSet(globals.exception);
  writer.op(OP_THROW_REF);
  writer.end();
  writer.br(1);
  writer.end();
}

/** No frame left: the process has ended. */
function emitIfEnded(writer: CodeWriter, context: RewriteContext, floor: number): void {
  writer.globalGet(context.globals.top);
  writer.localGet(floor);
  writer.op(OP_I32_EQ);
  writer.if(BLOCK_EMPTY);
  writer.i32(0);
  writer.globalGet(context.globals.fuel);
  writer.store(I32, CELL_FUEL, context.side);
  writer.i32(RUN_ENDED);
  writer.return();
  writer.end();
}

/** Moves the frames of this stop from scratch to the chunk, if they fit. */
function emitSettle(writer: CodeWriter, context: RewriteContext, limit: number, length: number): void {
  const { globals, side } = context;
  writer.i32(SCRATCH_TOP);
  writer.globalGet(globals.scratch);
  writer.op(OP_I32_SUB);
  writer.localSet(length);
  writer.i32(0);
  writer.globalGet(globals.fuel);
  writer.store(I32, CELL_FUEL, side);
  writer.i32(0);
  writer.globalGet(globals.scratch);
  writer.store(I32, CELL_SCRATCH, side);
  writer.i32(0);
  writer.globalGet(globals.top);
  writer.store(I32, CELL_TOP, side);
  writer.globalGet(globals.top);
  writer.localGet(length);
  writer.op(OP_I32_ADD);
  writer.localGet(limit);
  writer.op(OP_I32_GT_U);
  writer.if(BLOCK_EMPTY);
  writer.i32(RUN_NO_ROOM);
  writer.return();
  writer.end();
  writer.globalGet(globals.top);
  writer.globalGet(globals.scratch);
  writer.localGet(length);
  writer.memoryCopy(side, side);
  writer.i32(0);
  writer.globalGet(globals.top);
  writer.localGet(length);
  writer.op(OP_I32_ADD);
  writer.store(I32, CELL_TOP, side);
  writer.i32(RUN_STOPPED);
}

/** The frame that `run` makes of pending results: puts them back. Its resume point is their length. Returns its function number. */
function emitReturnedFrame(context: RewriteContext): number {
  const { globals, side } = context;
  const resume = context.append([], [], 'lunatic$returned');
  const writer = new CodeWriter();
  const length = 0;
  encodeLocals(writer.out, i32s(1));
  writer.globalGet(globals.top);
  writer.sub(FRAME_HEADER);
  writer.load(I32, 0, side);
  writer.localSet(length);
  writer.globalGet(globals.top);
  writer.sub(FRAME_HEADER);
  writer.localGet(length);
  writer.op(OP_I32_SUB);
  writer.globalSet(globals.top);
  writer.i32(RESULTS);
  writer.globalGet(globals.top);
  writer.localGet(length);
  writer.memoryCopy(side, side);
  writer.storeLocalAt(CELL_RESULT_BYTES, length, side);
  // The driver charges every frame; this one was charged when it was made, or a budget of zero would never get on.
  writer.globalGet(globals.fuel);
  writer.add(COST_FRAME);
  writer.globalSet(globals.fuel);
  writer.end();
  resume.body = writer.out.finish();
  return context.addResumeEntry(resume.index);
}

function emitCallIndirect(writer: CodeWriter, typeIndex: number, table: number): void {
  writer.op(OP_CALL_INDIRECT);
  writer.out.u32(typeIndex);
  writer.out.u32(table);
}

/** Stores results on the stack, of these types, where the frame below looks for them. `firstLocal`: scratch locals of those types. */
export function emitLeaveResults(
  writer: CodeWriter,
  context: RewriteContext,
  results: readonly ValType[],
  firstLocal: number,
): void {
  for (let k = results.length - 1; k >= 0; k--) writer.localSet(firstLocal + k);
  results.forEach((type, k) => {
    writer.i32(0);
    writer.localGet(firstLocal + k);
    emitStoreValue(writer, context, type, RESULTS + RESULT_STRIDE * k);
  });
  writer.storeConstantAt(CELL_RESULT_BYTES, RESULT_STRIDE * results.length, context.side);
}

/**
 * The entry for functions of `type` in `table`. Its frame: arguments packed in order, then the header whose resume point is
 * the callee's index in that table. Returns its function number.
 */
export function emitEntry(context: RewriteContext, type: FuncType, table: number): number {
  const { globals, side } = context;
  const resume = context.append([], [], 'lunatic$entry');
  const writer = new CodeWriter();
  const sizeBytes = type.params.reduce((sum, param) => sum + sizeOf(param), FRAME_HEADER);
  const base = 0;
  encodeLocals(writer.out, [I32, ...type.results]);
  writer.globalGet(globals.top);
  writer.sub(sizeBytes);
  writer.localTee(base);
  writer.globalSet(globals.top);
  let offset = 0;
  for (const param of type.params) {
    writer.localGet(base);
    writer.load(param, offset, side);
    offset += sizeOf(param);
  }
  writer.localGet(base);
  writer.load(I32, sizeBytes - FRAME_HEADER, side);
  emitCallIndirect(writer, context.typeIndex(type.params, type.results), table);
  emitReturnIfStopped(writer, context);
  emitLeaveResults(writer, context, type.results, 1);
  writer.end();
  resume.body = writer.out.finish();
  return context.addResumeEntry(resume.index, [sizeBytes]);
}

/** A function that ends in a call needs no frame: whoever was called delivers the results. */
function emitReturnIfStopped(writer: CodeWriter, context: RewriteContext): void {
  writer.globalGet(context.globals.fuel);
  writer.isNegative();
  writer.if(BLOCK_EMPTY);
  writer.return();
  writer.end();
}

/** How an import that may stop is called; TransformOptions.forms says it of all imports. */
export interface WrapperForm {
  /** The host function takes each i64 as two i32, the low one first: V8 would make a bigint of it. */
  readonly split: boolean;
  /**
   * The import is `receive(i32, i32 count, i64 timeout) -> i32`, which takes any message for a count of 0 and waits for ever with a timeout of
   * -1. So it need not be called to begin such a wait in an empty mailbox, nor for the answer if the engine has left that in CELL_ANSWER.
   */
  readonly receive: boolean;
}

/**
 * Puts a wrapper in the place of an import that may stop: the frame holds the arguments, and resuming calls the import again.
 */
export function emitImportWrapper(
  context: RewriteContext,
  funcIndex: number,
  name: string,
  { split, receive }: WrapperForm,
): void {
  const { globals, side } = context;
  const type = context.module.types[context.module.funcTypeIndices[funcIndex]];
  const { params, results } = type;
  const wrapper = context.append(params, results, name);
  const resume = context.append([], [], name);
  const layout = frameOfParams(params);
  const functionNumber = context.addResumeEntry(resume.index, [layout.sizeBytes]);
  if (split) context.importTypes.set(funcIndex, context.typeIndex(params.flatMap(halves), results));

  const callImport = (writer: CodeWriter): void => {
    params.forEach((param, k) => {
      if (split && param === I64) emitHalves(writer, k);
      else writer.localGet(k);
    });
    writer.call(funcIndex);
  };
  const stopIfAsked = (writer: CodeWriter, dummies: boolean): void => {
    writer.loadAt(CELL_STOP, side);
    writer.if(BLOCK_EMPTY);
    emitSave(writer, context, layout, functionNumber, (slot) => slot.local);
    emitStopNow(writer, context);
    if (dummies) for (const result of results) writer.dummy(result);
    writer.return();
    writer.end();
  };

  const forward = new CodeWriter();
  encodeLocals(forward.out, []);
  if (receive) emitBeginReceive(forward, context, callImport);
  else callImport(forward);
  stopIfAsked(forward, true);
  forward.end();
  wrapper.body = forward.out.finish();

  const writer = new CodeWriter();
  const base = params.length;
  encodeLocals(writer.out, [...params, I32, ...results]);
  writer.globalGet(globals.top);
  writer.sub(layout.sizeBytes);
  writer.localTee(base);
  writer.globalSet(globals.top);
  if (receive) emitTakeAnswer(writer, context);
  for (const slot of layout.slots) {
    writer.localGet(base);
    emitLoadValue(writer, context, slot.type, layout.sizeBytes - slot.fromEnd);
    writer.localSet(slot.local);
  }
  callImport(writer);
  stopIfAsked(writer, false);
  emitLeaveResults(writer, context, results, base + 1);
  writer.end();
  resume.body = writer.out.finish();
  context.redirect(funcIndex, wrapper.index);
}

/** Leaves the result of `receive`; asks for a stop without a call if it is to wait for any message, and there is none. */
function emitBeginReceive(writer: CodeWriter, context: RewriteContext, callImport: (writer: CodeWriter) => void): void {
  const { side } = context;
  const [count, timeout] = [1, 2];
  writer.loadAt(CELL_MAILBOX_EMPTY, side);
  writer.localGet(count);
  writer.op(OP_I32_EQZ);
  writer.op(OP_I32_AND);
  writer.localGet(timeout);
  writer.op(OP_I64_CONST);
  writer.out.s32(-1);
  writer.op(OP_I64_EQ);
  writer.op(OP_I32_AND);
  writer.if(-I32 - 2);
  writer.storeConstantAt(CELL_STOP, STOP_RECEIVE, side);
  writer.i32(0);
  writer.else();
  callImport(writer);
  writer.end();
}

/** Takes the answer that the engine has left, if it has: it is the result, and the import is not called. */
function emitTakeAnswer(writer: CodeWriter, context: RewriteContext): void {
  const { side } = context;
  writer.loadAt(CELL_ANSWER, side);
  writer.if(BLOCK_EMPTY);
  writer.i32(0);
  writer.loadAt(CELL_ANSWER, side);
  writer.sub(1);
  writer.store(I32, RESULTS, side);
  writer.storeConstantAt(CELL_RESULT_BYTES, RESULT_STRIDE, side);
  writer.storeConstantAt(CELL_ANSWER, 0, side);
  writer.return();
  writer.end();
}

function halves(type: ValType): readonly ValType[] {
  return type === I64 ? [I32, I32] : [type];
}

function emitHalves(writer: CodeWriter, local: number): void {
  writer.localGet(local);
  writer.op(OP_I32_WRAP_I64);
  writer.localGet(local);
  writer.op(OP_I64_CONST);
  writer.out.s32(32);
  writer.op(OP_I64_SHR_U);
  writer.op(OP_I32_WRAP_I64);
}

/** `() -> ()`: a trap that no guest code can catch. */
export function emitTrap(context: RewriteContext): number {
  const trap = context.append([], [], 'lunatic$trap');
  const writer = new CodeWriter();
  encodeLocals(writer.out, []);
  writer.op(OP_UNREACHABLE);
  writer.end();
  trap.body = writer.out.finish();
  return trap.index;
}

/** `() -> i32`: the value of an injected global. */
export function emitGlobalReader(context: RewriteContext, global: number, name: string): number {
  const reader = context.append([], [I32], name);
  const writer = new CodeWriter();
  encodeLocals(writer.out, []);
  writer.globalGet(global);
  writer.end();
  reader.body = writer.out.finish();
  return reader.index;
}

/** `(i32 address)`: where this instance's marks begin in the side memory. */
export function emitSetMarks(context: RewriteContext): number {
  const setMarks = context.append([I32], [], 'lunatic$set_marks');
  const writer = new CodeWriter();
  encodeLocals(writer.out, []);
  writer.localGet(0);
  writer.globalSet(context.globals.marks);
  writer.end();
  setMarks.body = writer.out.finish();
  return setMarks.index;
}
