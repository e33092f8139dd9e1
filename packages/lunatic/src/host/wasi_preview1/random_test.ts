import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { MAX_IO_BYTES } from '../limits.ts';
import { FILL, type Guest, World } from '../test_guest.ts';

const WASI = 'wasi_snapshot_preview1';

test('random_get fills exactly the buffer', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'random_get', 100, 10), 0);
    const expected = new Uint8Array(10);
    new SeededRandom(1).fill(expected);
    guest.assertBytes(100, [...expected]);
    assert.equal(yield* guest.call(WASI, 'random_get', 65536, 0), 0);
  });
});

test('random_get out of bounds traps', () => {
  new World().runToTrap(function* (guest) {
    yield* guest.call(WASI, 'random_get', 65530, 10);
  });
});

test('a long request is filled in portions, while others run', () => {
  const world = new World();
  let turns = 0;
  let done = false;
  const length = 3 * MAX_IO_BYTES + 5;
  const filler = world.spawn(
    function* (guest: Guest) {
      assert.equal(yield* guest.call(WASI, 'random_get', 16, length), 0);
      done = true;
      assert.equal(yield* guest.call(WASI, 'random_get', 0, 4), 0);
      assert.ok(guest.memory.read(16 + length, 16).every((byte) => byte === FILL));
      const tail = guest.memory.bytes.subarray(length, 16 + length);
      assert.ok(
        tail.some((byte) => byte !== 0),
        'the end is filled',
      );
    },
    undefined,
    length + 32,
  );
  world.spawn(function* (guest) {
    while (!done) {
      turns++;
      yield* guest.call(WASI, 'sched_yield');
    }
  });
  world.run();
  assert.deepEqual(filler.reason, { kind: 'normal' });
  assert.equal(turns, 3);
});
