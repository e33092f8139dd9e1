import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExitReason } from '../actor/exit_reason.ts';
import type { HostFunction } from '../engine/host_function.ts';
import { LinkError } from '../host/link.ts';
import { assemble } from '../wasm/test_modules.ts';
import type { Caller, CallerMemory } from './caller.ts';
import { asyncHostFunction, hostFunction } from './embedder_functions.ts';
import { createVm } from './vm.ts';

/** Runs `_start` of a module with these host functions; it exits with what it found. */
async function run(body: string, ...hostFunctions: HostFunction[]): Promise<ExitReason> {
  const vm = createVm({ hostFunctions });
  const module = vm.load(
    assemble(`(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      ${body.replace(/\(func \(export "_start"\)/, '(memory (export "memory") 1) (data (i32.const 8) "text") $&')})`),
  );
  const reason = await vm.spawn(module).exited;
  await vm.close();
  return reason;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('hostFunction', () => {
  it('gets and gives every type', async () => {
    const seen: unknown[] = [];
    const reason = await run(
      `(import "app" "mix" (func $mix (param i32 i64 f32 f64) (result i64)))
       (func (export "_start")
         (call $exit (i32.wrap_i64 (call $mix (i32.const -1) (i64.const -2) (f32.const 0.5) (f64.const 0.1)))))`,
      hostFunction({
        module: 'app',
        name: 'mix',
        params: ['i32', 'i64', 'f32', 'f64'],
        result: 'i64',
        call: (caller, a, b, c, d) => {
          seen.push(caller.pid, a, b, c, d);
          return b + 44n;
        },
      }),
    );
    assert.deepEqual(seen, [1, -1, -2n, 0.5, 0.1]);
    assert.deepEqual(reason, { kind: 'exit', code: 42 });
  });

  it('reads and writes the memory of the guest', async () => {
    const reason = await run(
      `(import "app" "upper" (func $upper (param i32 i32)))
       (func (export "_start") (call $upper (i32.const 8) (i32.const 4)) (call $exit (i32.load8_u (i32.const 9))))`,
      hostFunction({
        module: 'app',
        name: 'upper',
        params: ['i32', 'i32'],
        call: ({ memory }, at, length) => memory.write(at, Buffer.from(memory.readString(at, length).toUpperCase())),
      }),
    );
    assert.deepEqual(reason, { kind: 'exit', code: 'E'.charCodeAt(0) });
  });

  it('ends the caller with what it throws, traps on, or wrongly returns', async () => {
    const body = '(import "app" "f" (func $f (result i32))) (func (export "_start") (drop (call $f)))';
    const declare = (call: (caller: Caller) => number) =>
      hostFunction({ module: 'app', name: 'f', params: [], result: 'i32', call });
    const message = async (call: (caller: Caller) => number) => {
      const reason = await run(body, declare(call));
      assert.ok(reason.kind === 'trap');
      return reason.message;
    };
    assert.equal(
      await message(() => {
        throw new RangeError('too much');
      }),
      'host function app f: RangeError: too much',
    );
    assert.equal(await message((caller) => caller.trap('not today')), 'not today');
    assert.match(await message((caller) => caller.memory.readU32(65533)), /out of bounds/);
    // What untyped code can do.
    assert.equal(
      await message(() => 1n as unknown as number),
      'host function app f: TypeError: returned bigint where i32 was declared',
    );
    assert.equal(
      await message(() => undefined as unknown as number),
      'host function app f: TypeError: returned undefined where i32 was declared',
    );
  });

  it('ends the caller with what has no description, and nobody else', async () => {
    const revocable = Proxy.revocable({}, {});
    revocable.revoke();
    for (const thrown of [revocable.proxy, Object.create(null)]) {
      const fails = () => {
        throw thrown;
      };
      const declared = { module: 'app', name: 'f', params: [] } as const;
      const rejects = async () => fails();
      for (const declaration of [
        hostFunction({ ...declared, call: fails }),
        asyncHostFunction({ ...declared, start: fails, finish: () => {} }),
        asyncHostFunction({ ...declared, start: rejects, finish: () => {} }),
      ]) {
        const reason = await run('(import "app" "f" (func $f)) (func (export "_start") (call $f))', declaration);
        assert.ok(reason.kind === 'trap');
        assert.equal(reason.message, 'host function app f: something was thrown that has no description');
      }
    }
  });

  it('ends the caller with a WebAssembly error of its own too, which a guest cannot catch', async () => {
    const fails = hostFunction({
      module: 'app',
      name: 'f',
      params: [],
      call: () => {
        throw new WebAssembly.RuntimeError('in a module of the embedder');
      },
    });
    const reason = await run(
      `(import "app" "f" (func $f))
       (func $tries (try (do (call $f)) (catch_all)))
       (func (export "_start") (call $tries) (call $exit (i32.const 1)))`,
      fails,
    );
    assert.ok(reason.kind === 'trap');
    assert.equal(reason.message, 'host function app f: RuntimeError: in a module of the embedder');
  });

  it('may catch a trap: a later one of the guest has its own text', async () => {
    const tries = hostFunction({
      module: 'app',
      name: 'f',
      params: [],
      call: ({ memory }) => assert.throws(() => memory.readU32(-1), WebAssembly.RuntimeError),
    });
    const reason = await run('(import "app" "f" (func $f)) (func (export "_start") (call $f) unreachable)', tries);
    assert.ok(reason.kind === 'trap');
    assert.equal(reason.message, 'unreachable');
  });

  it('refuses declarations that are none', () => {
    const declared = { module: 'app', name: 'f', params: ['i32'], call: () => {} };
    const wrong: readonly [object, RegExp][] = [
      [{ module: 5 }, /strings, not number and string/],
      [{ name: undefined }, /strings, not string and undefined/],
      [{ params: 'i32' }, /params are an array/],
      [{ params: ['i33'] }, /i33 is none of i32, i64, f32, f64/],
      [{ result: 'u8' }, /u8 is none of/],
      [{ call: 'f' }, /call is a function, not string/],
    ];
    for (const [part, message] of wrong)
      assert.throws(() => hostFunction({ ...declared, ...part } as never), { name: 'TypeError', message });
    assert.throws(() => asyncHostFunction({ ...declared, start: async () => {} } as never), /finish is a function/);
  });

  it('refuses names of the VM, doubles, and other signatures at load', async () => {
    const declare = (module: string) => hostFunction({ module, name: 'f', params: [], call: () => {} });
    for (const module of ['lunatic', 'lunatic::process', 'wasi_snapshot_preview1'])
      assert.throws(() => declare(module), TypeError);
    assert.throws(() => createVm({ hostFunctions: [declare('a'), declare('a')] }), RangeError);
    const vm = createVm({ hostFunctions: [declare('a')] });
    assert.throws(() => vm.load(assemble('(module (import "a" "f" (func (param i32))))')), LinkError);
    await vm.close();
  });
});

describe('asyncHostFunction', () => {
  const body = `(import "app" "later" (func $later (param i32 i32) (result i32)))
    (func (export "_start") (call $exit (i32.add (call $later (i32.const 8) (i32.const 4)) (i32.load8_u (i32.const 8)))))`;

  it('makes the process wait, and finishes in it', async () => {
    let starts = 0;
    let signalOfCall: AbortSignal | undefined;
    const reason = await run(
      body,
      asyncHostFunction({
        module: 'app',
        name: 'later',
        params: ['i32', 'i32'],
        result: 'i32',
        start: async ({ memory }, signal, at, length) => {
          starts++;
          signalOfCall = signal;
          const text = memory.readString(at, length);
          await sleep(5);
          return text.length;
        },
        finish: ({ memory }, count, at) => {
          memory.writeU8(at, 10);
          return count;
        },
      }),
    );
    assert.equal(starts, 1);
    // The end of the process is nothing to a call that was answered.
    assert.equal(signalOfCall?.aborted, false);
    assert.deepEqual(reason, { kind: 'exit', code: 14 });
  });

  it('lets others run meanwhile', async () => {
    const answers: (() => void)[] = [];
    const vm = createVm({
      hostFunctions: [
        asyncHostFunction({
          module: 'app',
          name: 'wait',
          params: [],
          start: () => new Promise<void>((resolve) => answers.push(resolve)),
          finish: () => {},
        }),
      ],
    });
    const module = vm.load(
      assemble('(module (import "app" "wait" (func $wait)) (func (export "_start") (call $wait) (call $wait)))'),
    );
    const processes = Array.from({ length: 10 }, () => vm.spawn(module));
    for (let answered = 0; answered < 20; ) {
      await new Promise(setImmediate);
      for (const answer of answers.splice(0).reverse()) {
        answer();
        answered++;
      }
    }
    for (const process of processes) assert.deepEqual(await process.exited, { kind: 'normal' });
    await vm.close();
  });

  it('turns rejections, throws and late uses of the caller into traps', async () => {
    const message = async (start: (caller: Caller) => Promise<number>) => {
      const later = asyncHostFunction({
        module: 'app',
        name: 'later',
        params: ['i32', 'i32'],
        result: 'i32',
        start,
        finish: (_caller, value) => value,
      });
      const reason = await run(body, later);
      assert.ok(reason.kind === 'trap');
      return reason.message;
    };
    assert.equal(await message(() => Promise.reject(new Error('gone'))), 'host function app later: Error: gone');
    assert.equal(
      await message(() => {
        throw new Error('at once');
      }),
      'host function app later: Error: at once',
    );
    const late = async (caller: Caller) => {
      await sleep(1);
      return caller.memory.readU8(0);
    };
    assert.match(await message(late), /TypeError: the caller of host function app later is used after the call/);
    // By then the instance may hold another process.
    const lateWrite = async ({ memory }: { readonly memory: CallerMemory }) => {
      await sleep(1);
      memory.writeU8(0, 1);
      return 0;
    };
    assert.match(await message(lateWrite), /TypeError: the caller of host function app later is used after the call/);
  });

  it('drops a late answer, and aborts the signal, when the process has ended', async () => {
    let answer: (value: number) => void = () => {};
    let aborted = false;
    let finished = false;
    const begun = Promise.withResolvers<void>();
    const vm = createVm({
      hostFunctions: [
        asyncHostFunction({
          module: 'app',
          name: 'later',
          params: [],
          start: (_caller, signal) => {
            begun.resolve();
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return new Promise<number>((resolve) => {
              answer = resolve;
            });
          },
          finish: () => {
            finished = true;
          },
        }),
      ],
    });
    const module = vm.load(
      assemble('(module (import "app" "later" (func $later)) (func (export "_start") (call $later)))'),
    );
    const process = vm.spawn(module);
    await begun.promise;
    process.kill();
    assert.deepEqual(await process.exited, { kind: 'killed' });
    assert.ok(aborted);
    answer(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(finished, false);
    await vm.close();
  });
});
