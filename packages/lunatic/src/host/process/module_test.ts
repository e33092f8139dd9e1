import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WasmError } from '../../wasm/error.ts';
import { LinkError } from '../link.ts';
import { World } from '../test_guest.ts';

const PROCESS = 'lunatic::process';

test('compile_module hands the bytes to the engine and gives an id', () => {
  const world = new World();
  const seen: Uint8Array[] = [];
  world.loadModule = (bytes, name) => {
    seen.push(bytes.slice());
    return { kind: 'module', id: 1, name };
  };
  world.runToEnd(function* (guest) {
    guest.putBytes(10, [1, 2, 3]);
    assert.equal(yield* guest.call(PROCESS, 'compile_module', 10, 3, 64), 0);
    guest.assertBytes(64, [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...(seen[0] ?? [])], [1, 2, 3]);
    yield* guest.call(PROCESS, 'drop_module', 0n);
  });
});

test('compile_module tells what is wrong with the module', () => {
  const problems = [{ kind: 'unknown', module: 'env', name: 'f', reason: 'no such namespace' }] as const;
  for (const error of [new WasmError('bad magic number', 0), new LinkError(problems)]) {
    const world = new World();
    world.loadModule = () => {
      throw error;
    };
    world.runToEnd(function* (guest) {
      assert.equal(yield* guest.call(PROCESS, 'compile_module', 10, 3, 64), 1);
      guest.assertBytes(64, [0, 0, 0, 0, 0, 0, 0, 0]);
      assert.equal(yield* guest.call('lunatic::error', 'string_size', 0n), error.message.length);
    });
  }
});

test('drop_module traps for an unknown id', () => {
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(PROCESS, 'drop_module', 3n);
  });
  assert.equal(message, 'module id 3 does not exist');
});
