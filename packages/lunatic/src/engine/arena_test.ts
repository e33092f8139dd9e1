// The arena keeps bytes apart, rounds little, gives back what is empty, and says no at its bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { Arena, classBytes, classOf } from './arena.ts';
import { ARENA_SLAB_BYTES, MAX_EMPTY_SLABS } from './limits.ts';

const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 5);

test('arena: a size class holds its sizes, is the smallest that does, and wastes a sixteenth at most', () => {
  for (let size = 1; size <= ARENA_SLAB_BYTES / 4; size++) {
    const found = classOf(size);
    const bytes = classBytes(found);
    if (bytes < size || (found > 0 && classBytes(found - 1) >= size)) assert.fail(`${size} bytes in ${bytes}`);
    if (size > 1024 && bytes - size > size / 16) assert.fail(`${size} bytes in ${bytes}`);
  }
});

test('arena: what was put is there until it is freed, whatever else comes and goes', () => {
  const random = new SeededRandom(SEED);
  const arena = new Arena();
  const kept = new Map<number, { address: number; bytes: Uint8Array }>();
  let used = 0;
  for (let step = 0; step < 20_000; step++) {
    const key = randomBelow(random, 500);
    const known = kept.get(key);
    if (known === undefined) {
      // Mostly small, some larger than a slab takes.
      const bits = 1 + randomBelow(random, step % 100 === 0 ? 20 : 13);
      const bytes = new Uint8Array(1 + randomBelow(random, 2 ** bits)).fill(random.nextU32());
      const address = arena.put(bytes);
      assert.notEqual(address, -1);
      kept.set(key, { address, bytes });
      used += bytes.length;
    } else {
      const { address, bytes } = known;
      assert.equal(Buffer.compare(arena.get(address, bytes.length), bytes), 0, `seed ${SEED}, step ${step}`);
      arena.free(address, bytes.length);
      kept.delete(key);
      used -= bytes.length;
    }
    assert.equal(arena.usedBytes, used);
  }
  for (const { address, bytes } of kept.values()) arena.free(address, bytes.length);
  assert.equal(arena.usedBytes, 0);
  assert.ok(arena.reservedBytes <= MAX_EMPTY_SLABS * ARENA_SLAB_BYTES);
});

test('arena: after a peak the slabs are given back; a survivor keeps one', () => {
  const arena = new Arena();
  const state = new Uint8Array(2116).fill(7);
  const addresses = Array.from({ length: 40_000 }, () => arena.put(state));
  const survivor = addresses[19_999];
  assert.ok(arena.reservedBytes < addresses.length * state.length * 1.1, `${arena.reservedBytes} bytes`);
  for (const address of addresses) if (address !== survivor) arena.free(address, state.length);
  assert.ok(arena.reservedBytes <= (MAX_EMPTY_SLABS + 1) * ARENA_SLAB_BYTES, `${arena.reservedBytes} bytes`);
  assert.equal(Buffer.compare(arena.get(survivor, state.length), state), 0);
});

test('arena: parking by turns maps no memory, whatever the sizes', () => {
  const arena = new Arena();
  for (let size = 1; size < 200_000; size += 999) arena.free(arena.put(new Uint8Array(size)), size);
  assert.equal(arena.reservedBytes, ARENA_SLAB_BYTES);
});

test('arena: at its bound it says so, and takes more when something was freed', () => {
  const arena = new Arena(3 * ARENA_SLAB_BYTES);
  const state = new Uint8Array(100_000);
  const addresses: number[] = [];
  for (let address = arena.put(state); address !== -1; address = arena.put(state)) addresses.push(address);
  assert.equal(addresses.length, 3 * Math.floor(ARENA_SLAB_BYTES / classBytes(classOf(state.length))));
  assert.equal(arena.put(new Uint8Array(ARENA_SLAB_BYTES)), -1, 'a block with a buffer of its own counts as well');
  arena.free(addresses[0], state.length);
  assert.equal(arena.put(state), addresses[0]);
});
