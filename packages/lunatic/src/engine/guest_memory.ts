// Host access to a guest's memory 0: bounds-checked, little-endian, dirty tracking included.
//
// Every host write goes through here, so that the engine knows which blocks of an instance
// differ from the module's image (invariant of parking: no write is missed).
// Memory may grow or move whenever the guest runs; nothing obtained here outlives one host call.

import { MAX_STRING_BYTES } from './limits.ts';

/** Aborts the guest with a trap; the engine supplies it, bound to the instance. */
export type TrapFunction = (message: string) => never;

/** Marks [offset, offset + length) of the guest's memory as written. */
export type MarkFunction = (offset: number, length: number) => void;

export class GuestMemory {
  /** A view of the whole memory; replaced when the memory has grown. */
  bytes: Uint8Array;
  view: DataView;
  readonly #memory: WebAssembly.Memory;
  readonly #trap: TrapFunction;
  readonly #mark: MarkFunction;

  constructor(memory: WebAssembly.Memory, trap: TrapFunction, mark: MarkFunction) {
    this.#memory = memory;
    this.#trap = trap;
    this.#mark = mark;
    this.bytes = new Uint8Array(memory.buffer);
    this.view = new DataView(memory.buffer);
  }

  /** Checks that [offset, offset + length) lies inside memory; returns the offset as an unsigned number. */
  check(offset: number, length: number): number {
    if (this.bytes.length === 0) this.#refresh();
    const start = offset >>> 0;
    if (start + length > this.bytes.length) {
      this.#trap(`memory access out of bounds: ${length} bytes at ${start} of ${this.bytes.length}`);
    }
    return start;
  }

  /** The bytes of [offset, offset + length), readable until the guest runs again. Never write through it. */
  read(offset: number, length: number): Uint8Array {
    const start = this.check(offset, length >>> 0);
    return this.bytes.subarray(start, start + (length >>> 0));
  }

  /** Copies `source` to `offset`. */
  write(offset: number, source: Uint8Array): void {
    const start = this.check(offset, source.length);
    if (source.length === 0) return;
    this.bytes.set(source, start);
    this.#mark(start, source.length);
  }

  /** A region the caller is about to fill completely, marked as written. */
  writable(offset: number, length: number): Uint8Array {
    const start = this.check(offset, length >>> 0);
    if (length !== 0) this.#mark(start, length >>> 0);
    return this.bytes.subarray(start, start + (length >>> 0));
  }

  /** The same without a view: the caller fills `bytes` from the returned index on. Hot: every `read_data`. */
  claim(offset: number, length: number): number {
    const start = this.check(offset, length >>> 0);
    if (length !== 0) this.#mark(start, length >>> 0);
    return start;
  }

  /** UTF-8 text; invalid UTF-8 and more than MAX_STRING_BYTES trap. */
  readString(offset: number, length: number): string {
    const bytes = this.read(offset, length);
    if (bytes.length > MAX_STRING_BYTES) {
      this.#trap(`a string of ${bytes.length} bytes is longer than the limit of ${MAX_STRING_BYTES}`);
    }
    try {
      return UTF8.decode(bytes);
    } catch (error) {
      if (error instanceof TypeError) this.#trap(`invalid UTF-8 in the string at ${offset >>> 0}`);
      throw error;
    }
  }

  readU8(offset: number): number {
    return this.bytes[this.check(offset, 1)] as number;
  }

  readU32(offset: number): number {
    const start = this.check(offset, 4);
    return this.view.getUint32(start, true);
  }

  readU64(offset: number): bigint {
    const start = this.check(offset, 8);
    return this.view.getBigUint64(start, true);
  }

  writeU8(offset: number, value: number): void {
    const start = this.check(offset, 1);
    this.bytes[start] = value;
    this.#mark(start, 1);
  }

  writeU16(offset: number, value: number): void {
    const start = this.check(offset, 2);
    this.view.setUint16(start, value, true);
    this.#mark(start, 2);
  }

  writeU32(offset: number, value: number): void {
    const start = this.check(offset, 4);
    this.view.setUint32(start, value, true);
    this.#mark(start, 4);
  }

  writeU64(offset: number, value: bigint): void {
    const start = this.check(offset, 8);
    this.view.setBigUint64(start, value, true);
    this.#mark(start, 8);
  }

  /** A u64 out-pointer holding an id or count below 2^53, without a bigint. */
  writeId(offset: number, value: number): void {
    const start = this.check(offset, 8);
    this.view.setUint32(start, value >>> 0, true);
    this.view.setUint32(start + 4, Math.floor(value / 2 ** 32), true);
    this.#mark(start, 8);
  }

  #refresh(): void {
    this.bytes = new Uint8Array(this.#memory.buffer);
    this.view = new DataView(this.#memory.buffer);
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
