// Where the state of parked processes lies: slabs outside every WebAssembly memory, so that a million processes need no more
// address space of the side memory than their frames do.

import { Allocator } from './allocator.ts';
import { ARENA_SLAB_BYTES, MAX_ARENA_BYTES } from './limits.ts';

export class Arena {
  readonly #slabs: Uint8Array[] = [];
  /** For blocks that fit a slab. */
  readonly #allocator = new Allocator(0, (from, sizeBytes) => this.#reserve(from, sizeBytes), ARENA_SLAB_BYTES);
  /** Larger blocks, each with a buffer of its own; keyed from -2 downwards. */
  readonly #large = new Map<number, Uint8Array>();
  #nextLarge = -2;
  #largeBytes = 0;

  /** Keeps a copy of `bytes`; the address, or -1: the arena is full. */
  put(bytes: Uint8Array): number {
    if (bytes.length > ARENA_SLAB_BYTES / 4) return this.#putLarge(bytes);
    const address = this.#allocator.allocate(bytes.length);
    if (address < 0) return -1;
    const offset = address % ARENA_SLAB_BYTES;
    this.#slabs[(address - offset) / ARENA_SLAB_BYTES].set(bytes, offset);
    return address;
  }

  /** The bytes kept at `address`, until the next `put` or `free`. */
  get(address: number, sizeBytes: number): Uint8Array {
    if (address < -1) return this.#large.get(address) as Uint8Array;
    const offset = address % ARENA_SLAB_BYTES;
    return this.#slabs[(address - offset) / ARENA_SLAB_BYTES].subarray(offset, offset + sizeBytes);
  }

  free(address: number, sizeBytes: number): void {
    if (address < -1) {
      this.#large.delete(address);
      this.#largeBytes -= sizeBytes;
      return;
    }
    this.#allocator.free(address, sizeBytes);
  }

  get usedBytes(): number {
    return this.#allocator.usedBytes + this.#largeBytes;
  }

  #putLarge(bytes: Uint8Array): number {
    if (this.usedBytes + bytes.length > MAX_ARENA_BYTES) return -1;
    const block = tryAllocate(bytes.length);
    if (block === null) return -1;
    block.set(bytes);
    const address = this.#nextLarge--;
    this.#large.set(address, block);
    this.#largeBytes += bytes.length;
    return address;
  }

  #reserve(from: number, sizeBytes: number): boolean {
    const needed = Math.ceil((from + sizeBytes) / ARENA_SLAB_BYTES);
    if (needed * ARENA_SLAB_BYTES + this.#largeBytes > MAX_ARENA_BYTES) return false;
    while (this.#slabs.length < needed) {
      const slab = tryAllocate(ARENA_SLAB_BYTES);
      if (slab === null) return false;
      this.#slabs.push(slab);
    }
    return true;
  }
}

/** null: the machine has no memory left. */
function tryAllocate(sizeBytes: number): Uint8Array | null {
  try {
    return new Uint8Array(sizeBytes);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
