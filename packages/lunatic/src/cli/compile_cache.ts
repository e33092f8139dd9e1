// Compiled programs on disk. An entry is found by what the compiler is told (`key`), and is good while every file that the compiler
// read, or looked for in vain, is as it was.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DiskCache } from '../node/disk_cache.ts';

/** A file that the compiler read; `hash` (SHA-256, hex) is null if there was none. */
export interface FileRead {
  readonly file: string;
  readonly hash: string | null;
}

export class CompileCache {
  readonly #disk: DiskCache | undefined;

  /** Without a disk nothing is kept. */
  constructor(disk: DiskCache | undefined) {
    this.#disk = disk;
  }

  /** The module, or undefined if there is none that still fits. */
  async load(key: readonly (string | number)[]): Promise<Uint8Array | undefined> {
    const entry = this.#disk?.load(LABEL, keyBytes(key));
    if (entry === undefined) return undefined;
    const header = entry.indexOf(LINE_FEED);
    // Written by `store`; the cache vouches for what it returns.
    const files = JSON.parse(new TextDecoder().decode(entry.subarray(0, header))) as readonly FileRead[];
    for (const { file, hash } of files) if ((await currentHash(file)) !== hash) return undefined;
    return entry.slice(header + 1);
  }

  /** Returns why the entry could not be kept, or undefined. */
  store(key: readonly (string | number)[], files: readonly FileRead[], wasm: Uint8Array): string | undefined {
    const header = new TextEncoder().encode(`${JSON.stringify(files)}\n`);
    return this.#disk?.store(LABEL, keyBytes(key), Buffer.concat([header, wasm]));
  }
}

/** Tells these entries from others in the same directory; the number is to be raised when their form changes. */
const LABEL = 'compiled program 1';
const LINE_FEED = 0x0a;

function keyBytes(key: readonly (string | number)[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(key));
}

async function currentHash(file: string): Promise<string | null> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return null;
    throw error;
  }
}
