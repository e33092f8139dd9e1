import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostState, writeError } from '../state.ts';
import { FILL, World } from '../test_guest.ts';

const ERROR = 'lunatic::error';

test('lunatic::error gives text and size in bytes, without a terminator', () => {
  new World().runToEnd(function* (guest) {
    writeError(guest, 'né', 16);
    guest.assertBytes(16, [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(yield* guest.call(ERROR, 'string_size', 0n), 3);
    yield* guest.call(ERROR, 'to_string', 0n, 100);
    guest.assertBytes(100, [0x6e, 0xc3, 0xa9]);
  });
});

test('lunatic::error ids rise and are not used again', () => {
  new World().runToEnd(function* (guest) {
    writeError(guest, 'a', 16);
    yield* guest.call(ERROR, 'drop', 0n);
    writeError(guest, 'b', 16);
    assert.equal(guest.memory.readU64(16), 1n);
    assert.equal(hostState(guest).errors?.size, 1);
  });
});

test('lunatic::error traps for unknown ids, a second drop included', () => {
  for (const id of [0n, 5n, -1n, 2n ** 62n]) {
    const message = new World().runToTrap(function* (guest) {
      yield* guest.call(ERROR, 'string_size', id);
    });
    assert.equal(message, `error id ${BigInt.asUintN(64, id)} does not exist`);
  }
  const message = new World().runToTrap(function* (guest) {
    writeError(guest, 'a', 16);
    yield* guest.call(ERROR, 'drop', 0n);
    yield* guest.call(ERROR, 'drop', 0n);
  });
  assert.equal(message, 'error id 0 does not exist');
});

test('lunatic::error to_string traps out of bounds and writes nothing', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    writeError(self, 'abc', 16);
    yield* self.call(ERROR, 'to_string', 0n, 65534);
  });
  world.run();
  assert.equal(guest.reason?.kind, 'trap');
  assert.equal(guest.memory.readU8(65534), FILL);
});
