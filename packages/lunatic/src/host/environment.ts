// What the composition root hands to the host functions: time, randomness and the standard
// streams. Everything a guest can learn about the machine that its configuration
// does not say comes through here, so a run under a manual clock and a seed repeats exactly.

import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

/** What became of a write. */
export type WriteOutcome =
  /** All bytes were taken (copied); they will come out in order. */
  | 'accepted'
  /** Nothing was taken: too much is waiting for a slow reader. `onDrain` tells when to try again. */
  | 'full'
  /** Nothing was taken: the stream is broken (device full, I/O error). */
  | 'failed';

/** Where descriptors 1 and 2 of guests lead. */
export interface OutputSink {
  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome;
  /** Calls `wake` once, after a `full`, when a write may be taken again. */
  onDrain(wake: () => void): void;
}

export const INPUT_NOTHING_YET = -1;

/** Where descriptor 0 of guests comes from. Bytes go to whoever asks first. */
export interface InputSource {
  /**
   * Copies available bytes to the start of `target`, returns their number; 0 at the end of the
   * input (or if `target` is empty), `INPUT_NOTHING_YET` when there may be some later.
   */
  read(target: Uint8Array): number;
  /** Bytes that `read` would give at once; 0 at the end of the input, `INPUT_NOTHING_YET` as for `read`. */
  available(): number;
  /** Calls `wake` once when `read` may answer. Returns a function that withdraws the request. */
  onReadable(wake: () => void): () => void;
}

export interface HostEnvironment {
  /** The scheduler's clock: guests see the time their deadlines are kept by. */
  readonly clock: Clock;
  /** Nanoseconds of processor time used by the VM. */
  readonly cpuNs: () => bigint;
  readonly random: Random;
  readonly output: OutputSink;
  readonly input: InputSource;
  /** Whether descriptor 0, 1 or 2 is a terminal; guests' C libraries choose their buffering by it. */
  readonly isTerminal: (fd: 0 | 1 | 2) => boolean;
}
