// A double-ended queue in a ring: push and pop at both ends in constant time, growing up to a bound.

/** A bound that is never met in practice, for queues bounded by something else. */
export const UNBOUNDED = 2 ** 30;

export class Deque<T> {
  readonly maxLength: number;
  #slots: (T | undefined)[];
  #head = 0;
  #length = 0;

  /** Holds at most `maxLength` values. Throws RangeError unless that lies in 1 ... 2^30. */
  constructor(maxLength: number) {
    if (!(maxLength >= 1 && maxLength <= UNBOUNDED))
      throw new RangeError(`a deque cannot hold ${maxLength} values at most`);
    this.maxLength = maxLength;
    this.#slots = new Array<T | undefined>(MIN_SLOTS).fill(undefined);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds at the end; false, and nothing changes, when the deque is full. */
  pushBack(value: T): boolean {
    if (!this.#makeRoom()) return false;
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = value;
    this.#length++;
    return true;
  }

  /** Adds at the front; false, and nothing changes, when the deque is full. */
  pushFront(value: T): boolean {
    if (!this.#makeRoom()) return false;
    this.#head = (this.#head - 1) & (this.#slots.length - 1);
    this.#slots[this.#head] = value;
    this.#length++;
    return true;
  }

  popFront(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length--;
    this.#shrink();
    return value;
  }

  popBack(): T | undefined {
    if (this.#length === 0) return undefined;
    const last = (this.#head + this.#length - 1) & (this.#slots.length - 1);
    const value = this.#slots[last];
    this.#slots[last] = undefined;
    this.#length--;
    this.#shrink();
    return value;
  }

  front(): T | undefined {
    return this.at(0);
  }

  /** The value at `index` from the front, or undefined. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.#length
      ? this.#slots[(this.#head + index) & (this.#slots.length - 1)]
      : undefined;
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(MIN_SLOTS).fill(undefined);
    this.#head = 0;
    this.#length = 0;
  }

  #makeRoom(): boolean {
    if (this.#length >= this.maxLength) return false;
    if (this.#length === this.#slots.length) this.#resize(this.#slots.length * 2);
    return true;
  }

  #shrink(): void {
    const size = this.#slots.length;
    if (size > MIN_SLOTS && this.#length * 8 < size) this.#resize(size / 2);
  }

  #resize(size: number): void {
    const slots = new Array<T | undefined>(size).fill(undefined);
    for (let i = 0; i < this.#length; i++) slots[i] = this.#slots[(this.#head + i) & (this.#slots.length - 1)];
    this.#slots = slots;
    this.#head = 0;
  }
}

/** A power of two, as every size of the ring. */
const MIN_SLOTS = 8;
