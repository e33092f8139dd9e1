// The numbers of processes in a VM of several threads ("workers").
//
//   pid = (ordinal * workers + spawner) * workers + home + 1
//
// `spawner` is the worker that gave the number, `home` the one that knows where the process is, as long as it lives. Both can be read off a
// pid, so whoever holds one knows whom to ask, and a worker can number a process for another without asking it. With one worker pids are 1, 2, 3...
//
// Ordinals rise for each pair of spawner and home, and are never used again. Pids stay exact up to 2^53.

export class PidSpace {
  readonly self: number;
  readonly workers: number;

  constructor(self = 0, workers = 1) {
    this.self = self;
    this.workers = workers;
  }

  pid(spawner: number, home: number, ordinal: number): number {
    return (ordinal * this.workers + spawner) * this.workers + home + 1;
  }

  /** Of any number that could be a pid. */
  homeOf(pid: number): number {
    return (pid - 1) % this.workers;
  }

  spawnerOf(pid: number): number {
    return Math.floor((pid - 1) / this.workers) % this.workers;
  }

  ordinalOf(pid: number): number {
    return Math.floor((pid - 1) / (this.workers * this.workers));
  }

  /** Guests may ask for any number: whether some worker may have given this one. */
  isPid(pid: number): boolean {
    return Number.isSafeInteger(pid) && pid >= 1;
  }
}
