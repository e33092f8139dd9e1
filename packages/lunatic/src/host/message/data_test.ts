import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MESSAGE_BYTES } from '../../actor/limits.ts';
import { HandleTable } from '../../base/handle_table.ts';
import { STOP_YIELD } from '../../engine/host_function.ts';
import { COPY_PORTION_BYTES } from '../limits.ts';
import { hostState } from '../state.ts';
import { FILL, FULL_CONFIG, type Guest, World } from '../test_guest.ts';

const MESSAGE = 'lunatic::message';

test('write_data appends, read_data gives it back in pieces, 0 at the end', () => {
  new World().runToEnd(function* (guest) {
    guest.put(0, 'hello world');
    yield* guest.call(MESSAGE, 'create_data', 0n, 3n);
    assert.equal(yield* guest.call(MESSAGE, 'write_data', 0, 5), 5);
    assert.equal(yield* guest.call(MESSAGE, 'write_data', 5, 6), 6);
    assert.equal(yield* guest.call(MESSAGE, 'data_size'), 11n);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 100, 4), 4);
    guest.assertBytes(100, [...Buffer.from('hell')]);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 200, 50), 7);
    guest.assertBytes(200, [...Buffer.from('o world')]);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 300, 50), 0);
    guest.assertBytes(300, []);
    assert.equal(yield* guest.call(MESSAGE, 'write_data', 0, 1), 1);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 300, 50), 1);
  });
});

test('large copies are exact and charged', () => {
  const guest = new World().runToEnd(function* (self) {
    for (let i = 0; i < 10_000; i++) self.memory.bytes[i] = i % 251;
    yield* self.call(MESSAGE, 'create_data', 0n, 0n);
    yield* self.call(MESSAGE, 'write_data', 0, 10_000);
    yield* self.call(MESSAGE, 'read_data', 20_000, 10_000);
    self.assertBytes(20_000, [...self.memory.read(0, 10_000)]);
  });
  assert.equal(guest.charged, 20_000);
});

test('seek_data moves the read position; reading beyond the end traps', () => {
  const message = new World().runToTrap(function* (guest) {
    guest.put(0, 'abcdef');
    yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
    yield* guest.call(MESSAGE, 'write_data', 0, 6);
    yield* guest.call(MESSAGE, 'seek_data', 4n);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 100, 9), 2);
    yield* guest.call(MESSAGE, 'seek_data', 0n);
    assert.equal(yield* guest.call(MESSAGE, 'read_data', 100, 9), 6);
    yield* guest.call(MESSAGE, 'seek_data', 7n);
    yield* guest.call(MESSAGE, 'read_data', 100, 9);
  });
  assert.equal(message, 'the read position 7 is beyond the end of the message (6 bytes)');
});

test('seek_data takes any u64', () => {
  new World().runToTrap(function* (guest) {
    yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
    yield* guest.call(MESSAGE, 'seek_data', -1n);
    yield* guest.call(MESSAGE, 'read_data', 100, 9);
  });
});

test('read_data needs the whole range in bounds even for fewer bytes', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    yield* self.call(MESSAGE, 'create_data', 0n, 0n);
    yield* self.call(MESSAGE, 'write_data', 0, 2);
    yield* self.call(MESSAGE, 'read_data', 65530, 7);
  });
  world.run();
  assert.deepEqual(guest.reason, { kind: 'trap', message: 'memory access out of bounds: 7 bytes at 65530 of 65536' });
  assert.equal(guest.memory.readU8(65530), FILL);
});

test('a zero-length write is legal up to the end of memory and traps beyond', () => {
  new World().runToTrap(function* (guest) {
    yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
    assert.equal(yield* guest.call(MESSAGE, 'write_data', 65536, 0), 0);
    yield* guest.call(MESSAGE, 'write_data', 65537, 0);
  });
});

test('tags keep all 64 bits; 0 is none', () => {
  new World().runToEnd(function* (guest) {
    for (const tag of [0n, 1n, -1n, 0x7fff_ffff_8000_0000n, -(2n ** 63n)]) {
      yield* guest.call(MESSAGE, 'create_data', tag, 0n);
      assert.equal(yield* guest.call(MESSAGE, 'get_tag'), tag);
      assert.equal(yield* guest.call(MESSAGE, 'get_process_id'), 0n);
    }
  });
});

test('any capacity hint is accepted', () => {
  new World().runToEnd(function* (guest) {
    for (const capacity of [-1n, 2n ** 40n, 65536n]) yield* guest.call(MESSAGE, 'create_data', 0n, capacity);
  });
});

test('a message has a largest size', () => {
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
    for (let i = 0; i <= MAX_MESSAGE_BYTES / 65536; i++) yield* guest.call(MESSAGE, 'write_data', 0, 65536);
  });
  assert.equal(
    message,
    `a message of ${MAX_MESSAGE_BYTES + 65536} bytes is larger than the limit of ${MAX_MESSAGE_BYTES}`,
  );
});

test('everything but create_data traps on an empty scratch area', () => {
  const calls: [string, ...(number | bigint)[]][] = [
    ['write_data', 0, 0],
    ['read_data', 0, 0],
    ['seek_data', 0n],
    ['get_tag'],
    ['get_process_id'],
    ['data_size'],
    ['take_module', 0n],
    ['push_module', 0n],
    ['send', 1n],
    ['send_receive_skip_search', 1n, 1n, 0n],
  ];
  for (const [name, ...args] of calls) {
    const message = new World().runToTrap(function* (guest) {
      yield* guest.call(MESSAGE, name, ...args);
    });
    assert.equal(message, 'the scratch area holds no message', name);
  }
});

function giveModule(guest: Guest): bigint {
  const state = hostState(guest);
  state.modules ??= new HandleTable();
  return BigInt(state.modules.insert({ kind: 'module', id: 7, name: 'm' }));
}

test('modules travel: the sender keeps its handle, the message has a hole afterwards', () => {
  new World().runToEnd(function* (guest) {
    const id = giveModule(guest);
    yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
    assert.equal(yield* guest.call(MESSAGE, 'push_module', id), 0n);
    assert.equal(yield* guest.call(MESSAGE, 'push_module', id), 1n);
    assert.equal(yield* guest.call(MESSAGE, 'take_module', 0n), 1n);
    assert.equal(yield* guest.call(MESSAGE, 'take_module', 1n), 2n);
    assert.equal(hostState(guest).modules?.get(2), hostState(guest).modules?.get(0));
  });
});

test('take_module traps for an index that is taken or was never there', () => {
  for (const index of [0n, 1n, -1n]) {
    const message = new World().runToTrap(function* (guest) {
      const id = giveModule(guest);
      yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
      yield* guest.call(MESSAGE, 'push_module', id);
      yield* guest.call(MESSAGE, 'take_module', 0n);
      yield* guest.call(MESSAGE, 'take_module', index);
    });
    assert.equal(message, `the message has no module at index ${BigInt.asUintN(64, index)}`);
  }
});

test('long copies go in portions, and other processes run in between', () => {
  const size = 3 * COPY_PORTION_BYTES + 5;
  const world = new World();
  let turns = 0;
  let turnsAtEnd = 0;
  const guest = world.spawn(
    function* (self) {
      for (let i = 0; i < size; i++) self.memory.bytes[i] = i % 251;
      yield* self.call(MESSAGE, 'create_data', 0n, 0n);
      assert.equal(yield* self.call(MESSAGE, 'write_data', 0, size), size);
      assert.equal(yield* self.call(MESSAGE, 'data_size'), BigInt(size));
      assert.equal(yield* self.call(MESSAGE, 'read_data', 2 ** 21, size + 100), size);
      assert.ok(Buffer.compare(self.memory.read(0, size), self.memory.read(2 ** 21, size)) === 0);
      assert.equal(yield* self.call(MESSAGE, 'read_data', 2 ** 21, 10), 0);
      turnsAtEnd = turns;
    },
    FULL_CONFIG,
    2 ** 22,
  );
  world.spawn(function* () {
    while (turns++ < 10) yield STOP_YIELD;
  });
  world.run();
  assert.deepEqual(guest.reason, { kind: 'normal' });
  assert.equal(guest.charged, 2 * size);
  assert.equal(turnsAtEnd, 6);
});
