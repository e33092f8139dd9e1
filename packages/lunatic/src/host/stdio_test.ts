// The standard streams are those of an OS process, so each test runs one: this file with the name of a program.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAMS = fileURLToPath(new URL('./test_stdio_programs.ts', import.meta.url));

function start(program: string, stdio: ('pipe' | 'ignore' | number)[] = ['ignore', 'pipe', 'pipe']): ChildProcess {
  return spawn(process.execPath, [PROGRAMS, program], { stdio });
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on('close', (code) => resolve(code)));
}

function streamOf<T>(stream: T | null | undefined): T {
  assert.ok(stream !== null && stream !== undefined);
  return stream;
}

const LINES = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join('');

test('output is complete and in order through a pipe whose reader is slow, without holding up the thread', async () => {
  const child = start('lines');
  const ended = exitOf(child);
  let told = '';
  streamOf(child.stderr).on('data', (chunk: Buffer) => {
    told += chunk;
  });
  // Not before it waits for its reader, while its timers go on.
  await once(streamOf(child.stderr), 'data');
  assert.equal(await text(streamOf(child.stdout)), LINES);
  assert.equal(await ended, 0);
  assert.equal(told, 'waiting\n');
});

test('output into a file is complete, and both streams into one are in order', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lunatic-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'out');
  const fd = openSync(file, 'w');
  assert.equal(await exitOf(start('both', ['ignore', fd, fd])), 0);
  closeSync(fd);
  assert.equal(readFileSync(file, 'utf8'), 'o0\ne0\no1\ne1\no2\ne2\n');
});

test('many small writes become few system calls', async () => {
  const child = start('count');
  assert.equal((await text(streamOf(child.stdout))).length, 2000);
  const { calls } = JSON.parse(await text(streamOf(child.stderr)));
  assert.ok(calls <= 2, `${calls} calls`);
});

test('a reader that has gone is told once and is no error', async () => {
  const child = start('endless');
  const stderr = text(streamOf(child.stderr));
  streamOf(child.stdout).once('data', () => child.stdout?.destroy());
  assert.equal(await exitOf(child), 0);
  assert.equal(await stderr, 'closed 1\n');
});

test('a full device is an error of the write', async (t) => {
  let fd: number;
  try {
    fd = openSync('/dev/full', 'w');
  } catch {
    t.skip('this system has no /dev/full');
    return;
  }
  const child = start('full', ['ignore', fd, 'pipe']);
  assert.equal(await text(streamOf(child.stderr)), 'accepted failed\n');
  closeSync(fd);
});

test('input arrives as it is written, and ends', async () => {
  const child = start('echo', ['pipe', 'pipe', 'pipe']);
  const stdin = streamOf(child.stdin);
  const stdout = streamOf(child.stdout);
  for (const line of ['one\n', 'two\n']) {
    stdin.write(line);
    const [chunk] = await new Promise<[Buffer]>((resolve) => stdout.once('data', (data) => resolve([data])));
    assert.equal(chunk.toString(), line);
  }
  stdin.end();
  assert.equal(await text(stdout), 'end\n');
});

test('input from a file', async (t) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lunatic-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'in');
  writeFileSync(file, LINES);
  const fd = openSync(file, 'r');
  const child = start('echo', [fd, 'pipe', 'pipe']);
  assert.equal(await text(streamOf(child.stdout)), `${LINES}end\n`);
  closeSync(fd);
});

test('input that nobody waits for any more holds nothing', async () => {
  const child = start('withdraw', ['pipe', 'pipe', 'pipe']);
  // Its input stays open: it ends by itself.
  assert.equal(await exitOf(child), 0);
});

test('input that was asked for, but not waited for, holds nothing', async () => {
  const child = start('ask_once', ['pipe', 'pipe', 'pipe']);
  assert.equal(await exitOf(child), 0);
});

test('who only asks for input, without waiting, sees it arrive', async () => {
  const child = start('ask', ['pipe', 'pipe', 'pipe']);
  streamOf(child.stdin).write('abc');
  assert.equal(await text(streamOf(child.stdout)), 'available 3\n');
});
