import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
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
  const cache = new CompileCache(path.join(dir, 'cache'));
  const file = path.join(dir, 'program.ts');
  const missing = path.join(dir, 'missing.ts');
  const files = [source(file, 'one'), { file: missing, hash: null }];
  assert.equal(await cache.load(['a', 1]), undefined);
  assert.equal(await cache.store(['a', 1], files, WASM), undefined);
  assert.deepEqual(await cache.load(['a', 1]), WASM);
  assert.equal(await cache.load(['a', 2]), undefined, 'another key');

  writeFileSync(file, 'two');
  assert.equal(await cache.load(['a', 1]), undefined, 'a file has changed');
  writeFileSync(file, 'one');
  assert.deepEqual(await cache.load(['a', 1]), WASM);
  writeFileSync(missing, '');
  assert.equal(await cache.load(['a', 1]), undefined, 'a file that was missing is there');
});

test('CompileCache takes a damaged entry for none', async (t) => {
  const dir = directory(t);
  const cache = new CompileCache(dir);
  await cache.store(['key'], [], WASM);
  const entry = path.join(dir, readdirSync(dir)[0] as string);
  const whole = readFileSync(entry);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(entry, whole.subarray(0, length));
    assert.equal(await cache.load(['key']), undefined, `${length} of ${whole.length} bytes`);
  }
  writeFileSync(entry, `{"moduleHash": 1}\n${whole.toString('latin1')}`);
  assert.equal(await cache.load(['key']), undefined);
  writeFileSync(entry, whole);
  assert.deepEqual(await cache.load(['key']), WASM);
});

test('CompileCache keeps what was used last, within its bounds', async (t) => {
  const dir = directory(t);
  const cache = new CompileCache(dir, 3, 1_000_000);
  const past = new Date(Date.now() - 60_000);
  const age = () => {
    for (const name of readdirSync(dir)) utimesSync(path.join(dir, name), past, past);
  };
  for (const key of ['a', 'b', 'c']) await cache.store([key], [], WASM);
  age();
  await cache.load(['a']);
  await cache.store(['d'], [], WASM);
  await cache.store(['e'], [], WASM);
  assert.equal(readdirSync(dir).length, 3);
  for (const key of ['a', 'd', 'e']) assert.deepEqual(await cache.load([key]), WASM, key);

  const small = new CompileCache(dir, 100, 500);
  await small.store(['large'], [], new Uint8Array(400));
  assert.equal(readdirSync(dir).length, 1);
});

test('CompileCache leaves no unfinished files behind, and removes those of others', async (t) => {
  const dir = directory(t);
  const cache = new CompileCache(dir);
  await Promise.all(Array.from({ length: 8 }, () => cache.store(['same'], [], WASM)));
  assert.equal(readdirSync(dir).length, 1);
  const abandoned = path.join(dir, 'x.module.123');
  writeFileSync(abandoned, 'half');
  const long = new Date(Date.now() - 7_200_000);
  utimesSync(abandoned, long, long);
  writeFileSync(path.join(dir, 'unrelated'), '');
  await cache.store(['other'], [], WASM);
  assert.deepEqual(
    readdirSync(dir).filter((name) => !name.endsWith('.module')),
    ['unrelated'],
  );
});

test('CompileCache says why it could not keep an entry', async (t) => {
  const dir = directory(t);
  const file = path.join(dir, 'file');
  writeFileSync(file, '');
  const cache = new CompileCache(path.join(file, 'cache'));
  assert.match((await cache.store(['key'], [], WASM)) ?? '', /ENOTDIR/);
  assert.equal(await cache.load(['key']), undefined);
});

test('CompileCache.fromEnvironment: off, another place, the usual one', async (t) => {
  const dir = directory(t);
  const off = CompileCache.fromEnvironment({ LUNATIC_CACHE: 'off', XDG_CACHE_HOME: dir });
  await off.store(['key'], [], WASM);
  assert.deepEqual(readdirSync(dir), []);
  await CompileCache.fromEnvironment({ LUNATIC_CACHE: path.join(dir, 'here') }).store(['key'], [], WASM);
  assert.equal(readdirSync(path.join(dir, 'here')).length, 1);
  await CompileCache.fromEnvironment({ XDG_CACHE_HOME: dir }).store(['key'], [], WASM);
  assert.equal(readdirSync(path.join(dir, 'lunatic')).length, 1);
});
