import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ExitReason } from '../actor/exit_reason.ts';
import { ProcessEndedError } from '../actor/ts_process.ts';
import { LinkError } from '../host/link.ts';
import { WasmError } from '../wasm/error.ts';
import { assemble } from '../wasm/test_modules.ts';
import type { ProcessDescription } from './process_description.ts';
import { CapturedOutput, FixedInput, OutputToFunctions } from './streams.ts';
import { createVm, SpawnError, type VmOptions } from './vm.ts';

const ECHO = assemble(`(module
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (memory (export "memory") 1)
  ;; Sends every message back to where the argument says.
  (func (export "echo") (param $to i64)
    (loop $next
      (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (drop (call $send (local.get $to)))
      (br $next))))`);

const VALUES = assemble(`(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "sum") (param i32 i64 f32 f64)
    (call $exit (i32.add
      (i32.add (local.get 0) (i32.wrap_i64 (local.get 1)))
      (i32.add (i32.trunc_f32_s (local.get 2)) (i32.trunc_f64_s (local.get 3))))))
  (func (export "vector") (param v128) (call $exit (i32x4.extract_lane 3 (local.get 0))))
  (func (export "gives") (result i32) (i32.const 1))
  (func (export "_start"))
  (func (export "traps") unreachable)
  (func (export "loops") (loop $l (br $l))))`);

const CAT = assemble(`(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $next
      (i32.store (i32.const 0) (i32.const 64))
      (i32.store (i32.const 4) (i32.const 5))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br_if $next (i32.load (i32.const 8))))))`);

async function withVm(options: VmOptions, run: (vm: ReturnType<typeof createVm>) => Promise<void>): Promise<void> {
  const vm = createVm(options);
  try {
    await run(vm);
  } finally {
    await vm.close();
  }
}

describe('Vm', () => {
  it('starts a process with arguments of every type', async () => {
    await withVm({}, async (vm) => {
      const module = vm.load(VALUES);
      const process = vm.spawn(module, { entry: 'sum', arguments: [-1, 2n ** 63n + 10n, 1.5, 32.9] });
      assert.deepEqual(await process.exited, { kind: 'exit', code: 42 });
      assert.equal(process.isAlive, false);
      const lanes = new Uint8Array(16);
      lanes[12] = 7;
      assert.deepEqual(await vm.spawn(module, { entry: 'vector', arguments: [lanes] }).exited, {
        kind: 'exit',
        code: 7,
      });
      assert.deepEqual(await vm.spawn(module).exited, { kind: 'normal' });
    });
  });

  it('refuses arguments that do not fit, and entries that are none', async () => {
    await withVm({}, async (vm) => {
      const module = vm.load(VALUES, 'values');
      const spawn = (entry: string, ...args: (number | bigint)[]) => vm.spawn(module, { entry, arguments: args });
      assert.throws(() => spawn('sum', 1), /TypeError: values sum takes 4 arguments \(i32, i64, f32, f64\), not 1/);
      assert.throws(() => spawn('sum', 1, 2, 3, 4), /TypeError: argument 1 of values sum must be a bigint \(i64\)/);
      assert.throws(
        () => spawn('sum', 2 ** 32, 2n, 3, 4),
        /RangeError: argument 0 of values sum: 4294967296 is no i32/,
      );
      assert.throws(() => spawn('sum', 0, 2n ** 64n, 3, 4), /RangeError: argument 1 of values sum: \d+ is no i64/);
      assert.throws(() => spawn('nothing'), /TypeError: values nothing: there is no exported function/);
      assert.throws(() => spawn('gives'), /TypeError: values gives returns values/);
      assert.equal(vm.processCount, 0);
    });
  });

  it('talks with a guest through a mailbox', async () => {
    await withVm({}, async (vm) => {
      const mailbox = await vm.openMailbox();
      const echo = vm.spawn(vm.load(ECHO), { entry: 'echo', arguments: [BigInt(mailbox.pid)] });
      assert.ok(echo.send(new Uint8Array([1, 2, 3]), { tag: 5n }));
      assert.ok(vm.send(echo.pid, new Uint8Array([4]), { tag: 6n }));
      const second = await mailbox.receive({ tags: [6n], timeoutMs: 10_000 });
      assert.deepEqual(second, { kind: 'data', tag: 6n, bytes: new Uint8Array([4]), resources: [] });
      const first = await mailbox.receive();
      assert.ok(first?.kind === 'data' && first.tag === 5n);
      assert.equal(await mailbox.receive({ timeoutMs: 1 }), null);
      const ref = mailbox.monitor(echo.pid);
      mailbox.link(echo.pid, 9n);
      echo.kill();
      assert.deepEqual(await echo.exited, { kind: 'killed' });
      const reason: ExitReason = { kind: 'killed' };
      const notices = [await mailbox.receive(), await mailbox.receive()];
      assert.deepEqual(new Set(notices.map((notice) => notice?.kind)), new Set(['link-died', 'process-died']));
      for (const notice of notices) {
        if (notice?.kind === 'process-died')
          assert.deepEqual(notice, { kind: 'process-died', pid: echo.pid, reason, ref });
      }
      assert.equal(echo.send(new Uint8Array(1)), false);
    });
  });

  it('runs TypeScript processes in the same id space', async () => {
    await withVm({}, async (vm) => {
      const module = vm.load(ECHO);
      const client = vm.spawnFunction(async (self) => {
        const echo = vm.spawn(module, { entry: 'echo', arguments: [BigInt(self.pid)] });
        assert.ok(echo.pid > self.pid);
        self.send(echo.pid, new Uint8Array([7]));
        const answer = await self.receive();
        assert.ok(answer?.kind === 'data' && answer.bytes[0] === 7);
        self.kill(echo.pid);
      });
      assert.deepEqual(await client.exited, { kind: 'normal' });
      const failing = vm.spawnFunction(() => Promise.reject(new RangeError('no')));
      const reason = await failing.exited;
      assert.ok(reason.kind === 'error' && reason.message === 'RangeError: no');
    });
  });

  it('names processes', async () => {
    await withVm({}, async (vm) => {
      const mailbox = await vm.openMailbox();
      assert.ok(vm.register('me', mailbox.pid));
      assert.equal(vm.whereIs('me'), mailbox.pid);
      mailbox.close();
      await new Promise(setImmediate);
      assert.equal(vm.whereIs('me'), null);
      assert.equal(vm.isAlive(mailbox.pid), false);
    });
  });

  it('keeps limits: processes, memory, fuel', async () => {
    await withVm({ limits: { maxProcesses: 1 } }, async (vm) => {
      const module = vm.load(VALUES);
      const endless = vm.spawn(module, { entry: 'loops', maxFuel: 5 });
      assert.throws(() => vm.spawn(module), SpawnError);
      assert.throws(() => vm.spawnFunction(() => {}), SpawnError);
      assert.deepEqual(await endless.exited, { kind: 'limit', limit: 'fuel' });
      assert.throws(
        () => vm.spawn(vm.load(ECHO), { entry: 'echo', arguments: [0n], maxMemoryBytes: 1000 }),
        SpawnError,
      );
    });
  });

  it('refuses limits and options that would be none, or not what they say', async () => {
    for (const value of [Number.NaN, -1, '3', undefined]) {
      assert.throws(() => createVm({ limits: { maxProcesses: value as number } }), RangeError, `${value}`);
    }
    assert.throws(() => createVm({ limits: { maxProceses: 3 } as object }), /no limit called maxProceses/);
    await withVm({}, async (vm) => {
      const module = vm.load(VALUES);
      for (const value of [Number.NaN, -1, 1.5, '3' as never]) {
        assert.throws(() => vm.spawn(module, { maxFuel: value }), RangeError, `${value}`);
        assert.throws(() => vm.spawn(module, { maxMemoryBytes: value }), RangeError, `${value}`);
      }
      assert.throws(() => vm.spawn(module, { args: ['a\0b'] }), TypeError);
      for (const options of [{ args: 'a' }, { env: {} }, { preopens: null }, { canSpawnProcesses: 0 }])
        assert.throws(() => vm.spawn(module, options as never), TypeError, Object.keys(options).join());
      for (const variable of [
        ['', 'a'],
        ['a=b', 'c'],
        ['a', 'b\0'],
        ['a', 5 as never],
      ] as const) {
        assert.throws(() => vm.spawn(module, { env: [variable] }), TypeError, variable.join());
      }
      assert.equal(vm.processCount, 0);
    });
  });

  it('refuses the modules of another VM, and what is no bytes', async () => {
    await withVm({}, async (vm) => {
      await withVm({}, async (other) => {
        const module = other.load(VALUES);
        assert.throws(() => vm.spawn(module), /not loaded by this VM/);
      });
      for (const value of ['abc', null, new ArrayBuffer(8), [0, 97, 115, 109]]) {
        assert.throws(() => vm.load(value as never), TypeError);
      }
    });
  });

  it('refuses bodies, names, tags and resources of the wrong type', async () => {
    await withVm({}, async (vm) => {
      const { pid } = await vm.openMailbox();
      const bytes = new Uint8Array(1);
      assert.throws(() => vm.spawnFunction('run' as never), /the body of a process is a function, not string/);
      assert.throws(() => vm.register(5 as never, pid), /a name is a string, not number/);
      assert.throws(() => vm.send(pid, bytes, { tag: 7 as never }), /a tag is a bigint, not the number 7/);
      for (const resources of [[5], [null], [{}]])
        assert.throws(() => vm.send(pid, bytes, { resources: resources as never }), /objects with a kind/);
    });
  });

  it('tells of failures, with who it was', async () => {
    const failures: [ProcessDescription, ExitReason][] = [];
    await withVm({ onFailure: (process, reason) => failures.push([process, reason]) }, async (vm) => {
      const module = vm.load(VALUES, 'values');
      const failing = vm.spawn(module, { entry: 'traps' });
      vm.register('it', failing.pid);
      await failing.exited;
      await vm.spawn(module).exited;
      assert.equal(failures.length, 1);
      const [process, reason] = failures[0] as [ProcessDescription, ExitReason];
      assert.deepEqual(process, { pid: failing.pid, moduleName: 'values', names: ['it'], waitsFor: null });
      assert.ok(reason.kind === 'trap' && reason.message === 'unreachable');
    });
  });

  it('reads and prints where it is told to', async () => {
    const output = new CapturedOutput();
    await withVm({ output, input: new FixedInput('hello, world') }, async (vm) => {
      await vm.spawn(vm.load(CAT)).exited;
    });
    assert.equal(output.text(1), 'hello, world');
    assert.equal(output.text(2), 'hello, world');
    const chunks: string[] = [];
    const functions = new OutputToFunctions(
      (bytes) => chunks.push(`1 ${Buffer.from(bytes)}`),
      (bytes) => chunks.push(`2 ${Buffer.from(bytes)}`),
    );
    await withVm({ output: functions, input: new FixedInput('abc') }, async (vm) => {
      await vm.spawn(vm.load(CAT)).exited;
    });
    assert.deepEqual(
      chunks.filter((chunk) => chunk.length > 2),
      ['1 abc', '2 abc'],
    );
  });

  it('refuses what is no module, and imports that are not served', async () => {
    await withVm({}, async (vm) => {
      assert.throws(() => vm.load(new Uint8Array([1, 2, 3])), WasmError);
      assert.throws(() => vm.load(assemble('(module (import "a" "b" (func)))')), LinkError);
    });
  });

  it('close ends everything, rejects what is awaited, and refuses more', async () => {
    const vm = createVm();
    const module = vm.load(VALUES);
    const endless = vm.spawn(module, { entry: 'loops' });
    const mailbox = await vm.openMailbox();
    const receiving = assert.rejects(mailbox.receive(), ProcessEndedError);
    let cleanedUp = false;
    const waiting = Promise.withResolvers<void>();
    vm.spawnFunction(async (self) => {
      try {
        const received = self.receive();
        waiting.resolve();
        await received;
      } finally {
        cleanedUp = true;
      }
    });
    await waiting.promise;
    await vm.close();
    await receiving;
    assert.deepEqual(await endless.exited, { kind: 'shutdown' });
    assert.equal(vm.processCount, 0);
    assert.ok(cleanedUp);
    assert.throws(() => vm.spawn(module), /the VM is closed/);
    assert.throws(() => vm.send(1, new Uint8Array(0)), /the VM is closed/);
    await vm.close();
  });

  it('holds the program neither while all wait nor after close', async () => {
    const program = `
      import { createVm } from '${fileURLToPath(new URL('./vm.ts', import.meta.url))}';
      const idle = createVm();
      idle.spawnFunction(async (self) => { await self.receive(); });
      const closed = createVm();
      closed.spawnFunction(async (self) => { await self.sleep(1_000_000); });
      await new Promise(setImmediate);
      await closed.close();
      console.log('end');`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      timeout: 60_000,
    });
    assert.equal(stdout, 'end\n');
  });
});
