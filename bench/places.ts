// Where the benchmarks find their sources and put what they build.

import { mkdirSync } from 'node:fs';
import path from 'node:path';

export const REPOSITORY = path.resolve(import.meta.dirname, '..');
export const BENCH = import.meta.dirname;

/** A directory for built files, kept between runs and never committed. */
export function cacheDirectory(name: string): string {
  const directory = path.join(REPOSITORY, '.cache', 'bench', name);
  mkdirSync(directory, { recursive: true });
  return directory;
}
