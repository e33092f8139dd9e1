// How costs grow with the number of processes: which results of a run belong to one line of a plot.

import { ERLANG, GROWTH } from './actors.ts';
import type { RecordedResult } from './harness.ts';

export interface Family {
  readonly title: string;
  readonly unit: string;
  /** Name of the result at a number of processes. */
  readonly bench: (n: number) => string;
}

export const FAMILIES: readonly Family[] = [
  { title: 'Resident memory of an idle process', unit: 'bytes', bench: (n) => `idle/${n}/bytes` },
  { title: 'Making an idle process, with its first answer', unit: 'µs', bench: (n) => `idle/${n}/time` },
  { title: 'A token around a ring of processes', unit: 'µs per hop', bench: (n) => `ring/${n}` },
  { title: 'All pairs exchanging a number', unit: 'µs per round trip', bench: (n) => `pairs/${n}` },
  { title: 'Many senders, one receiver, 1 KiB', unit: 'µs per message', bench: (n) => `many-senders/${n}` },
  { title: 'Spawn, answer and exit beside idle ones', unit: 'µs', bench: (n) => `spawn/${n}-alive` },
];

export interface Point {
  readonly n: number;
  readonly ours: number;
  /** null: Erlang/OTP was missing. */
  readonly theirs: number | null;
}

/** The points that a run has of a family, by number of processes. */
export function pointsOf({ bench }: Family, results: readonly RecordedResult[]): Point[] {
  return GROWTH.flatMap((n) => {
    const result = results.find((candidate) => candidate.bench === bench(n));
    return result === undefined
      ? []
      : [{ n, ours: result.ours, theirs: result.peer === ERLANG ? result.theirs : null }];
  });
}
