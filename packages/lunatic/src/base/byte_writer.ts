// Writes records of bytes: numbers little-endian and unaligned, texts as UTF-8 with their length before them.
// One writer is used again and again: `reset`, write, take bytes[0, length).

/** The first buffer of a writer; it grows as needed, and what grew beyond the bound is given back by `reset`. */
const INITIAL_BYTES = 1024;
const KEPT_BYTES = 1024 * 1024;

export class ByteWriter {
  bytes = new Uint8Array(INITIAL_BYTES);
  length = 0;
  #view = new DataView(this.bytes.buffer);

  reset(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES) this.#replace(INITIAL_BYTES);
  }

  u8(value: number): void {
    const at = this.#claim(1);
    this.bytes[at] = value;
  }

  /** Signed or unsigned: the low 32 bits. */
  u32(value: number): void {
    const at = this.#claim(4);
    this.#view.setInt32(at, value | 0, true);
  }

  /** Any JavaScript number: pids, lengths beyond 32 bits, milliseconds. */
  f64(value: number): void {
    const at = this.#claim(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Without its length. */
  raw(source: Uint8Array, start = 0, end: number = source.length): void {
    const size = end - start;
    const at = this.#claim(size);
    if (size <= 48) for (let i = 0; i < size; i++) this.bytes[at + i] = source[start + i] as number;
    else this.bytes.set(size === source.length ? source : source.subarray(start, end), at);
  }

  /** With its length. */
  blob(source: Uint8Array): void {
    this.u32(source.length);
    this.raw(source);
  }

  text(value: string): void {
    const at = this.#claim(4 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.bytes.subarray(at + 4));
    this.#view.setInt32(at, written, true);
    this.length = at + 4 + written;
  }

  /** What JSON can say; bigints are not among it. */
  json(value: unknown): void {
    this.text(JSON.stringify(value));
  }

  #claim(size: number): number {
    const at = this.length;
    const end = at + size;
    if (end > this.bytes.length) this.#replace(Math.max(end, this.bytes.length * 2));
    this.length = end;
    return at;
  }

  #replace(size: number): void {
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, Math.min(this.length, size)));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

const encoder = new TextEncoder();
