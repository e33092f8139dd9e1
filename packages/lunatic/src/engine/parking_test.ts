// A process finds its state as it left it, however often its instance was taken away and whoever used that in between: what many
// processes on few instances compute is what V8 computes for each alone. LUNATIC_PARKINGS=20000 for a longer form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Process } from '../actor/process.ts';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { assemble } from '../wasm/test_modules.ts';
import { RECORD_BYTES } from './instance.ts';
import {
  MAX_INSTANCE_SHARE,
  MAX_SHARED_PAGES,
  MIN_INSTANCE_SHARE,
  MISSES_PER_INSTANCE,
  STAGING_BYTES,
} from './limits.ts';
import { TestEngine } from './test_engine.ts';
import { scribbler } from './test_scribbler.ts';
import { WasmProcess } from './wasm_process.ts';

const PARKINGS = Number(process.env.LUNATIC_PARKINGS ?? 1_000);
const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 11);
/** More than can come to have instances of their own, so that there is always somebody to park. */
const AT_ONCE = MAX_INSTANCE_SHARE + MIN_INSTANCE_SHARE;

/** What `main(seed, steps)` logs when it has V8 for itself; undefined: it overflows the stack, which depends on the stack. */
function expectedLog(module: WebAssembly.Module, seed: number, steps: number): number[] | undefined {
  const log: number[] = [];
  const env = {
    yield: () => {},
    log: (value: number) => void log.push(value),
    write: (offset: number, value: number, length: number) =>
      new Uint8Array(memory.buffer).fill(value, offset >>> 0, (offset >>> 0) + length),
  };
  const { exports } = new WebAssembly.Instance(module, { env });
  const memory = exports.memory as WebAssembly.Memory;
  try {
    (exports.main as (seed: number, steps: number) => void)(seed, steps);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    assert.ok(error instanceof WebAssembly.RuntimeError);
  }
  return log;
}

function compareWithPlain(tracked: boolean | undefined, pages: number, growth: number, parkings: number): void {
  const random = new SeededRandom(SEED);
  const vm = new TestEngine({ ...(tracked === undefined ? {} : { tracked }), sliceMs: 0.01 });
  const source = scribbler(pages, growth);
  const plain = new WebAssembly.Module(assemble(source));
  const module = vm.load(source);
  const running = new Map<number, { seed: number; steps: number }>();
  for (let round = 0; vm.engine.pool.parked < parkings || running.size > 0; round++) {
    while (running.size < AT_ONCE && vm.engine.pool.parked < parkings) {
      const args = { seed: random.nextU32() | 0, steps: 1 + randomBelow(random, 60) };
      running.set(vm.spawn(module, 'main', [args.seed, args.steps]).pid, args);
    }
    vm.run(1 + randomBelow(random, 100));
    for (const [pid, { seed, steps }] of running) {
      const proc = vm.system.find(pid);
      if (proc !== undefined) {
        if (randomBelow(random, 500) > 0) continue;
        vm.system.kill(pid);
      } else if (vm.reasons.get(pid)?.kind !== 'limit') {
        const place = `seed ${SEED}, round ${round}, main(${seed}, ${steps})`;
        const expected = expectedLog(plain, seed, steps);
        if (expected !== undefined) assert.deepEqual(vm.logs.get(pid) ?? [], expected, place);
      }
      running.delete(pid);
    }
  }
  assert.equal(vm.engine.pool.arena.usedBytes, 0, 'the arena is empty again');
}

test(`parking: ${PARKINGS} times, writes recorded`, () => compareWithPlain(true, 1, 0, PARKINGS));
test('parking: writes recorded, memories grow', () => compareWithPlain(true, 2, 6, PARKINGS));
test('parking: writes searched for, memories grow', () => compareWithPlain(false, 2, 2, PARKINGS));
test('parking: the form changes on the way', () => compareWithPlain(undefined, 1, 1, PARKINGS));

/** Grows to `pages`, fills the whole memory with a byte, waits, and logs how many bytes are right afterwards. */
const FILLER = `(module
  (import "env" "receive" (func $receive (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func (export "main") (param $pages i32) (param $byte i32) (local $at i32) (local $right i32)
    (drop (memory.grow (i32.sub (local.get $pages) (i32.const 1))))
    (memory.fill (i32.const 0) (local.get $byte) (i32.mul (memory.size) (i32.const 65536)))
    (drop (call $receive))
    (loop $again
      (if (i32.eq (i32.load8_u (local.get $at)) (local.get $byte))
        (then (local.set $right (i32.add (local.get $right) (i32.const 1)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1021)))
      (br_if $again (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
    (call $log (local.get $right))))`;

/** Bytes that the guest looks at. */
const looked = (pages: number): number => Math.ceil((pages * 65_536) / 1021);

test('parking: who has written more than the staging area holds keeps its instance', () => {
  const vm = new TestEngine({ sliceMs: 1_000 });
  const module = vm.load(FILLER);
  const pages = 64;
  const procs = Array.from({ length: MIN_INSTANCE_SHARE + 8 }, (_, k) => vm.spawn(module, 'main', [pages, k + 1]));
  vm.run();
  assert.equal(vm.engine.pool.parked, 0);
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  for (const proc of procs) assert.deepEqual(vm.log(proc), [looked(pages)]);
  assert.ok(vm.engine.pool.instanceCount <= MIN_INSTANCE_SHARE);
});

test('parking: at the bound over all memories, more state than the staging area holds goes in pieces', () => {
  // One slice is enough for each, or preempted ones would take turns and be parked at every turn.
  const vm = new TestEngine({ sliceMs: 1_000, maxMemories: MIN_INSTANCE_SHARE });
  const module = vm.load(FILLER);
  const pages = 64;
  const procs = Array.from({ length: MIN_INSTANCE_SHARE + 8 }, (_, k) => vm.spawn(module, 'main', [pages, k + 1]));
  vm.run();
  assert.equal(vm.engine.pool.parked, 8);
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  for (const proc of procs) assert.deepEqual(vm.log(proc), [looked(pages)]);
});

test('parking: processes with large memories keep them, and leave the module its share', () => {
  const vm = new TestEngine();
  const module = vm.load(FILLER);
  const pages = MAX_SHARED_PAGES + 1;
  const large = Array.from({ length: MIN_INSTANCE_SHARE + 4 }, (_, k) => vm.spawn(module, 'main', [pages, k + 1]));
  vm.run();
  assert.equal(vm.engine.pool.parked, 0, 'nobody has to make room');
  assert.equal(vm.engine.pool.instanceCount, large.length);
  const small = Array.from({ length: MIN_INSTANCE_SHARE }, () => vm.spawn(module, 'main', [2, 9]));
  vm.run();
  assert.equal(vm.engine.pool.instanceCount, large.length + small.length);
  for (const proc of [...small, ...large]) vm.send(proc, 0);
  vm.run();
  for (const proc of small) assert.deepEqual(vm.log(proc), [looked(2)]);
  for (const proc of large) assert.deepEqual(vm.log(proc), [looked(pages)]);
  assert.equal(vm.engine.pool.instanceCount, small.length, 'large instances are given up');
});

test('parking: an idle process without any state of its own costs the arena nothing', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module (import "env" "receive" (func $receive (result i32)))
    (memory 1) (func (export "main") (drop (call $receive))))`);
  const procs = Array.from({ length: 2 * MIN_INSTANCE_SHARE }, () => vm.spawn(module));
  vm.run();
  assert.equal(vm.engine.pool.parked, MIN_INSTANCE_SHARE);
  assert.equal(vm.engine.pool.arena.usedBytes, 0);
  for (const { body } of procs) assert.ok(body instanceof WasmProcess && body.hasBegun);
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  assert.equal(vm.system.processCount, 0);
});

/** Counts the messages in its memory of `pages` pages until one is 0, and logs their number. */
const counter = (pages: number): string => `(module
  (import "env" "receive" (func $receive (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory ${pages})
  (func (export "main")
    (loop $next
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
      (br_if $next (call $receive)))
    (call $log (i32.load (i32.const 8)))))`;

/** The VM after `count` processes have taken turns often enough for all the instances that can be had by it. */
function takeTurns(count: number, pages: number): TestEngine {
  const vm = new TestEngine();
  const module = vm.load(counter(pages));
  const procs = Array.from({ length: count }, () => vm.spawn(module));
  const turns = Math.ceil(((count - MIN_INSTANCE_SHARE) * MISSES_PER_INSTANCE) / MIN_INSTANCE_SHARE);
  vm.run();
  for (let turn = 0; turn < turns; turn++) {
    for (const proc of procs) vm.send(proc, 1);
    vm.run();
  }
  const { parked } = vm.engine.pool;
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  for (const proc of procs) assert.deepEqual(vm.log(proc), [turns + 1]);
  const isCalm = vm.engine.pool.parked === parked;
  assert.equal(isCalm, vm.engine.pool.instanceCount >= count);
  return vm;
}

test('parking: processes that take turns come to have an instance each, if there are not too many', () => {
  const count = MIN_INSTANCE_SHARE + 8;
  assert.equal(takeTurns(count, 1).engine.pool.instanceCount, count);
});

test('parking: no instances for those that would find them taken all the same', () => {
  const vm = takeTurns(MAX_INSTANCE_SHARE + 1, 1);
  assert.equal(vm.engine.pool.instanceCount, MIN_INSTANCE_SHARE);
});

test('parking: a share of large memories does not rise', () => {
  const vm = takeTurns(MIN_INSTANCE_SHARE + 1, MAX_SHARED_PAGES);
  assert.equal(vm.engine.pool.instanceCount, MIN_INSTANCE_SHARE);
});

test('parking: a share that has risen falls where memories grow', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module
    (import "env" "receive" (func $receive (result i32)))
    (memory 1)
    (func (export "main") (local $pages i32)
      (loop $next
        (if (local.tee $pages (call $receive))
          (then
            (i32.store (i32.const 8) (i32.const 1))
            (drop (memory.grow (i32.sub (local.get $pages) (i32.const 1))))
            (br $next))))))`);
  const procs = Array.from({ length: MIN_INSTANCE_SHARE + 8 }, () => vm.spawn(module));
  for (let turn = 0; turn < 8 * MISSES_PER_INSTANCE && module.instanceShare < procs.length; turn++) {
    vm.run();
    for (const proc of procs) vm.send(proc, 1);
  }
  vm.run();
  assert.equal(module.instanceShare, procs.length);
  vm.send(procs[0] as Process, MAX_SHARED_PAGES);
  vm.run();
  assert.equal(module.instanceShare, MIN_INSTANCE_SHARE);
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  assert.ok(vm.engine.pool.instanceCount <= MIN_INSTANCE_SHARE);
});

test('parking: a store that reaches over the end of a piece is not torn', () => {
  const vm = new TestEngine({ tracked: true, sliceMs: 1_000 });
  // Fills `blocks` of 256 bytes, and eight bytes over the end of them; logs the latter after a wait. 0: only looks there.
  const module = vm.load(`(module
    (import "env" "receive" (func $receive (result i32)))
    (import "env" "log" (func $log (param i32)))
    (memory 17)
    (func (export "main") (param $blocks i32) (param $end i32)
      (memory.fill (i32.const 0) (i32.const 1) (i32.mul (local.get $blocks) (i32.const 256)))
      (if (local.get $blocks) (then (i64.store (i32.sub (local.get $end) (i32.const 4)) (i64.const -1))))
      (drop (call $receive))
      (call $log (i32.load (i32.sub (local.get $end) (i32.const 4))))
      (call $log (i32.load (local.get $end)))))`);
  const recordsPerPiece = Math.floor(STAGING_BYTES / RECORD_BYTES);
  for (let blocks = recordsPerPiece - 2; blocks <= recordsPerPiece + 2; blocks++) {
    const parked = vm.spawn(module, 'main', [blocks, blocks * 256]);
    const others = Array.from({ length: MIN_INSTANCE_SHARE }, () => vm.spawn(module, 'main', [0, blocks * 256]));
    vm.run();
    for (const proc of [...others, parked]) vm.send(proc, 0);
    vm.run();
    assert.deepEqual(vm.log(parked), [-1, -1]);
    for (const proc of others) assert.deepEqual(vm.log(proc), [0, 0]);
  }
  assert.ok(vm.engine.pool.parked > 0);
});
