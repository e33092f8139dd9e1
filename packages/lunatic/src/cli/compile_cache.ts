// Compiled programs on disk. An entry is found by what the compiler is told (`key`), and is good while every file that the compiler
// read, or looked for in vain, is as it was.
//
// One entry is one file: a JSON line with the files, a line feed, the module. It is written beside its place and renamed, so readers and
// other writers see an old entry, a whole new one, or none. A damaged entry counts as none.
// The place: $XDG_CACHE_HOME/lunatic or ~/.cache/lunatic. LUNATIC_CACHE names another directory, or is `off`.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MAX_CACHED_BYTES, MAX_CACHED_MODULES } from './limits.ts';

const SUFFIX = '.module';
/** Unfinished files of writers that were ended are removed after this time. */
const ABANDONED_MS = 3_600_000;

/** A file that the compiler read; `hash` (SHA-256, hex) is null if there was none. */
export interface FileRead {
  readonly file: string;
  readonly hash: string | null;
}

export class CompileCache {
  readonly #dir: string | undefined;
  readonly #maxModules: number;
  readonly #maxBytes: number;

  /** Without a directory nothing is kept. */
  constructor(dir: string | undefined, maxModules = MAX_CACHED_MODULES, maxBytes = MAX_CACHED_BYTES) {
    this.#dir = dir;
    this.#maxModules = maxModules;
    this.#maxBytes = maxBytes;
  }

  static fromEnvironment(env: NodeJS.ProcessEnv): CompileCache {
    if (env.LUNATIC_CACHE === 'off') return new CompileCache(undefined);
    if (env.LUNATIC_CACHE) return new CompileCache(path.resolve(env.LUNATIC_CACHE));
    // The specification of the variable: relative paths are to be ignored.
    const base =
      env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME)
        ? env.XDG_CACHE_HOME
        : path.join(os.homedir(), '.cache');
    return new CompileCache(path.join(base, 'lunatic'));
  }

  /** The module, or undefined if there is none that still fits. */
  async load(key: readonly (string | number)[]): Promise<Uint8Array | undefined> {
    if (this.#dir === undefined) return undefined;
    const place = this.#place(key);
    const entry = await readOrMissing(place);
    if (entry === undefined) return undefined;
    const header = entry.indexOf('\n');
    if (header < 0) return undefined;
    const found = parseHeader(entry.toString('utf8', 0, header));
    const wasm = entry.subarray(header + 1);
    if (found === undefined || hashOf(wasm) !== found.moduleHash) return undefined;
    for (const { file, hash } of found.files) if ((await currentHash(file)) !== hash) return undefined;
    const now = new Date();
    await utimes(place, now, now).catch(ignoreMissingOrReadOnly); // what is used stays longest
    return new Uint8Array(wasm);
  }

  /** Returns why the entry could not be kept, or undefined. */
  async store(
    key: readonly (string | number)[],
    files: readonly FileRead[],
    wasm: Uint8Array,
  ): Promise<string | undefined> {
    if (this.#dir === undefined) return undefined;
    const place = this.#place(key);
    const unfinished = `${place}.${randomUUID()}`;
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeFile(
        unfinished,
        Buffer.concat([Buffer.from(`${JSON.stringify({ moduleHash: hashOf(wasm), files })}\n`), wasm]),
      );
      await rename(unfinished, place);
      await this.#shrink(this.#dir);
      return undefined;
    } catch (error) {
      await rm(unfinished, { force: true }).catch(ignoreMissingOrReadOnly);
      return errnoMessage(error);
    }
  }

  async #shrink(dir: string): Promise<void> {
    const entries = [];
    for (const name of await readdir(dir)) {
      const file = path.join(dir, name);
      const info = await stat(file).catch(() => undefined); // removed by another process meanwhile
      if (info === undefined || !info.isFile() || !name.includes(SUFFIX)) continue;
      if (name.endsWith(SUFFIX)) entries.push({ file, sizeBytes: info.size, usedAtMs: info.mtimeMs });
      else if (Date.now() - info.mtimeMs > ABANDONED_MS) await rm(file, { force: true });
    }
    entries.sort((a, b) => b.usedAtMs - a.usedAtMs);
    let keptBytes = 0;
    for (const [index, { file, sizeBytes }] of entries.entries()) {
      keptBytes += sizeBytes;
      if (index >= this.#maxModules || keptBytes > this.#maxBytes) await rm(file, { force: true });
    }
  }

  #place(key: readonly (string | number)[]): string {
    return path.join(this.#dir ?? '', `${hashOf(JSON.stringify(key))}${SUFFIX}`);
  }
}

function parseHeader(line: string): { moduleHash: string; files: readonly FileRead[] } | undefined {
  try {
    const header: unknown = JSON.parse(line);
    if (typeof header !== 'object' || header === null || !('moduleHash' in header) || !('files' in header))
      return undefined;
    if (typeof header.moduleHash !== 'string' || !Array.isArray(header.files)) return undefined;
    return { moduleHash: header.moduleHash, files: header.files }; // written by store(); the module's hash vouches for the rest
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

async function currentHash(file: string): Promise<string | null> {
  const content = await readOrMissing(file);
  return content === undefined ? null : hashOf(content);
}

async function readOrMissing(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    errnoMessage(error);
    return undefined;
  }
}

function ignoreMissingOrReadOnly(error: unknown): void {
  errnoMessage(error);
}

/** The text of an error of the file system; any other error is thrown on. */
function errnoMessage(error: unknown): string {
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message;
  throw error;
}
