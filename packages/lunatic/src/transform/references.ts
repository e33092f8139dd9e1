// References that are alive across a stop. A frame is bytes, so a reference waits in a private table of the instance and the frame holds
// its position (-1 for null). Such an instance cannot be left by its process: the module counts as unshared.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_AND,
  OP_I32_EQ,
  OP_I32_GE_U,
  OP_I32_LE_U,
  OP_I32_LT_U,
  OP_I32_MUL,
  OP_I32_NE,
  OP_REF_AS_NON_NULL,
  OP_REF_FUNC,
  OP_REF_IS_NULL,
  OP_REF_NULL,
  OP_SELECT,
  OP_TABLE_GET,
  OP_TABLE_GROW,
  OP_TABLE_SET,
  OP_TABLE_SIZE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { HEAP_FUNC, heapTypeOf, I32, isNullable, isRef, isTypeIndex, makeRef, type ValType } from '../wasm/types.ts';
import { CodeWriter, encodeHeapType } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { CELL_TABLE_GROWTH } from './injected_abi.ts';
import { MAX_KEPT_REFERENCES, MAX_TABLE_GROWTH } from './limits.ts';

/** How a value of this type lies in a frame. */
export function storedType(type: ValType): ValType {
  return isRef(type) ? I32 : type;
}

/** [reference] -> [position]; nothing for other types. */
export function emitKeep(writer: CodeWriter, context: RewriteContext, type: ValType): void {
  if (isRef(type)) writer.call(keepHelper(context, nullable(type)));
}

/** [address, value] -> []: stores a value of any type at `address + offset` of the side memory. */
export function emitStoreValue(writer: CodeWriter, context: RewriteContext, type: ValType, offset: number): void {
  emitKeep(writer, context, type);
  writer.store(storedType(type), offset, context.side);
}

/** [address] -> [value]: the opposite; a reference is taken out of its table. */
export function emitLoadValue(writer: CodeWriter, context: RewriteContext, type: ValType, offset: number): void {
  writer.load(storedType(type), offset, context.side);
  if (isRef(type)) writer.call(takeHelper(context, nullable(type)));
  if (isStrict(type)) writer.op(OP_REF_AS_NON_NULL);
}

/** A reference that cannot be null. */
export function isStrict(type: ValType): boolean {
  return isRef(type) && !isNullable(type);
}

export function nullable(type: ValType): ValType {
  return isStrict(type) ? makeRef(heapTypeOf(type), true) : type;
}

/** Can a function that unwinds return something of this type? Only a function can be made up where null is no value. */
export function hasDummy(type: ValType): boolean {
  return !isStrict(type) || isTypeIndex(heapTypeOf(type)) || heapTypeOf(type) === HEAP_FUNC;
}

/** Leaves any value of the type: what a function returns while the stack unwinds. */
export function emitDummy(writer: CodeWriter, context: RewriteContext, type: ValType): void {
  if (!isStrict(type)) {
    writer.dummy(type);
    return;
  }
  const heapType = heapTypeOf(type);
  const { params, results } = isTypeIndex(heapType) ? context.types[heapType] : { params: [], results: [] };
  const made = context.helper(`dummy ${type}`, () => {
    const dummy = isTypeIndex(heapType)
      ? context.appendOfType(heapType, 'lunatic$dummy')
      : context.append(params, results, 'lunatic$dummy');
    const body = new CodeWriter();
    encodeLocals(body.out, []);
    body.op(OP_UNREACHABLE);
    body.end();
    dummy.body = body.out.finish();
    // `ref.func` may name it only if it stands in an element segment.
    context.addResumeEntry(dummy.index);
    return dummy.index;
  });
  writer.op(OP_REF_FUNC);
  writer.out.u32(made);
}

/** Places that a table begins with. */
const FIRST_PLACES = 16;

/**
 * `(reference) -> i32`. The search for a free place goes round the table, which doubles as soon as half of it is in use: so a search
 * takes two steps on average, whatever the order in which places are freed. A table that is full traps, which ends the process
 * for its stack.
 */
function keepHelper(context: RewriteContext, type: ValType): number {
  return context.helper(`keep ${type}`, () => {
    const { table, used, next } = context.keptReferences(type);
    const keep = context.append([type], [I32], 'lunatic$keep');
    const writer = new CodeWriter();
    const [position, size, added] = [1, 2, 3];
    encodeLocals(writer.out, i32s(3));
    writer.localGet(0);
    writer.op(OP_REF_IS_NULL);
    writer.if(BLOCK_EMPTY);
    writer.i32(-1);
    writer.return();
    writer.end();
    emitTable(writer, OP_TABLE_SIZE, table);
    writer.localSet(size);
    emitGrowIfHalfFull(writer, context, type, { size, added });
    writer.globalGet(used);
    writer.localGet(size);
    writer.op(OP_I32_EQ);
    writer.if(BLOCK_EMPTY);
    writer.op(OP_UNREACHABLE);
    writer.end();
    writer.globalGet(used);
    writer.add(1);
    writer.globalSet(used);
    writer.globalGet(next);
    writer.localSet(position);
    writer.block(BLOCK_EMPTY);
    writer.loop(BLOCK_EMPTY);
    writer.localGet(position);
    writer.localGet(size);
    writer.op(OP_I32_GE_U);
    writer.if(BLOCK_EMPTY);
    writer.i32(0);
    writer.localSet(position);
    writer.end();
    writer.localGet(position);
    emitTable(writer, OP_TABLE_GET, table);
    writer.op(OP_REF_IS_NULL);
    writer.brIf(1);
    writer.localGet(position);
    writer.add(1);
    writer.localSet(position);
    writer.br(0);
    writer.end();
    writer.end();
    writer.localGet(position);
    writer.localGet(0);
    emitTable(writer, OP_TABLE_SET, table);
    writer.localGet(position);
    writer.add(1);
    writer.globalSet(next);
    writer.localGet(position);
    writer.end();
    keep.body = writer.out.finish();
    return keep.index;
  });
}

/**
 * Locals: the table's size, which is brought up to date, and scratch. A table at its bound stays as it is, and so does one for which the
 * thread has no elements left: they count like those of `table.grow`.
 */
function emitGrowIfHalfFull(
  writer: CodeWriter,
  context: RewriteContext,
  type: ValType,
  { size, added }: { readonly size: number; readonly added: number },
): void {
  const { table, used } = context.keptReferences(type);
  writer.localGet(size);
  writer.i32(FIRST_PLACES);
  writer.localGet(size);
  writer.op(OP_SELECT);
  writer.localSet(added);
  writer.globalGet(used);
  writer.i32(2);
  writer.op(OP_I32_MUL);
  writer.localGet(size);
  writer.op(OP_I32_GE_U);
  writer.localGet(size);
  writer.i32(MAX_KEPT_REFERENCES);
  writer.op(OP_I32_LT_U);
  writer.op(OP_I32_AND);
  writer.loadAt(CELL_TABLE_GROWTH, context.side);
  writer.localGet(added);
  writer.op(OP_I32_ADD);
  writer.i32(MAX_TABLE_GROWTH);
  writer.op(OP_I32_LE_U);
  writer.op(OP_I32_AND);
  writer.if(BLOCK_EMPTY);
  emitNull(writer, type);
  writer.localGet(added);
  emitTable(writer, OP_TABLE_GROW, table);
  writer.i32(-1);
  writer.op(OP_I32_NE);
  writer.if(BLOCK_EMPTY);
  emitCountGrowth(writer, context, added);
  writer.end();
  emitTable(writer, OP_TABLE_SIZE, table);
  writer.localSet(size);
  writer.end();
}

/** Adds the value of a local to what this instance, and all, have added to their tables. */
export function emitCountGrowth(writer: CodeWriter, context: RewriteContext, added: number): void {
  const { grown } = context.globals;
  writer.i32(0);
  writer.loadAt(CELL_TABLE_GROWTH, context.side);
  writer.localGet(added);
  writer.op(OP_I32_ADD);
  writer.store(I32, CELL_TABLE_GROWTH, context.side);
  writer.globalGet(grown);
  writer.localGet(added);
  writer.op(OP_I32_ADD);
  writer.globalSet(grown);
}

/** `(i32) -> reference`; the place is free again. */
function takeHelper(context: RewriteContext, type: ValType): number {
  return context.helper(`take ${type}`, () => {
    const { table, used } = context.keptReferences(type);
    const take = context.append([I32], [type], 'lunatic$take');
    const writer = new CodeWriter();
    encodeLocals(writer.out, []);
    writer.localGet(0);
    writer.i32(-1);
    writer.op(OP_I32_EQ);
    writer.if(BLOCK_EMPTY);
    emitNull(writer, type);
    writer.return();
    writer.end();
    writer.localGet(0);
    emitTable(writer, OP_TABLE_GET, table);
    writer.localGet(0);
    emitNull(writer, type);
    emitTable(writer, OP_TABLE_SET, table);
    writer.globalGet(used);
    writer.sub(1);
    writer.globalSet(used);
    writer.end();
    take.body = writer.out.finish();
    return take.index;
  });
}

function emitTable(writer: CodeWriter, op: number, table: number): void {
  writer.op(op);
  writer.out.u32(table);
}

function emitNull(writer: CodeWriter, type: ValType): void {
  writer.op(OP_REF_NULL);
  encodeHeapType(writer.out, type);
}
