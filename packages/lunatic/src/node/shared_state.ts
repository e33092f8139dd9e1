// The memory that the threads of a VM share: a block of control words, and a ring for each direction between two of them.

import { makeRing } from '../base/byte_ring.ts';
import { RING_BYTES } from './limits.ts';

/** Structured-clonable. */
export interface SharedState {
  readonly workers: number;
  readonly control: SharedArrayBuffer;
  /** By writer * workers + reader; null where both are the same. */
  readonly rings: readonly (SharedArrayBuffer | null)[];
}

/** Words of each worker, and of each direction between two: a cache line of their own, or threads would wait for each other's writes. */
const WORDS_PER_LINE = 16;
/** 1: frames may lie in a ring for this worker. Set by writers, cleared by it before it looks. */
export const BELL = 0;
/** 1: it waits in its event loop, and has to be woken with a message to its port. Who clears it sends the message. */
export const ASLEEP = 1;
/** Runnable processes when it last told: at the end of a turn, and before it counts a frame that brought some as worked off. */
export const LOAD = 2;
/** IDLE_*. */
export const IDLE = 3;
/** Rises with every turn that does something: whoever reads IDLE twice sees whether it was idle all the while. */
export const EPOCH = 4;
/** 1: it runs. */
export const UP = 5;
/** Processes counted by it, as of the end of its last turn: made here or for another worker, less those that ended here. May be negative. */
export const COUNT = 6;

export const IDLE_BUSY = 0;
/** Nothing is runnable; a timer or something outside can change that. */
export const IDLE_WAITING = 1;
/** Nothing is runnable, and only another worker can change that. */
export const IDLE_STUCK = 2;

export function makeSharedState(workers: number): SharedState {
  const lines = workers + workers * workers + 1;
  const rings = Array.from({ length: workers * workers }, (_, k) =>
    Math.floor(k / workers) === k % workers ? null : makeRing(RING_BYTES),
  );
  return { workers, control: new SharedArrayBuffer(lines * WORDS_PER_LINE * 4), rings };
}

/** Index of a word of a worker. */
export function workerWord(worker: number, word: number): number {
  return worker * WORDS_PER_LINE + word;
}

/** Permits to begin a process that workers have taken: processes alive, and what each keeps. */
export function grantedWord(workers: number): number {
  return (workers + workers * workers) * WORDS_PER_LINE;
}

/** Frames posted by `from` to `to`. */
export function postedWord(workers: number, from: number, to: number): number {
  return (workers + from * workers + to) * WORDS_PER_LINE;
}

/** Frames of `from` that `to` has worked off: on the line of the other direction, which is `to`'s to write. */
export function doneWord(workers: number, from: number, to: number): number {
  return postedWord(workers, to, from) + 1;
}

/** Processes at home at `home` that `spawner` has numbered. */
export function numberedWord(workers: number, spawner: number, home: number): number {
  return postedWord(workers, spawner, home) + 2;
}
