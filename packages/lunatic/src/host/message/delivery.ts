// Sending and receiving. Spec: ABI reference 1.2, 2.4 and, for the older signatures, 1.15.

import { EXIT_MAILBOX_LIMIT } from '../../actor/exit_reason.ts';
import { MAILBOX_FULL, type Message } from '../../actor/message.ts';
import {
  RECEIVE_MESSAGE,
  RECEIVE_NOT_SENT,
  RECEIVE_TIMEOUT,
  RECEIVE_WAIT,
  RECEIVE_YIELD,
  type ReceiveOutcome,
  WAIT_MESSAGE,
} from '../../actor/process.ts';
import { assertNever } from '../../base/assert.ts';
import { type HostContext, STOP_EXIT, STOP_RECEIVE, STOP_WAIT, STOP_YIELD } from '../../engine/host_function.ts';
import { waitsForRoom } from '../elsewhere.ts';
import { MAX_RECEIVE_TAGS } from '../limits.ts';
import { mayStop, mayStopSplit, type Row } from '../table.ts';
import { idNumber, oldTimeoutMs, splitIdNumber, splitTag, splitTimeoutMs, tagWords, timeoutMs } from '../values.ts';
import { takeScratch } from './scratch.ts';

/** What every waiting call answers when its time is over. */
export const TIMED_OUT = 9027;

export const DELIVERY_ROWS: readonly Row[] = [
  mayStopSplit('send', 'I', 'i', (ctx, pidLo, pidHi) => {
    send(ctx, pidLo, pidHi);
    return 0;
  }),
  // Up to 0.11.
  mayStopSplit('send', 'I', '', send),
  mayStop('send_receive_skip_search', 'III', 'i', (ctx, pid, tag, timeout) => {
    splitTag(tag);
    return sendAndReceive(ctx, pid, tagWords, 1, timeoutMs(timeout));
  }),
  // 0.10 to 0.12: waits for the tag of the message it sends.
  mayStop('send_receive_skip_search', 'II', 'i', (ctx, pid, timeout) =>
    sendAndReceiveOwnTag(ctx, pid, timeoutMs(timeout)),
  ),
  // Up to 0.9.
  mayStop('send_receive_skip_search', 'Ii', 'i', (ctx, pid, timeout) =>
    sendAndReceiveOwnTag(ctx, pid, oldTimeoutMs(timeout)),
  ),
  mayStopSplit(
    'receive',
    'iiI',
    'i',
    (ctx, tags, count, lo, hi) => receive(ctx, tags, count, splitTimeoutMs(lo, hi), STOP_RECEIVE),
    'receive',
  ),
  // Up to 0.9.
  mayStop('receive', 'iii', 'i', (ctx, tags, count, timeout) =>
    receive(ctx, tags, count, oldTimeoutMs(timeout), STOP_WAIT),
  ),
];

/** Gives the scratch message away. A message to nobody is dropped; to a full mailbox ends the sender. */
function send(ctx: HostContext, pidLo: number, pidHi: number): void {
  const receiver = splitIdNumber(pidLo, pidHi);
  if (ctx.process.system.remote !== null && waitsForRoom(ctx, receiver)) return;
  const message = takeScratch(ctx);
  if (ctx.process.system.send(receiver, message) === MAILBOX_FULL) {
    message.release();
    endForFullMailbox(ctx);
  }
}

/** No back-pressure exists in the interface, so a sender that outruns a receiver ends with the reason `limit`, and its links are told. */
export function endForFullMailbox(ctx: HostContext): void {
  ctx.process.exitReason = EXIT_MAILBOX_LIMIT;
  ctx.stop(STOP_EXIT);
}

/**
 * Takes the oldest message with one of the tags (none listed: any), waiting for one if need be, into the scratch
 * area. Returns its kind, or TIMED_OUT.
 */
function receive(
  ctx: HostContext,
  tags: number,
  count: number,
  timeout: number,
  wait: typeof STOP_RECEIVE | typeof STOP_WAIT,
): number {
  const proc = ctx.process;
  // While a wait is on, the actor layer has its own copy of the tags.
  if (proc.waitKind !== WAIT_MESSAGE && count !== 0) readTags(ctx, tags, count >>> 0);
  return answer(ctx, proc.receive(tagList, count >>> 0, timeout), wait);
}

function sendAndReceiveOwnTag(ctx: HostContext, pid: bigint, timeout: number): number {
  const message = ctx.scratch();
  if (message !== null) {
    tagWords[0] = message.tagLo;
    tagWords[1] = message.tagHi;
  }
  return sendAndReceive(ctx, pid, tagWords, message?.isTagged() ? 1 : 0, timeout);
}

/** Sends the scratch message and waits for one with this tag that comes afterwards; returns 0 for any kind, or TIMED_OUT. */
function sendAndReceive(ctx: HostContext, pid: bigint, tags: Int32Array, count: number, timeout: number): number {
  const proc = ctx.process;
  let message: Message | null = null;
  if (proc.waitKind !== WAIT_MESSAGE) {
    if (proc.system.remote !== null && waitsForRoom(ctx, idNumber(pid))) return 0;
    message = takeScratch(ctx);
  }
  const outcome = proc.sendAndReceive(idNumber(pid), message, tags, count, timeout);
  if (outcome === RECEIVE_NOT_SENT && message !== null) message.release();
  const kind = answer(ctx, outcome, STOP_WAIT);
  return kind === TIMED_OUT ? TIMED_OUT : 0;
}

function answer(ctx: HostContext, outcome: ReceiveOutcome, wait: typeof STOP_RECEIVE | typeof STOP_WAIT): number {
  switch (outcome) {
    case RECEIVE_MESSAGE: {
      const message = ctx.process.takeReceived();
      const { kind } = message;
      ctx.putScratch(message);
      return kind;
    }
    case RECEIVE_WAIT:
      ctx.stop(wait);
      return 0;
    case RECEIVE_YIELD:
      ctx.stop(STOP_YIELD);
      return 0;
    case RECEIVE_TIMEOUT:
      return TIMED_OUT;
    case RECEIVE_NOT_SENT:
      endForFullMailbox(ctx);
      return 0;
    default:
      return assertNever(outcome, 'receive');
  }
}

/** Copies `count` i64 tags into `tagList`. */
function readTags(ctx: HostContext, pointer: number, count: number): void {
  if (count > MAX_RECEIVE_TAGS) ctx.trap(`${count} tags to receive exceed the limit of ${MAX_RECEIVE_TAGS}`);
  const start = ctx.memory.check(pointer, count * 8);
  if (tagList.length < count * 2) tagList = new Int32Array(count * 2);
  const view = ctx.memory.view;
  for (let i = 0; i < count * 2; i++) tagList[i] = view.getInt32(start + i * 4, true);
  if (count > 1) ctx.charge(count * 8);
}

/** Reused by every call; the actor layer copies what it keeps. */
let tagList = new Int32Array(16);
