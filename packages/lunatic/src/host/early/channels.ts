// Channel functions of the early interface, as its guests see them: every handle an i32.
// Spec: ABI reference 7.1, 7.2.

import { EXIT_MAILBOX_LIMIT } from '../../actor/exit_reason.ts';
import { FOREVER, IO_NONE, IO_READY, IO_WAIT } from '../../actor/process.ts';
import { assert } from '../../base/assert.ts';
import {
  type GuestCallResult,
  type HostContext,
  STOP_EXIT,
  STOP_WAIT,
  STOP_YIELD,
} from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import {
  COPY_PORTION_BYTES,
  HANDLE_BYTES,
  MAX_ALL_CHANNELS_BYTES,
  MAX_CHANNEL_MESSAGE_BYTES,
  MAX_PARKED_CHANNELS,
  MAX_TABLE_ENTRIES,
} from '../limits.ts';
import { type HostState, hold, hostState, letGo } from '../state.ts';
import { answers, mayStop, type Row } from '../table.ts';
import { idNumber, printId } from '../values.ts';
import { Channel, type ChannelUsage } from './channel.ts';
import { ParkedChannels } from './parked.ts';
import { type EarlyObject, EarlyState } from './state.ts';

/** `usage`: memory in all channels, counted here. */
export function channelRows(env: HostEnvironment, usage: ChannelUsage = { bytes: 0 }): readonly Row[] {
  const parked = new ParkedChannels(env.random);
  return [
    answers('channel', 'i', 'i', (ctx, bound) => addEarly(ctx, new Channel(bound >>> 0, usage))),
    mayStop('channel_send', 'ii', '', (ctx, handle, iovec) => channelSend(ctx, handle, iovec >>> 0, usage)),
    mayStop('channel_receive', 'iii', 'i', channelReceive),
    answers('channel_serialize', 'i', 'I', (ctx, handle) => {
      const number = parked.park(channelAt(ctx, handle));
      if (number === undefined)
        return ctx.trap(`more than ${MAX_PARKED_CHANNELS} channels were serialized and never deserialized`);
      return BigInt(number);
    }),
    answers('channel_deserialize', 'I', 'i', (ctx, number) => {
      const channel = parked.take(idNumber(number));
      if (channel === undefined) return addEarly(ctx, NOTHING);
      try {
        return addEarly(ctx, channel);
      } finally {
        // The handle holds the channel now, or nobody does (a trap); what `park` held is given back.
        channel.release();
      }
    }),
    answers('clone_externref', 'i', 'i', (ctx, handle) => addEarly(ctx, earlyAt(ctx, handle))),
    answers('drop_externref', 'i', '', (ctx, handle) => {
      if (isStream(handle)) return;
      if (!hostState(ctx).early?.drop(handle)) unknownHandle(ctx, handle);
      letGo(ctx, HANDLE_BYTES);
    }),
  ];
}

/**
 * Sends the bytes of one io vector, waiting while the channel is full. A message beyond MAX_CHANNEL_MESSAGE_BYTES traps; a sender
 * that fills all channels of the VM ends with the reason `limit`.
 */
function channelSend(ctx: HostContext, handle: number, iovec: number, usage: ChannelUsage): void {
  const proc = ctx.process;
  const waited = proc.pollIo();
  if (waited === IO_WAIT) return ctx.stop(STOP_WAIT);
  const state = hostState(ctx);
  if (waited === IO_READY) {
    state.withdrawal = null;
    return;
  }
  const channel = channelAt(ctx, handle);
  const length = ctx.memory.readU32(iovec + 4);
  if (length > MAX_CHANNEL_MESSAGE_BYTES) {
    ctx.trap(`a channel message of ${length} bytes is larger than the limit of ${MAX_CHANNEL_MESSAGE_BYTES}`);
  }
  const bytes = copyOut(ctx, state, ctx.memory.readU32(iovec), length);
  if (bytes === null) return;
  if (usage.bytes + length > MAX_ALL_CHANNELS_BYTES) {
    proc.exitReason = EXIT_MAILBOX_LIMIT;
    return ctx.stop(STOP_EXIT);
  }
  if (channel.send(bytes)) return;
  state.withdrawal = channel.waitToSend(proc, proc.beginIo(FOREVER, false), bytes);
  ctx.stop(STOP_WAIT);
}

/** A copy of the guest's bytes; null while portions are left, for which the call is repeated. */
function copyOut(ctx: HostContext, state: HostState, pointer: number, length: number): Uint8Array | null {
  const source = ctx.memory.read(pointer, length);
  const early = earlyOf(state);
  const bytes = early.copying ?? new Uint8Array(length);
  const end = nextPortion(ctx, state, length);
  bytes.set(source.subarray(state.progress, end), state.progress);
  return finishPortion(ctx, state, bytes, end) ? bytes : null;
}

function nextPortion(ctx: HostContext, state: HostState, length: number): number {
  const end = Math.min(state.progress + COPY_PORTION_BYTES, length);
  ctx.charge(end - state.progress);
  return end;
}

/** Whether all is copied; otherwise asks for the next call. */
function finishPortion(ctx: HostContext, state: HostState, bytes: Uint8Array, end: number): boolean {
  const finished = end === bytes.length;
  state.progress = finished ? 0 : end;
  earlyOf(state).copying = finished ? null : bytes;
  if (!finished) ctx.stop(STOP_YIELD);
  return finished;
}

/**
 * Waits for a message, lets the guest's `(i32 size) -> i32 pointer` at index `allocate` of its table provide memory, copies
 * the message there, stores the pointer as u32 at `out` and returns the length.
 */
function channelReceive(ctx: HostContext, handle: number, allocate: number, out: number): number {
  const state = hostState(ctx);
  const copying = state.early?.copying ?? null;
  if (copying !== null) return deliver(ctx, state, copying, out);
  const allocated = ctx.takeCallResult();
  if (allocated !== undefined) return deliver(ctx, state, allocatedMemory(ctx, state, allocated), out);
  const proc = ctx.process;
  const waited = proc.pollIo();
  if (waited === IO_WAIT) {
    ctx.stop(STOP_WAIT);
    return 0;
  }
  let bytes: Uint8Array | undefined;
  if (waited === IO_NONE) {
    const channel = channelAt(ctx, handle);
    bytes = channel.receive();
    if (bytes === undefined) {
      state.withdrawal = channel.waitToReceive(proc, proc.beginIo(FOREVER, false));
      ctx.stop(STOP_WAIT);
      return 0;
    }
  } else {
    state.withdrawal = null;
    // The answer to a wait at a channel is the message: Channel.send.
    bytes = proc.takeIoValue() as Uint8Array;
  }
  const depth = ctx.callTable(allocate >>> 0, 'i', 'i', [bytes.length]);
  giveUpDelivered(ctx, state, depth);
  hold(ctx, bytes.length);
  earlyOf(state).delivered[depth] = bytes;
  return 0;
}

/** Drops messages of calls that nobody will answer any more: those from this depth on. */
function giveUpDelivered(ctx: HostContext, state: HostState, depth: number): void {
  const { delivered } = earlyOf(state);
  for (const bytes of delivered.splice(depth)) if (bytes !== undefined) letGo(ctx, bytes.length);
}

/** The message that the guest has allocated memory for, which is now at `copyPointer`. */
function allocatedMemory(ctx: HostContext, state: HostState, allocated: GuestCallResult): Uint8Array {
  const early = earlyOf(state);
  const bytes = early.delivered[allocated.depth];
  assert(bytes !== undefined, 'memory is allocated for a message');
  giveUpDelivered(ctx, state, allocated.depth);
  const pointer = Number(allocated.value) >>> 0;
  if (pointer === 0 && bytes.length !== 0) ctx.trap(`the guest could not allocate ${bytes.length} bytes for a message`);
  ctx.memory.check(pointer, bytes.length);
  early.copyPointer = pointer;
  return bytes;
}

/** Copies one portion; with the last, stores the pointer and returns the length. */
function deliver(ctx: HostContext, state: HostState, bytes: Uint8Array, out: number): number {
  const { copyPointer } = earlyOf(state);
  const done = state.progress;
  const end = nextPortion(ctx, state, bytes.length);
  ctx.memory.write(copyPointer + done, bytes.subarray(done, end));
  if (finishPortion(ctx, state, bytes, end)) ctx.memory.writeU32(out, copyPointer);
  return bytes.length;
}

/** Adds a handle. Traps at the bound. */
export function addEarly(ctx: HostContext, object: EarlyObject): number {
  const early = earlyOf(hostState(ctx));
  if (early.size >= MAX_TABLE_ENTRIES)
    ctx.trap('too many handles in one process; drop those that are no longer needed');
  hold(ctx, HANDLE_BYTES);
  return early.add(object);
}

/** What the handle names. Traps if that is nothing at all. */
export function earlyAt(ctx: HostContext, handle: number): EarlyObject {
  return hostState(ctx).early?.get(handle) ?? unknownHandle(ctx, handle);
}

function channelAt(ctx: HostContext, handle: number): Channel {
  const object = earlyAt(ctx, handle);
  if (object.kind !== 'channel') ctx.trap(`handle ${handle} is no channel but ${object.kind}`);
  return object;
}

function earlyOf(state: HostState): EarlyState {
  state.early ??= new EarlyState();
  return state.early;
}

function isStream(handle: number): boolean {
  return handle >= 0 && handle <= 2;
}

function unknownHandle(ctx: HostContext, handle: number): never {
  ctx.trap(`handle ${printId(BigInt(handle))} does not exist`);
}

const NOTHING: EarlyObject = { kind: 'nothing' };
