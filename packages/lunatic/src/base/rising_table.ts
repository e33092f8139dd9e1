// A table for ids that only rise: pages of PAGE_SIZE slots, found through a Map of pages.
//
// Why not one Map: at a million entries its growth stops the thread for 40 to 80 ms, and an insertion costs four times as much.
// Why small pages: a page lives as long as one of its entries, so survivors among many short-lived ones stay cheap.
//
// Invariant: a page is in the map if and only if it holds a value or is the newest.

import { assert } from './assert.ts';

export class RisingTable<T extends NonNullable<unknown>> {
  /** Number of values. */
  size = 0;
  readonly #pages = new Map<number, Page<T>>();
  #newest = new Page<T>(-1);
  /** The page asked for last: most questions are about a few ids. It may have left the map, empty. */
  #last = this.#newest;

  /** Adds a value; `id` is higher than all before it. */
  add(id: number, value: T): void {
    const index = Math.floor(id / PAGE_SIZE);
    let page = this.#newest;
    if (page.index !== index) {
      assert(index > page.index, 'ids rise');
      if (page.count === 0) this.#pages.delete(page.index);
      page = new Page<T>(index);
      this.#newest = page;
      this.#pages.set(index, page);
    }
    page.slots[id % PAGE_SIZE] = value;
    page.count++;
    this.size++;
  }

  /** Puts a value back under an id that `add` has had before. False: there is no id this high yet. */
  restore(id: number, value: T): boolean {
    const index = Math.floor(id / PAGE_SIZE);
    if (index > this.#newest.index) return false;
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = new Page<T>(index);
      this.#pages.set(index, page);
      if (this.#last.index === index) this.#last = page;
    }
    page.slots[id % PAGE_SIZE] = value;
    page.count++;
    this.size++;
    return true;
  }

  /** Any number may be asked for. Hot: every message is sent to an id. */
  get(id: number): T | undefined {
    const index = id >= 0 && id <= MAX_SMALL_ID ? id >> PAGE_SHIFT : Math.floor(id / PAGE_SIZE);
    let page: Page<T> | undefined = this.#last;
    if (page.index !== index) {
      page = this.#pages.get(index);
      if (page === undefined) return undefined;
      this.#last = page;
    }
    return page.slots[id % PAGE_SIZE];
  }

  /** Removes the value if there is one. */
  remove(id: number): void {
    const page = this.#pages.get(Math.floor(id / PAGE_SIZE));
    if (page === undefined || page.slots[id % PAGE_SIZE] === undefined) return;
    page.slots[id % PAGE_SIZE] = undefined;
    page.count--;
    this.size--;
    if (page.count === 0 && page !== this.#newest) this.#pages.delete(page.index);
  }

  /** All values by rising id; the table may change meanwhile. */
  *values(): IterableIterator<T> {
    for (const page of this.#pages.values()) {
      for (const value of page.slots) {
        if (value !== undefined) yield value;
      }
    }
  }
}

class Page<T> {
  readonly index: number;
  readonly slots: (T | undefined)[];
  count: number;

  constructor(index: number) {
    this.index = index;
    this.slots = new Array<T | undefined>(PAGE_SIZE).fill(undefined);
    this.count = 0;
  }
}

const PAGE_SHIFT = 6;
const PAGE_SIZE = 1 << PAGE_SHIFT;
const MAX_SMALL_ID = 2 ** 31 - 1;
