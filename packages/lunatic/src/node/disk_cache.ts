// Results kept on disk between runs: values of bytes, found by a label and the very bytes that they were made from.
//
// One entry is one file: a header, label, source, value. It is named by a hash of label and source, and counts only if both are what is
// asked for, byte by byte; so no two sources are ever taken for each other. A checksum over all of it finds damage; a damaged entry
// counts as none. An entry is written beside its place and renamed, so readers and other writers see an old entry, a whole new one, or none.
//
// What lies in the directory is run: it must belong to the user and be writable by nobody else, or it is not used at all.
//
// Everything is synchronous: at the start of a program nothing else could go on, and node:fs/promises takes longer to load than
// an entry to read. All methods may fail for reasons of the file system; then there is no entry, and `store` says why.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { hash64 } from '../base/hash64.ts';
import { MAX_CACHED_BYTES, MAX_CACHED_ENTRIES, MAX_CACHED_ENTRY_BYTES } from './limits.ts';

const SUFFIX = '.entry';
/** Unfinished files of writers that were ended are removed after this time. */
const ABANDONED_MS = 3_600_000;
/** An entry used again within this time is not marked as used again. */
const USE_RESOLUTION_MS = 60_000;
/** Checksum (16 hexadecimal digits), lengths of label, source and value (u32 little-endian), padding. */
const HEADER_BYTES = 32;
const CHECKSUM_BYTES = 16;
const OTHERS_MAY_WRITE = 0o022;
const ENCODER = new TextEncoder();

export interface DiskCacheLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

const DEFAULT_LIMITS: DiskCacheLimits = {
  maxEntries: MAX_CACHED_ENTRIES,
  maxBytes: MAX_CACHED_BYTES,
  maxEntryBytes: MAX_CACHED_ENTRY_BYTES,
};

export class DiskCache {
  readonly #dir: string;
  readonly #limits: DiskCacheLimits;

  constructor(dir: string, limits: Partial<DiskCacheLimits> = {}) {
    this.#dir = dir;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** The value, which is the caller's, or undefined if there is none. */
  load(label: string, source: Uint8Array): Uint8Array | undefined {
    if (this.#distrust() !== undefined) return undefined;
    const head = ENCODER.encode(label);
    const place = this.#place(head, source);
    const bytes = ignoringFileErrors(() => readEntry(place, this.#limits.maxEntryBytes));
    if (bytes === undefined) return undefined;
    const view = new DataView(bytes.buffer);
    const sourceStart = HEADER_BYTES + view.getUint32(CHECKSUM_BYTES, true);
    const valueStart = sourceStart + view.getUint32(CHECKSUM_BYTES + 4, true);
    if (valueStart + view.getUint32(CHECKSUM_BYTES + 8, true) !== bytes.length) return undefined;
    if (!sameBytes(bytes.subarray(HEADER_BYTES, sourceStart), head)) return undefined;
    if (!sameBytes(bytes.subarray(sourceStart, valueStart), source)) return undefined;
    if (latin1(bytes.subarray(0, CHECKSUM_BYTES)) !== checksum(bytes)) return undefined;
    return bytes.subarray(valueStart);
  }

  /** Returns why the value could not be kept, or undefined. */
  store(label: string, source: Uint8Array, value: Uint8Array): string | undefined {
    const head = ENCODER.encode(label);
    const length = HEADER_BYTES + head.length + source.length + value.length;
    if (length > this.#limits.maxEntryBytes)
      return `${length} bytes are more than the ${this.#limits.maxEntryBytes} of an entry`;
    const bytes = new Uint8Array(length);
    const view = new DataView(bytes.buffer);
    view.setUint32(CHECKSUM_BYTES, head.length, true);
    view.setUint32(CHECKSUM_BYTES + 4, source.length, true);
    view.setUint32(CHECKSUM_BYTES + 8, value.length, true);
    bytes.set(head, HEADER_BYTES);
    bytes.set(source, HEADER_BYTES + head.length);
    bytes.set(value, HEADER_BYTES + head.length + source.length);
    bytes.set(ENCODER.encode(checksum(bytes)));
    const place = this.#place(head, source);
    // Another thread of this OS process may write the same entry.
    const unfinished = `${place}.${process.pid}-${process.hrtime.bigint()}`;
    try {
      makeDirectory(this.#dir);
      const why = this.#distrust();
      if (why !== undefined) return why;
      fs.writeFileSync(unfinished, bytes, { mode: 0o600, flag: 'wx' });
      fs.renameSync(unfinished, place);
      this.#shrink();
      return undefined;
    } catch (error) {
      ignoringFileErrors(() => fs.rmSync(unfinished, { force: true }));
      return fileErrorMessage(error);
    }
  }

  /** Removes what was not used for longest, beyond the bounds. */
  #shrink(): void {
    const entries = [];
    for (const name of fs.readdirSync(this.#dir)) {
      const file = path.join(this.#dir, name);
      // It may be removed by another process meanwhile.
      const info = fs.statSync(file, { throwIfNoEntry: false });
      if (info === undefined || !info.isFile() || !name.includes(SUFFIX)) continue;
      if (name.endsWith(SUFFIX)) entries.push({ file, sizeBytes: info.size, usedAtMs: info.mtimeMs });
      else if (Date.now() - info.mtimeMs > ABANDONED_MS) fs.rmSync(file, { force: true });
    }
    entries.sort((a, b) => b.usedAtMs - a.usedAtMs);
    let keptBytes = 0;
    for (const [index, { file, sizeBytes }] of entries.entries()) {
      keptBytes += sizeBytes;
      if (index >= this.#limits.maxEntries || keptBytes > this.#limits.maxBytes) fs.rmSync(file, { force: true });
    }
  }

  /** Why the directory must not be used; undefined: it may, or there is none yet. */
  #distrust(): string | undefined {
    return ignoringFileErrors(() => {
      const info = fs.statSync(this.#dir, { throwIfNoEntry: false });
      // Windows has neither; there a profile belongs to its user.
      const user = process.getuid?.();
      if (info === undefined || user === undefined) return undefined;
      if (info.uid !== user) return `${this.#dir} belongs to another user`;
      return (info.mode & OTHERS_MAY_WRITE) === 0 ? undefined : `others may write to ${this.#dir}`;
    });
  }

  #place(label: Uint8Array, source: Uint8Array): string {
    return path.join(this.#dir, `${hash64(label)}${hash64(source)}${SUFFIX}`);
  }
}

/** What the variable LUNATIC_CACHE asks for: a directory, `off` (undefined), or by default the user's place for caches. */
export function cacheFromEnvironment(env: NodeJS.ProcessEnv): DiskCache | undefined {
  if (env.LUNATIC_CACHE === 'off') return undefined;
  if (env.LUNATIC_CACHE) return new DiskCache(path.resolve(env.LUNATIC_CACHE));
  // The specification of the variable: relative paths are to be ignored.
  const base =
    env.XDG_CACHE_HOME && path.isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : path.join(os.homedir(), '.cache');
  return new DiskCache(path.join(base, 'lunatic'));
}

/** Marks the entry as used. Undefined: there is none, or nothing that could be one. */
function readEntry(place: string, maxBytes: number): Uint8Array<ArrayBuffer> | undefined {
  const file = fs.openSync(place, 'r');
  try {
    const { size, mtimeMs } = fs.fstatSync(file);
    if (size < HEADER_BYTES || size > maxBytes) return undefined;
    // In a buffer of its own, so that it begins at a boundary of words.
    const bytes = new Uint8Array(new ArrayBuffer(size));
    for (let at = 0; at < size; ) {
      const count = fs.readSync(file, bytes, at, size - at, at);
      if (count === 0) return undefined;
      at += count;
    }
    const now = Date.now();
    if (now - mtimeMs > USE_RESOLUTION_MS) ignoringFileErrors(() => fs.utimesSync(place, now / 1000, now / 1000));
    return bytes;
  } finally {
    fs.closeSync(file);
  }
}

function checksum(entry: Uint8Array): string {
  return hash64(entry.subarray(CHECKSUM_BYTES));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** As `mkdirSync` with `recursive`, which never returns below /proc, where the parent of what cannot be made exists. */
function makeDirectory(dir: string): void {
  if (fs.existsSync(dir)) return;
  const parent = path.dirname(dir);
  if (parent !== dir) makeDirectory(parent);
  try {
    fs.mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another has made it in the meantime.
    if (!fs.existsSync(dir)) throw error;
  }
}

function ignoringFileErrors<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch (error) {
    fileErrorMessage(error);
    return undefined;
  }
}

/** The text of an error of the file system; any other error is thrown on. */
function fileErrorMessage(error: unknown): string {
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message;
  throw error;
}
