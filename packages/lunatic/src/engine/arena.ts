// Where the state of parked processes lies: slabs outside every WebAssembly memory, so that a million processes need no more
// address space of the side memory than their frames do.
//
// A slab holds blocks of one size class. Classes are close together (sixteen per doubling), since a million processes of one
// program have states of nearly one size, and what a class rounds up is paid a million times. A slab that holds nothing any more is
// given back to the operating system at once: the buffers are resizable ones, which V8 maps one by one, where those of fixed length
// come from the C library's heap and seldom leave it.
//
// A1  A slab is in its class's list exactly when it has room. A2  `#reservedBytes` is the size of all slabs and large blocks,
// MAX_ARENA_BYTES at most. A3  A slab that is empty is in no list; MAX_EMPTY_SLABS of them are kept, for any class: parking by turns must
// not map memory.

import { ARENA_SLAB_BYTES, CROWDED_ARENA_SHARE, MAX_ARENA_BYTES, MAX_EMPTY_SLABS } from './limits.ts';

const LARGEST_CLASSED = ARENA_SLAB_BYTES / 4;
const MIN_SHIFT = 6;
/** Sizes up to 2^LINEAR_SHIFT are rounded up to multiples of 2^MIN_SHIFT. */
const LINEAR_SHIFT = 10;
const STEPS_SHIFT = LINEAR_SHIFT - MIN_SHIFT;

export class Arena {
  readonly #maxBytes: number;
  /** By address / ARENA_SLAB_BYTES; null where one was given back. */
  readonly #slabs: (Slab | null)[] = [];
  readonly #vacant: number[] = [];
  readonly #roomy: (Slab | null)[] = new Array<Slab | null>(classOf(LARGEST_CLASSED) + 1).fill(null);
  /** Blocks too large for a slab, each with a buffer of its own; keyed from -2 downwards. */
  readonly #large = new Map<number, Uint8Array>();
  #nextLarge = -2;
  readonly #empty: Slab[] = [];
  #reservedBytes = 0;
  /** Bytes in blocks that are in use, as they were asked for. */
  usedBytes = 0;

  constructor(maxBytes = MAX_ARENA_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Address space taken from the operating system; what was never written to is not resident. */
  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** What is left is for processes that are there already. Hot: every spawn. */
  get isCrowded(): boolean {
    return this.#reservedBytes - this.#empty.length * ARENA_SLAB_BYTES > this.#maxBytes * CROWDED_ARENA_SHARE;
  }

  /** Keeps a copy of `bytes` (one at least); the address, or -1: the arena is full. */
  put(bytes: Uint8Array): number {
    const address = bytes.length > LARGEST_CLASSED ? this.#putLarge(bytes) : this.#putClassed(bytes);
    if (address !== -1) this.usedBytes += bytes.length;
    return address;
  }

  /** The bytes kept at `address`, until the next `put` or `free`. */
  get(address: number, sizeBytes: number): Uint8Array {
    if (address < -1) return this.#large.get(address) as Uint8Array;
    const offset = address % ARENA_SLAB_BYTES;
    return this.#slabAt(address).bytes.subarray(offset, offset + sizeBytes);
  }

  free(address: number, sizeBytes: number): void {
    this.usedBytes -= sizeBytes;
    if (address < -1) {
      const block = this.#large.get(address) as Uint8Array;
      this.#large.delete(address);
      this.#reservedBytes -= block.length;
      giveBack(block);
      return;
    }
    const slab = this.#slabAt(address);
    if (!slab.hasRoom) this.#addRoomy(slab);
    slab.free(address % ARENA_SLAB_BYTES);
    if (slab.used === 0) this.#emptied(slab);
  }

  #slabAt(address: number): Slab {
    return this.#slabs[Math.floor(address / ARENA_SLAB_BYTES)] as Slab;
  }

  #putClassed(bytes: Uint8Array): number {
    const sizeClass = classOf(bytes.length);
    const slab = this.#roomy[sizeClass] ?? this.#makeSlab(sizeClass);
    if (slab === null) return -1;
    const offset = slab.allocate();
    if (!slab.hasRoom) this.#removeRoomy(slab);
    slab.bytes.set(bytes, offset);
    return slab.index * ARENA_SLAB_BYTES + offset;
  }

  #makeSlab(sizeClass: number): Slab | null {
    let slab = this.#empty.pop();
    if (slab === undefined) {
      const bytes = this.#reserve(ARENA_SLAB_BYTES);
      if (bytes === null) return null;
      const index = this.#vacant.pop() ?? this.#slabs.length;
      slab = new Slab(index, bytes);
      this.#slabs[index] = slab;
    }
    slab.begin(sizeClass);
    this.#addRoomy(slab);
    return slab;
  }

  /** A3. */
  #emptied(slab: Slab): void {
    this.#removeRoomy(slab);
    if (this.#empty.length < MAX_EMPTY_SLABS) {
      this.#empty.push(slab);
      return;
    }
    this.#slabs[slab.index] = null;
    this.#vacant.push(slab.index);
    this.#reservedBytes -= ARENA_SLAB_BYTES;
    giveBack(slab.bytes);
  }

  /** Newest first: what is in use gathers in the older ones, and the newer ones become empty. */
  #addRoomy(slab: Slab): void {
    const head = this.#roomy[slab.sizeClass] ?? null;
    slab.older = head;
    if (head !== null) head.newer = slab;
    this.#roomy[slab.sizeClass] = slab;
  }

  #removeRoomy(slab: Slab): void {
    if (slab.newer === null) this.#roomy[slab.sizeClass] = slab.older;
    else slab.newer.older = slab.older;
    if (slab.older !== null) slab.older.newer = slab.newer;
    slab.newer = null;
    slab.older = null;
  }

  #putLarge(bytes: Uint8Array): number {
    const block = this.#reserve(bytes.length);
    if (block === null) return -1;
    block.set(bytes);
    const address = this.#nextLarge--;
    this.#large.set(address, block);
    return address;
  }

  /** null: the arena is at its bound, or the machine has no memory left. */
  #reserve(sizeBytes: number): Uint8Array | null {
    if (this.#reservedBytes + sizeBytes > this.#maxBytes) return null;
    try {
      const buffer = new ArrayBuffer(sizeBytes, { maxByteLength: sizeBytes });
      this.#reservedBytes += sizeBytes;
      return new Uint8Array(buffer, 0, sizeBytes);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}

/** Blocks of one size, which may be another each time the slab was empty. Blocks that were freed are a list through their first words. */
class Slab {
  readonly index: number;
  readonly bytes: Uint8Array;
  sizeClass = 0;
  blockBytes = 0;
  /** Blocks in use. */
  used = 0;
  newer: Slab | null = null;
  older: Slab | null = null;
  readonly #words: Int32Array;
  /** Offset of the first block never used, and of the block freed last; -1: none. */
  #fresh = 0;
  #freed = -1;

  constructor(index: number, bytes: Uint8Array) {
    this.index = index;
    this.bytes = bytes;
    this.#words = new Int32Array(bytes.buffer, 0, bytes.length / 4);
  }

  begin(sizeClass: number): void {
    this.sizeClass = sizeClass;
    this.blockBytes = classBytes(sizeClass);
    this.#fresh = 0;
    this.#freed = -1;
  }

  get hasRoom(): boolean {
    return this.#freed >= 0 || this.#fresh + this.blockBytes <= ARENA_SLAB_BYTES;
  }

  /** The offset of a block; there is room. */
  allocate(): number {
    this.used++;
    const offset = this.#freed;
    if (offset >= 0) {
      this.#freed = this.#words[offset >> 2];
      return offset;
    }
    const fresh = this.#fresh;
    this.#fresh = fresh + this.blockBytes;
    return fresh;
  }

  free(offset: number): void {
    this.used--;
    this.#words[offset >> 2] = this.#freed;
    this.#freed = offset;
  }
}

/** Unmapped now, not when the collector comes by. */
function giveBack(bytes: Uint8Array): void {
  (bytes.buffer as ArrayBuffer).transferToFixedLength(0);
}

/** Position of the smallest class that holds `sizeBytes`. */
export function classOf(sizeBytes: number): number {
  if (sizeBytes <= 1 << LINEAR_SHIFT) return (sizeBytes - 1) >> MIN_SHIFT;
  const shift = 31 - Math.clz32(sizeBytes - 1) - STEPS_SHIFT;
  return ((shift - MIN_SHIFT) << STEPS_SHIFT) + ((sizeBytes - 1) >> shift);
}

/** Bytes of a block of that class. */
export function classBytes(sizeClass: number): number {
  const steps = 1 << STEPS_SHIFT;
  if (sizeClass < steps) return (sizeClass + 1) << MIN_SHIFT;
  const shift = (sizeClass >> STEPS_SHIFT) - 1 + MIN_SHIFT;
  return ((sizeClass & (steps - 1)) + steps + 1) << shift;
}
