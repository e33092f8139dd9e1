/**
 * A growable byte buffer with the encodings of `ByteReader`. Integers take their shortest form.
 * The owner calls `finish` once and keeps the answer, and must not use the writer after that; or copies what there is and
 * goes on after `clear`.
 *
 * Spec: core/binary/values.
 */

const INITIAL_BYTES = 256;

/** Below this a loop is faster than making a view of the source and entering the engine's copy. */
const SHORT_COPY_BYTES = 48;

const UTF8 = new TextEncoder();

/** Bytes that `u32` writes. */
export function u32Length(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) {
    length++;
  }
  return length;
}

// Hot: every byte of a rewritten module is written here, most of them twice (`npm run bench -- rewrite`).
export class ByteWriter {
  private buffer: Uint8Array;
  private used: number;

  constructor(sizeBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(sizeBytes);
    this.used = 0;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.used;
  }

  /** Starts again with nothing written, in the same buffer. */
  clear(): void {
    this.used = 0;
  }

  copyTo(target: Uint8Array): void {
    target.set(this.buffer.subarray(0, this.used));
  }

  /** Makes room for so many bytes at once. */
  reserve(sizeBytes: number): void {
    const needed = this.used + sizeBytes;
    if (needed > this.buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, this.used));
      this.buffer = larger;
    }
  }

  u8(value: number): void {
    if (this.used === this.buffer.length) {
      this.reserve(1);
    }
    this.buffer[this.used++] = value;
  }

  u32(value: number): void {
    if (this.used + 5 > this.buffer.length) {
      this.reserve(5);
    }
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.buffer[this.used++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.used++] = rest;
  }

  /** A byte and a u32: an opcode and its index. */
  u8u32(byte: number, value: number): void {
    if (value < 0x80 && this.used + 2 <= this.buffer.length) {
      this.buffer[this.used] = byte;
      this.buffer[this.used + 1] = value;
      this.used += 2;
      return;
    }
    this.u8(byte);
    this.u32(value);
  }

  s32(value: number): void {
    if (this.used + 5 > this.buffer.length) {
      this.reserve(5);
    }
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.buffer[this.used++] = (rest & 0x7f) | 0x80;
      rest >>= 7;
    }
    this.buffer[this.used++] = rest & 0x7f;
  }

  s64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    while (rest < -64n || rest > 63n) {
      this.u8(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.u8(Number(rest & 0x7fn));
  }

  bytes(source: Uint8Array, start: number = 0, end: number = source.length): void {
    const count = end - start;
    if (this.used + count > this.buffer.length) {
      this.reserve(count);
    }
    if (count < SHORT_COPY_BYTES) {
      for (let i = 0; i < count; i++) {
        this.buffer[this.used + i] = source[start + i];
      }
    } else {
      this.buffer.set(start === 0 && end === source.length ? source : source.subarray(start, end), this.used);
    }
    this.used += count;
  }

  /** The contents of another writer, which stays usable. */
  append(other: ByteWriter): void {
    this.bytes(other.buffer, 0, other.used);
  }

  name(text: string): void {
    const encoded = UTF8.encode(text);
    this.u32(encoded.length);
    this.bytes(encoded);
  }

  /** A length in five bytes, or four fewer after moving what `fill` wrote: sections and bodies come out shortest. */
  sized(fill: (writer: ByteWriter) => void): void {
    const start = this.used;
    this.reserve(5);
    this.used += 5;
    fill(this);
    const size = this.used - start - 5;
    const contentEnd = this.used;
    this.used = start;
    this.u32(size);
    this.buffer.copyWithin(this.used, start + 5, contentEnd);
    this.used += size;
  }

  section(id: number, fill: (writer: ByteWriter) => void): void {
    this.u8(id);
    this.sized(fill);
  }

  /** The written bytes. They may share memory with the buffer, so the writer is done with. */
  finish(): Uint8Array {
    return this.buffer.subarray(0, this.used);
  }
}
