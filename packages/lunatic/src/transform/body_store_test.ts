import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../wasm/writer.ts';
import { BodyStore } from './body_store.ts';

test('bodies of all sizes stay as they were when the writer goes on', () => {
  const store = new BodyStore();
  const writer = new ByteWriter();
  const sizes = [0, 1, 16_383, 2, 40_000, 3, 2_000_000, 100_000];
  const kept = sizes.map((size, k) => {
    writer.clear();
    writer.bytes(new Uint8Array(size).fill(k + 1));
    return store.keep(writer);
  });
  kept.forEach((body, k) => {
    assert.deepEqual(body, new Uint8Array(sizes[k]).fill(k + 1));
  });
});
