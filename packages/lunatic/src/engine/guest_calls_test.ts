// Host functions that run guest functions, and traps on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CALL_DEPTH } from './limits.ts';
import { hostFunction, TestEngine } from './test_engine.ts';

const IMPORTS = `
  (import "env" "catch" (func $catch (param i32) (result i32)))
  (import "env" "call" (func $call (param i32 i32) (result i32)))
  (import "env" "yield" (func $yield))
  (import "env" "receive" (func $receive (result i32)))
  (import "env" "log" (func $log (param i32)))
  (import "env" "trap" (func $trap))`;

test('catch: a trap is caught wherever it happened, and the process goes on', () => {
  const traps: Readonly<Record<string, string>> = {
    unreachable: '(unreachable)',
    'after a stop': '(call $yield) (unreachable)',
    'in a deep frame': '(call $deep (i32.const 1000)) (unreachable)',
    'in the host': '(call $trap)',
    'in the host after a stop': '(call $yield) (call $trap)',
    division: '(drop (i32.div_u (i32.const 1) (i32.const 0)))',
    memory: '(drop (i32.load (i32.const 65536)))',
    'a bulk instruction': '(memory.fill (i32.const 1) (i32.const 1) (i32.const 65536))',
    'an empty table slot': '(drop (call $call (i32.const 5) (i32.const 1)))',
    'no such table slot': '(drop (call $call (i32.const 6) (i32.const 1)))',
    'another type in the table': '(drop (call $call (i32.const 1) (i32.const 1)))',
    'endless recursion': '(call $forever)',
  };
  for (const [name, code] of Object.entries(traps)) {
    for (const sliceMs of [0.00002, 100]) {
      const vm = new TestEngine({ sliceMs });
      const module = vm.load(`(module ${IMPORTS} (memory 1) (table 6 funcref) (elem (i32.const 0) $twice $deep)
        (global $depth (mut i32) (i32.const 0))
        (func $twice (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
          (else (call $yield) (unreachable))))
        (func $forever (call $forever) (global.set $depth (i32.const 1)))
        (func (export "caught") (param i32) (result i32) ${code} (i32.const 7))
        (func (export "main") (local $before i32)
          (local.set $before (i32.const 31))
          (call $log (call $catch (i32.const 1)))
          (call $log (call $call (i32.const 0) (i32.const 21)))
          (call $yield)
          (call $log (local.get $before))))`);
      const proc = vm.spawn(module);
      vm.run();
      assert.deepEqual(vm.reasons.get(proc.pid), { kind: 'normal' }, name);
      assert.deepEqual(vm.log(proc), [-1, 42, 31], name);
    }
  }
});

test('catch: nests; the innermost catches, results come back through all of them', () => {
  const vm = new TestEngine({ sliceMs: 0.0001 });
  const module = vm.load(`(module ${IMPORTS}
    (func (export "caught") (param $n i32) (result i32)
      (if (i32.eq (local.get $n) (i32.const 3)) (then (call $yield) (unreachable)))
      (i32.add (local.get $n) (i32.mul (i32.const 10)
        (if (result i32) (i32.lt_u (local.get $n) (i32.const 3))
          (then (call $catch (i32.add (local.get $n) (i32.const 1)))) (else (i32.const 0))))))
    (func (export "main") (call $log (call $catch (i32.const 0)))))`);
  const proc = vm.spawn(module);
  vm.run();
  // 3 traps: 2 sees -1.
  assert.deepEqual(vm.log(proc), [0 + 10 * (1 + 10 * (2 + 10 * -1))]);
});

test('call: a guest function may wait in it, and a trap in it passes through to whoever catches', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module ${IMPORTS} (table 2 funcref) (elem (i32.const 0) $wait $fail)
    (func $wait (param i32) (result i32) (i32.add (call $receive) (local.get 0)))
    (func $fail (param i32) (result i32) (call $yield) (unreachable))
    (func (export "caught") (param i32) (result i32) (call $call (i32.const 1) (i32.const 0)))
    (func (export "main")
      (call $log (call $call (i32.const 0) (i32.const 100)))
      (call $log (call $catch (i32.const 0)))))`);
  const proc = vm.spawn(module);
  vm.run();
  assert.deepEqual(vm.log(proc), []);
  vm.send(proc, 5);
  vm.run();
  assert.deepEqual(vm.log(proc), [105, -1]);
  const trapped = vm.spawn(
    vm.load(`(module ${IMPORTS} (table 1 funcref) (elem (i32.const 0) $fail)
    (func $fail (param i32) (result i32) (call $yield) (unreachable))
    (func $main (export "main") (drop (call $call (i32.const 0) (i32.const 0)))))`),
  );
  vm.run();
  const reason = vm.reasons.get(trapped.pid);
  assert.ok(reason?.kind === 'trap');
  assert.equal(reason.stack, 'at fail (function 6)\nat main (function 7)');
});

test('catch: what the guest exports under the name must have the type that the host calls', () => {
  const vm = new TestEngine();
  const types: Readonly<Record<string, string>> = {
    '(param i32 i32) (result i32)': 'takes (i32, i32)',
    '(result i32)': 'takes ()',
    '(param i64) (result i32)': 'takes (i64)',
    '(param v128 v128 v128) (result i32)': 'takes (v128, v128, v128)',
    '(param i32) (result i32 i32)': 'returns (i32, i32)',
    '(param i32) (result f64)': 'returns (f64)',
  };
  for (const [type, text] of Object.entries(types)) {
    const module = vm.load(`(module ${IMPORTS} (func (export "caught") ${type} (unreachable))
      (func (export "main") (call $log (call $catch (i32.const 1)))))`);
    const reason = vm.outcome(module);
    assert.ok(reason?.kind === 'trap' && reason.message.includes(text), `${type}: ${JSON.stringify(reason)}`);
  }
  const without = vm.outcome(vm.load(`(module ${IMPORTS} (func (export "main") (drop (call $catch (i32.const 1)))))`));
  assert.ok(without?.kind === 'trap' && without.message.includes('no export "caught"'));
  const noTable = vm.outcome(
    vm.load(`(module ${IMPORTS} (func (export "main") (drop (call $call (i32.const 0) (i32.const 1)))))`),
  );
  assert.ok(noTable?.kind === 'trap' && noTable.message.includes('no table'));
});

test('exceptions do not cross a host call: caught there as a trap, or the end of the process', () => {
  const vm = new TestEngine({ sliceMs: 0.0001 });
  // The function that catches is above the host call, the one that throws below; both may stop.
  const source = (viaCatch: boolean): string => `(module ${IMPORTS} (table 1 funcref) (elem (i32.const 0) $throw)
    (tag $t)
    (func $throw (param i32) (result i32) (call $yield) (throw $t))
    (func (export "caught") (param i32) (result i32) (call $throw (i32.const 0)))
    (func (export "main")
      (block $caught
        (try_table (catch_all $caught)
          (call $yield)
          (call $log ${viaCatch ? '(call $catch (i32.const 1))' : '(call $call (i32.const 0) (i32.const 1))'})
          (return)))
      (call $log (i32.const 99))))`;
  const caught = vm.spawn(vm.load(source(true)));
  const ended = vm.spawn(vm.load(source(false)));
  vm.run();
  assert.deepEqual(vm.log(caught), [-1]);
  assert.deepEqual(vm.log(ended), []);
  assert.deepEqual(vm.reasons.get(ended.pid), { kind: 'trap', message: 'an exception that nobody caught' });
});

test('call: as deep as MAX_CALL_DEPTH', () => {
  const vm = new TestEngine();
  const module = vm.load(`(module ${IMPORTS}
    (func (export "caught") (param $n i32) (result i32)
      (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
      (i32.add (call $catch (i32.sub (local.get $n) (i32.const 1))) (i32.const 1)))
    (func (export "main") (param i32) (call $log (call $catch (local.get 0)))))`);
  const fits = vm.spawn(module, 'main', [MAX_CALL_DEPTH - 1]);
  vm.run();
  assert.deepEqual(vm.log(fits), [MAX_CALL_DEPTH - 1]);
  // One more traps where it is made, and the call around it catches that.
  const deeper = vm.spawn(module, 'main', [MAX_CALL_DEPTH]);
  vm.run();
  assert.deepEqual(vm.log(deeper), [MAX_CALL_DEPTH - 2]);
});

test('a killed process is gone at once in every kind of wait, and its instance serves the next', () => {
  const waits: Readonly<Record<string, string>> = {
    receive: '(drop (call $receive))',
    'receive inside a call': '(drop (call $call (i32.const 0) (i32.const 0)))',
    'receive inside a catch': '(drop (call $catch (i32.const 0)))',
    'preempted in a loop': '(loop (br 0))',
    'preempted in a bulk instruction': '(loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0))',
    'preempted in a recursion': '(call $forever)',
    'yield after yield': '(loop (call $yield) (br 0))',
  };
  for (const [name, code] of Object.entries(waits)) {
    const vm = new TestEngine();
    const module = vm.load(`(module ${IMPORTS} (memory 1) (table 1 funcref) (elem (i32.const 0) $wait)
      (global $sum (mut i32) (i32.const 0))
      (func $wait (param i32) (result i32) (call $receive))
      (func $forever (call $forever) (global.set $sum (i32.const 1)))
      (func (export "caught") (param i32) (result i32) (call $wait (local.get 0)))
      (func (export "main") (param i32)
        (global.set $sum (i32.add (global.get $sum) (i32.const 1)))
        (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
        (call $log (i32.add (global.get $sum) (i32.load (i32.const 8))))
        (if (local.get 0) (then ${code}))))`);
    const killed = vm.spawn(module, 'main', [1]);
    vm.run(3);
    vm.system.kill(killed.pid);
    assert.deepEqual(vm.reasons.get(killed.pid), { kind: 'killed' }, name);
    const next = vm.spawn(module, 'main', [0]);
    vm.run();
    assert.deepEqual(vm.log(next), [2], name);
    assert.equal(vm.engine.pool.instanceCount, 1, name);
  }
});

test('a process that is killed by a host call of its own ends at that call', () => {
  const kill = hostFunction('kill', '', '', true, (ctx) => ctx.process.system.kill(ctx.process.pid));
  const vm = new TestEngine({ functions: [kill] });
  const module = vm.load(`(module ${IMPORTS} (import "env" "kill" (func $kill))
    (func (export "main") (call $kill) (call $yield) (call $log (i32.const 1))))`);
  const proc = vm.spawn(module);
  vm.run();
  assert.deepEqual(vm.reasons.get(proc.pid), { kind: 'killed' });
  assert.deepEqual(vm.log(proc), []);
});
