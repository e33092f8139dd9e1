// What the command line says, and ends with, when something is wrong: with the program, with its limits, or with the words given.

import assert from 'node:assert/strict';
import os from 'node:os';
import { describe, it } from 'node:test';
import { fixture, guest, lunatic, PRELUDE } from './command.ts';

const NOTHING = '(func (export "_start"))';

describe('failures of processes', { concurrency: 3 }, () => {
  it('tells a deadlock, with who waits for what, and ends with 1', async () => {
    const file = await guest(
      'deadlock',
      `(import "lunatic::registry" "put" (func $put (param i32 i32 i64 i64)))
       ${PRELUDE}
       (data (i32.const 100) "tagged") (data (i32.const 200) "\\07\\00\\00\\00\\00\\00\\00\\00")
       (func (export "tagged")
         (call $put (i32.const 100) (i32.const 6) (i64.const 0) (call $pid))
         (drop (call $receive (i32.const 200) (i32.const 1) (i64.const -1))))
       (func (export "_start") (drop (call $spawn (i32.const 100) (i32.const 6))) (call $wait_for_ever))`,
      '',
    );
    const { code, stdout, stderr } = await lunatic([file]);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    assert.equal(
      stderr,
      'lunatic: error: deadlock: every process waits, and nothing outside can wake one\n' +
        '  process 1, module deadlock.wasm, waits for a message\n' +
        '  process 2, module deadlock.wasm, waits for a message with tag 7, registered as "tagged"\n',
    );
  });

  it('an exit inside trap::catch is caught like a trap, the next one ends the program', async () => {
    const file = await guest(
      'exit_in_catch',
      `(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
       (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
       (memory (export "memory") 1)
       (func (export "_lunatic_catch_trap") (param i32 i32) (result i32) (call $exit (i32.const 3)) (i32.const 1))
       (func (export "_start")
         (if (call $catch (i32.const 0) (i32.const 0)) (then unreachable))
         (call $exit (i32.const 9)))`,
      '',
    );
    assert.equal((await lunatic([file])).code, 9);
  });

  it('does not take a sleep or a timer for a deadlock', async () => {
    const file = await guest(
      'timer',
      `(import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))
       ${PRELUDE}
       (func (export "_start")
         (call $create_data (i64.const 0) (i64.const 0))
         (drop (call $send_after (call $pid) (i64.const 50)))
         (call $wait_for_ever)
         (call $exit (i32.const 4)))`,
      '',
    );
    assert.deepEqual(await lunatic([file]), { code: 4, signal: null, stdout: '', stderr: '' });
  });

  it('reports other processes that fail at the level warn, and goes on', async () => {
    const file = await guest(
      'child_fails',
      `(data (i32.const 100) "fails") (data (i32.const 110) "went on\\n")
       (func $deep unreachable) (func $fails (export "fails") call $deep)
       (func (export "_start")
         (drop (call $spawn (i32.const 100) (i32.const 5)))
         (call $sleep (i64.const 50))
         (call $print (i32.const 110) (i32.const 8)))`,
    );
    const shown = await lunatic([file]);
    assert.deepEqual({ code: shown.code, stdout: shown.stdout }, { code: 0, stdout: 'went on\n' });
    assert.match(
      shown.stderr,
      /^lunatic: warning: process 2 \(child_fails\.wasm\) failed: trap: unreachable\n {4}at deep .*\n {4}at fails .*\n$/,
    );
    assert.equal((await lunatic(['--log-level', 'error', file])).stderr, '');
  });

  it('does not flood when thousands of processes fail', async () => {
    // On one thread new processes run in the order of their making: when the last one speaks, all others have failed.
    const file = await guest(
      'many_fail',
      `(data (i32.const 100) "fails") (data (i32.const 110) "last")
       (func (export "fails") unreachable)
       (func (export "last")
         (call $create_data (i64.const 0) (i64.const 0))
         (drop (call $send (i64.const 1))))
       (func (export "_start") (local $i i32)
         (loop $next
           (drop (call $spawn (i32.const 100) (i32.const 5)))
           (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000))))
         (drop (call $spawn (i32.const 110) (i32.const 4)))
         (call $wait_for_ever))`,
    );
    const { code, stderr } = await lunatic(['--workers', '1', file]);
    assert.equal(code, 0);
    const shown = stderr.match(/^lunatic: warning: process \d+ .*failed/gm)?.length ?? 0;
    const left = [...stderr.matchAll(/(\d+) more processes failed; their reports were left out/g)].reduce(
      (sum, match) => sum + Number(match[1]),
      0,
    );
    assert.ok(shown >= 20 && shown <= 400, `${shown} reports`);
    assert.equal(shown + left, 5000);
  });
});

describe('limits', { concurrency: 3 }, () => {
  it('--max-memory: memory.grow fails at it, and a module that needs more does not start', async () => {
    const file = await guest(
      'allocates',
      `(func (export "_start")
         (loop $next (br_if $next (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
         (call $print_number (memory.size)))`,
    );
    assert.equal((await lunatic(['--max-memory', '16M', file])).stdout, '256\n');
    const large = await guest('large', `(memory 17) ${NOTHING}`, '');
    const refused = await lunatic(['--max-memory', '1M', large]);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^lunatic: .*large\.wasm cannot be started: the module needs 1114112 bytes of memory, the limit is 1048576\n$/,
    );
  });

  it('--max-fuel ends an endless loop', async () => {
    const file = await guest('loops', '(func (export "_start") (loop $l (br $l)))');
    const { code, stderr } = await lunatic(['--max-fuel', '10', file]);
    assert.equal(code, 1);
    assert.match(stderr, /the main process failed: limit reached: fuel/);
  });

  it('--max-processes: a fork bomb fails by itself, and the main process goes on', async () => {
    const file = await guest(
      'fork_bomb',
      `(data (i32.const 100) "bomb") (data (i32.const 110) "alive\\n")
       (func (export "bomb")
         (loop $next (br_if $next (i32.eqz (call $spawn (i32.const 100) (i32.const 4)))))
         unreachable)
       (func (export "_start")
         (drop (call $spawn (i32.const 100) (i32.const 4)))
         (call $sleep (i64.const 200))
         (call $print (i32.const 110) (i32.const 6)))`,
    );
    const { code, stdout, stderr } = await lunatic(['--max-processes', '50', file]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'alive\n' });
    assert.match(stderr, /warning: process \d+ .*failed: trap: unreachable/);
  });

  it('endless recursion ends the process, not the VM', async () => {
    const file = await guest(
      'recursion',
      `(data (i32.const 100) "deep") (data (i32.const 110) "alive\\n")
       (func $deep (export "deep") (call $deep) (call $print_number (i32.const 1)))
       (func (export "_start")
         (drop (call $spawn (i32.const 100) (i32.const 4)))
         (loop $again
           (call $sleep (i64.const 10))
           (br_if $again (call $exists (i64.load (i32.const 16)))))
         (call $print (i32.const 110) (i32.const 6)))`,
    );
    const { code, stdout, stderr } = await lunatic([file]);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'alive\n' });
    assert.match(stderr, /process 2 .*failed: limit reached: stack/);
  });

  it('a mailbox flood ends the sender', async () => {
    const file = await guest(
      'flood',
      `(func (export "_start")
         (loop $next
           (call $create_data (i64.const 0) (i64.const 0))
           (drop (call $send (call $pid)))
           (br $next)))`,
    );
    const { code, stderr } = await lunatic([file]);
    assert.equal(code, 1);
    assert.match(stderr, /the main process failed: limit reached: mailbox/);
  });
});

describe('mistakes', { concurrency: 3 }, () => {
  it('names all imports that are not served, at once', async () => {
    const file = await guest(
      'imports',
      `(import "env" "one" (func)) (import "lunatic::process" "kill" (func (param i32)))
       (import "lunatic::process" "exists" (func (param i64) (result i32))) (import "lunatic::nothing" "two" (func)) ${NOTHING}`,
      '',
    );
    const { code, stdout, stderr } = await lunatic([file]);
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    assert.match(lines[0] as string, /^lunatic: .*imports\.wasm cannot be run: 3 imports cannot be linked:$/);
    assert.match(lines[1] as string, /^ {2}env one: /);
    assert.match(lines[2] as string, /^ {2}lunatic::process kill: expected \(i64\), got \(i32\)$/);
    assert.match(lines[3] as string, /^ {2}lunatic::nothing two: /);
    assert.equal(lines.length, 4);
  });

  it('says in one message what is wrong with FILE', async () => {
    const whole = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5]);
    const cases: [file: string, message: RegExp][] = [
      ['does_not_exist.wasm', /^lunatic: cannot read does_not_exist\.wasm: no such file or directory\n$/],
      [os.tmpdir(), /^lunatic: cannot read .*: illegal operation on a directory\n$/],
      [fixture('text.wasm', '(module)'), /text\.wasm is not a WebAssembly module: .*\.wat\n$/],
      [fixture('empty.wasm', ''), /empty\.wasm is not a WebAssembly module: it is empty\n$/],
      [fixture('cut.wasm', whole), /cut\.wasm cannot be run: .*offset 0x/],
      [
        fixture('component.wasm', Buffer.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])),
        /component\.wasm is a WebAssembly component/,
      ],
      [fixture('wrong.wat', '(module (func (call $nobody)))'), /wrong\.wat does not assemble\n.*nobody/s],
    ];
    for (const [file, message] of cases) {
      const { code, stdout, stderr } = await lunatic([file]);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, file);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^ +at /m);
    }
  });

  it('ends with 1 when there is no _start', async () => {
    const { code, stderr } = await lunatic([await guest('no_start', '(func (export "main"))')]);
    assert.equal(code, 1);
    assert.match(stderr, /no exported function "_start"/);
  });

  it('ends with 2 for words it does not understand', async () => {
    const file = await guest('nothing', NOTHING);
    const cases: [words: string[], message: RegExp][] = [
      [[], /^lunatic: missing required argument 'FILE'\n/],
      [['--bogus', file], /^lunatic: unknown option '--bogus'\n/],
      [['--env', 'novalue', file], /--env.*'novalue'.*NAME=VALUE/],
      [['--max-memory', 'lots', file], /--max-memory.*'lots'/],
      [['--max-memory', '5G', file], /between 64K and 4G/],
      [['--max-fuel', '0', file], /--max-fuel.*'0'/],
      [['--log-level', 'loud', file], /--log-level.*'loud'/],
      [['inspect'], /missing required argument 'FILE'/],
      [['inspect', '--bogus', file], /unknown option '--bogus'/],
    ];
    for (const [words, message] of cases) {
      const { code, stdout, stderr } = await lunatic(words);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' }, words.join(' '));
      assert.match(stderr, message);
      assert.match(stderr, /lunatic --help explains/);
    }
  });

  it('blames LUNATIC_OPTIONS for what is wrong in it', async () => {
    const file = await guest('fine', NOTHING);
    for (const [line, message] of [
      ['--bogus', /^lunatic: in LUNATIC_OPTIONS: unknown option '--bogus'\n/],
      ['other.wasm', /^lunatic: LUNATIC_OPTIONS may hold options only, not "other\.wasm"\n/],
      ['--env "A=b', /^lunatic: LUNATIC_OPTIONS cannot be split into words/],
    ] as const) {
      const { code, stderr } = await lunatic([file], { env: { LUNATIC_OPTIONS: line } });
      assert.equal(code, 2);
      assert.match(stderr, message);
    }
    assert.equal((await lunatic(['--version'], { env: { LUNATIC_OPTIONS: '--bogus' } })).code, 0);
  });

  it('refuses directories that are not there', async () => {
    const file = await guest('directories', NOTHING);
    const { code, stderr } = await lunatic(['--dir', 'no/such/place::/data:ro', file]);
    assert.equal(code, 1);
    assert.equal(stderr, 'lunatic: --dir no/such/place: there is no such directory\n');
    assert.equal((await lunatic(['--dir', `${os.tmpdir()}::/tmp:ro`, file])).code, 0);
  });
});
