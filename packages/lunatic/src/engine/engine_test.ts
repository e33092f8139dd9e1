// Modules that are refused, processes that cannot begin, and the limits that each process has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMsOf } from '../base/test_cpu_time.ts';
import { WasmError } from '../wasm/error.ts';
import { assemble } from '../wasm/test_modules.ts';
import { FUEL_UNIT, MAX_SHARED_PAGES, MAX_TABLE_ELEMENTS } from './limits.ts';
import { hostFunction, TEST_CONFIG, TestEngine, TestLinkError } from './test_engine.ts';

function assertWasmError(act: () => unknown, text: RegExp): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof WasmError, String(error));
    assert.match(error.message, text);
    return true;
  });
}

test('loadModule: what is no module, or passes a bound, is refused with its place', () => {
  const vm = new TestEngine();
  assertWasmError(() => vm.load(new Uint8Array(0)), /./);
  assertWasmError(() => vm.load(Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)), /version/);
  assertWasmError(() => vm.load('(module (func $wrong (export "main") (result i32)))'), /function.*wrong|wrong/);
  assertWasmError(() => vm.load('(module (memory 1) (func (export "lunatic$run")))'), /"lunatic\$run" is reserved/);
  assertWasmError(
    () => vm.load(`(module (table ${MAX_TABLE_ELEMENTS} funcref))`),
    /tables of \d+ elements; the limit is/,
  );
  const globals = '(global i32 (i32.const 1))'.repeat(999_998);
  assertWasmError(() => vm.load(`(module ${globals})`), /rewritten, the module passes a bound of V8: globals count/);
});

test('loadModule: unsupported features are named with the function and the place', () => {
  const vm = new TestEngine();
  assertWasmError(() => vm.load('(module (memory 1 1 shared))'), /unsupported: shared memory.*offset 0x/);
  const legacy = `(module (import "env" "yield" (func $yield))
    (func $tries (try (do (call $yield)) (catch_all))))`;
  assertWasmError(() => vm.load(legacy), /unsupported: legacy exception handling.*tries/);
});

test('loadModule: imports that nobody serves are refused', () => {
  const vm = new TestEngine();
  for (const item of ['(func)', '(global i32)', '(global (mut i32))', '(table 1 funcref)', '(memory 1)', '(tag)']) {
    assert.throws(() => vm.load(`(module (import "env" "nobody" ${item}))`), TestLinkError, item);
  }
});

test('loadModule keeps its own copy of the bytes', () => {
  const vm = new TestEngine();
  const bytes = assemble(
    '(module (import "env" "log" (func $log (param i32))) (func (export "main") (call $log (i32.const 3))))',
  );
  const module = vm.load(bytes);
  bytes.fill(0);
  const proc = vm.spawn(module);
  vm.run();
  assert.deepEqual(vm.log(proc), [3]);
});

test('instantiation that fails ends the process with the reason, every time', () => {
  const vm = new TestEngine();
  const sources: Readonly<Record<string, RegExp>> = {
    '(module (memory 1) (data (i32.const 65535) "xx") (func (export "main")))': /data segment 0 is out of bounds/,
    '(module (memory 0) (data (i32.const 1) "") (func (export "main")))': /data segment 0 is out of bounds/,
    '(module (table 1 funcref) (elem (i32.const 1) $f) (func $f (export "main")))': /table index is out of bounds/,
    '(module (memory 1) (global $g i32 (i32.const -1)) (data (global.get $g) "x") (func (export "main")))':
      /out of bounds/,
  };
  for (const [source, text] of Object.entries(sources)) {
    const module = vm.load(source);
    for (let k = 0; k < 3; k++) {
      const reason = vm.outcome(module);
      assert.ok(reason?.kind === 'trap', JSON.stringify(reason));
      assert.match(reason.message, text);
    }
  }
  assert.equal(vm.engine.pool.instanceCount, 0);
});

test('the start function belongs to every process, may stop, and is not in the image', () => {
  const vm = new TestEngine({ sliceMs: 0.0001 });
  const module = vm.load(`(module
    (import "env" "yield" (func $yield)) (import "env" "log" (func $log (param i32)))
    (memory 1) (global $g (mut i32) (i32.const 1)) (start $start)
    (func $start (local $n i32)
      (loop $again
        (call $yield)
        (drop (memory.grow (i32.const 1)))
        (global.set $g (i32.add (global.get $g) (global.get $g)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 5)))))
    (func (export "main") (call $log (global.get $g)) (call $log (memory.size))))`);
  for (let k = 0; k < 3; k++) {
    const proc = vm.spawn(module);
    vm.run();
    assert.deepEqual(vm.log(proc), [32, 6]);
  }
  const endless = vm.load('(module (start $s) (func $s (loop (br 0))) (func (export "main")))');
  const proc = vm.spawn(endless);
  assert.equal(vm.run(1_000), 1_000);
  vm.system.kill(proc.pid);
  const trapping = vm.load('(module (start $s) (func $s (unreachable)) (func (export "main")))');
  assert.equal(vm.outcome(trapping)?.kind, 'trap');
});

test('spawn: a wrong entry is the failure of the child', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module (table 3 funcref) (elem (i32.const 0) $plain $other) (memory (export "memory") 1)
    (func $plain (export "main")) (func $other (export "returns") (result i32) (i32.const 1))
    (func (export "takes") (param i32)) (func (export "refers") (param externref)))`);
  const trap = (name: string, args: readonly number[] = []): string => {
    const reason = vm.outcome(module, name, args);
    assert.ok(reason?.kind === 'trap', JSON.stringify(reason));
    return reason.message;
  };
  assert.match(trap('nobody'), /no exported function "nobody"/);
  assert.match(trap('memory'), /no exported function "memory"/);
  assert.match(trap('refers'), /no exported function "refers"/);
  assert.match(trap('returns'), /returns values/);
  assert.match(trap('takes'), /takes \(i32\), not \(\)/);
  assert.match(trap('main', [1]), /takes \(\), not \(i32\)/);
  const raw = (params: Uint8Array, entry: { kind: 'table'; index: number } | { kind: 'export'; name: string }) => {
    const proc = vm.engine.spawn({ module, config: TEST_CONFIG, entry, params, link: null });
    assert.ok(typeof proc !== 'string');
    vm.run();
    return vm.reasons.get(proc);
  };
  for (const params of [
    Uint8Array.of(0x7f),
    new Uint8Array(16),
    new Uint8Array(17),
    new Uint8Array(18).fill(0x7f),
    new Uint8Array(17_000).fill(0xff),
  ]) {
    assert.equal(raw(params, { kind: 'export', name: 'takes' })?.kind, 'trap');
    assert.equal(raw(params, { kind: 'table', index: 0 })?.kind, 'trap');
  }
  assert.equal(raw(new Uint8Array(0), { kind: 'table', index: 0 })?.kind, 'normal');
  for (const index of [1, 2, 3, -1, 2 ** 31])
    assert.equal(raw(new Uint8Array(0), { kind: 'table', index })?.kind, 'trap');
});

test('spawn: parameters of every type arrive bit by bit', () => {
  const seen: (number | bigint)[] = [];
  const see = hostFunction('see', 'I', '', false, (_ctx, value) => void seen.push(value));
  const vm = new TestEngine({ functions: [see] });
  const module = vm.load(`(module (import "env" "see" (func $see (param i64)))
    (func (export "main") (param i32 i64 f32 f64 v128)
      (call $see (i64.extend_i32_u (local.get 0)))
      (call $see (local.get 1))
      (call $see (i64.extend_i32_u (i32.reinterpret_f32 (local.get 2))))
      (call $see (i64.reinterpret_f64 (local.get 3)))
      (call $see (i64x2.extract_lane 0 (local.get 4)))
      (call $see (i64x2.extract_lane 1 (local.get 4)))))`);
  const bits = [
    0xffff_fffen,
    0x8000_0000_0000_0001n,
    0x7fa0_0001n,
    0xfff4_0000_0000_0001n,
    0x0102_0304_0506_0708n,
    0x090a_0b0c_0d0e_0f10n,
  ];
  const params = new Uint8Array(5 * 17);
  const view = new DataView(params.buffer);
  [0x7f, 0x7e, 0x7d, 0x7c, 0x7b].forEach((type, k) => {
    params[k * 17] = type;
    view.setBigUint64(k * 17 + 1, bits[k], true);
  });
  view.setBigUint64(4 * 17 + 9, bits[5], true);
  const proc = vm.engine.spawn({
    module,
    config: TEST_CONFIG,
    entry: { kind: 'export', name: 'main' },
    params,
    link: null,
  });
  assert.ok(typeof proc !== 'string');
  vm.run();
  assert.deepEqual(
    seen.map((value) => BigInt.asUintN(64, BigInt(value))),
    bits,
  );
});

test('spawn: at the limit of processes it fails, and takes nothing', () => {
  const vm = new TestEngine({ limits: { maxProcesses: 3 } });
  const module = vm.load(
    '(module (import "env" "receive" (func $r (result i32))) (func (export "main") (drop (call $r))))',
  );
  for (let k = 0; k < 3; k++) vm.spawn(module);
  vm.run();
  const { usedBytes } = vm.engine.side;
  for (let k = 0; k < 100; k++) assert.match(String(vm.trySpawn(module, 'main')), /limit of 3 processes/);
  assert.equal(vm.engine.side.usedBytes, usedBytes);
});

test('memory limit: of all memories together, at spawn and at growth', () => {
  const vm = new TestEngine();
  const one = vm.load(`(module (import "env" "log" (func $log (param i32))) (memory 2 100)
    (func (export "main") (param i32) (call $log (memory.grow (local.get 0)))))`);
  const pages = (count: number) => ({ maxMemoryBytes: count * 65_536 });
  assert.match(String(vm.trySpawn(one, 'main', [0], pages(1))), /needs 131072 bytes of memory, the limit is 65536/);
  const grow = (delta: number, limit: number): readonly number[] => {
    const proc = vm.spawn(one, 'main', [delta], pages(limit));
    vm.run();
    return vm.log(proc);
  };
  assert.deepEqual(grow(3, 5), [2]);
  assert.deepEqual(grow(4, 5), [-1]);
  assert.deepEqual(grow(98, 1_000), [2]);
  assert.deepEqual(grow(99, 1_000), [-1]);
  assert.deepEqual(grow(-1, 60_000), [-1]);
  assert.deepEqual(grow(0, 2), [2]);
  const many = vm.load(`(module (import "env" "log" (func $log (param i32))) (memory $a 1) (memory $b 2)
    (func (export "main")
      (call $log (memory.grow $b (i32.const 2)))
      (call $log (memory.grow $a (i32.const 2)))
      (call $log (memory.grow $a (i32.const 1)))))`);
  assert.match(String(vm.trySpawn(many, 'main', [], pages(2))), /needs 196608 bytes/);
  const proc = vm.spawn(many, 'main', [], pages(6));
  vm.run();
  assert.deepEqual(vm.log(proc), [2, -1, 1]);
});

test('memory: the largest there is, untouched, costs neither time nor an image', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module (memory 65535) (func (export "main") (i32.store (i32.const -65540) (i32.const 1))))`);
  assert.ok(65_535 > MAX_SHARED_PAGES);
  const cpuMs = cpuMsOf(() => {
    for (let k = 0; k < 3; k++) assert.equal(vm.outcome(module)?.kind, 'normal');
  });
  assert.ok(cpuMs < 3_000, `${cpuMs} ms; scanning 4 GiB took 11 s`);
  assert.match(
    String(vm.trySpawn(vm.load('(module (memory 65536) (func (export "main")))'), 'main')),
    /needs 4294967296 bytes/,
  );
});

test('fuel limit: ends loops, recursion, bulk work and host calls, not far from the limit', () => {
  const spenders: Readonly<Record<string, { code: string; perTurn: number }>> = {
    loop: { code: '(call $count) (br 0)', perTurn: 150 },
    fill: { code: '(memory.fill (i32.const 0) (i32.const 1) (i32.const 16384)) (call $count) (br 0)', perTurn: 1_024 },
    yield: { code: '(call $count) (call $yield) (br 0)', perTurn: 550 },
  };
  for (const [name, { code, perTurn }] of Object.entries(spenders)) {
    let turns = 0;
    const count = hostFunction('count', '', '', false, () => void turns++);
    const vm = new TestEngine({ functions: [count], sliceMs: 0.01 });
    const module = vm.load(`(module (import "env" "count" (func $count)) (import "env" "yield" (func $yield)) (memory 1)
      (func (export "main") (loop ${code})))`);
    const maxFuel = 20;
    assert.deepEqual(vm.outcome(module, 'main', [], { maxFuel }), { kind: 'limit', limit: 'fuel' }, name);
    const spent = (turns * perTurn) / (maxFuel * FUEL_UNIT);
    assert.ok(spent > 0.5 && spent < 2, `${name}: ${turns} turns are ${spent.toFixed(2)} of the limit`);
  }
  const vm = new TestEngine();
  const recursion = vm.load('(module (func $f (export "main") (call $f) (call $f)))');
  assert.deepEqual(vm.outcome(recursion, 'main', [], { maxFuel: 1 }), { kind: 'limit', limit: 'fuel' });
  const short = vm.load('(module (func (export "main") (loop (nop))))');
  assert.deepEqual(vm.outcome(short, 'main', [], { maxFuel: 1 }), { kind: 'normal' });
});
