// The processes that are on this thread, by pid: those at home here, and guests whose home is another worker.
//
// A process at home is in a RisingTable of its spawner, by ordinal; those that the main worker made for itself, by pid. Guests are few: what balancing
// moved here.

import { assert } from '../base/assert.ts';
import { RisingTable } from '../base/rising_table.ts';
import { OTHERS, type PidSpace } from './pid_space.ts';
import type { Process } from './process.ts';

export class ProcessTable {
  /** Processes here. */
  size = 0;
  readonly #space: PidSpace;
  /** The processes with pids below OTHERS on the main worker; null elsewhere, where they are guests. */
  readonly #small: RisingTable<Process> | null;
  /** By spawner. */
  readonly #natives: readonly RisingTable<Process>[];
  readonly #guests = new Map<number, Process>();
  /** Next ordinal that this worker gives, by home. */
  readonly #next: number[];

  constructor(space: PidSpace) {
    this.#space = space;
    this.#natives = Array.from({ length: space.workers }, () => new RisingTable<Process>());
    this.#small = space.self === 0 ? (this.#natives[0] as RisingTable<Process>) : null;
    this.#next = new Array<number>(space.workers).fill(0);
  }

  /** A new pid for a process at home at `home`. */
  number(home: number): number {
    return this.#space.pid(this.#space.self, home, this.#next[home]++);
  }

  /** Ordinals given so far for processes at home at `home`. */
  numbered(home: number): number {
    return this.#next[home] as number;
  }

  /** Any number may be asked for. Hot: every message is sent to one. */
  get(pid: number): Process | undefined {
    const small = this.#small;
    if (small !== null && pid < OTHERS) return small.get(pid);
    return this.#getOther(pid);
  }

  #getOther(pid: number): Process | undefined {
    const space = this.#space;
    if (!space.isPid(pid)) return undefined;
    if (space.homeOf(pid) !== space.self) return this.#guests.get(pid);
    return this.#natives[space.spawnerOf(pid)]?.get(space.ordinalOf(pid));
  }

  /** A process just made: of each spawner they come in the order of their ordinals. */
  addNew(proc: Process): void {
    const { pid } = proc;
    this.size++;
    if (this.#small !== null && pid < OTHERS) this.#small.add(pid, proc);
    else (this.#natives[this.#space.spawnerOf(pid)] as RisingTable<Process>).add(this.#space.ordinalOf(pid), proc);
  }

  /** A process that comes back to its home, or is a guest from now on. */
  addMoved(proc: Process): void {
    const { pid } = proc;
    this.size++;
    if (this.#space.homeOf(pid) !== this.#space.self) {
      this.#guests.set(pid, proc);
      return;
    }
    const added =
      pid < OTHERS
        ? this.#small?.restore(pid, proc)
        : this.#natives[this.#space.spawnerOf(pid)]?.restore(this.#space.ordinalOf(pid), proc);
    assert(added === true, 'a process that comes home was numbered before');
  }

  remove(pid: number): void {
    const space = this.#space;
    this.size--;
    if (this.#small !== null && pid < OTHERS) this.#small.remove(pid);
    else if (space.homeOf(pid) !== space.self) this.#guests.delete(pid);
    else this.#natives[space.spawnerOf(pid)]?.remove(space.ordinalOf(pid));
  }

  /** All processes here; the table may change meanwhile. */
  *values(): IterableIterator<Process> {
    for (const table of this.#natives) yield* table.values();
    yield* this.#guests.values();
  }
}
