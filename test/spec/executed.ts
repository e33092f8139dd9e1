// How many assertions of each file were judged last time, so that a change that makes the runner skip some cannot pass
// for a success. Keyed by the file's content: another version of the suite is not compared.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.join(import.meta.dirname, 'executed.json');

/** Whether modules run as they are or after the rewrite: the latter refuses more. */
export type Mode = 'plain' | 'rewritten';

interface Entry {
  readonly sha256: string;
  plain?: number;
  rewritten?: number;
}

export class ExecutedCounts {
  readonly #entries: Map<string, Entry>;
  readonly #mode: Mode;
  readonly #comparable: boolean;

  /** `comparable`: this run reads all that the one which saved the counts could read. Without it nothing is checked. */
  constructor(mode: Mode, comparable: boolean) {
    this.#mode = mode;
    this.#comparable = comparable;
    // Written by `save` below.
    const stored = existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, Entry>) : {};
    this.#entries = new Map(Object.entries(stored));
  }

  /** A complaint if fewer assertions of this file were judged than when the counts were saved. */
  check(file: string, source: string, executed: number): string | undefined {
    const entry = this.#entries.get(file);
    const before = entry?.[this.#mode];
    if (!this.#comparable || entry?.sha256 !== hash(source) || before === undefined || executed >= before)
      return undefined;
    return `only ${executed} assertions were judged, ${before} before`;
  }

  record(file: string, source: string, executed: number): void {
    const sha256 = hash(source);
    const entry = this.#entries.get(file);
    this.#entries.set(file, { ...(entry?.sha256 === sha256 ? entry : { sha256 }), [this.#mode]: executed });
  }

  save(): void {
    const lines = [...this.#entries]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, entry]) => `  ${JSON.stringify(file)}: ${JSON.stringify(entry)}`);
    writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`);
  }
}

function hash(source: string): string {
  return createHash('sha256').update(source).digest('hex').slice(0, 16);
}
