import assert from 'node:assert/strict';
import { test } from 'node:test';
import { F64, I32, I64, V128 } from '../wasm/types.ts';
import { layoutFrames } from './frames.ts';
import { FRAME_HEADER } from './injected_abi.ts';
import { MAX_FRAME_BYTES, SEPARATE_FRAME_SLOTS } from './limits.ts';
import { livePoints } from './liveness.ts';
import { irOf } from './test_ir.ts';

function framesOf(code: string, module = '') {
  const ir = irOf(code, module);
  return layoutFrames(ir, livePoints(ir));
}

test('a frame holds operands from the outermost up, then live locals; each at its distance from the end', () => {
  const { frames, shared } = framesOf(
    '(param v128) (local i64) (f64.const 1) (i32.const 2) (call $wait) (drop) (drop) (drop (local.get 0)) (drop (local.get 1))',
  );
  assert.equal(shared, false);
  assert.deepEqual(frames[0].slots, [
    { type: F64, height: 0, local: -1, fromEnd: FRAME_HEADER + 8 },
    { type: I32, height: 1, local: -1, fromEnd: FRAME_HEADER + 12 },
    { type: V128, height: -1, local: 0, fromEnd: FRAME_HEADER + 28 },
    { type: I64, height: -1, local: 1, fromEnd: FRAME_HEADER + 36 },
  ]);
  assert.equal(frames[0].sizeBytes, FRAME_HEADER + 36);
  assert.equal(frames[0].resumePoint, 1);
});

test('operands of outer frames lie at the same distance at every point inside', () => {
  const { frames } = framesOf(
    '(result i32) (local i32) (i64.const 1) (block (call $wait) (f64.const 1) (call $wait) (drop) (loop (call $wait) (drop (local.get 0)))) (i32.wrap_i64)',
  );
  for (const { slots } of frames)
    assert.deepEqual(slots[0], { type: I64, height: 0, local: -1, fromEnd: FRAME_HEADER + 8 });
});

test('at the entry only parameters that are read are kept', () => {
  const { frames } = framesOf(
    '(param i32 i64 f64) (local i32) (call 2 (local.get 0) (i64.const 1) (local.get 2)) (drop (local.get 3))',
  );
  const entry = frames.at(-1);
  assert.equal(entry?.resumePoint, 0);
  assert.deepEqual(
    entry?.slots.map((slot) => slot.local),
    [0, 2],
  );
});

test('many points with many values share one layout (SEPARATE_FRAME_SLOTS)', () => {
  const code = (points: number): string =>
    `(param i32 i64) ${'(call $wait)'.repeat(points)} (drop (local.get 0)) (drop (local.get 1))`;
  // So costly a function has a point at its entry too.
  assert.equal(framesOf(code(SEPARATE_FRAME_SLOTS / 2 - 1)).shared, false);
  const { frames, shared } = framesOf(code(SEPARATE_FRAME_SLOTS / 2));
  assert.equal(shared, true);
  assert.deepEqual(new Set(frames.map((frame) => frame.sizeBytes)), new Set([FRAME_HEADER + 12]));
  assert.deepEqual(frames.map((frame) => frame.resumePoint).slice(0, 3), [1, 2, 3]);
});

test('a shared layout holds what is alive at any point', () => {
  const first = `(local i32 i64) ${'(call $wait)'.repeat(120)} (drop (local.get 0)) ${'(call $wait)'.repeat(120)} (drop (local.get 1))`;
  const { frames, shared } = framesOf(`${first} (f64.const 1) (call $wait) (drop)`);
  assert.equal(shared, true);
  assert.deepEqual(
    frames[0].slots.map(({ type, height, local }) => [type, height, local]),
    [
      [F64, 0, -1],
      [I32, -1, 0],
      [I64, -1, 1],
    ],
  );
});

test('a frame beyond MAX_FRAME_BYTES is refused', () => {
  const locals = (count: number): string => `(local ${'v128 '.repeat(count)})`;
  const gets = (count: number): string => Array.from({ length: count }, (_, k) => `(drop (local.get ${k}))`).join(' ');
  const count = 45_000;
  const wide = Array.from({ length: 25_000 }, () => '(v128.const i64x2 0 0)').join(' ');
  assert.ok((count + 25_000) * 16 > MAX_FRAME_BYTES);
  assert.throws(
    () => framesOf(`${locals(count)} ${wide} (call $wait) ${'(drop)'.repeat(25_000)} ${gets(count)}`),
    /unsupported: a frame of \d+ bytes, the limit is 1048576/,
  );
});
