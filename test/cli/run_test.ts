// `lunatic FILE`: what the program gets, what it prints, and what its end becomes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { COMMAND, finish, fixture, guest, lunatic, printed, start } from './command.ts';

const HELLO = '(data (i32.const 100) "hello\\n") (func (export "_start") (call $print (i32.const 100) (i32.const 6)))';

/** Prints what a WASI function of the shape (pointers, bytes) gives, terminators included. */
function printsStrings(name: 'args' | 'environ'): string {
  return `
  (import "wasi_snapshot_preview1" "${name}_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "${name}_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 16)
  (func (export "_start")
    (drop (call $sizes (i32.const 100) (i32.const 104)))
    (drop (call $get (i32.const 1024) (i32.const 65536)))
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (i32.load (i32.const 104)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`;
}

describe('lunatic FILE', { concurrency: 3 }, () => {
  it('runs a module, also after the word run and from the text form', async () => {
    const expected = { code: 0, signal: null, stdout: 'hello\n', stderr: '' };
    const file = await guest('hello', HELLO);
    assert.deepEqual(await lunatic([file]), expected);
    assert.deepEqual(await lunatic(['run', file]), expected);
    const text = fixture(
      'answer.wat',
      '(module (import "wasi_snapshot_preview1" "proc_exit" (func $e (param i32))) (func (export "_start") (call $e (i32.const 42))))',
    );
    assert.deepEqual(await lunatic([text]), { ...expected, code: 42, stdout: '' });
  });

  for (const [code, expected] of [
    [0, 0],
    [3, 3],
    [255, 255],
    // The operating system keeps 8 bits; a failure stays one.
    [256, 1],
    [-1, 255],
  ] as const) {
    it(`ends with ${expected} when the guest exits with ${code}, and prints nothing`, async () => {
      const file = await guest(`exit_${code}`, `(func (export "_start") (call $exit (i32.const ${code})))`);
      assert.deepEqual(await lunatic([file]), { code: expected, signal: null, stdout: '', stderr: '' });
    });
  }

  it('reports a trap with the guest functions, innermost first, behind what was printed', async () => {
    const file = await guest(
      'traps',
      `(data (i32.const 100) "before\\n")
       (func $inner unreachable) (func $middle call $inner)
       (func $_start (export "_start") (call $print (i32.const 100) (i32.const 7)) (call $middle))`,
    );
    const { code, stdout, stderr } = await lunatic([file]);
    assert.equal(code, 1);
    assert.equal(stdout, 'before\n');
    assert.match(
      stderr,
      /^lunatic: error: the main process failed: trap: unreachable\n {2}process 1, module traps\.wasm, entry _start\n/,
    );
    assert.match(stderr, /at inner .*\n.*at middle .*\n.*at _start /);
    // Neither a stack of ours nor colours.
    assert.ok(!stderr.includes('.ts') && !stderr.includes('\x1b'));
  });

  it('hands arguments on untouched', async () => {
    const file = await guest('arguments', printsStrings('args'), '');
    const args = ['--help', '-x', '--', '--env', 'A', '', 'größe'];
    const { code, stdout } = await lunatic(['--max-processes', '5', file, ...args]);
    assert.equal(code, 0);
    assert.equal(stdout, ['arguments.wasm', ...args, ''].join('\0'));
  });

  it('hands the environment on, with --env on top', async () => {
    const file = await guest('environment', printsStrings('environ'), '');
    const inherited = await lunatic(['--env', 'OWN=a=b', '--env', 'TAKEN=2', file], {
      env: { GIVEN: 'x y', TAKEN: '1' },
    });
    const variables = inherited.stdout.split('\0');
    for (const variable of ['GIVEN=x y', 'OWN=a=b', 'TAKEN=2']) assert.ok(variables.includes(variable), variable);
    assert.ok(!variables.includes('TAKEN=1'));
    const alone = await lunatic(['--clear-env', '--env', 'A=1', '--env', 'A=2', file]);
    assert.equal(alone.stdout, 'A=2\0');
  });

  it('takes options from LUNATIC_OPTIONS, and rather from the command line', async () => {
    const file = await guest('options', printsStrings('environ'), '');
    const env = { LUNATIC_OPTIONS: `--clear-env --env "A=b c" --max-fuel 1 --env 'D='` };
    const { code, stdout } = await lunatic(['--max-fuel', '100', '--env', 'D=e', file], { env });
    assert.equal(code, 0);
    assert.equal(stdout, 'A=b c\0D=e\0');
    assert.equal((await lunatic(['run', file], { env: { LUNATIC_OPTIONS: '--clear-env' } })).stdout, '');
  });

  it('lets others run while a process waits for input', async () => {
    const file = await guest(
      'reads',
      `(data (i32.const 100) "ticker") (data (i32.const 110) "tick\\n")
       (func (export "ticker") (call $sleep (i64.const 1)) (call $print (i32.const 110) (i32.const 5)))
       (func (export "_start")
         (drop (call $spawn (i32.const 100) (i32.const 6)))
         (loop $next
           (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 1024))
           (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
           (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (i32.const 5))))
           (call $print (i32.const 1024) (i32.load (i32.const 8)))
           (br $next)))`,
    );
    const child = start([file]);
    const end = finish(child);
    await printed(child, 'tick\n');
    child.stdin.write('one\n');
    await printed(child, 'one\n');
    child.stdin.end('two');
    assert.deepEqual(await end, { code: 5, signal: null, stdout: 'tick\none\ntwo', stderr: '' });
  });

  it('ends with the main process, whatever others do or wait for', async () => {
    const file = await guest(
      'abandons',
      `(data (i32.const 100) "loops") (data (i32.const 110) "reads") (data (i32.const 120) "waits")
       (func (export "loops") (loop $l (br $l)))
       (func (export "reads")
         (i32.store (i32.const 4) (i32.const 8))
         (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))))
       (func (export "waits") (call $sleep (i64.const 1000000)))
       (func (export "_start")
         (drop (call $spawn (i32.const 100) (i32.const 5)))
         (drop (call $spawn (i32.const 110) (i32.const 5)))
         (drop (call $spawn (i32.const 120) (i32.const 5)))
         (call $sleep (i64.const 30)))`,
    );
    // Its standard input stays open: nothing may wait for it.
    const child = start([file]);
    assert.deepEqual(await finish(child), { code: 0, signal: null, stdout: '', stderr: '' });
  });

  it('prints 100,000 lines complete and in order through a slow pipe', async () => {
    const file = await guest(
      'lines',
      `(func (export "_start") (local $i i32)
         (loop $next
           (call $print_number (local.get $i))
           (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
         unreachable)`,
    );
    const child = start([file]);
    const stderr: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    let stdout = '';
    for await (const chunk of child.stdout) {
      stdout += chunk;
      await setTimeout(5);
    }
    assert.equal(stdout, Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''));
    assert.match(Buffer.concat(stderr).toString(), /the main process failed: trap: unreachable/);
  });

  it('ends quietly when its reader goes away', async () => {
    const file = await guest(
      'endless',
      '(func (export "_start") (loop $next (call $print_number (i32.const 7)) (br $next)))',
    );
    const child = start([file]);
    const end = finish(child);
    await printed(child, '7\n');
    child.stdout.destroy();
    const { code, signal, stderr } = await end;
    // As after SIGPIPE, which a shell shows as 141.
    assert.deepEqual({ code, signal, stderr }, { code: 141, signal: null, stderr: '' });
  });

  it('fails when its output could not be written', async (t) => {
    const file = await guest('prints', '(func (export "_start") (call $print_number (i32.const 7)))');
    if (!existsSync('/dev/full')) return t.skip('this system has no /dev/full');
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, file], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.deepEqual({ status, stderr }, { status: 1, stderr: 'lunatic: cannot write standard output: ENOSPC\n' });
  });

  for (const [signal, expected] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends by ${signal}, beside endless loops`, async (t) => {
      const file = await guest(
        `loops_${signal}`,
        `(data (i32.const 100) "loops") (data (i32.const 110) "started\\n")
         (func $loops (export "loops") (loop $l (br $l)))
         (func (export "_start")
           ${'(drop (call $spawn (i32.const 100) (i32.const 5)))'.repeat(20)}
           (call $print (i32.const 110) (i32.const 8))
           (call $loops))`,
      );
      // With several threads the main process may be told of its end before the command is over.
      const child = start(['--workers', '4', file]);
      const end = finish(child);
      await printed(child, 'started\n');
      const sentMs = performance.now();
      child.kill(signal);
      const outcome = await end;
      const tookMs = performance.now() - sentMs;
      assert.deepEqual(outcome, { code: expected, signal: null, stdout: 'started\n', stderr: '' });
      t.diagnostic(`${tookMs.toFixed()} ms after ${signal}`);
    });
  }

  it('ends by SIGTERM when nobody reads what it prints', async (t) => {
    const file = await guest(
      'stuck',
      '(func (export "_start") (loop $l (call $print (i32.const 0) (i32.const 65536)) (br $l)))',
    );
    const child = start([file]);
    await new Promise<void>((resolve) => child.stdout.once('readable', resolve));
    // By then the pipe is full; if it were not, this would test less.
    await setTimeout(300);
    const sentMs = performance.now();
    child.kill('SIGTERM');
    const code = await new Promise((resolve) => child.once('exit', resolve));
    const tookMs = performance.now() - sentMs;
    child.stdout.destroy();
    assert.equal(code, 143);
    t.diagnostic(`${tookMs.toFixed()} ms after SIGTERM`);
  });
});
