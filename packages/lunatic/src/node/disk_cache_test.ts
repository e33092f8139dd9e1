import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { cacheFromEnvironment, DiskCache } from './disk_cache.ts';

const SOURCE = Uint8Array.of(1, 2, 3);
const VALUE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function directory(t: TestContext): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'lunatic-cache-'));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

function onlyEntry(dir: string): string {
  const names = readdirSync(dir);
  assert.equal(names.length, 1);
  return path.join(dir, names[0] as string);
}

test('DiskCache gives back what was stored for the same label and source, and nothing for others', (t) => {
  const cache = new DiskCache(path.join(directory(t), 'made', 'when needed'));
  assert.equal(cache.load('a', SOURCE), undefined);
  assert.equal(cache.store('a', SOURCE, VALUE), undefined);
  assert.deepEqual(cache.load('a', SOURCE), VALUE);
  assert.equal(cache.load('b', SOURCE), undefined);
  assert.equal(cache.load('a', Uint8Array.of(1, 2)), undefined);
  assert.equal(cache.load('a\x01', Uint8Array.of(2, 3)), undefined);
  cache.store('a', SOURCE, Uint8Array.of(9));
  assert.deepEqual(cache.load('a', SOURCE), Uint8Array.of(9), 'the last one counts');
  cache.store('', new Uint8Array(0), new Uint8Array(0));
  assert.deepEqual(cache.load('', new Uint8Array(0)), new Uint8Array(0));
});

test('DiskCache compares sources byte by byte: an entry under the name of another is none', (t) => {
  const dir = directory(t);
  const cache = new DiskCache(dir);
  cache.store('a', SOURCE, VALUE);
  const mine = onlyEntry(dir);
  const whole = readFileSync(mine);
  rmSync(mine);
  for (const [label, source] of [
    ['a', Uint8Array.of(1, 2, 4)],
    ['b', SOURCE],
  ] as const) {
    cache.store(label, source, VALUE);
    const other = onlyEntry(dir);
    writeFileSync(other, whole);
    assert.equal(cache.load(label, source), undefined);
    rmSync(other);
  }
});

test('DiskCache takes a damaged entry for none, whatever the damage', (t) => {
  const dir = directory(t);
  const cache = new DiskCache(dir);
  cache.store('label', SOURCE, VALUE);
  const entry = onlyEntry(dir);
  const whole = readFileSync(entry);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(entry, whole.subarray(0, length));
    assert.equal(cache.load('label', SOURCE), undefined, `${length} of ${whole.length} bytes`);
  }
  writeFileSync(entry, Buffer.concat([whole, Buffer.of(0)]));
  assert.equal(cache.load('label', SOURCE), undefined, 'a byte more');
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    writeFileSync(entry, damaged);
    assert.equal(cache.load('label', SOURCE), undefined, `a bit of byte ${at}`);
  }
  writeFileSync(entry, whole);
  assert.deepEqual(cache.load('label', SOURCE), VALUE);
});

test('DiskCache keeps what was used last, within its bounds', (t) => {
  const dir = directory(t);
  const cache = new DiskCache(dir, { maxEntries: 3 });
  const past = new Date(Date.now() - 3_600_000);
  for (const label of ['a', 'b', 'c']) cache.store(label, SOURCE, VALUE);
  // The clock of a file system lags behind: what was written last must not look older than what was used before.
  const age = (): void => {
    for (const name of readdirSync(dir)) utimesSync(path.join(dir, name), past, past);
  };
  age();
  cache.load('a', SOURCE);
  cache.store('d', SOURCE, VALUE);
  cache.store('e', SOURCE, VALUE);
  assert.equal(readdirSync(dir).length, 3);
  for (const label of ['a', 'd', 'e']) assert.deepEqual(cache.load(label, SOURCE), VALUE, label);

  age();
  new DiskCache(dir, { maxBytes: 450 }).store('large', SOURCE, new Uint8Array(400));
  assert.equal(readdirSync(dir).length, 1);
  const small = new DiskCache(dir, { maxEntryBytes: 100 });
  assert.match(small.store('larger', SOURCE, new Uint8Array(100)) ?? '', /more than the 100 of an entry/);
  assert.equal(small.load('large', SOURCE), undefined, 'too large for this one');
});

test('DiskCache: threads that store and load the same entry at once see whole ones only', async (t) => {
  const dir = directory(t);
  const program = `
    const { DiskCache } = await import(${JSON.stringify(new URL('./disk_cache.ts', import.meta.url).href)});
    const cache = new DiskCache(${JSON.stringify(dir)});
    const source = new Uint8Array(10_000).fill(7);
    for (let k = 0; k < 200; k++) {
      const problem = cache.store('same', source, new Uint8Array(50_000).fill(k));
      if (problem !== undefined) throw new Error(problem);
      const value = cache.load('same', source);
      if (value === undefined || value.some((byte) => byte !== value[0])) throw new Error('not a whole entry');
    }`;
  const workers = Array.from(
    { length: 3 },
    () => new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`)),
  );
  await Promise.all(
    workers.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on('error', reject).on('exit', () => resolve());
        }),
    ),
  );
  onlyEntry(dir);
});

test('DiskCache removes the unfinished files of others after a while, and nothing that is not its own', (t) => {
  const dir = directory(t);
  const cache = new DiskCache(dir);
  const abandoned = path.join(dir, 'x.entry.123');
  writeFileSync(abandoned, 'half');
  writeFileSync(path.join(dir, 'unrelated'), '');
  cache.store('one', SOURCE, VALUE);
  assert.equal(readdirSync(dir).length, 3);
  const long = new Date(Date.now() - 7_200_000);
  utimesSync(abandoned, long, long);
  cache.store('other', SOURCE, VALUE);
  assert.deepEqual(
    readdirSync(dir).filter((name) => !name.endsWith('.entry')),
    ['unrelated'],
  );
});

test('DiskCache does not use a directory that others may write to', { skip: noModes() }, (t) => {
  const dir = path.join(directory(t), 'shared');
  mkdirSync(dir);
  const cache = new DiskCache(dir);
  cache.store('label', SOURCE, VALUE);
  for (const mode of [0o777, 0o770, 0o702]) {
    chmodSync(dir, mode);
    assert.equal(cache.load('label', SOURCE), undefined);
    assert.match(cache.store('label', SOURCE, VALUE) ?? '', /others may write/);
  }
  chmodSync(dir, 0o755);
  assert.deepEqual(cache.load('label', SOURCE), VALUE);
});

function noModes(): string | false {
  return process.getuid === undefined && 'this system has no file modes';
}

test('DiskCache says why it could not keep an entry', (t) => {
  const file = path.join(directory(t), 'file');
  writeFileSync(file, '');
  const cache = new DiskCache(path.join(file, 'cache'));
  assert.match(cache.store('label', SOURCE, VALUE) ?? '', /ENOTDIR/);
  assert.equal(cache.load('label', SOURCE), undefined);
});

test('cacheFromEnvironment: off, another place, the usual one', (t) => {
  const dir = directory(t);
  assert.equal(cacheFromEnvironment({ LUNATIC_CACHE: 'off', XDG_CACHE_HOME: dir }), undefined);
  cacheFromEnvironment({ LUNATIC_CACHE: path.join(dir, 'here') })?.store('label', SOURCE, VALUE);
  onlyEntry(path.join(dir, 'here'));
  cacheFromEnvironment({ XDG_CACHE_HOME: dir })?.store('label', SOURCE, VALUE);
  onlyEntry(path.join(dir, 'lunatic'));
});

test('a directory that cannot be made is told, also where the file system says that its parent does not exist', (t) => {
  // Node.js's own recursive mkdir never returns from there.
  if (!existsSync('/proc/self')) return t.skip('this system has no /proc');
  const file = path.join(directory(t), 'file');
  writeFileSync(file, '');
  for (const dir of ['/proc/lunatic/cache', path.join(file, 'cache')]) {
    const cache = new DiskCache(dir);
    assert.match(cache.store('a', SOURCE, VALUE) ?? '', /^(ENOENT|ENOTDIR|EACCES)/, dir);
    assert.equal(cache.load('a', SOURCE), undefined);
  }
});
