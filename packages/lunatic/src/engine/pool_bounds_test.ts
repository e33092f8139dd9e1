// The bounds of the pool, with the adversaries that aim at them. Whoever is over a bound is parked, or ends with a limit; the VM goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Process } from '../actor/process.ts';
import {
  MAX_ALL_TABLE_ELEMENTS,
  MAX_MEMORIES,
  MAX_MODULES,
  MAX_SHARED_PAGES,
  MAX_TABLE_ELEMENTS,
  MIN_INSTANCE_SHARE,
} from './limits.ts';
import type { EngineModule } from './loaded_module.ts';
import { TestEngine } from './test_engine.ts';

/** Long enough for a memory of any size to be filled in one slice: preempted processes would take turns, and be parked at each. */
const LONG_SLICE = { sliceMs: 1_000 };

/** Grows to `pages` pages, marks each, waits, and logs how many marks are there. `more`: fields of the module. */
function waiter(more = '', code = ''): string {
  return `(module
    (import "env" "receive" (func $receive (result i32)))
    (import "env" "log" (func $log (param i32)))
    (memory 1) ${more}
    (func (export "main") (param $pages i32) (local $page i32) (local $right i32)
      ${code}
      (drop (memory.grow (i32.sub (local.get $pages) (i32.const 1))))
      (loop $mark
        (i32.store (i32.shl (local.get $page) (i32.const 16)) (local.get $pages))
        (local.set $page (i32.add (local.get $page) (i32.const 1)))
        (br_if $mark (i32.lt_u (local.get $page) (local.get $pages))))
      (drop (call $receive))
      (loop $look
        (local.set $page (i32.sub (local.get $page) (i32.const 1)))
        (local.set $right (i32.add (local.get $right)
          (i32.eq (i32.load (i32.shl (local.get $page) (i32.const 16))) (local.get $pages))))
        (br_if $look (local.get $page)))
      (call $log (i32.add (local.get $right) (i32.sub (memory.size) (local.get $pages))))))`;
}

function finish(vm: TestEngine, procs: readonly Process[], pagesOf: (k: number) => number): void {
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  procs.forEach((proc, k) => {
    assert.deepEqual(vm.log(proc), [pagesOf(k)], `process ${k}`);
  });
}

test('1,000 processes with 1,000 page counts on 100 instances', () => {
  const vm = new TestEngine({ ...LONG_SLICE, maxMemories: 100 });
  const module = vm.load(waiter());
  const procs = Array.from({ length: 1_000 }, (_, k) => vm.spawn(module, 'main', [k + 1]));
  vm.run();
  assert.equal(vm.reasons.size, 0);
  assert.equal(vm.engine.pool.memoryCount, 100);
  finish(vm, procs, (k) => k + 1);
  assert.ok(module.idle.size <= MIN_INSTANCE_SHARE, 'sizes without instances are forgotten');
  checkCounts(vm, [module]);
});

test('an idle instance that is too large makes room, one that is small enough grows', () => {
  const vm = new TestEngine(LONG_SLICE);
  const module = vm.load(waiter());
  const wave = (pages: number): void => {
    const procs = Array.from({ length: MIN_INSTANCE_SHARE }, () => vm.spawn(module, 'main', [pages]));
    vm.run();
    assert.equal(vm.engine.pool.instanceCount, MIN_INSTANCE_SHARE);
    finish(vm, procs, () => pages);
  };
  wave(5);
  const { created } = vm.engine.pool;
  wave(9);
  assert.equal(vm.engine.pool.created, 2 * created, 'new processes begin with one page, so with new instances');
  wave(2);
});

test('1,000 modules with 3,000 processes on 500 instances', () => {
  const vm = new TestEngine({ ...LONG_SLICE, maxMemories: 500 });
  const modules = Array.from({ length: 1_000 }, () => vm.load(waiter()));
  const procs = modules.flatMap((module) => [3, 4, 5].map((pages) => vm.spawn(module, 'main', [pages])));
  vm.run();
  const { pool } = vm.engine;
  assert.equal(vm.reasons.size, 0);
  assert.equal(pool.memoryCount, 500);
  assert.equal(pool.parked, procs.length - 500);
  finish(vm, procs, (k) => 3 + (k % 3));
  checkCounts(vm, modules);
});

function checkCounts(vm: TestEngine, modules: readonly EngineModule[]): void {
  let idle = 0;
  for (const module of modules) idle += [...module.idleInstances()].length;
  assert.equal(vm.engine.pool.instanceCount, idle, 'no instance was lost from the lists');
}

test(`modules that cannot share: instances up to the bound (MAX_MEMORIES), then a limit for whoever asks, then instances again`, () => {
  const vm = new TestEngine();
  const module = vm.load(waiter('(table 1 funcref)', '(table.set (i32.const 0) (ref.null func))'));
  assert.match(String(module.unshared), /table\.set/);
  const procs = Array.from({ length: MAX_MEMORIES }, () => vm.spawn(module, 'main', [2]));
  vm.run();
  assert.equal(vm.reasons.size, 0);
  assert.equal(vm.engine.pool.memoryCount, MAX_MEMORIES);
  for (let k = 0; k < 10; k++) assert.deepEqual(vm.outcome(module, 'main', [2]), { kind: 'limit', limit: 'instances' });
  // Others cannot have any either: those who hold them cannot be parked.
  const other = vm.load(waiter());
  assert.deepEqual(vm.outcome(other, 'main', [2]), { kind: 'limit', limit: 'instances' });
  finish(vm, procs.splice(0, 100), () => 2);
  finish(
    vm,
    [other, module].map((m) => vm.spawn(m, 'main', [3])),
    () => 3,
  );
  finish(vm, procs, () => 2);
  assert.equal(vm.engine.pool.memoryCount, 1);
});

test('large instances are parked when nothing else is left to give', () => {
  const vm = new TestEngine({ ...LONG_SLICE, maxMemories: 100 });
  const large = vm.load(waiter());
  const pages = MAX_SHARED_PAGES + 1;
  const holders = Array.from({ length: 100 }, () => vm.spawn(large, 'main', [pages]));
  vm.run();
  assert.equal(vm.engine.pool.parked, 0);
  const procs = Array.from({ length: 3 }, () => vm.spawn(vm.load(waiter()), 'main', [2]));
  vm.run();
  assert.equal(vm.engine.pool.parked, 3);
  finish(vm, procs, () => 2);
  finish(vm, holders, () => pages);
});

test('several memories count each', () => {
  const vm = new TestEngine({ maxMemories: 640 });
  const module = vm.load(waiter('(memory 1) '.repeat(63)));
  assert.equal(module.memoriesPerInstance, 64);
  const procs = Array.from({ length: 10 }, () => vm.spawn(module, 'main', [2]));
  vm.run();
  assert.equal(vm.engine.pool.memoryCount, 640);
  assert.deepEqual(vm.outcome(module, 'main', [2]), { kind: 'limit', limit: 'instances' });
  finish(vm, procs, () => 2);
});

test('tables count: MAX_ALL_TABLE_ELEMENTS', () => {
  const vm = new TestEngine();
  const half = MAX_TABLE_ELEMENTS / 2;
  const module = vm.load(waiter(`(table ${half} funcref)`));
  const fit = Math.floor(MAX_ALL_TABLE_ELEMENTS / module.tableElements);
  assert.ok(fit < MIN_INSTANCE_SHARE, 'so that the sum is what ends it');
  const procs = Array.from({ length: fit + 3 }, () => vm.spawn(module, 'main', [2]));
  vm.run();
  assert.equal(vm.engine.pool.instanceCount, fit);
  assert.equal(vm.engine.pool.parked, 3, 'the module gives up an instance of its own');
  finish(vm, procs, () => 2);
});

test('what table.grow has added is given back with the instance', () => {
  const vm = new TestEngine(LONG_SLICE);
  const module = vm.load(`(module (import "env" "log" (func $log (param i32))) (table 0 funcref)
    (func (export "main") (call $log (table.grow (ref.null func) (i32.const 1000000)))))`);
  for (let k = 0; k < 20; k++) {
    const proc = vm.spawn(module);
    vm.run();
    assert.deepEqual(vm.log(proc), [0], `process ${k}`);
  }
});

test('unshared instances that come and go: V8 gives their memories back', () => {
  const vm = new TestEngine();
  const module = vm.load(waiter('(table 1 funcref)', '(table.set (i32.const 0) (ref.null func))'));
  const count = Number(process.env.LUNATIC_RESETS ?? 3_000);
  for (let k = 0; k < count; k++) finish(vm, [startOne(vm, module)], () => 2);
  assert.equal(vm.engine.pool.created, count);
  assert.equal(vm.engine.pool.memoryCount, 0);
});

function startOne(vm: TestEngine, module: EngineModule): Process {
  const proc = vm.spawn(module, 'main', [2]);
  vm.run();
  return proc;
}

test('when V8 has no memory to give, whoever asks ends with a limit, or others make room', () => {
  const vm = new TestEngine();
  const shared = vm.load(waiter());
  const unshared = vm.load(waiter('(table 1 funcref)', '(table.set (i32.const 0) (ref.null func))'));
  const first = startOne(vm, shared);
  const second = startOne(vm, shared);
  const hoard: WebAssembly.Memory[] = [];
  try {
    while (hoard.length < 100_000) hoard.push(new WebAssembly.Memory({ initial: 1 }));
    assert.fail('V8 has no bound any more');
  } catch (error) {
    assert.ok(error instanceof RangeError);
  }
  assert.deepEqual(vm.outcome(unshared, 'main', [2]), { kind: 'limit', limit: 'instances' });
  finish(vm, [first], () => 2);
  // The instance of the first has two pages, so a new process would need another.
  const third = startOne(vm, shared);
  assert.ok(vm.reasons.get(third.pid)?.kind === 'limit' || vm.system.exists(third.pid));
  finish(vm, [second], () => 2);
  hoard.length = 0;
});

test(`MAX_MODULES (${MAX_MODULES}) modules can be loaded, no more`, () => {
  const vm = new TestEngine();
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  for (let k = 0; k < MAX_MODULES; k++) vm.load(empty);
  assert.throws(() => vm.load(empty), /more than 10000 modules are loaded/);
});
