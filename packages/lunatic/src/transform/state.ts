// The injected functions that take the state of a process out of an instance and put it back: globals and dirty blocks of
// memory 0. State never passes through JavaScript numbers: NaN bits would be lost, v128 could not pass at all.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_AND,
  OP_I32_EQZ,
  OP_I32_GE_U,
  OP_I32_GT_U,
  OP_I32_LOAD8_U,
  OP_I32_LT_U,
  OP_I32_MUL,
  OP_I32_OR,
  OP_I32_SHL,
  OP_I32_SHR_U,
  OP_I32_STORE8,
  OP_V128_LOAD,
} from '../wasm/opcodes.ts';
import { I32, isRef, type ValType } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, i32s, type RewriteContext } from './context.ts';
import { sizeOf } from './frames.ts';
import { BLOCK_BYTES, BLOCK_SHIFT, CELL_NEXT_BLOCK, RECORD_HEADER } from './injected_abi.ts';

const OP_V128_XOR = 0xfd051;
const OP_V128_OR = 0xfd050;
const OP_V128_ANY_TRUE = 0xfd053;
const PAGE_BLOCKS_SHIFT = 16 - BLOCK_SHIFT;
/** Each from a multiple of itself on, of which a page has a whole number. */
const SKIPPED_BLOCKS: readonly number[] = [64, 16];

export interface GlobalsFunctions {
  /** `(i32 address)`. */
  readonly save: number;
  readonly load: number;
  readonly sizeBytes: number;
}

/** Mutable globals of the guest's own definitions, packed in index order. References are not covered: such instances are not shared. */
export function emitGlobals(context: RewriteContext): GlobalsFunctions {
  const { module, side } = context;
  const save = context.append([I32], [], 'lunatic$save_globals');
  const load = context.append([I32], [], 'lunatic$load_globals');
  const saveWriter = new CodeWriter();
  const loadWriter = new CodeWriter();
  encodeLocals(saveWriter.out, []);
  encodeLocals(loadWriter.out, []);
  let offset = 0;
  for (let index = module.importedGlobals; index < module.globals.length; index++) {
    const { type } = module.globals[index];
    if (!type.mutable || isRef(type.valType)) continue;
    saveWriter.localGet(0);
    saveWriter.globalGet(index);
    saveWriter.store(type.valType, offset, side);
    loadWriter.localGet(0);
    loadWriter.load(type.valType, offset, side);
    loadWriter.globalSet(index);
    offset += sizeOf(type.valType);
  }
  saveWriter.end();
  loadWriter.end();
  save.body = saveWriter.out.finish();
  load.body = loadWriter.out.finish();
  return { save: save.index, load: load.index, sizeBytes: offset };
}

/**
 * `collect(i32 first block, i32 to, i32 limit, i32 images, i32 image pages, i32 keep) -> i32 end`
 *
 * Goes over the blocks of memory 0 from `first block` and puts every one that differs from the image back to it, after writing
 * it as a record at `to` if `keep` is not 0. Stops early when the next record would pass `limit`, kept or not; CELL_NEXT_BLOCK tells
 * where to go on.
 * `images`: one u32 per page, the address of its image in the side memory, 0 for a page of zeros; pages from
 * `image pages` on are zeros. With marks only marked blocks and their successors (MARK_REACH) are looked at, and marks are
 * cleared behind the walk.
 */
export function emitCollect(context: RewriteContext): number {
  const { side, tracked, globals } = context;
  const collect = context.append(i32s(6), [I32], 'lunatic$collect');
  const writer = new CodeWriter();
  const [block, to, limit, images, imagePages, keep] = [0, 1, 2, 3, 4, 5];
  const [blocks, address, image] = [6, 7, 8];
  // `carry`: the block before this one was marked, so a store may have reached into this one.
  const [mark, carry] = [9, 10];
  encodeLocals(writer.out, i32s(5));
  writer.memorySize(0);
  writer.i32(PAGE_BLOCKS_SHIFT);
  writer.op(OP_I32_SHL);
  writer.localSet(blocks);
  writer.block(BLOCK_EMPTY);
  writer.loop(BLOCK_EMPTY);
  writer.localGet(block);
  writer.localGet(blocks);
  writer.op(OP_I32_GE_U);
  writer.if(BLOCK_EMPTY);
  writer.storeConstantAt(CELL_NEXT_BLOCK, -1, side);
  writer.localGet(to);
  writer.return();
  writer.end();
  writer.block(BLOCK_EMPTY);
  if (tracked) emitSkipUnmarked(writer, context, block, blocks, mark, carry);
  // Room for a record, before anything changes.
  writer.localGet(to);
  writer.add(BLOCK_BYTES + RECORD_HEADER);
  writer.localGet(limit);
  writer.op(OP_I32_GT_U);
  writer.brIf(2);
  emitImageOf(writer, context, block, images, imagePages, image);
  writer.localGet(block);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHL);
  writer.localSet(address);
  emitDiffers(writer, context, address, image);
  writer.if(BLOCK_EMPTY);
  writer.localGet(keep);
  writer.if(BLOCK_EMPTY);
  emitRecord(writer, context, to, address);
  writer.end();
  writer.localGet(to);
  writer.add(BLOCK_BYTES + RECORD_HEADER);
  writer.localSet(to);
  emitReset(writer, context, address, image);
  writer.end();
  if (tracked) {
    writer.localGet(mark);
    writer.localSet(carry);
    writer.globalGet(globals.marks);
    writer.localGet(block);
    writer.op(OP_I32_ADD);
    writer.i32(0);
    writer.access(OP_I32_STORE8, 0, side);
  }
  writer.end();
  writer.localGet(block);
  writer.add(1);
  writer.localSet(block);
  writer.br(0);
  writer.end();
  writer.end();
  if (tracked) {
    // Going on later must not forget that the block before was marked.
    writer.localGet(carry);
    writer.if(BLOCK_EMPTY);
    writer.globalGet(globals.marks);
    writer.localGet(block);
    writer.op(OP_I32_ADD);
    writer.i32(1);
    writer.access(OP_I32_STORE8, 0, side);
    writer.end();
  }
  writer.storeLocalAt(CELL_NEXT_BLOCK, block, side);
  writer.localGet(to);
  writer.end();
  collect.body = writer.out.finish();
  return collect.index;
}

/** Leaves the enclosing block if this block cannot differ; jumps over SKIPPED_BLOCKS unmarked blocks at once. */
function emitSkipUnmarked(
  writer: CodeWriter,
  context: RewriteContext,
  block: number,
  blocks: number,
  mark: number,
  carry: number,
): void {
  const { side, globals } = context;
  writer.localGet(carry);
  writer.op(OP_I32_EQZ);
  writer.if(BLOCK_EMPTY);
  writer.loop(BLOCK_EMPTY);
  for (const skipped of SKIPPED_BLOCKS) {
    writer.localGet(block);
    writer.i32(skipped - 1);
    writer.op(OP_I32_AND);
    writer.op(OP_I32_EQZ);
    writer.localGet(block);
    writer.localGet(blocks);
    writer.op(OP_I32_LT_U);
    writer.op(OP_I32_AND);
    writer.if(BLOCK_EMPTY);
    for (let offset = 0; offset < skipped; offset += 16) {
      writer.globalGet(globals.marks);
      writer.localGet(block);
      writer.op(OP_I32_ADD);
      writer.access(OP_V128_LOAD, offset, side);
      if (offset > 0) writer.op(OP_V128_OR);
    }
    writer.op(OP_V128_ANY_TRUE);
    writer.op(OP_I32_EQZ);
    writer.if(BLOCK_EMPTY);
    writer.localGet(block);
    writer.add(skipped);
    writer.localSet(block);
    writer.br(2);
    writer.end();
    writer.end();
  }
  writer.end();
  // Past the end: the outer loop's test ends the walk, one step on must not wrap it.
  writer.localGet(block);
  writer.localGet(blocks);
  writer.op(OP_I32_GE_U);
  writer.if(BLOCK_EMPTY);
  writer.localGet(block);
  writer.sub(1);
  writer.localSet(block);
  writer.br(2);
  writer.end();
  writer.end();
  writer.globalGet(globals.marks);
  writer.localGet(block);
  writer.op(OP_I32_ADD);
  writer.access(OP_I32_LOAD8_U, 0, side);
  writer.localSet(mark);
  writer.localGet(mark);
  writer.localGet(carry);
  writer.op(OP_I32_OR);
  writer.op(OP_I32_EQZ);
  writer.brIf(0);
}

/** image = block's page < image pages && images[page] ? images[page] + offset in the page : 0. */
function emitImageOf(
  writer: CodeWriter,
  context: RewriteContext,
  block: number,
  images: number,
  imagePages: number,
  image: number,
): void {
  writer.i32(0);
  writer.localSet(image);
  writer.localGet(block);
  writer.i32(PAGE_BLOCKS_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.localGet(imagePages);
  writer.op(OP_I32_LT_U);
  writer.if(BLOCK_EMPTY);
  writer.localGet(images);
  writer.localGet(block);
  writer.i32(PAGE_BLOCKS_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.i32(4);
  writer.op(OP_I32_MUL);
  writer.op(OP_I32_ADD);
  writer.load(I32, 0, context.side);
  writer.localTee(image);
  writer.if(BLOCK_EMPTY);
  writer.localGet(image);
  writer.localGet(block);
  writer.i32((1 << PAGE_BLOCKS_SHIFT) - 1);
  writer.op(OP_I32_AND);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHL);
  writer.op(OP_I32_ADD);
  writer.localSet(image);
  writer.end();
  writer.end();
}

/** Leaves an i32: does the block at `address` differ from its image? */
function emitDiffers(writer: CodeWriter, context: RewriteContext, address: number, image: number): void {
  writer.localGet(image);
  writer.if(-I32 - 2);
  for (let offset = 0; offset < BLOCK_BYTES; offset += 16) {
    writer.localGet(address);
    writer.access(OP_V128_LOAD, offset, 0);
    writer.localGet(image);
    writer.access(OP_V128_LOAD, offset, context.side);
    writer.op(OP_V128_XOR);
    if (offset > 0) writer.op(OP_V128_OR);
  }
  writer.op(OP_V128_ANY_TRUE);
  writer.else();
  for (let offset = 0; offset < BLOCK_BYTES; offset += 16) {
    writer.localGet(address);
    writer.access(OP_V128_LOAD, offset, 0);
    if (offset > 0) writer.op(OP_V128_OR);
  }
  writer.op(OP_V128_ANY_TRUE);
  writer.end();
}

function emitRecord(writer: CodeWriter, context: RewriteContext, to: number, address: number): void {
  writer.localGet(to);
  writer.localGet(address);
  writer.store(I32, 0, context.side);
  writer.localGet(to);
  writer.i32(BLOCK_BYTES);
  writer.store(I32, 4, context.side);
  writer.localGet(to);
  writer.add(RECORD_HEADER);
  writer.localGet(address);
  writer.i32(BLOCK_BYTES);
  writer.memoryCopy(context.side, 0);
}

function emitReset(writer: CodeWriter, context: RewriteContext, address: number, image: number): void {
  writer.localGet(image);
  writer.if(BLOCK_EMPTY);
  writer.localGet(address);
  writer.localGet(image);
  writer.i32(BLOCK_BYTES);
  writer.memoryCopy(0, context.side);
  writer.else();
  writer.localGet(address);
  writer.i32(0);
  writer.i32(BLOCK_BYTES);
  writer.memoryFill(0);
  writer.end();
}

/** `restore(i32 from, i32 end)`: writes the records of `collect` back, and marks them. */
export function emitRestore(context: RewriteContext): number {
  const { side, tracked, globals } = context;
  const restore = context.append(i32s(2), [], 'lunatic$restore');
  const writer = new CodeWriter();
  const [from, end, length] = [0, 1, 2];
  encodeLocals(writer.out, i32s(1));
  writer.block(BLOCK_EMPTY);
  writer.loop(BLOCK_EMPTY);
  writer.localGet(from);
  writer.localGet(end);
  writer.op(OP_I32_GE_U);
  writer.brIf(1);
  writer.localGet(from);
  writer.load(I32, 4, side);
  writer.localSet(length);
  writer.localGet(from);
  writer.load(I32, 0, side);
  writer.localGet(from);
  writer.add(RECORD_HEADER);
  writer.localGet(length);
  writer.memoryCopy(0, side);
  if (tracked) {
    writer.globalGet(globals.marks);
    writer.localGet(from);
    writer.load(I32, 0, side);
    writer.i32(BLOCK_SHIFT);
    writer.op(OP_I32_SHR_U);
    writer.op(OP_I32_ADD);
    writer.i32(1);
    writer.access(OP_I32_STORE8, 0, side);
  }
  writer.localGet(from);
  writer.localGet(length);
  writer.op(OP_I32_ADD);
  writer.add(RECORD_HEADER);
  writer.localSet(from);
  writer.br(0);
  writer.end();
  writer.end();
  writer.end();
  restore.body = writer.out.finish();
  return restore.index;
}

export function mutableReferenceGlobal(context: RewriteContext): ValType | undefined {
  const { module } = context;
  for (let index = module.importedGlobals; index < module.globals.length; index++) {
    const { type } = module.globals[index];
    if (type.mutable && isRef(type.valType)) return type.valType;
  }
  return undefined;
}
