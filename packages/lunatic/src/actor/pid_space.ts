// The numbers of processes in a VM of several threads ("workers").
//
//   made by the main worker, at home there:  pid = ordinal + 1                                               1, 2, 3...
//   all others:                              pid = OTHERS + (ordinal * places + spawner) * places + home
//
// `places` is the number of workers, rounded up to a power of two: the low bits of a pid are its home and its spawner, and no division is needed.
// `spawner` is the worker that gave the number, `home` the one that knows where the process is, as long as it lives. Both can be read off a
// pid, so whoever holds one knows whom to ask, and a worker can number a process for another without asking it. A program that keeps one thread
// busy at most sees the same pids however many there are.
//
// Ordinals rise for each pair of spawner and home, and are never used again. Pids stay exact up to 2^53.

/** From here on a pid tells its spawner and its home. */
export const OTHERS = 2 ** 40;

export class PidSpace {
  readonly self: number;
  readonly workers: number;
  readonly #places: number;
  readonly #bits: number;
  /** Pids for each ordinal: one of every pair of spawner and home. */
  readonly #perOrdinal: number;

  constructor(self = 0, workers = 1) {
    this.self = self;
    this.workers = workers;
    this.#bits = 32 - Math.clz32(workers - 1);
    this.#places = 1 << this.#bits;
    this.#perOrdinal = this.#places * this.#places;
  }

  pid(spawner: number, home: number, ordinal: number): number {
    if (spawner === 0 && home === 0) return ordinal + 1;
    return OTHERS + ordinal * this.#perOrdinal + ((spawner << this.#bits) | home);
  }

  /** Of any number that could be a pid. */
  homeOf(pid: number): number {
    return pid < OTHERS ? 0 : pid & (this.#places - 1);
  }

  spawnerOf(pid: number): number {
    return pid < OTHERS ? 0 : (pid >>> this.#bits) & (this.#places - 1);
  }

  ordinalOf(pid: number): number {
    return pid < OTHERS ? pid - 1 : Math.floor((pid - OTHERS) / this.#perOrdinal);
  }

  /** Guests may ask for any number: whether some worker may have given this one. */
  isPid(pid: number): boolean {
    if (!Number.isSafeInteger(pid) || pid < 1) return false;
    if (pid < OTHERS) return true;
    const spawner = this.spawnerOf(pid);
    const home = this.homeOf(pid);
    return spawner < this.workers && home < this.workers && (spawner !== 0 || home !== 0);
  }
}
