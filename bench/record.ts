// A run kept in a file: one line about the machine, then a line for each result. The plots and the page are made from it.

import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { erlangVersion } from './erlang.ts';
import type { RecordedResult } from './harness.ts';
import { REPOSITORY } from './places.ts';

export interface Surroundings {
  /** Day, in UTC. */
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly v8: string;
  /** null: not installed. */
  readonly erlang: string | null;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

export interface RunRecord {
  /** `command` is what followed `npm run bench --`. */
  readonly run: Surroundings & { readonly command: string; readonly minutes: number };
  readonly results: readonly RecordedResult[];
}

function commit(): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).stdout?.trim() ?? '';
  const hash = git('rev-parse', '--short=12', 'HEAD');
  if (hash === '') return 'unknown';
  return git('status', '--porcelain') === '' ? hash : `${hash} with local changes`;
}

export function describeSurroundings(): Surroundings {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    node: process.version,
    v8: process.versions.v8,
    erlang: erlangVersion() ?? null,
    platform: `${process.platform} ${process.arch}`,
    cpu: os.cpus()[0]?.model ?? 'unknown CPU',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  };
}

/** Whole or not at all: a run that is interrupted leaves the earlier record. */
export function writeRecord(file: string, run: RunRecord['run'], results: readonly RecordedResult[]): void {
  const lines = [{ run }, ...results].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(`${file}.new`, lines.join(''));
  renameSync(`${file}.new`, file);
}

/** What `writeRecord` wrote. */
export function readRecord(file: string): RunRecord {
  const [first, ...rest] = readFileSync(file, 'utf8').trimEnd().split('\n');
  // The file's one writer is the function above.
  const { run } = JSON.parse(first) as Pick<RunRecord, 'run'>;
  return { run, results: rest.map((line) => JSON.parse(line) as RecordedResult) };
}
