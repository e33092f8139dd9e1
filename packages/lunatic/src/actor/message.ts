// A message: bytes with a read position, a tag, and resources that move with it.
//
// Ownership: whoever made or received a message owns it; sending gives it away. The owner calls `release` when done, which drops the
// resources left in it and lets record and buffer be used again. Not releasing is safe (the collector takes it) as long
// as it holds no resources; using a message after `release` or after sending it is a bug.
//
// Invariants
// M1  bytes[0, length) is the content; what lies beyond is garbage of earlier messages and never shown.
// M2  `next` belongs to the mailbox, or the pool, that holds the message.
// M3  A buffer of up to MAX_POOLED_BUFFER_BYTES is empty or has MIN_BUFFER_BYTES times a power of two: the pools are by size.

import { assert } from '../base/assert.ts';
import type { ExitReason } from './exit_reason.ts';
import { MAX_MESSAGE_BYTES, MAX_POOLED_BUFFER_BYTES, MAX_POOLED_BYTES, MESSAGE_OVERHEAD_BYTES } from './limits.ts';

export type MessageKind = typeof MESSAGE_DATA | typeof MESSAGE_LINK_DIED | typeof MESSAGE_PROCESS_DIED;
/** The numbers are those of `lunatic::message::receive`. */
export const MESSAGE_DATA = 0;
export const MESSAGE_LINK_DIED = 1;
export const MESSAGE_PROCESS_DIED = 2;

/** What became of a message that was sent. */
export type SendOutcome = typeof SENT | typeof NO_PROCESS | typeof MAILBOX_FULL;
export const SENT = 0;
/** The receiver does not exist (any more); the message was released. */
export const NO_PROCESS = 1;
/** The receiver's mailbox is at its bound; the message is still the caller's. */
export const MAILBOX_FULL = 2;

/** Something that travels in a message: a module, a socket. */
export interface MessageResource {
  /** What it is, for the check when it is taken out. */
  readonly kind: string;
  /** Called when a message is dropped with the resource still in it. */
  release?(): void;
}

export class Message {
  kind: MessageKind;
  /** The tag as two signed 32-bit halves; both 0: untagged. */
  tagLo: number;
  tagHi: number;
  /** M1. Grows by replacement: read it anew after `append`. */
  bytes: Uint8Array;
  length: number;
  readPos: number;
  /** Slots by index; null where a resource was taken out. The array itself is null while there never was one. */
  resources: (MessageResource | null)[] | null;
  /** Of a link-died or process-died message: who died (0 otherwise), why, and the monitor's ref (0 for the ABI's own monitors). */
  pid: number;
  reason: ExitReason | null;
  ref: number;
  /** M2. */
  next: Message | null;
  #pooled: boolean;
  /** The buffer as words, once the record has been used again; null before, and after the buffer was replaced by a new one. */
  #words: Int32Array | null;

  /** Use `createMessage`, which reuses released ones. */
  constructor() {
    this.kind = MESSAGE_DATA;
    this.tagLo = 0;
    this.tagHi = 0;
    this.bytes = EMPTY;
    this.length = 0;
    this.readPos = 0;
    this.resources = null;
    this.pid = 0;
    this.reason = null;
    this.ref = 0;
    this.next = null;
    this.#pooled = false;
    this.#words = null;
  }

  /** Makes room for `capacity` bytes in all. False, and nothing changes, beyond MAX_MESSAGE_BYTES. */
  reserve(capacity: number): boolean {
    const former = this.bytes;
    if (capacity <= former.length) return true;
    if (capacity > MAX_MESSAGE_BYTES) return false;
    const size = Math.max(capacity, Math.min(former.length * 2, MAX_MESSAGE_BYTES));
    if (size > MAX_POOLED_BUFFER_BYTES) {
      this.bytes = new Uint8Array(size);
      this.#words = null;
    } else {
      this.#takeBuffer(sizeClass(size));
    }
    if (this.length > 0) this.bytes.set(former.subarray(0, this.length));
    return true;
  }

  /** Takes the buffer of a pooled record, which gets the present one; or a new buffer. */
  #takeBuffer(wanted: number): void {
    // Records in the first pool may have no buffer at all.
    const donor = wanted === 0 ? null : takeFromPool(wanted);
    if (donor === null) {
      this.bytes = new Uint8Array(MIN_BUFFER_BYTES << wanted);
      this.#words = null;
      return;
    }
    const { bytes } = this;
    const words = this.#words;
    this.bytes = donor.bytes;
    this.#words = donor.#words;
    donor.bytes = bytes;
    donor.#words = words;
    donor.#toPool();
  }

  /** Copies source[start, end) to the end of the content. False, and nothing changes, beyond MAX_MESSAGE_BYTES. */
  append(source: Uint8Array, start = 0, end: number = source.length): boolean {
    const at = this.length;
    const size = end - start;
    if (at + size > this.bytes.length && !this.reserve(at + size)) return false;
    // Below some 48 bytes a loop is cheaper than the view that `set` needs.
    if (size <= 48) {
      const bytes = this.bytes;
      for (let i = 0; i < size; i++) bytes[at + i] = source[start + i] as number;
    } else {
      this.bytes.set(size === source.length ? source : source.subarray(start, end), at);
    }
    this.length = at + size;
    return true;
  }

  /**
   * Copies up to `size` bytes from the read position to target[offset, ...) and advances it; returns how many (0 at the
   * end). The caller has checked that the position is not beyond the end and that the target has room.
   */
  readInto(target: Uint8Array, offset: number, size: number): number {
    const from = this.readPos;
    const count = Math.min(size, this.length - from);
    assert(count >= 0, 'the read position lies inside the message');
    if (count <= 48) {
      const bytes = this.bytes;
      for (let i = 0; i < count; i++) target[offset + i] = bytes[from + i] as number;
    } else {
      target.set(this.bytes.subarray(from, from + count), offset);
    }
    this.readPos = from + count;
    return count;
  }

  /**
   * Copies the whole content to [offset, ...) of a memory. `offset` is a multiple of 4, `words` and `bytes` are views of the whole memory.
   * Up to `room` bytes there may change. Does not move the read position.
   */
  copyTo(words: Int32Array, bytes: Uint8Array, offset: number, room: number): void {
    const { length } = this;
    const own = this.#words;
    if (own !== null && length <= 64) {
      for (let i = 0, at = offset >> 2; i << 2 < length; i++, at++) words[at] = own[i] as number;
    } else if (this.bytes.length <= room) {
      // To copy what is beyond the end too is cheaper than a view.
      bytes.set(this.bytes, offset);
    } else {
      bytes.set(this.bytes.subarray(0, length), offset);
    }
  }

  /**
   * Makes `length` bytes of a memory from `offset` on, a multiple of 4, the content of this message, which is empty. `words` is a view of the
   * whole memory; `source` one from `offset` on, of the size of the smallest buffer for so many bytes: see `copyTo`.
   */
  copyFrom(words: Int32Array, offset: number, source: Uint8Array, length: number): void {
    const own = this.#words;
    if (own !== null && length <= 64) {
      for (let i = 0, at = offset >> 2; i << 2 < length; i++, at++) own[i] = words[at] as number;
    } else if (length > 0) {
      this.reserve(length);
      this.bytes.set(source);
    }
    this.length = length;
  }

  /** A view of the content; valid until the message is appended to, sent or released. */
  content(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Adds a resource and returns its index. The caller checks MAX_MESSAGE_RESOURCES. */
  pushResource(resource: MessageResource): number {
    this.resources ??= [];
    return this.resources.push(resource) - 1;
  }

  /** Adds a slot whose resource was taken out: the others keep their indexes. */
  pushEmptySlot(): void {
    this.resources ??= [];
    this.resources.push(null);
  }

  /** Takes the resource of `kind` out of its slot; null, and nothing changes, if there is none or it is of another kind. */
  takeResource(index: number, kind: string): MessageResource | null {
    const resource = this.resources?.[index] ?? null;
    if (resource === null || resource.kind !== kind || this.resources === null) return null;
    this.resources[index] = null;
    return resource;
  }

  isTagged(): boolean {
    return (this.tagLo | this.tagHi) !== 0;
  }

  /** What the message counts in a mailbox. */
  costBytes(): number {
    return this.bytes.length + MESSAGE_OVERHEAD_BYTES;
  }

  /** The owner is done: drops the resources, and gives record and buffer back. */
  release(): void {
    assert(!this.#pooled, 'a message is released once');
    if (this.resources !== null) this.#dropResources();
    this.reason = null;
    if (this.bytes.length > MAX_POOLED_BUFFER_BYTES) {
      this.bytes = EMPTY;
      this.#words = null;
    }
    this.#pooled = true;
    this.#toPool();
  }

  /** Into the pool for its size, or to the collector if that is full. */
  #toPool(): void {
    const own = sizeClass(this.bytes.length);
    if (pooledCounts[own] === MAX_POOLED[own]) return;
    pooledCounts[own]++;
    this.next = pools[own];
    pools[own] = this;
  }

  /** For `createMessage` only: takes the message from the pool. */
  reuse(): void {
    this.#pooled = false;
    const { bytes } = this;
    if (this.#words === null && bytes.length >= MIN_BUFFER_BYTES)
      this.#words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
    this.next = null;
    this.length = 0;
    this.readPos = 0;
    this.pid = 0;
    this.ref = 0;
  }

  #dropResources(): void {
    const resources = this.resources;
    this.resources = null;
    if (resources === null) return;
    for (const resource of resources) {
      if (resource !== null && resource.release !== undefined) resource.release();
    }
  }
}

/** An empty data message. It may have room for `expected` bytes already, which are no more than MAX_POOLED_BUFFER_BYTES. */
export function createMessage(tagLo = 0, tagHi = 0, expected = 0): Message {
  let message = takeFromPool(sizeClass(expected));
  if (message === null) message = new Message();
  else message.reuse();
  message.kind = MESSAGE_DATA;
  message.tagLo = tagLo;
  message.tagHi = tagHi;
  return message;
}

const EMPTY = new Uint8Array(0);
/** The first buffer of a message; most messages fit. */
const MIN_BUFFER_SHIFT = 6;
export const MIN_BUFFER_BYTES = 1 << MIN_BUFFER_SHIFT;

/** The size class of a buffer: how often MIN_BUFFER_BYTES is doubled to hold so many bytes. */
export function sizeClass(bytes: number): number {
  return bytes <= MIN_BUFFER_BYTES ? 0 : 32 - Math.clz32((bytes - 1) >> MIN_BUFFER_SHIFT);
}

/** Released messages by the size of their buffers, the last one first. */
const pools: (Message | null)[] = [];
const pooledCounts: number[] = [];
/** How many each pool may hold. */
const MAX_POOLED: number[] = [];
for (let k = 0; k <= sizeClass(MAX_POOLED_BUFFER_BYTES); k++) {
  pools.push(null);
  pooledCounts.push(0);
  MAX_POOLED.push(Math.floor(MAX_POOLED_BYTES / ((MIN_BUFFER_BYTES << k) + MESSAGE_OVERHEAD_BYTES)));
}

function takeFromPool(own: number): Message | null {
  const message = pools[own];
  if (message === null) return null;
  pools[own] = message.next;
  pooledCounts[own]--;
  return message;
}
