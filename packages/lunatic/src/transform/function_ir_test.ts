import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WasmError } from '../wasm/error.ts';
import { EXTERNREF, F64, FUNCREF, I32, I64 } from '../wasm/types.ts';
import { POINT_CALL, POINT_ENTRY, POINT_LOOP } from './function_ir.ts';
import { irOf, opsOf } from './test_ir.ts';

test('unreachable code is dropped, the structure around it stays', () => {
  assert.equal(opsOf(irOf('(call $wait) (return) (drop (i32.const 1)) (loop (call $wait))')), 'call return');
  assert.equal(opsOf(irOf('(block (br 0) (loop (br 0))) (call $wait)')), 'block br end call');
  assert.equal(
    opsOf(irOf('(if (i32.const 1) (then (unreachable) (block (nop))) (else (call $wait) (return) (nop)))')),
    'i32.const if unreachable else call return end',
  );
  assert.equal(
    opsOf(irOf('(result i32) (block (result i32) (br 0 (call $ask (i32.const 1))) (i32.add))')),
    'block i32.const call br end',
  );
});

test('falls: which ends are reached by falling into them', () => {
  const ir = irOf('(block (br 0)) (block (nop)) (if (i32.const 1) (then (return)) (else (call $wait))) (unreachable)');
  const ends = Array.from(ir.ops, (op, at) => [op, at] as const).filter(([op]) => op === 0x0b);
  assert.deepEqual(
    ends.map(([, at]) => ir.falls[at]),
    [0, 1, 1],
  );
  assert.equal(ir.falls[ir.count], 0, 'the end of the function');
});

test('resume points: calls that may stop, loop headers, the entry of what recurses, in this order', () => {
  const ir = irOf('(loop (call $wait) (drop (call $ask (i32.const 1)))) (call 2) (nop)');
  assert.deepEqual(
    ir.points.map((point) => point.kind),
    [POINT_LOOP, POINT_CALL, POINT_CALL, POINT_CALL, POINT_ENTRY],
  );
  assert.deepEqual(
    ir.points.map((point) => point.at),
    [0, 1, 3, 6, -1],
  );
  assert.equal(ir.entryPoint, true);
  assert.deepEqual([...ir.pointsBefore.subarray(0, 3)], [0, 1, 2]);
  assert.equal(ir.pointsBefore[ir.count], 4);
});

test('operands alive across a point: those below the arguments', () => {
  const { points } = irOf(
    '(result f64) (local f64) (f64.const 1) (i32.const 2) (call $ask (i32.const 3)) (drop) (call $wait) (drop)',
  );
  assert.deepEqual(
    points.map((point) => point.operands),
    [
      [F64, I32],
      [F64, I32],
    ],
  );
  const inLoop = irOf(
    '(result i32) (i64.const 1) (i32.const 2) (loop (param i32) (result i32) (call $ask)) (drop) (i32.wrap_i64)',
  );
  assert.deepEqual(
    inLoop.points.map((point) => point.operands),
    [[I64, I32], [I64]],
  );
});

test('shadowed: exactly the producers of operands that are alive across a point', () => {
  const ir = irOf('(result i32) (i32.const 1) (i32.const 2) (i32.add) (call $ask (i32.const 3)) (i32.add)');
  assert.deepEqual([...ir.shadowed], [[2, { height: 0, types: [I32] }]], 'the sum, not its parts nor the argument');
  const block = irOf(
    '(result i32) (i32.const 5) (block (param i32) (result i32) (call $wait) (i32.const 1) (i32.add))',
  );
  assert.deepEqual([...block.shadowed.keys()], [0], 'a block does not change what it is given');
  const arms = irOf(
    '(param i32) (result i32) (i32.const 5) (local.get 0) (if (param i32) (result i32) (then (call $wait)) (else (nop)))',
  );
  assert.deepEqual([...arms.shadowed.keys()].sort(), [0, 1], 'condition and parameter of an if with points inside');
  const two = irOf(
    '(result i32) (call $pair) (call $wait) (drop) (i32.wrap_i64)',
    '(func $pair (result i64 i32) (i64.const 1) (i32.const 2))',
  );
  assert.deepEqual([...two.shadowed], [[0, { height: 0, types: [I64, I32] }]]);
});

test('references are operands like others', () => {
  const { points } = irOf('(param externref) (result externref) (local.get 0) (ref.null func) (call $wait) (drop)');
  assert.deepEqual(points[0].operands, [EXTERNREF, FUNCREF]);
});

test('hasTightLoop: a loop without calls that may stop, at any depth', () => {
  assert.equal(irOf('(loop (nop))').hasTightLoop, true);
  assert.equal(irOf('(loop (call $wait))').hasTightLoop, false);
  assert.equal(irOf('(loop (loop (nop)) (call $wait))').hasTightLoop, true);
  assert.equal(irOf('(loop (loop (call $wait)))').hasTightLoop, false);
  assert.equal(irOf('(loop (call $plain))', '(func $plain)').hasTightLoop, true);
});

test('a loop is charged for its turn, callees that do not charge themselves included', () => {
  const body = (code: string, module = ''): number => irOf(`(loop ${code})`, module).loopCost.get(0) as number;
  const empty = body('');
  assert.equal(body('(drop (i32.const 1))') - empty, 2);
  assert.ok(body('(call $heavy)', `(func $heavy ${'(nop)'.repeat(500)})`) - empty >= 500);
  assert.ok(
    body('(call $loops)', `(func $loops (loop ${'(nop)'.repeat(500)}))`) - empty < 50,
    'that loop charges itself',
  );
  assert.ok(body(`(if (i32.const 0) (then ${'(nop)'.repeat(100_000)}))`) - empty >= 100_000 / 2);
});

test('too many operands over all points are refused', () => {
  const wide = '(i32.const 1) '.repeat(3_000);
  const points = '(call $wait)'.repeat(1_500);
  assert.throws(
    () => irOf(`${wide} ${points} ${'(drop)'.repeat(3_000)}`),
    (error) => {
      assert.ok(error instanceof WasmError);
      assert.match(error.message, /unsupported: too many operands alive across resume points/);
      assert.equal(error.code, 'ERR_WASM_UNSUPPORTED');
      return true;
    },
  );
  const blocks = '(block)'.repeat(30_000);
  assert.throws(() => irOf(`${wide} ${blocks} ${'(drop)'.repeat(3_000)} (call $wait)`), /too many operands/);
});

test('legacy exception handling is refused in a function that may stop', () => {
  assert.throws(
    () => irOf('(try (do (call $wait)) (catch_all))'),
    /unsupported: legacy exception handling in a function that may stop/,
  );
});
