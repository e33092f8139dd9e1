// E1: whoever gets an instance that others have used finds it as instantiation would have left it. LUNATIC_RESETS=100000 for the long form.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { assemble } from '../wasm/test_modules.ts';
import type { EngineModule } from './loaded_module.ts';
import { TestEngine } from './test_engine.ts';
import { freshGlobals, scribbler } from './test_scribbler.ts';

const RESETS = Number(process.env.LUNATIC_RESETS ?? 2_000);
const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 7);
/** More than a module may have instances, so that some are parked. */
const AT_ONCE = 48;

/** The memory of an instance of the module as V8 makes it. */
function freshMemory(source: string): Uint8Array {
  const nothing = (): void => {};
  const imports = { env: { write: nothing, yield: nothing, log: nothing } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(source)), imports);
  assert.ok(exports.memory instanceof WebAssembly.Memory);
  return new Uint8Array(exports.memory.buffer).slice();
}

/** Asserts that all idle instances are as new; returns how many there are. */
function checkIdle(vm: TestEngine, module: EngineModule, fresh: Uint8Array, place: string): number {
  const { side } = vm.engine;
  const globals = side.allocate(64);
  let count = 0;
  for (const instance of module.idleInstances()) {
    const { pages } = instance;
    count++;
    assert.ok(instance.memory !== null);
    const bytes = new Uint8Array(instance.memory.buffer);
    assert.equal(bytes.length, pages * 65_536, place);
    assert.equal(Buffer.compare(bytes.subarray(0, fresh.length), fresh), 0, `${place}: the initial pages differ`);
    const grown = new BigUint64Array(bytes.buffer, fresh.length);
    assert.ok(
      grown.every((word) => word === 0n),
      `${place}: grown pages are not zero`,
    );
    instance.injected.saveGlobals(globals);
    assert.deepEqual(side.bytes.slice(globals, globals + 48), freshGlobals(), `${place}: globals differ`);
  }
  side.free(globals, 64);
  return count;
}

function hunt(tracked: boolean | undefined, pages: number, growth: number, resets: number): void {
  const random = new SeededRandom(SEED);
  const vm = new TestEngine({ ...(tracked === undefined ? {} : { tracked }), sliceMs: 0.01 });
  const source = scribbler(pages, growth);
  const module = vm.load(source);
  const fresh = freshMemory(source);
  let reused = 0;
  for (let round = 0; reused < resets; round++) {
    const place = `seed ${SEED}, round ${round}`;
    const procs = Array.from({ length: 1 + randomBelow(random, AT_ONCE) }, () =>
      vm.spawn(module, 'main', [random.nextU32() | 0, 1 + randomBelow(random, 200)]),
    );
    vm.run(randomBelow(random, 200));
    for (const proc of procs) if (randomBelow(random, 4) === 0) vm.system.kill(proc.pid);
    vm.run();
    for (const proc of procs) assert.ok(vm.reasons.has(proc.pid), `${place}: a process did not end`);
    reused += checkIdle(vm, module, fresh, place);
  }
  const kinds = new Set([...vm.reasons.values()].map((reason) => reason.kind));
  assert.deepEqual([...kinds].sort(), ['killed', 'limit', 'normal', 'trap'], 'all ways to end occurred');
  assert.ok(vm.engine.pool.parked > 0, 'some processes were parked');
}

test(`reset: ${RESETS} reuses, writes recorded`, () => hunt(true, 1, 0, RESETS));
test('reset: writes recorded, memories grow', () => hunt(true, 3, 2, RESETS / 8));
test(`reset: writes searched for`, () => hunt(false, 1, 0, RESETS / 4));
test('reset: writes searched for, memories grow', () => hunt(false, 2, 2, RESETS / 8));
test('reset: the form changes on the way', () => hunt(undefined, 1, 1, RESETS / 4));

test('reset: a memory that had more written to it than is worth emptying is not used again', () => {
  for (const tracked of [false, true]) {
    const vm = new TestEngine({ tracked });
    const module = vm.load(`(module (memory 17 200)
      (func (export "main") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))`);
    assert.equal(vm.outcome(module, 'main', [1_000_000])?.kind, 'normal');
    assert.equal(vm.engine.pool.instanceCount, 1, 'below MAX_RESET_BYTES it is kept');
    assert.equal(vm.outcome(module, 'main', [1_100_000])?.kind, 'normal');
    assert.equal(vm.engine.pool.instanceCount, 0, 'above MAX_RESET_BYTES it is not');
    assert.equal(vm.outcome(module, 'main', [1])?.kind, 'normal');
  }
});
