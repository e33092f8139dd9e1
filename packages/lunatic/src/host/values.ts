// Conversions at the guest boundary: text, and i64 values that are tags, times and ids.

import { FOREVER } from '../actor/process.ts';
import type { HostContext } from '../engine/host_function.ts';
import { MAX_WAIT_MS, MIN_CHARGED_BYTES } from './limits.ts';

/** UTF-8 text of the guest, charged by its length: only for functions that may stop. */
export function readText(ctx: HostContext, pointer: number, length: number): string {
  if (length >>> 0 >= MIN_CHARGED_BYTES) ctx.charge(length >>> 0);
  return ctx.memory.readString(pointer, length);
}

/** The two signed 32-bit words of an i64, low first, as the actor layer keeps tags. */
export const tagWords = new Int32Array(2);
const tagValue = new BigInt64Array(tagWords.buffer);

/** Puts `tag` into `tagWords`. Hot: without a bigint operation. */
export function splitTag(tag: bigint): void {
  tagValue[0] = tag;
}

export function joinTag(lo: number, hi: number): bigint {
  tagWords[0] = lo;
  tagWords[1] = hi;
  return tagValue[0];
}

// Apart from `tagWords`, which hold a tag between two calls.
const words = new Int32Array(2);
const word64 = new BigInt64Array(words.buffer);

/** A timeout in u64 milliseconds: all ones is none. Waits beyond MAX_WAIT_MS count as that long. Hot: word by word. */
export function timeoutMs(value: bigint): number {
  word64[0] = value;
  return splitTimeoutMs(words[0], words[1]);
}

/** The same of its two halves. */
export function splitTimeoutMs(lo: number, hi: number): number {
  return lo === -1 && hi === -1 ? FOREVER : waitMs(lo, hi);
}

/** A delay in u64 milliseconds; there is no "none". */
export function delayMs(value: bigint): number {
  word64[0] = value;
  return waitMs(words[0], words[1]);
}

function waitMs(lo: number, hi: number): number {
  return Math.min((hi >>> 0) * 2 ** 32 + (lo >>> 0), MAX_WAIT_MS);
}

/** A timeout of the interface up to 0.9: u32 milliseconds, 0 is none. */
export function oldTimeoutMs(value: number): number {
  return value === 0 ? FOREVER : value >>> 0;
}

/**
 * An id from a guest (an i64, which JavaScript sees as signed) as a number; NO_ID, which names nothing, for what no
 * table can hold: negative values and everything from 2^53 on.
 */
export function idNumber(id: bigint): number {
  word64[0] = id;
  return splitIdNumber(words[0], words[1]);
}

/** The same of its two halves. Hot. */
export function splitIdNumber(lo: number, hi: number): number {
  if (hi === 0) return lo >>> 0;
  return hi >>> 21 === 0 ? hi * 2 ** 32 + (lo >>> 0) : NO_ID;
}

/** An i64 id as guests and error texts know it. */
export function printId(id: bigint): string {
  return BigInt.asUintN(64, id).toString();
}

export const NO_ID = -1;
