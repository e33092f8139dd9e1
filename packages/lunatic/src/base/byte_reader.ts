// Reads what a ByteWriter has written, in the same order. Both ends are of the same program: what does not fit is a bug of ours.

import { assert } from './assert.ts';

export class ByteReader {
  bytes: Uint8Array;
  at: number;
  end: number;
  #view: DataView;

  constructor(bytes: Uint8Array = NOTHING) {
    this.bytes = bytes;
    this.at = 0;
    this.end = bytes.length;
    this.#view = viewOf(bytes);
  }

  /** From now on reads bytes[start, end). */
  open(bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = viewOf(bytes);
    }
    this.at = start;
    this.end = end;
  }

  u8(): number {
    return this.bytes[this.#take(1)] as number;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A copy. */
  blob(): Uint8Array {
    const size = this.u32();
    const at = this.#take(size);
    return this.bytes.slice(at, at + size);
  }

  text(): string {
    const bytes = this.blob();
    return decoder.decode(bytes);
  }

  /** As the writer's `json`; the caller says what was written there. */
  json(): unknown {
    return JSON.parse(this.text());
  }

  /** A copy of what is left. */
  rest(): Uint8Array {
    const at = this.at;
    this.at = this.end;
    return this.bytes.slice(at, this.end);
  }

  #take(size: number): number {
    const at = this.at;
    assert(at + size <= this.end, 'a record is read as it was written');
    this.at = at + size;
    return at;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const NOTHING = new Uint8Array(0);
const decoder = new TextDecoder();
