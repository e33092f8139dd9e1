// The side memory of a thread: control cells, scratch for unwinding, and chunks of frames of stopped processes.
// Layout: transform/injected_abi.ts. All instances of the thread import it; guests cannot address it.

import { MIN_BUFFER_BYTES } from '../actor/message.ts';
import { CONTROL, MAX_WINDOW_BYTES, SIDE_FREE, SIDE_GUARD_PAGES, WINDOW_BYTES } from '../transform/injected_abi.ts';
import { PAGE_BYTES } from '../wasm/types.ts';
import { Allocator } from './allocator.ts';
import { LARGE_BLOCKS_END, MAX_SMALL_BLOCK_BYTES, STAGING_BYTES } from './limits.ts';

const MAX_PAGES = 65_536 - SIDE_GUARD_PAGES;
/** Grown in steps, since growing replaces every view. */
const STEP_PAGES = 256;

export class SideMemory {
  readonly memory: WebAssembly.Memory;
  /** The control cells by byte offset / 4. Replaced when the memory grows: never kept. */
  cells: Int32Array;
  bytes: Uint8Array;
  view: DataView;
  /** The beginning of the message window, by size classes of messages. */
  windows: readonly Uint8Array[];
  /** Where dirty blocks are gathered; STAGING_BYTES. */
  readonly staging: number;
  readonly #allocator: Allocator;

  constructor() {
    this.memory = new WebAssembly.Memory({
      initial: (SIDE_FREE + STAGING_BYTES) / PAGE_BYTES + STEP_PAGES,
      maximum: MAX_PAGES,
    });
    this.cells = new Int32Array(this.memory.buffer);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.windows = windowViews(this.bytes);
    this.staging = SIDE_FREE;
    this.#allocator = new Allocator(SIDE_FREE + STAGING_BYTES, (from, sizeBytes) => {
      // What some processes need for their deep stacks must not keep others from being spawned.
      const last = sizeBytes > MAX_SMALL_BLOCK_BYTES ? LARGE_BLOCKS_END : MAX_PAGES * PAGE_BYTES;
      return from + sizeBytes <= last && this.#reserve(from + sizeBytes);
    });
    this.cells[CONTROL >> 2] = 0;
  }

  /** The address of a block of at least `sizeBytes` (`Allocator.capacity`), not cleared; -1: the side memory is full. */
  allocate(sizeBytes: number): number {
    return this.#allocator.allocate(sizeBytes);
  }

  free(address: number, sizeBytes: number): void {
    this.#allocator.free(address, sizeBytes);
  }

  get usedBytes(): number {
    return this.#allocator.usedBytes;
  }

  #reserve(end: number): boolean {
    if (end <= this.bytes.length) return true;
    const current = this.bytes.length / PAGE_BYTES;
    const needed = Math.ceil(end / PAGE_BYTES);
    const target = Math.min(Math.max(needed, current + STEP_PAGES, Math.floor(current * 1.25)), MAX_PAGES);
    if (needed > target) return false;
    try {
      this.memory.grow(target - current);
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
    this.cells = new Int32Array(this.memory.buffer);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.windows = windowViews(this.bytes);
    return true;
  }
}

function windowViews(bytes: Uint8Array): Uint8Array[] {
  const views: Uint8Array[] = [];
  for (let size = MIN_BUFFER_BYTES; size <= MAX_WINDOW_BYTES; size *= 2)
    views.push(bytes.subarray(WINDOW_BYTES, WINDOW_BYTES + size));
  return views;
}
