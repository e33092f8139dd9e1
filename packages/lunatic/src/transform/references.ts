// References that are alive across a stop. A frame is bytes, so a reference waits in a private table of the instance and the frame holds
// its position (-1 for null). Such an instance cannot be left by its process: the module counts as unshared.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_EQ,
  OP_REF_AS_NON_NULL,
  OP_REF_FUNC,
  OP_REF_IS_NULL,
  OP_REF_NULL,
  OP_TABLE_GET,
  OP_TABLE_GROW,
  OP_TABLE_SET,
  OP_TABLE_SIZE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { HEAP_FUNC, heapTypeOf, I32, isNullable, isRef, isTypeIndex, makeRef, type ValType } from '../wasm/types.ts';
import { CodeWriter, encodeHeapType } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';

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

const GROWTH = 16;

/** `(reference) -> i32`. A table that cannot grow traps, which ends the process for its stack. */
function keepHelper(context: RewriteContext, type: ValType): number {
  return context.helper(`keep ${type}`, () => {
    const table = context.referenceTable(type);
    const keep = context.append([type], [I32], 'lunatic$keep');
    const writer = new CodeWriter();
    const position = 1;
    encodeLocals(writer.out, i32s(1));
    writer.localGet(0);
    writer.op(OP_REF_IS_NULL);
    writer.if(BLOCK_EMPTY);
    writer.i32(-1);
    writer.return();
    writer.end();
    writer.block(BLOCK_EMPTY);
    writer.loop(BLOCK_EMPTY);
    writer.localGet(position);
    emitTable(writer, OP_TABLE_SIZE, table);
    writer.op(OP_I32_EQ);
    writer.if(BLOCK_EMPTY);
    emitNull(writer, type);
    writer.i32(GROWTH);
    emitTable(writer, OP_TABLE_GROW, table);
    writer.i32(-1);
    writer.op(OP_I32_EQ);
    writer.if(BLOCK_EMPTY);
    writer.op(OP_UNREACHABLE);
    writer.end();
    writer.end();
    writer.localGet(position);
    emitTable(writer, OP_TABLE_GET, table);
    writer.op(OP_REF_IS_NULL);
    writer.brIf(1);
    writer.localGet(position);
    writer.i32(1);
    writer.op(OP_I32_ADD);
    writer.localSet(position);
    writer.br(0);
    writer.end();
    writer.end();
    writer.localGet(position);
    writer.localGet(0);
    emitTable(writer, OP_TABLE_SET, table);
    writer.localGet(position);
    writer.end();
    keep.body = writer.out.finish();
    return keep.index;
  });
}

/** `(i32) -> reference`; the place is free again. */
function takeHelper(context: RewriteContext, type: ValType): number {
  return context.helper(`take ${type}`, () => {
    const table = context.referenceTable(type);
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
