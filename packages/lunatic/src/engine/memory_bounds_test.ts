// The arena and the side memory at their bounds: whoever spawns is told, those that are there go on and keep what they have, and when some have
// ended there is room again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Process } from '../actor/process.ts';
import { CROWDED_ARENA_SHARE, MIN_CHUNK_BYTES, MIN_INSTANCE_SHARE } from './limits.ts';
import type { EngineModule } from './loaded_module.ts';
import { TestEngine } from './test_engine.ts';

/** Fills 40,000 bytes with its number, and logs how many of them are right after each message. */
const KEEPER = `(module
  (import "env" "receive" (func $receive (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (func (export "main") (param $own i32) (local $at i32) (local $right i32)
    (memory.fill (i32.const 0) (local.get $own) (i32.const 40000))
    (loop $again
      (drop (call $receive))
      (local.set $at (i32.const 0))
      (local.set $right (i32.const 0))
      (loop $look
        (local.set $right (i32.add (local.get $right)
          (i32.eq (i32.load8_u (local.get $at)) (i32.and (local.get $own) (i32.const 255)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $look (i32.lt_u (local.get $at) (i32.const 40000))))
      (call $log (local.get $right))
      (br $again))))`;

/** Spawns until that fails, each waiting before the next is spawned; the processes and the error. */
function fill(vm: TestEngine, module: EngineModule): { readonly procs: Process[]; readonly error: string } {
  const procs: Process[] = [];
  for (;;) {
    const proc = vm.trySpawn(module, 'main', [procs.length]);
    if (typeof proc === 'string') return { procs, error: proc };
    procs.push(proc);
    vm.run();
  }
}

function checkAll(vm: TestEngine, procs: readonly Process[], times: number): void {
  for (const proc of procs) vm.send(proc, 0);
  vm.run();
  for (const proc of procs)
    assert.deepEqual(vm.log(proc), new Array<number>(times).fill(40_000), `process ${proc.pid}`);
}

test('a full arena: spawns fail, those that are there answer and keep their state, ends make room', () => {
  const maxArenaBytes = 32 * 2 ** 20;
  const vm = new TestEngine({ maxArenaBytes, sliceMs: 1_000 });
  const module = vm.load(KEEPER);
  const { procs, error } = fill(vm, module);
  assert.equal(error, 'the memory for parked processes is full');
  assert.ok(procs.length > MIN_INSTANCE_SHARE + (maxArenaBytes * CROWDED_ARENA_SHARE) / 50_000, `${procs.length}`);
  checkAll(vm, procs, 1);
  assert.equal(vm.reasons.size, 0, 'nobody had to end');
  assert.equal(vm.trySpawn(module, 'main', [0]), error);
  for (const proc of procs.splice(0, 300)) vm.system.kill(proc.pid);
  const more = fill(vm, module);
  assert.equal(more.error, error);
  assert.ok(more.procs.length > 100, 'as many again, more or less');
  checkAll(vm, more.procs, 1);
  checkAll(vm, procs, 2);
});

test('a full side memory: spawns fail, those that are there answer, ends make room', () => {
  const vm = new TestEngine({ sliceMs: 1_000 });
  const module = vm.load(KEEPER);
  const procs = Array.from({ length: 3 * MIN_INSTANCE_SHARE }, (_, k) => vm.spawn(module, 'main', [k]));
  vm.run();
  const { side } = vm.engine;
  // Address space only: nothing is written to it.
  const taken: number[] = [];
  for (let bytes = 65_536; bytes >= MIN_CHUNK_BYTES; bytes /= 2) {
    for (let at = side.allocate(bytes); at >= 0; at = side.allocate(bytes)) taken.push(at);
  }
  assert.ok(taken.length > 40_000);
  assert.equal(vm.trySpawn(module, 'main', [0]), 'the memory for stacks of stopped processes is full');
  checkAll(vm, procs, 1);
  vm.system.kill((procs.pop() as Process).pid);
  const late = vm.spawn(module, 'main', [7]);
  vm.run();
  checkAll(vm, [late], 1);
  checkAll(vm, procs, 2);
});
