// Waiting for clocks and descriptors. Spec: witx poll_oneoff.
//
// subscription (48 bytes)                     event (32 bytes)
//    0 u64 userdata                              0 u64 userdata
//    8 u8  tag: 0 clock, 1 fd_read, 2 fd_write    8 u16 errno
//   16 u32 clock id, or descriptor               10 u8  type, as the tag
//   24 u64 timeout in ns  (clock)                16 u64 bytes ready   (descriptor)
//   40 u16 flags, 1 = absolute  (clock)          24 u16 flags         (descriptor)
//
// The wait itself is a timer and a place among the readers of the input; each wake, also a needless one,
// looks at everything again.

import { FOREVER } from '../../actor/process.ts';
import { type HostContext, STOP_WAIT } from '../../engine/host_function.ts';
import { goesToMain } from '../elsewhere.ts';
import { type HostEnvironment, INPUT_NOTHING_YET } from '../environment.ts';
import { MAX_SUBSCRIPTIONS, MAX_WAIT_MS } from '../limits.ts';
import { type HostState, hostState } from '../state.ts';
import { mayStop, type Row } from '../table.ts';
import { endWait, waitForInput } from '../waits.ts';
import { clockNs, NS_PER_MS } from './clock.ts';
import { descriptorOf } from './descriptors.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME,
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_NOTSUP,
  ERRNO_SUCCESS,
} from './numbers.ts';

const SUBSCRIPTION_SIZE = 48;
const EVENT_SIZE = 32;
const TAG_CLOCK = 0;
const TAG_FD_READ = 1;
const TAG_FD_WRITE = 2;
const ABSOLUTE_TIME = 1;

export function pollRows(env: HostEnvironment): readonly Row[] {
  return [
    mayStop('poll_oneoff', 'iiii', 'i', (ctx, subscriptions, events, count, happened) =>
      pollOneoff(env, ctx, subscriptions >>> 0, events >>> 0, count >>> 0, happened),
    ),
  ];
}

/**
 * Waits until at least one subscription has something to tell, then writes one event for each that has, in
 * their order, and their number as u32 at `happened`. A subscription that cannot be served is an event with its errno.
 * EINVAL: no subscription, or too many.
 */
function pollOneoff(
  env: HostEnvironment,
  ctx: HostContext,
  subscriptions: number,
  events: number,
  count: number,
  happened: number,
): number {
  if (count === 0 || count > MAX_SUBSCRIPTIONS) return ERRNO_INVAL;
  ctx.memory.check(subscriptions, count * SUBSCRIPTION_SIZE);
  ctx.memory.check(events, count * EVENT_SIZE);
  ctx.memory.check(happened, 4);
  const state = hostState(ctx);
  if (!endWait(ctx, state)) return ERRNO_SUCCESS;
  const nowMs = env.clock.nowMs();
  if (Number.isNaN(state.waitStartMs)) state.waitStartMs = nowMs;
  let waitMs = Infinity;
  let written = 0;
  let wantsInput = false;
  for (let i = 0; i < count; i++) {
    const at = subscriptions + i * SUBSCRIPTION_SIZE;
    const tag = ctx.memory.readU8(at + 8);
    let errno = ERRNO_INVAL;
    let bytes = 0;
    if (tag === TAG_CLOCK) {
      const leftMs = clockLeftMs(env, ctx, at, state.waitStartMs, nowMs);
      if (leftMs > 0) {
        waitMs = Math.min(waitMs, leftMs);
        continue;
      }
      errno = -leftMs;
    } else if (tag === TAG_FD_READ || tag === TAG_FD_WRITE) {
      if (tag === TAG_FD_READ && goesToMain(ctx)) return ERRNO_SUCCESS;
      const ready = readyBytes(env, state, ctx.memory.readU32(at + 16), tag);
      if (ready === INPUT_NOTHING_YET) {
        wantsInput = true;
        continue;
      }
      errno = ready === NOT_OPEN ? ERRNO_BADF : ERRNO_SUCCESS;
      bytes = Math.max(ready, 0);
    }
    writeEvent(ctx, events + written * EVENT_SIZE, at, errno, tag, bytes);
    written++;
  }
  if (written === 0) {
    wait(env, ctx, wantsInput, waitMs);
    return ERRNO_SUCCESS;
  }
  state.waitStartMs = NaN;
  ctx.memory.writeU32(happened, written);
  ctx.charge(count * SUBSCRIPTION_SIZE);
  return ERRNO_SUCCESS;
}

/** Waits for input, or for the first deadline, or for both. A wait for a clock alone is no wait for the outside. */
function wait(env: HostEnvironment, ctx: HostContext, wantsInput: boolean, waitMs: number): void {
  const timeoutMs = waitMs === Infinity ? FOREVER : waitMs;
  if (wantsInput) {
    waitForInput(ctx, env.input, timeoutMs);
  } else {
    ctx.process.beginIo(timeoutMs, false);
    ctx.stop(STOP_WAIT);
  }
}

/** Milliseconds until a clock subscription is due; zero or less: due, and its negative is the errno to report. */
function clockLeftMs(env: HostEnvironment, ctx: HostContext, at: number, startMs: number, nowMs: number): number {
  const clock = ctx.memory.readU32(at + 16);
  const timeoutNs = ctx.memory.readU64(at + 24);
  const absolute = (ctx.memory.readU8(at + 40) & ABSOLUTE_TIME) !== 0;
  if (clock >= CLOCK_PROCESS_CPUTIME) return -ERRNO_NOTSUP;
  if (clock === CLOCK_MONOTONIC || !absolute) {
    const dueMs = (absolute ? 0 : startMs) + Math.min(Number(timeoutNs) / NS_PER_MS, MAX_WAIT_MS);
    return Math.max(dueMs - nowMs, 0);
  }
  const leftNs = timeoutNs - (clockNs(env, clock) ?? 0n);
  return leftNs <= 0n ? 0 : Math.min(Number(leftNs) / NS_PER_MS, MAX_WAIT_MS);
}

/** Bytes ready on a descriptor (output counts as always ready: a write waits by itself); INPUT_NOTHING_YET or NOT_OPEN. */
function readyBytes(env: HostEnvironment, state: HostState, fd: number, tag: number): number {
  const descriptor = descriptorOf(state, fd);
  if (descriptor === undefined) return NOT_OPEN;
  switch (descriptor.kind) {
    case 'input':
      return tag === TAG_FD_READ ? env.input.available() : NOT_OPEN;
    case 'output':
      return tag === TAG_FD_WRITE ? 1 : NOT_OPEN;
  }
}

function writeEvent(
  ctx: HostContext,
  event: number,
  subscription: number,
  errno: number,
  type: number,
  bytes: number,
): void {
  const userdata = ctx.memory.readU64(subscription);
  ctx.memory.writable(event, EVENT_SIZE).fill(0);
  ctx.memory.writeU64(event, userdata);
  ctx.memory.writeU16(event + 8, errno);
  ctx.memory.writeU8(event + 10, type);
  if (type !== TAG_CLOCK) ctx.memory.writeId(event + 16, bytes);
}

const NOT_OPEN = -2;
