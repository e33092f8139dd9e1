// The runner of scripts judged by small scripts of our own: that it passes what holds, fails what does not, and counts the rest.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import type { Adapter } from './adapter.ts';
import { PlainAdapter } from './plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter, randomStops } from './rewritten_adapter.ts';
import { runScript } from './script.ts';
import { loadParser } from './wat.ts';

const parser = await loadParser();
const spectestStops = (module: string) => module === 'spectest';

function adapters(): Adapter[] {
  const options = { stops: spectestStops, dense: true };
  return [
    new PlainAdapter(),
    new RewrittenAdapter({ ...options, policy: NEVER, tracked: false }),
    new RewrittenAdapter({ ...options, policy: EVERY, tracked: true }),
    new RewrittenAdapter({ ...options, policy: randomStops(new SeededRandom(1)), tracked: false }),
  ];
}

const HOLDS = `
(module $m
  (import "spectest" "print_i32" (func $print (param i32)))
  (memory (export "memory") 1 3)
  (global (export "nan") (mut f32) (f32.const nan:0x200000))
  (table funcref (elem $fac))
  (type $unary (func (param i64) (result i64)))
  (func $fac (export "fac") (type $unary)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call_indirect (type $unary) (i64.sub (local.get 0) (i64.const 1)) (i32.const 0))))))
  (func (export "identity") (param f32 v128 f64) (result f64 v128 f32)
    (call $print (i32.const 1))
    local.get 2 local.get 1 local.get 0)
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "endless") (call $recurse) drop)
  (func $recurse (result i32) (i32.add (call $recurse) (i32.const 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
(assert_return (invoke "fac" (i64.const 20)) (i64.const 2432902008176640000))
(assert_return (invoke $m "identity" (f32.const -nan:0x200001) (v128.const i32x4 1 -1 0x80000000 0) (f64.const nan:0x4000000000001))
  (f64.const nan:0x4000000000001) (v128.const i64x2 -4294967295 2147483648) (f32.const -nan:0x200001))
(assert_return (invoke "identity" (f32.const nan) (v128.const f32x4 nan 1 2 inf) (f64.const nan))
  (f64.const nan:canonical) (v128.const f32x4 nan:canonical 1 2 inf) (f32.const nan:arithmetic))
(assert_return (get "nan") (f32.const nan:0x200000))
(assert_trap (invoke "divide" (i32.const 1) (i32.const 0)) "integer divide by zero")
(assert_return (invoke "divide" (i32.const 7) (i32.const -2)) (i32.const -3))
(assert_exhaustion (invoke "endless") "call stack exhausted")
(assert_return (invoke "divide" (i32.const 8) (i32.const 2)) (i32.const 4))
(assert_return (invoke "grow" (i32.const 2)) (i32.const 1))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_malformed (module binary "\\00asm\\02\\00\\00\\00") "unknown binary version")
(assert_unlinkable (module (import "spectest" "print_i32" (func (param i64)))) "incompatible import type")
(assert_trap (module (func $start unreachable) (start $start)) "unreachable")
(register "other" $m)
(module (import "other" "fac" (func $fac (param i64) (result i64))) (func (export "twice") (result i64) (call $fac (call $fac (i64.const 3)))))
(assert_return (invoke "twice") (i64.const 720))
(module (func (export "reference") (param externref) (result externref) (local.get 0)))
(assert_return (invoke "reference" (ref.extern 5)) (ref.extern 5))
(assert_return (invoke "reference" (ref.null extern)) (ref.null extern))
`;

test('runScript passes assertions that hold, plain and rewritten with stops', async () => {
  for (const adapter of adapters()) {
    const report = await runScript(HOLDS, adapter, parser);
    assert.deepEqual(report.failures, [], adapter.name);
    assert.equal(report.passed, 17, adapter.name);
    assert.equal(report.unjudged.size, 0, adapter.name);
  }
});

test('runScript fails every assertion that does not hold, with its line', async () => {
  const source = `(module (func (export "one") (result i32) (i32.const 1)) (func (export "nan") (result f32) (f32.const nan:0x200001)))
(assert_return (invoke "one") (i32.const 2))
(assert_return (invoke "one") (i64.const 1))
(assert_return (invoke "one"))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_trap (invoke "one") "unreachable")
(assert_exhaustion (invoke "one") "call stack exhausted")
(assert_invalid (module (func)) "type mismatch")
(assert_unlinkable (module (import "spectest" "print" (func))) "unknown import")
(assert_return (invoke "two") (i32.const 2))`;
  for (const adapter of adapters()) {
    const report = await runScript(source, adapter, parser);
    assert.deepEqual(
      report.failures.map((failure) => failure.split(':')[0]),
      [2, 3, 4, 5, 6, 7, 8, 9, 10].map((line) => `line ${line}`),
      adapter.name,
    );
    assert.equal(report.passed, 0);
  }
});

test('runScript counts what depends on a refused module under the reason of the refusal', async () => {
  const adapter = new RewrittenAdapter({ stops: spectestStops, dense: false, policy: NEVER, tracked: false });
  const source =
    '(module (memory i64 1) (func (export "f")))\n(assert_return (invoke "f"))\n(assert_return (invoke "f"))';
  const report = await runScript(source, adapter, parser);
  assert.deepEqual(report.failures, []);
  assert.deepEqual(
    [...report.unjudged.values()],
    [{ unjudged: { kind: 'refused', reason: 'unsupported: memory64' }, count: 3 }],
  );
});

test('RewrittenAdapter takes resume points under the policy "every"', async () => {
  const adapter = new RewrittenAdapter({ stops: spectestStops, dense: true, policy: EVERY, tracked: false });
  await runScript(HOLDS, adapter, parser);
  assert.ok(adapter.counts.pointsTaken > 20, adapter.summary());
  assert.ok(adapter.counts.stops > 1000, adapter.summary());
});
