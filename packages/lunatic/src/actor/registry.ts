// Names of processes: one flat map, name -> (node, pid).
//
// Better than the original: the names of a local process go away with it, so `get` never answers with a dead one. An entry of
// another node is kept until it is removed or overwritten. One thread: each call is atomic, and so is get, spawn, put.
//
// Invariants
// R1  A local process is named in `#namesByPid` exactly when an entry names it; its FLAG_NAMED is then set.
// R2  No entry names a local process that has ended.
// R3  `#heldBytes` is the sum over the entries' names.
//
// Spec: ABI reference 2.8.

import type { ActorSystem } from './actor_system.ts';
import { MAX_NAME_LENGTH, NAME_OVERHEAD_BYTES } from './limits.ts';
import { FLAG_NAMED } from './process.ts';

export interface RegistryEntry {
  readonly nodeId: number;
  readonly pid: number;
}

export type PutOutcome = typeof NAME_PUT | typeof NAME_TOO_LONG | typeof REGISTRY_FULL;
export const NAME_PUT = 0;
/** Longer than MAX_NAME_LENGTH. */
export const NAME_TOO_LONG = 1;
/** `limits.maxNames` names are registered, or the memory that all processes may hold is used up, and this is a new one. */
export const REGISTRY_FULL = 2;

export class Registry {
  /** Entries with this node id are of processes here. */
  readonly nodeId: number;
  readonly #system: ActorSystem;
  readonly #entries: Map<string, RegistryEntry>;
  readonly #namesByPid: Map<number, Set<string>>;
  /** What the names count for in the memory that all processes hold, as one holder. */
  #heldBytes = 0;

  constructor(system: ActorSystem, nodeId: number) {
    this.nodeId = nodeId;
    this.#system = system;
    this.#entries = new Map();
    this.#namesByPid = new Map();
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Registers or overwrites. The name of a local process that does not exist (any more) is as if it had ended right after: nothing is
   * registered, and what the name meant before is forgotten.
   */
  put(name: string, nodeId: number, pid: number): PutOutcome {
    if (name.length > MAX_NAME_LENGTH) return NAME_TOO_LONG;
    if (!this.#entries.has(name)) {
      if (this.#entries.size >= this.#system.limits.maxNames) return REGISTRY_FULL;
      if (!this.#system.held.hasRoom(nameBytes(name), this.#heldBytes)) return REGISTRY_FULL;
    }
    this.remove(name);
    if (nodeId === this.nodeId) {
      const proc = this.#system.find(pid);
      if (proc === undefined) return NAME_PUT;
      proc.flags |= FLAG_NAMED;
      const names = this.#namesByPid.get(pid);
      if (names === undefined) this.#namesByPid.set(pid, new Set([name]));
      else names.add(name);
    }
    this.#entries.set(name, { nodeId, pid });
    this.#hold(nameBytes(name));
    return NAME_PUT;
  }

  get(name: string): RegistryEntry | null {
    return this.#entries.get(name) ?? null;
  }

  /** False if the name was not registered. */
  remove(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#drop(name);
    if (entry.nodeId !== this.nodeId) return true;
    const names = this.#namesByPid.get(entry.pid);
    names?.delete(name);
    if (names?.size === 0) this.#namesByPid.delete(entry.pid);
    return true;
  }

  /** The names of a local process, oldest first. */
  namesOf(pid: number): readonly string[] {
    return [...(this.#namesByPid.get(pid) ?? [])];
  }

  /** All names with what they stand for. For inspection. */
  entries(): IterableIterator<[string, RegistryEntry]> {
    return this.#entries.entries();
  }

  /** For the actor system: the local process has ended. */
  removeProcess(pid: number): void {
    for (const name of this.#namesByPid.get(pid) ?? []) this.#drop(name);
    this.#namesByPid.delete(pid);
  }

  #drop(name: string): void {
    this.#entries.delete(name);
    this.#hold(-nameBytes(name));
  }

  #hold(bytes: number): void {
    this.#heldBytes += bytes;
    this.#system.held.bytes += bytes;
  }
}

function nameBytes(name: string): number {
  return 2 * name.length + NAME_OVERHEAD_BYTES;
}
