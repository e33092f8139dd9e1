// The compute kernels: C sources under kernels/, built on demand, and how much of each is one run.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { compileC } from '../tools/toolchain.ts';
import { BENCH } from './places.ts';

export interface Kernel {
  readonly name: string;
  /** Argument of `kernel` that takes 30 to 60 ms on a machine of 2024. */
  readonly n: number;
}

export const KERNELS: readonly Kernel[] = [
  { name: 'recursion', n: 36 },
  { name: 'sieve', n: 25 },
  { name: 'sort', n: 100_000 },
  { name: 'matrix', n: 380 },
  { name: 'tree', n: 70 },
  { name: 'sha256', n: 8_000 },
  { name: 'hash_table', n: 300_000 },
  { name: 'indirect', n: 12_000_000 },
  { name: 'nbody', n: 500_000 },
  { name: 'interpreter', n: 16_000 },
  { name: 'strings', n: 250 },
  { name: 'mixed', n: 800 },
  { name: 'stencil', n: 400 },
  { name: 'lu', n: 700 },
];

/** No C library: what is measured is the code of the kernel alone. */
const FLAGS = ['--target=wasm32', '-ffreestanding', '-nostdlib', '-Wl,--no-entry'];

/** The module of a kernel: exports `kernel(i32)` and `memory`, imports `bench.begin` and `bench.done`. */
export async function buildKernel(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return readFileSync(await compileC([path.join(BENCH, 'kernels', `${name}.c`)], { flags: FLAGS }));
}
