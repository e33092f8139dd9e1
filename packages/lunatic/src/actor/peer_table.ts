// One process's side of its links or monitors: a small set of entries by key.
//
// Most processes have one link or two, and a million processes may have them: up to CHAIN_LIMIT entries are a chain, and only a
// larger set pays for a Map. A process changes only its own tables; the other side is asked by signal (signals.ts).

import type { HeldMemory } from './held_memory.ts';
import { PEER_BYTES } from './limits.ts';

/** One link, or one monitor, as seen from one side. */
export class PeerEntry {
  /** Links and the ABI's monitors: the other side's pid. Monitors with a ref: minus the ref, the same on both sides. */
  readonly key: number;
  /** The other side. */
  readonly pid: number;
  /** The tag a link-died message to this side carries. */
  tagLo: number;
  tagHi: number;
  next: PeerEntry | null;

  constructor(key: number, pid: number, tagLo: number, tagHi: number) {
    this.key = key;
    this.pid = pid;
    this.tagLo = tagLo;
    this.tagHi = tagHi;
    this.next = null;
  }
}

export class PeerTable {
  readonly #held: HeldMemory;
  #size = 0;
  #chain: PeerEntry | null = null;
  #map: Map<number, PeerEntry> | null = null;
  #draining: IterableIterator<PeerEntry> | null = null;

  constructor(held: HeldMemory) {
    this.#held = held;
  }

  get size(): number {
    return this.#size;
  }

  get(key: number): PeerEntry | null {
    if (this.#map !== null) return this.#map.get(key) ?? null;
    let entry = this.#chain;
    while (entry !== null && entry.key !== key) entry = entry.next;
    return entry;
  }

  /** Adds an entry, or gives the one with this key a new tag. */
  set(key: number, pid: number, tagLo: number, tagHi: number): void {
    const known = this.get(key);
    if (known !== null) {
      known.tagLo = tagLo;
      known.tagHi = tagHi;
      return;
    }
    const entry = new PeerEntry(key, pid, tagLo, tagHi);
    this.#size++;
    this.#held.bytes += PEER_BYTES;
    if (this.#map === null && this.#size > CHAIN_LIMIT) this.#toMap();
    if (this.#map !== null) {
      this.#map.set(key, entry);
    } else {
      entry.next = this.#chain;
      this.#chain = entry;
    }
  }

  /** Removes and returns the entry, or null. */
  remove(key: number): PeerEntry | null {
    const entry = this.get(key);
    if (entry !== null) this.#drop(entry);
    return entry;
  }

  /** Removes and returns some entry, or null when the table is empty. For a table nothing is added to any more. */
  drain(): PeerEntry | null {
    let entry = this.#chain;
    if (this.#map !== null) {
      // One iterator for all calls: a new one would walk over the gaps of all earlier removals.
      this.#draining ??= this.#map.values();
      entry = this.#draining.next().value ?? null;
    }
    if (entry !== null) this.#drop(entry);
    return entry;
  }

  /** All entries, in no particular order; the table must not change meanwhile. */
  *entries(): IterableIterator<PeerEntry> {
    if (this.#map !== null) yield* this.#map.values();
    else for (let entry = this.#chain; entry !== null; entry = entry.next) yield entry;
  }

  #drop(entry: PeerEntry): void {
    this.#size--;
    this.#held.bytes -= PEER_BYTES;
    if (this.#map !== null) {
      this.#map.delete(entry.key);
      return;
    }
    if (this.#chain === entry) {
      this.#chain = entry.next;
    } else {
      let before = this.#chain as PeerEntry;
      while (before.next !== entry) before = before.next as PeerEntry;
      before.next = entry.next;
    }
    entry.next = null;
  }

  #toMap(): void {
    const map = new Map<number, PeerEntry>();
    let entry = this.#chain;
    while (entry !== null) {
      const next: PeerEntry | null = entry.next;
      entry.next = null;
      map.set(entry.key, entry);
      entry = next;
    }
    this.#chain = null;
    this.#map = map;
  }
}

/** A chain is searched linearly up to this length. */
const CHAIN_LIMIT = 8;
