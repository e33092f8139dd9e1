// Calls about the scratch message that are answered inside wasm, while that message is small.
//
// To write and read a message a few bytes at a time takes several host calls per message, and each crossing costs as much as the work. So the
// scratch message of the process that runs lies in the side memory ("the window") as long as it is a data message of at most MAX_WINDOW_BYTES
// without resources, and the functions here serve it. Whatever they cannot serve (a longer message, none at all, an access out of
// bounds, which has to trap with the host's text) they pass to the import, whose handler takes the message out of the window first.
//
// M1  The window is open only while its process runs: the engine opens and empties it before a slice and moves its message out after.
// M2  CELL_WINDOW is WINDOW_OPEN exactly while the window has the scratch message; length <= MAX_WINDOW_BYTES, position <= length.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_AND,
  OP_I32_EQ,
  OP_I32_EQZ,
  OP_I32_GT_U,
  OP_I32_LE_U,
  OP_I32_LOAD8_U,
  OP_I32_STORE8,
  OP_I32_SUB,
  OP_I64_ADD,
  OP_I64_CONST,
  OP_I64_EXTEND_I32_U,
  OP_I64_LE_U,
  OP_I64_SHL,
  OP_SELECT,
} from '../wasm/opcodes.ts';
import { I32, I64 } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import {
  CELL_WINDOW,
  MARK_REACH,
  MAX_WINDOW_BYTES,
  WINDOW_BYTES,
  WINDOW_CLOSED,
  WINDOW_LENGTH,
  WINDOW_OPEN,
  WINDOW_POSITION,
  WINDOW_TAG,
} from './injected_abi.ts';
import { emitMark, emitRangeMark } from './tracked_writes.ts';

/** What an import does to the scratch message; the host function behind it has the signature given. */
export type WindowCall =
  /** `(i64 tag, i64 capacity)`: an empty message in the place of the present one. */
  | 'create'
  /** `(i32 address, i32 length) -> i32 length`: appends. */
  | 'write'
  /** `(i32 address, i32 length) -> i32 read`: reads from the position on. */
  | 'read'
  /** `() -> i64`. */
  | 'tag'
  /** `() -> i64`: the length. */
  | 'size';

/** A copy of at most this many bytes is a loop; `memory.copy` is a call. */
const LOOP_BYTES = 64;

/** Puts a function in the place of import `funcIndex`, whose calls now mean that function. `target`: what it passes on to. */
export function emitWindowCall(context: RewriteContext, funcIndex: number, call: WindowCall, name: string): void {
  const touchesMemory = call === 'write' || call === 'read';
  if (touchesMemory && context.module.memories.length === 0) return;
  const type = context.module.types[context.module.funcTypeIndices[funcIndex]];
  const inlined = context.append(type.params, type.results, name);
  const writer = new CodeWriter();
  const target = context.target(funcIndex);
  switch (call) {
    case 'create':
      emitCreate(writer, context);
      break;
    case 'write':
      emitWrite(writer, context);
      break;
    case 'read':
      emitRead(writer, context);
      break;
    case 'tag':
      encodeLocals(writer.out, []);
      emitIfOpen(writer, context);
      writer.i32(0);
      writer.load(I64, WINDOW_TAG, context.side);
      writer.return();
      writer.end();
      break;
    case 'size':
      encodeLocals(writer.out, []);
      emitIfOpen(writer, context);
      writer.loadAt(WINDOW_LENGTH, context.side);
      writer.op(OP_I64_EXTEND_I32_U);
      writer.return();
      writer.end();
      break;
  }
  type.params.forEach((_, k) => {
    writer.localGet(k);
  });
  writer.call(target);
  writer.end();
  inlined.body = writer.out.finish();
  context.redirect(funcIndex, inlined.index);
}

function emitIfOpen(writer: CodeWriter, context: RewriteContext): void {
  writer.loadAt(CELL_WINDOW, context.side);
  writer.i32(WINDOW_OPEN);
  writer.op(OP_I32_EQ);
  writer.if(BLOCK_EMPTY);
}

function emitCreate(writer: CodeWriter, context: RewriteContext): void {
  const { side } = context;
  const [tag, capacity] = [0, 1];
  encodeLocals(writer.out, []);
  // A host's message has to be dropped by the host; and it knows best what a large one needs.
  writer.localGet(capacity);
  emitI64(writer, MAX_WINDOW_BYTES);
  writer.op(OP_I64_LE_U);
  writer.if(BLOCK_EMPTY);
  writer.loadAt(CELL_WINDOW, side);
  if (WINDOW_CLOSED !== 0) throw new Error('a closed window is 0');
  writer.if(BLOCK_EMPTY);
  writer.i32(0);
  writer.localGet(tag);
  writer.store(I64, WINDOW_TAG, side);
  // Length and position in one store.
  writer.i32(0);
  emitI64(writer, 0);
  writer.store(I64, WINDOW_LENGTH, side);
  writer.storeConstantAt(CELL_WINDOW, WINDOW_OPEN, side);
  writer.return();
  writer.end();
  writer.end();
}

function emitWrite(writer: CodeWriter, context: RewriteContext): void {
  const { side } = context;
  const [address, length, at, left, from] = [0, 1, 2, 3, 4];
  encodeLocals(writer.out, i32s(3));
  emitIfOpen(writer, context);
  writer.localGet(length);
  writer.i32(MAX_WINDOW_BYTES);
  writer.loadAt(WINDOW_LENGTH, side);
  writer.localTee(at);
  writer.op(OP_I32_SUB);
  writer.op(OP_I32_LE_U);
  emitIsInside(writer, address, length);
  writer.op(OP_I32_AND);
  writer.if(BLOCK_EMPTY);
  writer.i32(0);
  writer.localGet(at);
  writer.localGet(length);
  writer.op(OP_I32_ADD);
  writer.store(I32, WINDOW_LENGTH, side);
  writer.localGet(at);
  writer.add(WINDOW_BYTES);
  writer.localSet(at);
  writer.localGet(address);
  writer.localSet(from);
  writer.localGet(length);
  writer.localSet(left);
  emitCopy(writer, { to: at, toMemory: side, from, fromMemory: 0, left });
  writer.localGet(length);
  writer.return();
  writer.end();
  writer.end();
}

function emitRead(writer: CodeWriter, context: RewriteContext): void {
  const { side, tracked } = context;
  const [address, length, at, left, to, count] = [0, 1, 2, 3, 4, 5];
  encodeLocals(writer.out, i32s(4));
  emitIfOpen(writer, context);
  emitIsInside(writer, address, length);
  writer.if(BLOCK_EMPTY);
  // count = min(length, what is left)
  writer.localGet(length);
  writer.loadAt(WINDOW_LENGTH, side);
  writer.loadAt(WINDOW_POSITION, side);
  writer.localTee(at);
  writer.op(OP_I32_SUB);
  writer.localTee(left);
  writer.localGet(length);
  writer.localGet(left);
  writer.op(OP_I32_LE_U);
  writer.op(OP_SELECT);
  writer.localTee(count);
  writer.localSet(left);
  writer.i32(0);
  writer.localGet(at);
  writer.localGet(count);
  writer.op(OP_I32_ADD);
  writer.store(I32, WINDOW_POSITION, side);
  if (tracked) emitReadMarks(writer, context, address, count);
  writer.localGet(at);
  writer.add(WINDOW_BYTES);
  writer.localSet(at);
  writer.localGet(address);
  writer.localSet(to);
  emitCopy(writer, { to, toMemory: 0, from: at, fromMemory: side, left });
  writer.localGet(count);
  writer.return();
  writer.end();
  writer.end();
}

/** Marks the blocks of [address, address + count), which lies in memory 0. */
function emitReadMarks(writer: CodeWriter, context: RewriteContext, address: number, count: number): void {
  writer.localGet(count);
  writer.i32(MARK_REACH);
  writer.op(OP_I32_GT_U);
  writer.if(BLOCK_EMPTY);
  emitRangeMark(writer, context, address, count);
  writer.else();
  // One mark does, and needs no call.
  writer.localGet(count);
  writer.if(BLOCK_EMPTY);
  emitMark(writer, context, address, 0);
  writer.end();
  writer.end();
}

/** Leaves an i32: do [address, address + length) lie inside memory 0? */
function emitIsInside(writer: CodeWriter, address: number, length: number): void {
  writer.localGet(address);
  writer.op(OP_I64_EXTEND_I32_U);
  writer.localGet(length);
  writer.op(OP_I64_EXTEND_I32_U);
  writer.op(OP_I64_ADD);
  writer.memorySize(0);
  writer.op(OP_I64_EXTEND_I32_U);
  emitI64(writer, 16);
  writer.op(OP_I64_SHL);
  writer.op(OP_I64_LE_U);
}

interface Copy {
  /** Locals; all three are used up. */
  readonly to: number;
  readonly from: number;
  readonly left: number;
  readonly toMemory: number;
  readonly fromMemory: number;
}

function emitCopy(writer: CodeWriter, { to, toMemory, from, fromMemory, left }: Copy): void {
  const step = (bytes: number): void => {
    writer.localGet(to);
    writer.add(bytes);
    writer.localSet(to);
    writer.localGet(from);
    writer.add(bytes);
    writer.localSet(from);
    writer.localGet(left);
    writer.sub(bytes);
    writer.localTee(left);
  };
  writer.localGet(left);
  writer.i32(LOOP_BYTES);
  writer.op(OP_I32_GT_U);
  writer.if(BLOCK_EMPTY);
  writer.localGet(to);
  writer.localGet(from);
  writer.localGet(left);
  writer.memoryCopy(toMemory, fromMemory);
  writer.else();
  writer.block(BLOCK_EMPTY);
  writer.loop(BLOCK_EMPTY);
  writer.i32(8);
  writer.localGet(left);
  writer.op(OP_I32_GT_U);
  writer.brIf(1);
  writer.localGet(to);
  writer.localGet(from);
  writer.load(I64, 0, fromMemory);
  writer.store(I64, 0, toMemory);
  step(8);
  writer.brIf(0);
  writer.end();
  writer.end();
  writer.block(BLOCK_EMPTY);
  writer.localGet(left);
  writer.op(OP_I32_EQZ);
  writer.brIf(0);
  writer.loop(BLOCK_EMPTY);
  writer.localGet(to);
  writer.localGet(from);
  writer.access(OP_I32_LOAD8_U, 0, fromMemory);
  writer.access(OP_I32_STORE8, 0, toMemory);
  step(1);
  writer.brIf(0);
  writer.end();
  writer.end();
  writer.end();
}

function emitI64(writer: CodeWriter, value: number): void {
  writer.op(OP_I64_CONST);
  writer.out.s32(value);
}
