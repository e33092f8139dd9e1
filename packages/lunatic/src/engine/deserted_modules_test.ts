// Modules come and go for as long as a VM runs: guests compile them, embedders load them. What nobody can reach is given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MAX_DESERTED_MODULES } from './limits.ts';
import { TestEngine } from './test_engine.ts';

const MODULES = 200;

function source(k: number): string {
  return `(module (import "env" "receive" (func $receive (result i32)))
    (memory 1) (data (i32.const 0) "${k}")
    (func (export "main") (i32.store (i32.const 8) (i32.const 1)))
    (func (export "wait") (drop (call $receive))))`;
}

test('modules without processes keep few instances, and are given up when nobody can reach them', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const vm = new TestEngine();
  const { engine } = vm;
  const kept = vm.load(source(MODULES));
  const waiting = vm.spawn(kept, 'wait');
  for (let k = 0; k < MODULES; k++) assert.equal(vm.outcome(vm.load(source(k)))?.kind, 'normal');
  assert.equal(engine.pool.instanceCount, MAX_DESERTED_MODULES + 1);
  const { usedBytes } = engine.side;
  // Finalizers run in a turn of the event loop some time after the collection.
  for (let turn = 0; turn < 100 && engine.moduleCount > MAX_DESERTED_MODULES + 20; turn++) {
    collect();
    await setTimeout(10);
  }
  assert.ok(engine.moduleCount <= MAX_DESERTED_MODULES + 20, `${engine.moduleCount} modules`);
  assert.ok(engine.side.usedBytes < usedBytes / 2, 'images are freed');
  vm.send(waiting, 0);
  vm.run();
  assert.deepEqual(vm.reasons.get(waiting.pid), { kind: 'normal' });
  assert.equal(vm.outcome(kept)?.kind, 'normal', 'the module that was kept still runs');
});
