// Stacks: a program never overflows because it was stopped, an endless recursion ends the guilty process only, and what deep stacks
// took is given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Process } from '../actor/process.ts';
import { LARGE_BLOCKS_END, MAX_SMALL_BLOCK_BYTES, MAX_STACK_BYTES } from './limits.ts';
import { TestEngine } from './test_engine.ts';

/** Recurses `depth` deep, stops at the bottom if `stop` is not 0, and logs the depth counted on the way back. */
const RECURSION = `(module
  (import "env" "yield" (func $yield))
  (import "env" "log" (func $log (param i32)))
  (func $down (param $n i32) (param $stop i32) (result i32) (local $float f64)
    (local.set $float (f64.convert_i32_u (local.get $n)))
    (if (i32.eqz (local.get $n))
      (then (if (local.get $stop) (then (call $yield))) (return (i32.const 0))))
    (i32.add
      (call $down (i32.sub (local.get $n) (i32.const 1)) (local.get $stop))
      (f64.eq (local.get $float) (f64.convert_i32_u (local.get $n)))))
  (func (export "main") (param $depth i32) (param $stop i32)
    (call $log (call $down (local.get $depth) (local.get $stop))))
  (func $forever (export "forever") (call $forever) (call $yield)))`;

/** Bytes of a frame of $down: header, and what is needed after the call, $n and $float. */
const FRAME_BYTES = 8 + 4 + 8;
/** Frames that may be on V8's stack and not counted yet: no run has fuel for more. */
const UNCOUNTED = 20_000;

test('stack: a stop at the bottom of a recursion of any depth changes nothing', () => {
  for (const sliceMs of [0.001, 0.1, 1_000]) {
    const vm = new TestEngine({ sliceMs });
    const module = vm.load(RECURSION);
    for (const depth of [1, 2, 100, 10_000, 500_000]) {
      for (const stop of [0, 1]) {
        const proc = vm.spawn(module, 'main', [depth, stop]);
        vm.run();
        assert.deepEqual(vm.log(proc), [depth], `depth ${depth}, slices of ${sliceMs} ms`);
      }
    }
    assert.equal(vm.engine.side.usedBytes, 64, 'but for the image everything is given back');
  }
});

test('stack: MAX_STACK_BYTES is where a process ends, stopped at the bottom or not', () => {
  const vm = new TestEngine();
  const module = vm.load(RECURSION);
  const atLimit = Math.floor(MAX_STACK_BYTES / FRAME_BYTES);
  for (const stop of [0, 1]) {
    assert.equal(vm.outcome(module, 'main', [atLimit - UNCOUNTED, stop])?.kind, 'normal');
    assert.deepEqual(vm.outcome(module, 'main', [atLimit + UNCOUNTED, stop]), { kind: 'limit', limit: 'stack' });
  }
});

test('stack: endless recursions end themselves, and others are spawned meanwhile', () => {
  const vm = new TestEngine();
  const module = vm.load(RECURSION);
  const guilty = Array.from({ length: 50 }, () => vm.spawn(module, 'forever'));
  const innocent: Process[] = [];
  while (vm.run(500) === 500) if (innocent.length < 1_000) innocent.push(vm.spawn(module, 'main', [10, 1]));
  for (const proc of guilty) assert.deepEqual(vm.reasons.get(proc.pid), { kind: 'limit', limit: 'stack' });
  for (const proc of innocent) assert.deepEqual(vm.log(proc), [10]);
  assert.ok(innocent.length > 100);
});

test('stack: small blocks are to be had when large ones are not (LARGE_BLOCKS_END)', () => {
  const { side } = new TestEngine().engine;
  let taken = 0;
  for (let size = 2 ** 28; size > MAX_SMALL_BLOCK_BYTES; size /= 2) {
    for (let block = side.allocate(size); block >= 0; block = side.allocate(size)) {
      assert.ok(block + size <= LARGE_BLOCKS_END);
      taken += size;
    }
  }
  assert.ok(taken > LARGE_BLOCKS_END - 2 ** 28);
  assert.ok(side.allocate(MAX_SMALL_BLOCK_BYTES) > LARGE_BLOCKS_END - 2 * MAX_SMALL_BLOCK_BYTES);
  assert.ok(side.allocate(128) > 0);
});

test('stack: frames in the upper half of the side memory', () => {
  const vm = new TestEngine({ sliceMs: 0.01 });
  const module = vm.load(RECURSION);
  // Untouched address space: it costs nothing.
  for (let taken = 0; taken < 2 ** 31; taken += 2 ** 28) assert.ok(vm.engine.side.allocate(2 ** 28) > 0);
  const proc = vm.spawn(module, 'main', [50_000, 1]);
  vm.run();
  assert.ok(vm.engine.side.bytes.length > 2 ** 31);
  assert.deepEqual(vm.log(proc), [50_000]);
});
