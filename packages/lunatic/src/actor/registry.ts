// Names of processes: one flat map, name -> (node, pid).
//
// Better than the original: the names of a local process go away with it, so `get` never answers with a dead one. An entry of
// another node is kept until it is removed or overwritten. One thread: each call is atomic, and so is get, spawn, put. In a VM of several
// workers worker 0 has it, and the others ask there.
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
import type { CallHandler } from './remote_signals.ts';

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

/** What other workers ask the one with the registry: the methods of the same names. */
export const CALL_PUT_NAME = 'put name';
export const CALL_GET_NAME = 'get name';
export const CALL_REMOVE_NAME = 'remove name';
/** A process has ended elsewhere: its names are to be forgotten. */
export const CALL_UNNAME = 'unname';

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
    if (system.remote !== null) this.#serve(system.remote.callHandlers);
  }

  /** For the other workers, whose processes ask here. */
  #serve(handlers: Map<string, CallHandler>): void {
    // The arguments are as the callers below and in actor_system.ts write them.
    handlers.set(CALL_UNNAME, ([pid], done) => {
      this.removeProcess(pid as number);
      done(null);
    });
    handlers.set(CALL_PUT_NAME, ([name, nodeId, pid], done) => {
      const isAsked = this.mustAsk(nodeId as number, pid as number);
      const outcome = this.put(name as string, nodeId as number, pid as number, () => done(NAME_PUT));
      if (outcome !== NAME_PUT || !isAsked) done(outcome);
    });
    handlers.set(CALL_GET_NAME, ([name], done) => done(this.get(name as string)));
    handlers.set(CALL_REMOVE_NAME, ([name], done) => done(this.remove(name as string)));
  }

  get size(): number {
    return this.#entries.size;
  }

  /**
   * Registers or overwrites. The name of a local process that does not exist (any more) is as if it had ended right after: nothing is
   * registered, and what the name meant before is forgotten. Whether a process on another worker exists has to be asked: it is registered when
   * the answer is there, and `settled` is called then, and only then. Throws TypeError for a name that is no string.
   */
  put(name: string, nodeId: number, pid: number, settled?: () => void): PutOutcome {
    const outcome = this.mayPut(name);
    if (outcome !== NAME_PUT) return outcome;
    if (this.mustAsk(nodeId, pid)) {
      // Not visible before it is known to be alive, and its worker knows that it has a name (R2).
      this.#system.remote?.named(pid, (alive) => {
        this.remove(name);
        if (alive) this.#register(name, nodeId, pid);
        if (settled !== undefined) settled();
      });
      return NAME_PUT;
    }
    this.remove(name);
    if (nodeId === this.nodeId) {
      const proc = this.#system.find(pid);
      if (proc === undefined) return NAME_PUT;
      proc.flags |= FLAG_NAMED;
    }
    this.#register(name, nodeId, pid);
    return NAME_PUT;
  }

  /** What `put` would say of this name now. Throws TypeError as `put` does. */
  mayPut(name: string): PutOutcome {
    if (typeof name !== 'string') throw new TypeError(`a name is a string, not ${typeof name}`);
    if (name.length > MAX_NAME_LENGTH) return NAME_TOO_LONG;
    if (this.#entries.has(name)) return NAME_PUT;
    const isFull = this.#entries.size >= this.#system.limits.maxNames;
    return isFull || !this.#system.held.hasRoom(nameBytes(name), this.#heldBytes) ? REGISTRY_FULL : NAME_PUT;
  }

  #register(name: string, nodeId: number, pid: number): void {
    if (nodeId === this.nodeId) {
      const names = this.#namesByPid.get(pid);
      if (names === undefined) this.#namesByPid.set(pid, new Set([name]));
      else names.add(name);
    }
    this.#entries.set(name, { nodeId, pid });
    this.#hold(nameBytes(name));
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

  /** Whether `put` with this pid will call `settled`. */
  mustAsk(nodeId: number, pid: number): boolean {
    return nodeId === this.nodeId && this.#system.isElsewhere(pid);
  }

  /** The names of a process of this node, oldest first. */
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
