import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_CONFIG, World } from '../test_guest.ts';

const WASI = 'wasi_snapshot_preview1';
const CONFIG = {
  ...FULL_CONFIG,
  args: ['a', 'bß', ''],
  env: [
    ['K', 'v=1'],
    ['E', ''],
  ] as const,
};

test('args_sizes_get and args_get: terminated UTF-8, one pointer each', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'args_sizes_get', 16, 32), 0);
    guest.assertBytes(16, [3, 0, 0, 0]);
    guest.assertBytes(32, [7, 0, 0, 0]);
    assert.equal(yield* guest.call(WASI, 'args_get', 48, 100), 0);
    guest.assertBytes(100, [0x61, 0, 0x62, 0xc3, 0x9f, 0, 0]);
    guest.assertBytes(48, [100, 0, 0, 0, 102, 0, 0, 0, 106, 0, 0, 0]);
  }, CONFIG);
});

test('environ_sizes_get and environ_get: NAME=value', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'environ_sizes_get', 16, 32), 0);
    guest.assertBytes(16, [2, 0, 0, 0]);
    guest.assertBytes(32, [9, 0, 0, 0]);
    assert.equal(yield* guest.call(WASI, 'environ_get', 48, 100), 0);
    guest.assertBytes(100, [...Buffer.from('K=v=1\0E=\0')]);
    guest.assertBytes(48, [100, 0, 0, 0, 106, 0, 0, 0]);
  }, CONFIG);
});

test('nothing to give is no error', () => {
  new World().runToEnd(function* (guest) {
    for (const kind of ['args', 'environ']) {
      assert.equal(yield* guest.call(WASI, `${kind}_sizes_get`, 16, 24), 0);
      guest.assertBytes(16, [0, 0, 0, 0]);
      assert.equal(yield* guest.call(WASI, `${kind}_get`, 48, 100), 0);
      guest.assertBytes(48, []);
      guest.memory.bytes.fill(0x3f, 16, 28);
    }
  });
});
