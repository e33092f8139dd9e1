import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DiskCache } from '../node/disk_cache.ts';
import { CompileCache, type FileRead } from './compile_cache.ts';

const WASM = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function directory(t: TestContext): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'lunatic-cache-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

function source(file: string, text: string): FileRead {
  writeFileSync(file, text);
  return { file, hash: createHash('sha256').update(text).digest('hex') };
}

test('CompileCache gives back what was stored under the same key, while the files are as they were', async (t) => {
  const dir = directory(t);
  const cache = new CompileCache(new DiskCache(path.join(dir, 'cache')));
  const file = path.join(dir, 'program.ts');
  const missing = path.join(dir, 'missing.ts');
  const files = [source(file, 'one'), { file: missing, hash: null }];
  assert.equal(await cache.load(['a', 1]), undefined);
  assert.equal(cache.store(['a', 1], files, WASM), undefined);
  assert.deepEqual(await cache.load(['a', 1]), WASM);
  assert.equal(await cache.load(['a', 2]), undefined, 'another key');

  writeFileSync(file, 'two');
  assert.equal(await cache.load(['a', 1]), undefined, 'a file has changed');
  writeFileSync(file, 'one');
  assert.deepEqual(await cache.load(['a', 1]), WASM);
  writeFileSync(missing, '');
  assert.equal(await cache.load(['a', 1]), undefined, 'a file that was missing is there');
});

test('CompileCache keeps nothing without a disk, and says why it could not keep an entry', async (t) => {
  const nowhere = new CompileCache(undefined);
  assert.equal(nowhere.store(['key'], [], WASM), undefined);
  assert.equal(await nowhere.load(['key']), undefined);
  const file = path.join(directory(t), 'file');
  writeFileSync(file, '');
  assert.match(new CompileCache(new DiskCache(path.join(file, 'cache'))).store(['key'], [], WASM) ?? '', /ENOTDIR/);
});
