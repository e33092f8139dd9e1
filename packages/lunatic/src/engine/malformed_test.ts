// Bytes that are no module, or another module than was meant: loading says so, or it runs contained. LUNATIC_FLIPS=10000 for the long form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { WasmError } from '../wasm/error.ts';
import { assemble } from '../wasm/test_modules.ts';
import type { EngineModule } from './loaded_module.ts';
import { TestEngine, TestLinkError } from './test_engine.ts';

const FLIPS = Number(process.env.LUNATIC_FLIPS ?? 1_000);
const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 3);
/** What a mutated module may use: it may loop for ever, or recurse, or grow. */
const CONFIG = { maxFuel: 1, maxMemoryBytes: 64 * 65_536 };
const MAX_SLICES = 100;

/** Every section, and something of every kind that the rewrite treats in a way of its own. */
const SOURCE = `(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "env" "yield" (func $yield))
  (import "env" "log" (func $log (param i32)))
  (import "env" "call" (func $call (param i32 i32) (result i32)))
  (import "env" "catch" (func $catch (param i32) (result i32)))
  (import "env" "write" (func $write (param i32 i32 i32)))
  (memory (export "memory") 1 40)
  (table $t (export "table") 8 100 funcref)
  (tag $thrown (param i32))
  (global $counter (export "counter") (mut i64) (i64.const 5))
  (global $half f64 (f64.const 0.5))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (start $start)
  (elem (i32.const 0) $add $double $fails)
  (elem $passive func $double $yield)
  (data (i32.const 16) "some bytes of data")
  (data $later "more of them")
  (func $start (memory.init $later (i32.const 64) (i32.const 0) (i32.const 12)))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $double (param i32) (result i32) (call $yield) (i32.mul (local.get 0) (i32.const 2)))
  (func $fails (param i32) (result i32) (call $yield) (unreachable))
  (func (export "caught") (param i32) (result i32) (call $double (call $call (i32.const 2) (local.get 0))))
  (func $loops (export "loops") (param $n i32) (local $sum i32) (local $float f32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $n) (i32.const 40)))
        (local.set $sum (call_indirect (type $binary) (local.get $sum) (local.get $n) (i32.const 0)))
        (local.set $float (f32.add (local.get $float) (f32.convert_i32_u (local.get $sum))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (if (i32.and (local.get $n) (i32.const 4)) (then (call $yield)) (else (br $next)))
        (br $next)))
    (call $log (i32.trunc_sat_f32_s (local.get $float))))
  (func $fibonacci (param i64) (result i64)
    (if (result i64) (i64.lt_u (local.get 0) (i64.const 2))
      (then (local.get 0))
      (else (i64.add
        (call $fibonacci (i64.sub (local.get 0) (i64.const 1)))
        (call $fibonacci (i64.sub (local.get 0) (i64.const 2)))))))
  (func (export "main")
    (global.set $counter (call $fibonacci (i64.const 9)))
    (call $loops (i32.const 0))
    (call $log (call $catch (i32.const 3)))
    (call $log (call $call (i32.const 1) (i32.const 4)))
    (call $write (i32.const 300) (i32.const 7) (i32.const 600))
    (block $two (block $one (br_table $one $two (i32.wrap_i64 (global.get $counter)))) (unreachable)))
  (func (export "bulk")
    (drop (memory.grow (i32.const 3)))
    (memory.fill (i32.const 100) (i32.const 7) (i32.const 50000))
    (memory.copy (i32.const 70000) (i32.const 3) (i32.const 40000))
    (v128.store (i32.const 32) (i32x4.add (v128.load (i32.const 16)) (global.get $vector)))
    (table.init $t $passive (i32.const 5) (i32.const 0) (i32.const 2))
    (drop (table.grow $t (ref.null func) (i32.const 20)))
    (table.fill $t (i32.const 8) (table.get $t (i32.const 0)) (i32.const 20)))
  (func (export "throws")
    (block $handler (result i32)
      (try_table (catch $thrown $handler) (call $yield) (throw $thrown (i32.const 5)))
      (unreachable))
    (call $log)
    (return_call $loops (i32.const 30))))`;

const tally = { refused: 0, ran: 0 };

/** Loads and runs; anything but a WasmError or a LinkError fails the test. */
function tryBytes(vm: TestEngine, bytes: Uint8Array, place: string): void {
  let module: EngineModule;
  try {
    module = vm.load(bytes);
  } catch (error) {
    if (!(error instanceof WasmError || error instanceof TestLinkError)) throw new Error(place, { cause: error });
    tally.refused++;
    return;
  }
  tally.ran++;
  try {
    for (const name of module.transformed.entries.keys()) {
      const args = module.transformed.entries.get(name)?.type.params.map(() => 3) ?? [];
      const proc = vm.trySpawn(module, name, args, CONFIG);
      if (typeof proc === 'string') continue;
      vm.run(MAX_SLICES);
      vm.system.kill(proc.pid);
    }
  } catch (error) {
    throw new Error(place, { cause: error });
  }
  vm.logs.clear();
  vm.reasons.clear();
}

test('the module that the others are made from does what it should', () => {
  const vm = new TestEngine();
  const module = vm.load(assemble(SOURCE));
  for (const name of ['main', 'bulk', 'throws']) assert.equal(vm.outcome(module, name)?.kind, 'normal', name);
});

test('every truncation', () => {
  const vm = new TestEngine();
  const bytes = assemble(SOURCE);
  for (let length = 0; length < bytes.length; length++) tryBytes(vm, bytes.slice(0, length), `${length} bytes`);
});

for (const tracked of [false, true]) {
  test(`${FLIPS / 2} modules with flipped bytes, writes ${tracked ? '' : 'not '}recorded`, () => {
    const random = new SeededRandom(SEED + Number(tracked));
    const original = assemble(SOURCE);
    let vm = new TestEngine({ tracked });
    for (let round = 0; round < FLIPS / 2; round++) {
      const bytes = original.slice();
      const flips = 1 + randomBelow(random, 3);
      const changed: string[] = [];
      for (let k = 0; k < flips; k++) {
        const at = 8 + randomBelow(random, bytes.length - 8);
        bytes[at] = randomBelow(random, 2) === 0 ? bytes[at] ^ (1 << randomBelow(random, 8)) : randomBelow(random, 256);
        changed.push(`${at}=${bytes[at]}`);
      }
      tryBytes(vm, bytes, `seed ${SEED}, round ${round}: ${changed.join(' ')}`);
      if (round % 1_000 === 999) vm = new TestEngine({ tracked });
    }
    assert.ok(tally.ran > FLIPS / 10 && tally.refused > FLIPS / 10, `${tally.ran} ran, ${tally.refused} were refused`);
  });
}
