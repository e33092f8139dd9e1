// Handles of one owner: numbers from 0, rising by one, never used again, each naming a value until it is removed.
//
// Spec: ABI reference 1.0, "Resource ids". The ids of the ABI are u64; 2^53 of them last long enough.

export class HandleTable<T extends NonNullable<unknown> | null> {
  #values: Map<number, T> | null = null;
  #next = 0;

  /** A table as another was: its entries, and the id that comes next. */
  static restore<T extends NonNullable<unknown> | null>(
    next: number,
    entries: readonly (readonly [number, T])[],
  ): HandleTable<T> {
    const table = new HandleTable<T>();
    table.#next = next;
    if (entries.length > 0) table.#values = new Map(entries);
    return table;
  }

  /** The id that the next value gets. */
  get next(): number {
    return this.#next;
  }

  /** All entries by rising id. */
  *entries(): IterableIterator<[number, T]> {
    if (this.#values !== null) yield* this.#values.entries();
  }

  get size(): number {
    return this.#values === null ? 0 : this.#values.size;
  }

  /** Stores `value` and returns its id. The caller keeps the bound on `size`. */
  insert(value: T): number {
    const id = this.#next++;
    this.#values ??= new Map();
    this.#values.set(id, value);
    return id;
  }

  has(id: number): boolean {
    return this.#values?.has(id) ?? false;
  }

  get(id: number): T | undefined {
    return this.#values === null ? undefined : this.#values.get(id);
  }

  /** Takes the value out; undefined if there is none. */
  remove(id: number): T | undefined {
    const value = this.get(id);
    if (value !== undefined && this.#values !== null) this.#values.delete(id);
    return value;
  }

  /** All values by rising id. */
  *values(): IterableIterator<T> {
    if (this.#values !== null) yield* this.#values.values();
  }

  /** Removes everything; ids go on rising. */
  clear(): void {
    this.#values = null;
  }
}
