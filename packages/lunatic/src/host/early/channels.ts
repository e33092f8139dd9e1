// Channel functions of the early interface, as its guests see them: every handle an i32.
// Spec: ABI reference 7.1, 7.2.

import { EXIT_MAILBOX_LIMIT } from '../../actor/exit_reason.ts';
import { FOREVER, IO_NONE, IO_READY, IO_WAIT } from '../../actor/process.ts';
import { type HostContext, STOP_EXIT, STOP_WAIT } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import {
  MAX_ALL_CHANNELS_BYTES,
  MAX_CHANNEL_MESSAGE_BYTES,
  MAX_PARKED_CHANNELS,
  MAX_TABLE_ENTRIES,
} from '../limits.ts';
import { type HostState, hostState } from '../state.ts';
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
      const handle = addEarly(ctx, channel);
      // The handle holds the channel now; what `park` held is given back.
      channel.release();
      return handle;
    }),
    answers('clone_externref', 'i', 'i', (ctx, handle) => addEarly(ctx, earlyAt(ctx, handle))),
    answers('drop_externref', 'i', '', (ctx, handle) => {
      if (isStream(handle)) return;
      if (!hostState(ctx).early?.drop(handle)) unknownHandle(ctx, handle);
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
  const bytes = ctx.memory.read(ctx.memory.readU32(iovec), length).slice();
  ctx.charge(length);
  if (usage.bytes + length > MAX_ALL_CHANNELS_BYTES) {
    proc.exitReason = EXIT_MAILBOX_LIMIT;
    return ctx.stop(STOP_EXIT);
  }
  if (channel.send(bytes)) return;
  state.withdrawal = channel.waitToSend(proc, proc.beginIo(FOREVER, false), bytes);
  ctx.stop(STOP_WAIT);
}

/**
 * Waits for a message, lets the guest's `(i32 size) -> i32 pointer` at index `allocate` of its table provide memory, copies
 * the message there, stores the pointer as u32 at `out` and returns the length.
 */
function channelReceive(ctx: HostContext, handle: number, allocate: number, out: number): number {
  const state = hostState(ctx);
  const allocated = ctx.takeCallResult();
  if (allocated !== undefined) return deliver(ctx, earlyOf(state), Number(allocated.value) >>> 0, out);
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
  earlyOf(state).delivered.push(bytes);
  ctx.callTable(allocate >>> 0, 'i', 'i', [bytes.length]);
  return 0;
}

function deliver(ctx: HostContext, early: EarlyState, pointer: number, out: number): number {
  const bytes = early.delivered.pop();
  if (bytes === undefined) throw new RangeError('memory was allocated for no message');
  if (pointer === 0 && bytes.length !== 0) ctx.trap(`the guest could not allocate ${bytes.length} bytes for a message`);
  ctx.memory.write(pointer, bytes);
  ctx.memory.writeU32(out, pointer);
  ctx.charge(bytes.length);
  return bytes.length;
}

/** Adds a handle. Traps at the bound. */
export function addEarly(ctx: HostContext, object: EarlyObject): number {
  const early = earlyOf(hostState(ctx));
  if (early.size >= MAX_TABLE_ENTRIES)
    ctx.trap('too many handles in one process; drop those that are no longer needed');
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
