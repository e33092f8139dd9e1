import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isMainThread, threadId } from 'node:worker_threads';
import type { ExitReason } from '../actor/exit_reason.ts';
import { createMessage } from '../actor/message.ts';
import type { Process } from '../actor/process.ts';
import { spawnFunction } from '../actor/ts_process.ts';
import type { LoadedModule } from '../engine/services.ts';
import { assemble } from '../wasm/test_modules.ts';
import { I64 } from '../wasm/types.ts';
import { asyncHostFunction, hostFunction } from './embedder_functions.ts';
import type { MainOutcome } from './node.ts';
import { encodeParameters } from './parameters.ts';
import { DEFAULT_PROCESS_CONFIG } from './process_config.ts';
import type { ProcessDescription } from './process_description.ts';
import { type StartedNode, type StartOptions, startNode } from './start_node.ts';
import { CapturedOutput, FixedInput } from './streams.ts';
import type { ThreadTransport } from './thread_transport.ts';
import { createVm } from './vm.ts';

const IMPORTS = `
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::process" "process_id" (func $self (result i64)))
  (import "lunatic::process" "exists" (func $exists (param i64) (result i32)))
  (import "lunatic::process" "kill" (func $kill (param i64)))
  (import "lunatic::process" "get_or_spawn" (func $get_or_spawn (param i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::registry" "put" (func $put (param i32 i32 i64 i64)))
  (import "lunatic::registry" "get" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "compile_module" (func $compile (param i32 i32 i32) (result i32)))
  (import "lunatic::process" "spawn" (func $spawn (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 256) "the nameidle")
  ;; Sends $value to $to, tagged 1.
  (func $tell (param $to i64) (param $value i64)
    (i64.store (i32.const 0) (local.get $value))
    (call $create (i64.const 1) (i64.const 8))
    (drop (call $write_data (i32.const 0) (i32.const 8)))
    (drop (call $send (local.get $to))))
  ;; The number in the next message.
  (func $hear (result i64)
    (if (call $receive (i32.const 0) (i32.const 0) (i64.const -1)) (then unreachable))
    (drop (call $read_data (i32.const 0) (i32.const 8)))
    (i64.load (i32.const 0)))
  (func (export "_start"))
  (func (export "idle") (drop (call $hear)))`;

/** A node with its other threads running, on the first of which `there` starts processes. */
class Threads {
  readonly started: StartedNode;
  readonly output = new CapturedOutput();
  readonly failures: [ProcessDescription, ExitReason][] = [];
  readonly #exits = new Map<number, Promise<ExitReason>>();

  constructor(options: Partial<StartOptions> = {}) {
    this.started = startNode({ output: this.output, input: new FixedInput(''), workers: 2, ...options });
    const { node } = this.started;
    node.onProcessEnd = (_, reason, describe) => {
      if (reason.kind !== 'normal') this.failures.push([describe(), reason]);
    };
  }

  get node() {
    return this.started.node;
  }

  /** Loads a module, with one process of it run here, and waits for the threads. */
  async load(fields: string, imports = IMPORTS): Promise<LoadedModule> {
    const module = this.node.load(assemble(`(module ${imports} ${fields})`), 'guest');
    this.started.pool?.start();
    const transport = this.node.system.remote?.transport as ThreadTransport; // startNode has made it
    while (!transport.isUp(1)) await setTimeout(1);
    await this.exit(this.spawn(module, '_start', [], 0));
    return module;
  }

  spawn(module: LoadedModule, name: string, args: readonly bigint[] = [], worker = 1): number {
    const { engine } = this.node;
    engine.placement = () => worker;
    const params = encodeParameters(
      name,
      args.map(() => I64),
      args,
    );
    const entry = { kind: 'export', name } as const;
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    const pid = engine.spawn({ module, config: DEFAULT_PROCESS_CONFIG, entry, params, link: null, onExit: resolve });
    assert.ok(typeof pid === 'number');
    this.#exits.set(pid, promise);
    if (worker !== 0) assert.equal(this.node.system.exists(pid), false, 'it is elsewhere');
    return pid;
  }

  exit(pid: number): Promise<ExitReason> {
    return this.#exits.get(pid) ?? this.node.system.waitExit(pid);
  }

  close(): Promise<void> {
    return this.started.close();
  }
}

async function withThreads(options: Partial<StartOptions>, run: (threads: Threads) => Promise<void>): Promise<void> {
  const threads = new Threads(options);
  try {
    await run(threads);
  } finally {
    await threads.close();
  }
}

describe('a VM of several threads', () => {
  it('prints in the order of cause and effect', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load(`
        (data (i32.const 512) "ping\\0apong\\0a")
        (func $print (param $text i32)
          (i32.store (i32.const 16) (local.get $text)) (i32.store (i32.const 20) (i32.const 5))
          (if (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24)) (then unreachable)))
        (func (export "ping") (param $to i64) (local $n i32)
          (loop $next
            (call $print (i32.const 512))
            (call $tell (local.get $to) (call $self))
            (drop (call $hear))
            (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100)))))
        (func (export "pong") (local $to i64)
          (loop $next
            (local.set $to (call $hear))
            (call $print (i32.const 517))
            (call $tell (local.get $to) (i64.const 0))
            (br $next)))`);
      const pong = threads.spawn(module, 'pong', [], 0);
      const ping = threads.spawn(module, 'ping', [BigInt(pong)]);
      assert.deepEqual(await threads.exit(ping), { kind: 'normal' });
      assert.equal(threads.output.text(1), 'ping\npong\n'.repeat(100));
    });
  });

  it('gives standard input to a process of another thread', async () => {
    await withThreads({ input: new FixedInput('42 is what there was') }, async (threads) => {
      const module = await threads.load(`
        (func (export "read")
          (i32.store (i32.const 16) (i32.const 64)) (i32.store (i32.const 20) (i32.const 2))
          (if (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)) (then unreachable))
          (call $exit (i32.load16_u (i32.const 64))))`);
      assert.deepEqual(await threads.exit(threads.spawn(module, 'read')), {
        kind: 'exit',
        code: '4'.charCodeAt(0) + 256 * '2'.charCodeAt(0),
      });
    });
  });

  it("calls the embedder's functions on the embedder's thread, and the module's on every thread", async () => {
    const calls: boolean[] = [];
    const own = [
      hostFunction({
        module: 'app',
        name: 'upper',
        params: ['i32'],
        call: ({ memory }, at) => {
          calls.push(isMainThread);
          memory.writeU8(at, memory.readU8(at) - 32);
        },
      }),
      asyncHostFunction({
        module: 'app',
        name: 'later',
        params: [],
        result: 'i32',
        start: async () => {
          await setTimeout(5);
          return threadId;
        },
        finish: (_, id) => id,
      }),
    ];
    const hostModule = new URL('./test_host_module.ts', import.meta.url).href;
    await withThreads({ hostFunctions: own, hostModule }, async (threads) => {
      const module = await threads.load(
        `(data (i32.const 600) "a")
        (func (export "embedder")
          (call $upper (i32.const 600))
          (call $exit (i32.add (i32.load8_u (i32.const 600)) (i32.mul (i32.const 1000) (call $app_later)))))
        (func (export "module") (call $exit (call $thread)))
        (func (export "module_later") (call $exit (call $thread_later)))`,
        `(import "app" "upper" (func $upper (param i32))) (import "app" "later" (func $app_later (result i32)))
        (import "test" "thread" (func $thread (result i32))) (import "test" "thread_later" (func $thread_later (result i32)))
        ${IMPORTS}`,
      );
      assert.deepEqual(await threads.exit(threads.spawn(module, 'embedder')), {
        kind: 'exit',
        code: 65 + 1000 * threadId,
      });
      assert.deepEqual(calls, [true]);
      for (const name of ['module', 'module_later']) {
        const reason = await threads.exit(threads.spawn(module, name));
        assert.ok(reason.kind === 'exit' && reason.code !== threadId, `${name}: ${JSON.stringify(reason)}`);
      }
    });
  });

  it('agrees about names and existence from every thread', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load(`
        ;; Exits with 1 + the result of get_or_spawn, if the process it names exists, is not found after its end, and gives its name back.
        (func (export "name") (local $outcome i32) (local $pid i64)
          (local.set $outcome (call $get_or_spawn (i32.const 256) (i32.const 8) (i64.const 0) (i64.const -1) (i64.const -1)
            (i32.const 264) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 32) (i32.const 40)))
          (local.set $pid (i64.load (i32.const 40)))
          (if (i32.eqz (call $exists (local.get $pid))) (then unreachable))
          (if (call $get (i32.const 256) (i32.const 8) (i32.const 32) (i32.const 48)) (then unreachable))
          (if (i64.ne (i64.load (i32.const 48)) (local.get $pid)) (then unreachable))
          (call $put (i32.const 256) (i32.const 3) (i64.const -1) (call $self))
          (if (call $get (i32.const 256) (i32.const 3) (i32.const 32) (i32.const 48)) (then unreachable))
          (if (i64.ne (i64.load (i32.const 48)) (call $self)) (then unreachable))
          (call $exit (i32.add (i32.const 1) (local.get $outcome))))
        (func (export "end") (param $pid i64)
          (call $kill (local.get $pid))
          (if (call $exists (local.get $pid)) (then unreachable))
          (if (i32.eqz (call $get (i32.const 256) (i32.const 8) (i32.const 32) (i32.const 48))) (then unreachable))
          (call $put (i32.const 256) (i32.const 8) (i64.const -1) (local.get $pid))
          (if (i32.eqz (call $get (i32.const 256) (i32.const 8) (i32.const 32) (i32.const 48))) (then unreachable)))`);
      assert.deepEqual(await threads.exit(threads.spawn(module, 'name')), { kind: 'exit', code: 1 });
      assert.deepEqual(await threads.exit(threads.spawn(module, 'name')), { kind: 'exit', code: 3 });
      assert.deepEqual(await threads.exit(threads.spawn(module, 'name', [], 0)), { kind: 'exit', code: 3 });
      const pid = threads.node.system.registry.get('the name')?.pid ?? 0;
      assert.deepEqual(await threads.exit(threads.spawn(module, 'end', [BigInt(pid)])), { kind: 'normal' });
      assert.equal(threads.node.system.registry.size, 0);
      // Named by the main thread, at home elsewhere.
      const other = threads.spawn(module, 'idle');
      threads.node.system.registry.put('the name', 0, other);
      while (threads.node.system.registry.get('the name') === null) await setTimeout(1);
      assert.deepEqual(await threads.exit(threads.spawn(module, 'end', [BigInt(other)], 0)), { kind: 'normal' });
      assert.equal(threads.node.system.registry.size, 0);
    });
  });

  it('compiles modules on any thread, and spawns from them', async () => {
    await withThreads({}, async (threads) => {
      const child = assemble('(module (func (export "_start") (loop $l (br_if $l (i32.const 0)))))');
      const bytes = [...child].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
      const module = await threads.load(`
        (data (i32.const 1024) "${bytes}") (data (i32.const 900) "_start")
        (func (export "compile")
          (if (call $compile (i32.const 1024) (i32.const ${child.length}) (i32.const 32)) (then unreachable))
          (if (call $spawn (i64.const 5) (i64.const -1) (i64.load (i32.const 32)) (i32.const 900) (i32.const 6)
            (i32.const 0) (i32.const 0) (i32.const 40)) (then unreachable)))`);
      assert.deepEqual(await threads.exit(threads.spawn(module, 'compile')), { kind: 'normal' });
    });
  });

  it('tells of failures of every thread, with the stack', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load('(func $inner unreachable) (func (export "traps") (call $inner))');
      const pid = threads.spawn(module, 'traps');
      const reason = await threads.exit(pid);
      assert.ok(reason.kind === 'trap' && /inner/.test(reason.stack ?? ''), JSON.stringify(reason));
      assert.deepEqual(threads.failures, [[{ pid, moduleName: 'guest', names: [], waitsFor: null }, reason]]);
    });
  });

  it('bounds processes over all threads', async () => {
    await withThreads({ limits: { maxProcesses: 20 } }, async (threads) => {
      const module = await threads.load('');
      for (let k = 0; k < 20; k++) threads.spawn(module, 'idle', [], k % 2);
      assert.equal(threads.node.system.processCount, 20);
      for (const worker of [0, 1]) {
        threads.node.engine.placement = () => worker;
        const entry = { kind: 'export', name: 'idle' } as const;
        const refused = threads.node.engine.spawn({
          module,
          config: DEFAULT_PROCESS_CONFIG,
          entry,
          params: new Uint8Array(0),
          link: null,
        });
        assert.match(String(refused), /the limit of 20 processes/);
      }
    });
  });

  it('and says so when a worker is refused because others keep permits', async () => {
    await withThreads({ limits: { maxProcesses: 1_000 } }, async (threads) => {
      const module = await threads.load('');
      const link = { parent: threads.node.system.find(threads.spawn(module, 'idle', [], 0)) as Process, tag: 1n };
      threads.node.engine.placement = (): number => 0;
      const entry = { kind: 'export', name: 'idle' } as const;
      const spawn = (): number | string =>
        threads.node.engine.spawn({ module, config: DEFAULT_PROCESS_CONFIG, entry, params: new Uint8Array(0), link });
      // The other worker begins one, and keeps what it has taken besides.
      threads.spawn(module, 'idle', [], 1);
      let refused = spawn();
      for (let k = 0; k < 1_000 && typeof refused === 'number'; k++) refused = spawn();
      assert.equal(refused, 'the limit of 1000 processes is reached');
      assert.ok(threads.node.system.processCount > 1_000 - 1_000 / 32);
    });
  });

  it('the event loop is held for what a process does that the embedder has sent something to', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--conditions=lunatic-source', path.join(import.meta.dirname, 'test_embedder.ts')],
      { encoding: 'utf8', timeout: 60_000 },
    );
    assert.deepEqual([stdout, status], ['normal\n', 0], stderr);
  });

  it('tells why a process ended, also if that was before its spawner went on', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load('(func (export "ends") (call $exit (i32.const 5)))');
      for (let round = 0; round < 20; round++) {
        const pid = threads.spawn(module, 'ends');
        const goesOnMs = performance.now() + 3;
        while (performance.now() < goesOnMs);
        assert.deepEqual(await threads.exit(pid), { kind: 'exit', code: 5 });
      }
    });
  });

  it('sees when every process of every thread waits for ever', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load('(func (export "main") (drop (call $hear)))');
      const outcome = threads.node.runMain(module, DEFAULT_PROCESS_CONFIG, 'main');
      const other = threads.spawn(module, 'idle');
      const ended = await outcome;
      assert.ok(ended.kind === 'deadlock', JSON.stringify(ended));
      assert.equal(ended.count, 2);
      assert.ok(ended.waiting.some(({ pid, waitsFor }) => pid === other && waitsFor === 'a message'));
    });
  });

  it('ends beside endless loops on every thread', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load('(func (export "loops") (loop $l (br $l)))');
      for (let k = 0; k < 6; k++) threads.spawn(module, 'loops', [], k % 2);
      await setTimeout(20);
      const start = performance.now();
      await threads.close();
      assert.ok(performance.now() - start < 10_000);
    });
  });

  it('ends as a whole, and says why, when a thread ends by itself', async () => {
    const hostModule = new URL('./test_host_module.ts', import.meta.url).href;
    await withThreads({ hostModule }, async (threads) => {
      const module = await threads.load(
        '(func (export "main") (drop (call $hear))) (func (export "ends") (call $end_thread))',
        `(import "test" "end_thread" (func $end_thread)) ${IMPORTS}`,
      );
      const outcome: Promise<MainOutcome> = threads.node.runMain(module, DEFAULT_PROCESS_CONFIG, 'main');
      threads.spawn(module, 'ends');
      const others = [threads.exit(threads.spawn(module, 'ends')), threads.exit(threads.spawn(module, 'main', [], 0))];
      const ended = await outcome;
      for (const reason of await Promise.all(others)) assert.equal(reason.kind, 'error');
      assert.ok(ended.kind === 'crashed', JSON.stringify(ended));
      assert.match(ended.error.message, /worker 1 of the VM has ended/);
    });
  });

  it('carries messages of every size', async () => {
    await withThreads({}, async (threads) => {
      const module = await threads.load(`
        (func (export "echo") (param $to i64)
          (loop $next
            (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
            (drop (call $send (local.get $to)))
            (br $next)))`);
      const { system } = threads.node;
      const sizes = [0, 1, 8, 100, 5_000, 70_000, 600_000, 3_000_000, 40_000_000];
      const got: number[] = [];
      const mailbox = spawnFunction(system, async (self) => {
        while (got.length < sizes.length) {
          const received = await self.receive();
          assert.ok(received?.kind === 'data');
          assert.ok(received.bytes.every((byte, at) => byte === (at * 7) % 251));
          got.push(received.bytes.length);
        }
      });
      assert.ok(mailbox !== null);
      const echo = threads.spawn(module, 'echo', [BigInt(mailbox.pid)]);
      for (const size of sizes) {
        const message = createMessage();
        message.append(new Uint8Array(size).map((_, at) => (at * 7) % 251));
        system.send(echo, message);
      }
      assert.deepEqual(await threads.exit(mailbox.pid), { kind: 'normal' });
      assert.deepEqual(got, sizes);
    });
  });

  it('refuses what threads cannot share, and numbers of threads that are none', () => {
    for (const workers of [0, -1, 1.5, 65, Number.NaN]) assert.throws(() => createVm({ workers }), RangeError);
    const random = { fill: () => {}, nextU32: () => 0 };
    assert.throws(() => createVm({ workers: 2, random }), TypeError);
    const load = (file: string) => () => createVm({ hostModule: new URL(file, import.meta.url) });
    assert.throws(load('./limits.ts'), /does not export an array of host functions/);
    assert.throws(load('../wasm/test_modules.ts'), /TypeError: .*top-level await/);
    assert.throws(load('./nothing.ts'), /Cannot find module/);
  });
});
