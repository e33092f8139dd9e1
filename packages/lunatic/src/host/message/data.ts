// Writing and reading the message in the scratch area. Spec: ABI reference 1.2.
//
// Small messages are served inside wasm (transform/message_window.ts); these handlers see the rest.

import { MAX_MESSAGE_BYTES, MAX_MESSAGE_RESOURCES } from '../../actor/limits.ts';
import { createMessage, MESSAGE_PROCESS_DIED, type Message, type MessageResource } from '../../actor/message.ts';
import { HandleTable } from '../../base/handle_table.ts';
import { type HostContext, STOP_YIELD } from '../../engine/host_function.ts';
import type { LoadedModule } from '../../engine/services.ts';
import { COPY_PORTION_BYTES, MAX_CAPACITY_HINT_BYTES, MIN_CHARGED_BYTES } from '../limits.ts';
import { addHandle, hostState } from '../state.ts';
import { answers, inWindow, mayStop, type Row } from '../table.ts';
import { idNumber, joinTag, NO_ID, printId, splitTag, tagWords } from '../values.ts';
import { anyScratch, dataScratch } from './scratch.ts';

export const DATA_ROWS: readonly Row[] = [
  inWindow(answers('create_data', 'II', '', createData), 'create'),
  inWindow(mayStop('write_data', 'ii', 'i', writeData), 'write'),
  inWindow(mayStop('read_data', 'ii', 'i', readData), 'read'),
  answers('seek_data', 'I', '', (ctx, index) => {
    dataScratch(ctx).readPos = idNumber(index) === NO_ID ? Number.MAX_SAFE_INTEGER : Number(index);
  }),
  inWindow(
    answers('get_tag', '', 'I', (ctx) => {
      const message = anyScratch(ctx);
      return joinTag(message.tagLo, message.tagHi);
    }),
    'tag',
  ),
  answers('get_process_id', '', 'I', (ctx) => {
    const message = anyScratch(ctx);
    return message.kind === MESSAGE_PROCESS_DIED ? BigInt(message.pid) : 0n;
  }),
  inWindow(
    answers('data_size', '', 'I', (ctx) => BigInt(dataScratch(ctx).length)),
    'size',
  ),
  answers('push_module', 'I', 'I', pushModule),
  answers('take_module', 'I', 'I', takeModule),
];

/** Replaces the scratch message by an empty one. Tag 0 is none; the capacity is a hint and never fails. */
function createData(ctx: HostContext, tag: bigint, capacity: bigint): void {
  splitTag(tag);
  const message = createMessage(tagWords[0], tagWords[1]);
  if (capacity > 0n && capacity <= MAX_CAPACITY_HINT_BYTES) message.reserve(Number(capacity));
  ctx.putScratch(message);
}

/** Appends. Traps if the message grows too large. Hot: bench/actor.ts; serialisers write a few bytes at a time. */
function writeData(ctx: HostContext, pointer: number, length: number): number {
  const message = dataScratch(ctx);
  const size = length >>> 0;
  const start = ctx.memory.check(pointer, size);
  if (size > COPY_PORTION_BYTES) return writeInPortions(ctx, message, start, size);
  if (!message.append(ctx.memory.bytes, start, start + size)) tooLarge(ctx, message, size);
  if (size >= MIN_CHARGED_BYTES) ctx.charge(size);
  return length;
}

/** One portion; the call is repeated until all is written. */
function writeInPortions(ctx: HostContext, message: Message, start: number, size: number): number {
  const state = hostState(ctx);
  const done = state.progress;
  if (done === 0 && !message.reserve(message.length + size)) tooLarge(ctx, message, size);
  const end = Math.min(done + COPY_PORTION_BYTES, size);
  message.append(ctx.memory.bytes, start + done, start + end);
  ctx.charge(end - done);
  state.progress = end < size ? end : 0;
  if (end < size) ctx.stop(STOP_YIELD);
  return size;
}

function tooLarge(ctx: HostContext, message: Message, added: number): never {
  ctx.trap(`a message of ${message.length + added} bytes is larger than the limit of ${MAX_MESSAGE_BYTES}`);
}

/** Copies up to `length` bytes from the read position; 0 at the end. Traps if the position is beyond the end. */
function readData(ctx: HostContext, pointer: number, length: number): number {
  const message = dataScratch(ctx);
  ctx.memory.check(pointer, length >>> 0);
  const left = message.length - message.readPos;
  if (left < 0)
    ctx.trap(`the read position ${message.readPos} is beyond the end of the message (${message.length} bytes)`);
  const size = Math.min(left, length >>> 0);
  if (size > COPY_PORTION_BYTES || hostState(ctx).progress > 0)
    return readInPortions(ctx, message, pointer, length >>> 0);
  message.readInto(ctx.memory.bytes, ctx.memory.claim(pointer, size), size);
  if (size >= MIN_CHARGED_BYTES) ctx.charge(size);
  return size;
}

/** One portion; the call is repeated until all is read. */
function readInPortions(ctx: HostContext, message: Message, pointer: number, length: number): number {
  const state = hostState(ctx);
  const done = state.progress;
  const left = Math.min(message.length - message.readPos, length - done);
  const portion = Math.min(left, COPY_PORTION_BYTES);
  message.readInto(ctx.memory.bytes, ctx.memory.claim((pointer >>> 0) + done, portion), portion);
  ctx.charge(portion);
  state.progress = portion < left ? done + portion : 0;
  if (portion < left) ctx.stop(STOP_YIELD);
  return done + portion;
}

/** Adds a copy of the handle to the message; returns its index there. */
function pushModule(ctx: HostContext, moduleId: bigint): bigint {
  const message = dataScratch(ctx);
  const module = hostState(ctx).modules?.get(idNumber(moduleId));
  if (module === undefined) ctx.trap(`module id ${printId(moduleId)} does not exist`);
  if (message.resources !== null && message.resources.length >= MAX_MESSAGE_RESOURCES) {
    ctx.trap(`a message carries at most ${MAX_MESSAGE_RESOURCES} resources`);
  }
  return BigInt(message.pushResource(module));
}

/** Moves a module out of the message into the process's table; returns its id there. Other indexes stay as they are. */
function takeModule(ctx: HostContext, index: bigint): bigint {
  const state = hostState(ctx);
  const resource = dataScratch(ctx).takeResource(idNumber(index), 'module');
  if (resource === null) ctx.trap(`the message has no module at index ${printId(index)}`);
  state.modules ??= new HandleTable();
  return BigInt(addHandle(ctx, state.modules, asModule(resource), 'modules'));
}

function asModule(resource: MessageResource): LoadedModule {
  // Only LoadedModule has this kind, which takeResource has checked.
  return resource as MessageResource & LoadedModule;
}
