// Blocks in power-of-two size classes over a growing address space: chunks of frames in the side memory.
//
// A freed block goes to the list of its class and is reused before anything new is taken; classes are not merged, since
// the sizes that processes ask for repeat. Addresses are JS numbers.

/** Makes address space [from, from + sizeBytes) usable; false: there is none left. */
export type GrowFunction = (from: number, sizeBytes: number) => boolean;

const MIN_SHIFT = 6;
const CLASSES = 34;

export class Allocator {
  /** Next address never used. */
  #next: number;
  readonly #free: number[][] = Array.from({ length: CLASSES }, () => []);
  readonly #grow: GrowFunction;
  /** Bytes in blocks that are in use. */
  usedBytes = 0;

  constructor(first: number, grow: GrowFunction) {
    this.#next = first;
    this.#grow = grow;
  }

  /** Bytes of the block that a request for `sizeBytes` gets. */
  static capacity(sizeBytes: number): number {
    return sizeOfClass(classOf(sizeBytes));
  }

  /** The address of a block of at least `sizeBytes`, or -1. */
  allocate(sizeBytes: number): number {
    const shift = classOf(sizeBytes);
    const capacity = sizeOfClass(shift);
    const freed = this.#free[shift].pop();
    if (freed !== undefined) {
      this.usedBytes += capacity;
      return freed;
    }
    const address = this.#next;
    if (!this.#grow(address, capacity)) return -1;
    this.#next = address + capacity;
    this.usedBytes += capacity;
    return address;
  }

  /** Gives back a block that `allocate(sizeBytes)` gave. */
  free(address: number, sizeBytes: number): void {
    const shift = classOf(sizeBytes);
    this.#free[shift].push(address);
    this.usedBytes -= sizeOfClass(shift);
  }
}

function classOf(sizeBytes: number): number {
  if (sizeBytes <= 1 << MIN_SHIFT) return MIN_SHIFT;
  return 32 - Math.clz32(sizeBytes - 1);
}

/** A power is a call into the C library; most blocks are small. */
function sizeOfClass(shift: number): number {
  return shift < 31 ? 1 << shift : 2 ** shift;
}
