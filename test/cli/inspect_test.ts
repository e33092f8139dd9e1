// `lunatic inspect`, `--help` and `--version`.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { guest, lunatic } from './command.ts';

const FIELDS = `
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "process_id" (func $pid (result i64)))
  (memory (export "memory") 2 9)
  (func $pure (result i32) (i32.const 5))
  (func $waits (call $sleep (i64.const 1)) (call $sleep (i64.const 2)))
  (func $_start (export "_start") (drop (call $pure)) (drop (call $pid)) (call $waits))`;

describe('lunatic inspect', { concurrency: 3 }, () => {
  it('shows imports, exports, memory, what may stop, and sizes', async () => {
    const file = await guest('inspected', FIELDS, '');
    const { code, stdout, stderr } = await lunatic(['inspect', file]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^.*inspected\.wasm: \d+ bytes, 3 functions\n/);
    assert.match(stdout, /^ {2}lunatic::process sleep_ms \(i64\) {2}served, may stop$/m);
    assert.match(stdout, /^ {2}lunatic::process process_id \(\) -> i64 {2}served$/m);
    assert.match(stdout, /^ {2}func _start \(\)$/m);
    assert.match(stdout, /^ {2}2 pages, at most 9 of 64 KiB$/m);
    assert.match(stdout, /^functions that may stop \(2 of 3, 3 resume points\)$/m);
    assert.match(stdout, /^ +3 +2 +\d+ +\d+ {2}waits$/m);
    assert.match(stdout, /^size: \d+ bytes before the rewrite, \d+ after \(x \d+\.\d\d\)$/m);
    assert.doesNotMatch(stdout, /pure/);
  });

  it('--json: the same for programs', async () => {
    const file = await guest('inspected_json', FIELDS, '');
    const { code, stdout } = await lunatic(['inspect', '--json', file]);
    const found = JSON.parse(stdout);
    assert.equal(code, 0);
    assert.deepEqual(found.imports[0], {
      module: 'lunatic::process',
      name: 'sleep_ms',
      kind: 'func',
      type: '(i64)',
      problem: null,
      mayStop: true,
    });
    assert.deepEqual(found.memories, [{ minPages: 2, maxPages: 9 }]);
    assert.deepEqual(
      found.rewrite.mayStop.map((entry: { name: string; resumePoints: number }) => [entry.name, entry.resumePoints]),
      [
        ['waits', 2],
        ['_start', 1],
      ],
    );
    assert.ok(found.rewrite.bytes > found.bytes);
  });

  it('shows what is not served, and ends with 1', async () => {
    const file = await guest(
      'unserved',
      '(import "env" "one" (func)) (import "lunatic::process" "process_id" (func (result i64)))',
      '',
    );
    const { code, stdout } = await lunatic(['inspect', file]);
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}env one \(\) {2}NOT SERVED: no such namespace$/m);
    assert.match(stdout, /^ {2}lunatic::process process_id \(\) -> i64 {2}served$/m);
    assert.match(stdout, /^not rewritten/m);
  });

  it('inspects the text form, and says what is no module', async () => {
    const { code, stderr } = await lunatic(['inspect', 'nothing.wat']);
    assert.equal(code, 1);
    assert.equal(stderr, 'lunatic: cannot read nothing.wat: no such file or directory\n');
  });
});

describe('lunatic --help and --version', () => {
  it('name all options and commands on standard output', async () => {
    const { code, stdout, stderr } = await lunatic(['--help']);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /^Usage: lunatic \[run\] \[options\] FILE \[ARGS\.\.\.\]\n/);
    for (const word of [
      '--env',
      '--clear-env',
      '--dir',
      '--max-memory',
      '--max-fuel',
      '--max-processes',
      '--log-level',
      'inspect',
    ]) {
      assert.ok(stdout.includes(word), word);
    }
    assert.match((await lunatic(['inspect', '--help'])).stdout, /--json/);
    assert.match((await lunatic(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
