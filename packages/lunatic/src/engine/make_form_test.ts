// Modules that come from a cache: nothing of them differs, and what was made for another host is made anew.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble } from '../wasm/test_modules.ts';
import type { HostFunction } from './host_function.ts';
import type { ModuleCache } from './module_cache.ts';
import { TestEngine } from './test_engine.ts';

const PROGRAM = `(module
  (import "env" "yield" (func $yield))
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 0) $worker)
  (func $worker (param i32) (call $yield) (i32.store (local.get 0) (i32.load (local.get 0))))
  (start $begin)
  (func $begin (i32.store (i32.const 8) (i32.const 5)))
  (func $sink (unreachable))
  (func (export "main") (local $k i32)
    (loop $again
      (call_indirect (param i32) (i32.const 8) (i32.const 0))
      (call $log (i32.add (i32.load (i32.const 8)) (local.get $k)))
      (br_if $again (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 3)))))
  (func (export "trap") (call $yield) (call $sink)))`;

/** In memory; counts. */
class CountingCache implements ModuleCache {
  readonly entries = new Map<string, Uint8Array>();
  hits = 0;

  load(source: Uint8Array, form: string): Uint8Array | undefined {
    const found = this.entries.get(`${form} ${source.join()}`);
    if (found !== undefined) this.hits++;
    return found;
  }

  store(source: Uint8Array, form: string, rewritten: Uint8Array): void {
    this.entries.set(`${form} ${source.join()}`, rewritten.slice());
  }
}

function behaviour(vm: TestEngine, keep: boolean): unknown {
  const module = vm.engine.loadModule(assemble(PROGRAM), 'test', keep);
  const proc = vm.spawn(module, 'main');
  vm.run();
  const { compiled: _, ...form } = module.form;
  return [vm.log(proc), vm.reasons.get(proc.pid), vm.outcome(module, 'trap'), JSON.parse(JSON.stringify(form))];
}

test('a module from the cache behaves as one that was rewritten', () => {
  for (const tracked of [false, true]) {
    const plain = behaviour(new TestEngine({ tracked }), true);
    const cache = new CountingCache();
    for (const hits of [0, 1, 2]) {
      assert.deepEqual(behaviour(new TestEngine({ tracked, cache }), true), plain);
      assert.equal(cache.hits, hits);
    }
    assert.deepEqual(
      [...cache.entries.keys()].map((key) => key.split(' ')[0]),
      [tracked ? 'tracked' : 'plain'],
    );
  }
});

test('a module that nobody asked to keep is neither looked for nor left in the cache', () => {
  const cache = new CountingCache();
  behaviour(new TestEngine({ cache }), false);
  assert.equal(cache.entries.size, 0);
});

test('the tracked form of a module that was kept is kept too', () => {
  const cache = new CountingCache();
  for (const hits of [0, 2]) {
    const vm = new TestEngine({ cache });
    const module = vm.engine.loadModule(assemble(PROGRAM), 'test', true);
    for (let k = 0; k < 2_000 && !module.transformed.tracked; k++) vm.outcome(module);
    assert.ok(module.transformed.tracked);
    assert.equal(cache.hits, hits);
  }
  assert.equal(cache.entries.size, 2);
});

test('a result for a host whose function may stop is not used by one where it cannot', () => {
  const cache = new CountingCache();
  const wat = `(module (import "env" "ask" (func $ask)) (func (export "main") (call $ask)))`;
  for (const [stops, resumePoints] of [
    [true, 1],
    [false, 0],
    [true, 1],
  ] as const) {
    const ask: HostFunction = { module: 'env', name: 'ask', params: '', results: '', stops, call: () => {} };
    const vm = new TestEngine({ cache, functions: [ask] });
    const { functions } = vm.engine.loadModule(assemble(wat), 'test', true).transformed;
    assert.equal(
      functions.reduce((sum, report) => sum + report.resumePoints, 0),
      resumePoints,
    );
  }
});
