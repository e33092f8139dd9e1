import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMsOf } from '../base/test_cpu_time.ts';
import { livePoints } from './liveness.ts';
import { irOf } from './test_ir.ts';

/** Live locals of every point, in the order of the points. */
function live(code: string, module = ''): number[][] {
  const result = livePoints(irOf(code, module));
  assert.ok(result !== null);
  return result.map((locals) => [...locals]);
}

const L3 = '(local i32 i32 i32)';
const set = (local: number): string => `(local.set ${local} (i32.const 1))`;
const get = (local: number): string => `(drop (local.get ${local}))`;

test('straight code: alive from a write to the last read after it', () => {
  assert.deepEqual(live(`${L3} ${set(0)} (call $wait) ${get(0)} ${set(1)} (call $wait) ${get(1)} (call $wait)`), [
    [0],
    [1],
    [],
  ]);
  assert.deepEqual(live(`${L3} (call $wait) ${set(0)} ${get(0)}`), [[]]);
  assert.deepEqual(live(`(param i32 i32) (call $wait) (drop (local.tee 0 (local.get 1))) ${get(0)}`), [[1]]);
});

test('branches: alive if any way on reads it', () => {
  assert.deepEqual(live(`(param i32) ${L3} (call $wait) (if (local.get 0) (then ${get(1)}) (else ${get(2)}))`), [
    [0, 1, 2],
  ]);
  assert.deepEqual(
    live(`(param i32) ${L3} (if (local.get 0) (then (call $wait) ${get(1)}) (else (call $wait) ${get(2)})) ${get(3)}`),
    [
      [1, 3],
      [2, 3],
    ],
  );
  assert.deepEqual(live(`(param i32) ${L3} (block (br_if 0 (local.get 0)) (call $wait) ${set(1)}) ${get(1)}`), [[]]);
  assert.deepEqual(
    live(`(param i32) ${L3} (block (block (call $wait) (br_table 0 1 (local.get 0))) ${get(1)} (return)) ${get(2)}`),
    [[0, 1, 2]],
  );
  assert.deepEqual(live(`${L3} (call $wait) (if (i32.const 1) (then (return))) ${get(0)}`), [[0]]);
  assert.deepEqual(live(`${L3} (block (call $wait) (br 0)) ${get(2)}`), [[2]]);
  assert.deepEqual(live(`${L3} (call $wait) (unreachable)`), [[]]);
});

test('loops: what the next turn reads is alive, over several loops too', () => {
  assert.deepEqual(live(`${L3} (loop (call $wait) ${get(0)} (br 0))`), [[0], [0]]);
  assert.deepEqual(live(`${L3} (loop ${get(0)} (call $wait) (br 0))`), [[0], [0]]);
  assert.deepEqual(live(`${L3} (loop ${get(0)} (call $wait) ${set(0)} (br_if 0 (i32.const 1)))`), [[0], []]);
  // Read at the head of the outer loop, so alive in the inner one.
  assert.deepEqual(live(`${L3} (loop ${get(1)} (loop (call $wait) (br_if 0 (i32.const 1))) (br 0))`), [[1], [1], [1]]);
  // Alive in the outer loop only by way of the inner one's back edge.
  assert.deepEqual(
    live(
      `(param i32) ${L3} (loop (loop (br_if 1 (call $ask (i32.const 1))) ${get(2)} (br_if 0 (local.get 0))) ${set(2)})`,
    ),
    [
      [0, 2],
      [0, 2],
      [0, 2],
    ],
  );
});

test('handlers: what a catch clause reads is alive at every call inside', () => {
  const code = `${L3} (block (try_table (catch_all 0) ${set(0)} (call $wait) ${set(1)} (call $wait)) (return)) ${get(0)} ${get(1)}`;
  assert.deepEqual(live(code), [
    [0, 1],
    [0, 1],
  ]);
  assert.deepEqual(live(`${L3} (block (try_table (catch_all 0) (call $wait)) (call $wait) (return)) ${get(0)}`), [
    [0],
    [],
  ]);
});

test('the entry: parameters that are read', () => {
  assert.deepEqual(live(`(param i32 i32) ${L3} (call 2 (local.get 1) (i32.const 1)) ${get(1)}`), [[1], [1]]);
});

test('functions too large to analyse count every local as alive', () => {
  // MAX_LIVENESS_WORDS: 40,000 locals are 1,250 words for each of 4,000 labels.
  assert.equal(livePoints(irOf(`(local ${'i32 '.repeat(40_000)}) ${'(block)'.repeat(2_000)} (call $wait)`)), null);
  // MAX_LIVENESS_WORK: 1,250 words at each of 100,000 branches.
  assert.equal(
    livePoints(irOf(`(local ${'i32 '.repeat(40_000)}) ${'(br_if 0 (i32.const 0))'.repeat(100_000)} (call $wait)`)) ===
      null,
    false,
  );
  const loops = `(loop ${'(br_if 0 (i32.const 0))'.repeat(60_000)} (call $wait))`;
  const nested = `(loop (loop (loop ${loops})))`;
  const ir = irOf(`(local ${'i32 '.repeat(40_000)}) ${nested}`);
  const cpuMs = cpuMsOf(() => livePoints(ir));
  assert.ok(cpuMs < 10_000, `${cpuMs} ms`);
  // MAX_LIVE_ENTRIES: 10,000 locals alive at 1,000 points.
  const gets = Array.from({ length: 10_000 }, (_, k) => get(k)).join(' ');
  assert.equal(livePoints(irOf(`(local ${'i32 '.repeat(10_000)}) ${'(call $wait)'.repeat(1_000)} ${gets}`)), null);
});
