// A queue of records from one thread to another, over shared memory. One writer, one reader, no locks.
//
// Layout: two positions of 32 bits, on cache lines of their own, then the data. Positions count bytes since the beginning, modulo 2^32; the
// capacity is a power of two, so they go on being right when they wrap. A record is its length (u32) and its bytes, rounded up
// to 8; one that does not fit before the end of the data is preceded by a mark that sends the reader to the start.
//
// Invariants
// G1  head - tail (modulo 2^32) is the number of bytes in use, at most the capacity.
// G2  Only the writer moves `head`, after the bytes before it are written; only the reader moves `tail`, after it is done with them.

/** Data bytes are preceded by this many bytes of positions. */
const HEADER_BYTES = 128;
const HEAD = 0;
const TAIL = 16;
/** Instead of a length: the next record is at the start of the data. */
const WRAP = 0xffffffff;

/** Shared memory for a ring of `capacityBytes`, a power of two. */
export function makeRing(capacityBytes: number): SharedArrayBuffer {
  if (capacityBytes < 64 || (capacityBytes & (capacityBytes - 1)) !== 0)
    throw new RangeError(`a ring has a power of two of bytes, not ${capacityBytes}`);
  return new SharedArrayBuffer(HEADER_BYTES + capacityBytes);
}

export class RingWriter {
  readonly #positions: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #capacity: number;
  /** As last written to `head`; the reader's position as last seen. */
  #head: number;
  #tail: number;

  constructor(shared: SharedArrayBuffer) {
    this.#positions = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.#bytes = new Uint8Array(shared, HEADER_BYTES);
    this.#words = new Uint32Array(shared, HEADER_BYTES);
    this.#capacity = this.#bytes.length;
    this.#head = Atomics.load(this.#positions, HEAD) >>> 0;
    this.#tail = Atomics.load(this.#positions, TAIL) >>> 0;
  }

  /** Records of up to this many bytes always fit an empty ring. */
  get maxRecordBytes(): number {
    return this.#capacity / 2 - 8;
  }

  /** Whether `push` of so many bytes would find room now. */
  hasRoom(length: number): boolean {
    const needed = (length + 11) & ~7;
    return this.#isFree(this.#skipped(needed) + needed);
  }

  /** Appends the first `length` bytes. False, and nothing happens: there is no room now. */
  push(record: Uint8Array, length: number): boolean {
    const needed = (length + 11) & ~7;
    const skipped = this.#skipped(needed);
    if (!this.#isFree(skipped + needed)) return false;
    let at = this.#head & (this.#capacity - 1);
    if (skipped > 0) {
      this.#words[at >> 2] = WRAP;
      at = 0;
    }
    this.#words[at >> 2] = length;
    this.#bytes.set(length === record.length ? record : record.subarray(0, length), at + 4);
    this.#head = (this.#head + skipped + needed) >>> 0;
    Atomics.store(this.#positions, HEAD, this.#head | 0);
    return true;
  }

  /** Bytes before the end of the data that a record of `needed` bytes leaves out. */
  #skipped(needed: number): number {
    const left = this.#capacity - (this.#head & (this.#capacity - 1));
    return left < needed ? left : 0;
  }

  #isFree(bytes: number): boolean {
    if (((this.#head - this.#tail) >>> 0) + bytes <= this.#capacity) return true;
    this.#tail = Atomics.load(this.#positions, TAIL) >>> 0;
    return ((this.#head - this.#tail) >>> 0) + bytes <= this.#capacity;
  }
}

export class RingReader {
  /** The record that `next` found is bytes[start, start + length), until `done`. */
  readonly bytes: Uint8Array;
  start = 0;
  length = 0;
  readonly #positions: Int32Array;
  readonly #words: Uint32Array;
  readonly #capacity: number;
  #tail: number;
  #head: number;

  constructor(shared: SharedArrayBuffer) {
    this.#positions = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.bytes = new Uint8Array(shared, HEADER_BYTES);
    this.#words = new Uint32Array(shared, HEADER_BYTES);
    this.#capacity = this.bytes.length;
    this.#tail = Atomics.load(this.#positions, TAIL) >>> 0;
    this.#head = this.#tail;
  }

  /** Whether there is another record; it stays in the ring until `done`. */
  next(): boolean {
    if (this.#tail === this.#head) {
      this.#head = Atomics.load(this.#positions, HEAD) >>> 0;
      if (this.#tail === this.#head) return false;
    }
    let offset = this.#tail & (this.#capacity - 1);
    if (this.#words[offset >> 2] === WRAP) {
      this.#tail = (this.#tail + this.#capacity - offset) >>> 0;
      offset = 0;
    }
    this.length = this.#words[offset >> 2] as number;
    this.start = offset + 4;
    return true;
  }

  /** Gives back the room of the record that `next` found. */
  done(): void {
    this.#tail = (this.#tail + ((this.length + 11) & ~7)) >>> 0;
    Atomics.store(this.#positions, TAIL, this.#tail | 0);
  }
}
