// Functions near V8's bounds: rewritten in time linear in their size, valid, and the same with a stop at every resume point.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMsOf } from '../../packages/lunatic/src/base/test_cpu_time.ts';
import { type TransformResult, transform } from '../../packages/lunatic/src/transform/transform.ts';
import { WasmError } from '../../packages/lunatic/src/wasm/error.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import { I32, I64 } from '../../packages/lunatic/src/wasm/types.ts';
import { makeHost, mayStop } from '../fuzz/host.ts';
import type { Adapter } from '../spec/adapter.ts';
import { PlainAdapter } from '../spec/plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter } from '../spec/rewritten_adapter.ts';
import type { Value } from '../spec/values.ts';
import { loadParser } from '../spec/wat.ts';
import { assembleFlat, type FlatFunction } from './flat_code.ts';

const IMPORTS = `
  (import "fuzzing-support" "log-i32" (func $log (param i32)))
  (import "fuzzing-support" "sleep" (func $sleep (param i32 i32) (result i32)))`;

/** What the rewrite adds to a module of any size. */
const INJECTED_BYTES = 4_096;

/** The rewrite of a module may take this much processor time, whatever V8 accepts, and a second per megabyte. */
const BASE_MS = 3_000;

async function assemble(body: string): Promise<Uint8Array<ArrayBuffer>> {
  // A parser of its own each time: one that has run out of memory fails at whatever comes next.
  const parser = await loadParser();
  return parser.parse(`(module ${IMPORTS} ${body})`);
}

function rewrite(bytes: Uint8Array): TransformResult {
  let result: TransformResult | undefined;
  const cpuMs = cpuMsOf(() => {
    result = transform(bytes, { stops: mayStop, tracked: true, tableEntries: [] });
  });
  assert.ok(result !== undefined);
  assert.ok(cpuMs < BASE_MS + bytes.length / 1_000, `${bytes.length} bytes took ${cpuMs.toFixed()} ms`);
  return result;
}

async function call(bytes: Uint8Array<ArrayBuffer>, adapter: Adapter, args: readonly Value[]): Promise<string> {
  const { imports, log } = await makeHost(decodeModule(bytes), adapter.hostCalled);
  const outcome = adapter.instantiate(bytes, imports).invoke('f', args);
  const print = (_key: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value);
  return `${JSON.stringify(outcome, print)} ${Buffer.from(log.buffer).toString('latin1').replace(/\0+$/, '')}`;
}

/** Compares calls of export `f` with plain V8; returns what the rewrite made of the module. */
async function check(
  module: string | FlatFunction,
  args: readonly number[] = [],
  maxGrowth = 12,
): Promise<TransformResult> {
  const bytes = typeof module === 'string' ? await assemble(module) : assembleFlat(module);
  const result = rewrite(bytes);
  assert.ok(
    result.bytes.length < maxGrowth * bytes.length + INJECTED_BYTES,
    `${bytes.length} bytes became ${result.bytes.length}`,
  );
  const values = args.map((arg): Value => ({ type: 'i32', bits: BigInt(arg) }));
  const expected = await call(bytes, new PlainAdapter(), values);
  for (const policy of [NEVER, EVERY]) {
    for (const tracked of [false, true]) {
      const adapter = new RewrittenAdapter({ policy, tracked, dense: false, stops: mayStop });
      assert.equal(await call(bytes, adapter, values), expected, adapter.name);
    }
  }
  return result;
}

const times = (count: number, code: (k: number) => string): string =>
  Array.from({ length: count }, (_, k) => code(k)).join('\n');

test('49,000 locals, few of them alive', async () => {
  await check(`(func (export "f") (result i32) (local ${'i64 '.repeat(49_000)}) (local.set 48999 (i64.const 5))
    (call $log (i32.const 1)) (loop (br_if 0 (call $sleep (i32.const 0) (i32.const 0)))) (i32.wrap_i64 (local.get 48999)))`);
});

test('as many locals as V8 takes leave no room: refused', async () => {
  const bytes = await assemble(`(func (export "f") (local ${'i64 '.repeat(50_000)}) (loop (call $log (i32.const 1))))`);
  assert.throws(
    () => transform(bytes, { stops: mayStop, tracked: false, tableEntries: [] }),
    (error) => {
      assert.ok(error instanceof WasmError);
      assert.match(error.message, /unsupported: too many locals in a function that may stop/);
      return true;
    },
  );
});

test('5,000 calls in a sequence, with operands and locals alive', async () => {
  await check(`(func (export "f") (result i32) (local ${'i32 '.repeat(50)})
    ${times(50, (k) => `(local.set ${k} (i32.const ${k}))`)}
    (i32.const 0)
    ${times(5_000, (k) => `(i32.add (call $sleep (i32.const 0) (i32.const ${k}))) (local.set ${k % 50} (i32.add (local.get ${k % 50}) (i32.const 1)))`)}
    ${times(50, (k) => `(i32.add (local.get ${k}))`)})`);
});

test('control frames nested 1,400 deep, with points at every level', async () => {
  const depth = 1_400;
  const open = times(depth, (k) => `block (result i32) i32.const ${k} call $log`);
  const close = times(depth, () => 'i32.const 1 i32.add end');
  await check({ type: { params: [], results: [I32] }, code: `${open} i32.const 0 ${close}` });
  const ifs = times(depth, () => 'local.get 0 if (result i32) i32.const 2 call $log');
  const elses = times(depth, () => 'else i32.const 5 end');
  await check({ type: { params: [I32], results: [I32] }, code: `${ifs} i32.const 0 ${elses}` }, [1]);
});

test('loops nested 60 deep', async () => {
  const depth = 60;
  const turn = (k: number): string =>
    `local.get ${k} i32.const 1 i32.add local.tee ${k} i32.const ${k < 6 ? 2 : 1} i32.lt_u br_if 0 end`;
  const code = `${times(depth, (k) => `i32.const 0 local.set ${k} loop`)} i32.const 1 call $log ${times(depth, (k) => turn(depth - 1 - k))}`;
  await check({ locals: [{ count: depth, type: I32 }], code }, [], 40);
});

test('loops nested 1,000 deep grow the output by a bounded factor', async () => {
  const depth = 1_000;
  for (const type of ['', '(param i64) (result i64)']) {
    const code = `${times(depth, () => `loop ${type}`)} i32.const 1 call $log ${times(depth, () => 'i32.const 0 br_if 0 end')}`;
    await check({ code: type === '' ? code : `i64.const 1 ${code} drop` }, [], 40);
  }
});

test('a br_table with 10,000 targets, each a block with a call behind it', async () => {
  const count = 10_000;
  const blocks = times(count, () => 'block');
  const labels = Array.from({ length: count }, (_, k) => k).join(' ');
  const arms = times(count, (k) => `end i32.const ${k} call $log ${k % 3 === 0 ? 'return' : ''}`);
  const code = `${blocks} local.get 0 br_table ${labels} 0 ${arms}`;
  await check({ type: { params: [I32], results: [] }, code }, [4_999]);
});

test('frames with 500 live values, v128 among them', async () => {
  const types = ['i32', 'i64', 'f32', 'f64', 'v128'];
  const type = (k: number): string => types[k % 5];
  const make = (k: number): string =>
    type(k) === 'v128' ? `(v128.const i64x2 ${k} ${k + 1})` : `(${type(k)}.const ${k})`;
  const use = (k: number): string =>
    ({
      i32: `(local.get ${k})`,
      i64: `(i32.wrap_i64 (local.get ${k}))`,
      f32: `(i32.trunc_f32_s (local.get ${k}))`,
      f64: `(i32.trunc_f64_s (local.get ${k}))`,
      v128: `(i32x4.extract_lane 2 (local.get ${k}))`,
    })[type(k)] as string;
  await check(
    `(func $deep (export "f") (param $n i32) (result i32) ${times(500, (k) => `(local ${type(k + 1)})`)}
    ${times(500, (k) => `(local.set ${k + 1} ${make(k + 1)})`)}
    (if (local.get $n) (then (drop (call $deep (i32.sub (local.get $n) (i32.const 1))))))
    (call $log (local.get $n))
    (i32.const 0) ${times(500, (k) => `(i32.add ${use(k + 1)})`)})`,
    [20],
  );
});

test('functions with 900 parameters and 900 results', async () => {
  const list = Array.from({ length: 900 }, (_, k) => ['i32', 'i64', 'f64'][k % 3]).join(' ');
  const constants = times(900, (k) => `(${['i32', 'i64', 'f64'][k % 3]}.const ${k})`);
  const gets = times(900, (k) => `(local.get ${k})`);
  await check(
    `(func $wide (param ${list}) (result ${list}) (call $log (i32.const 3)) ${gets})
    (func $more (param ${list}) (result ${list}) ${gets} (call $wide) (call $wide) (call $log (i32.const 4)))
    (func (export "f") (result ${list}) ${constants} (call $more))`,
    [],
    20,
  );
});

test('a function with 1,000 points and 200 locals', async () => {
  // No larger: V8's optimizing compiler takes memory and time for points times locals, and keeps the process from ending meanwhile.
  const count = 1_000;
  const code = times(
    count,
    (k) =>
      `(if (local.get ${k % 200}) (then (call $log (local.get ${(k * 7) % 200})))) (local.set ${(k * 13) % 200} (i32.const ${k % 2}))`,
  );
  const result = await check(`(func (export "f") (local ${'i32 '.repeat(200)}) ${code})`, [], 20);
  assert.ok(result.functions[0].resumePoints >= count);
});

test('hostile shapes are refused, or done in bounded time', () => {
  const shapes: Readonly<Record<string, FlatFunction>> = {
    'operands under many blocks': {
      code: `${'i32.const 0 '.repeat(100_000)} ${'block end '.repeat(100_000)} loop end ${'drop '.repeat(100_000)}`,
    },
    'locals and branches': {
      locals: [{ count: 45_000, type: I64 }],
      code: `loop ${'i32.const 0 br_if 0 '.repeat(150_000)} end`,
    },
    'labels of wide br_tables': {
      locals: [{ count: 45_000, type: I64 }],
      code: `${'block '.repeat(50)} ${`i32.const 0 if i32.const 0 br_table ${'3 '.repeat(20_000)} end `.repeat(20)} ${'end '.repeat(50)} loop end`,
    },
    'points and live locals': {
      locals: [{ count: 20_000, type: I64 }],
      code: `${'i32.const 0 call $log '.repeat(20_000)} ${times(20_000, (k) => `local.get ${k} drop`)}`,
    },
    'loops beside loops in a loop': { code: `loop ${'loop i32.const 0 call $log end '.repeat(30_000)} end` },
    'deep loops around much code': {
      code: `${'loop '.repeat(2_000)} ${'i32.const 0 call $log '.repeat(20_000)} ${'end '.repeat(2_000)}`,
    },
    'ifs without ends in sight': {
      code: `${'i32.const 1 if '.repeat(40_000)} i32.const 0 call $log ${'end '.repeat(40_000)}`,
    },
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = assembleFlat(shape);
    try {
      const result = rewrite(bytes);
      assert.ok(
        result.bytes.length < 60 * bytes.length + 100_000,
        `${name}: ${bytes.length} bytes became ${result.bytes.length}`,
      );
    } catch (error) {
      if (!(error instanceof WasmError)) throw new Error(name, { cause: error });
      assert.equal(error.code, 'ERR_WASM_UNSUPPORTED', name);
    }
  }
});
