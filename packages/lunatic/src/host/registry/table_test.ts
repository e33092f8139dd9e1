import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_STRING_BYTES } from '../../engine/limits.ts';
import { FULL_CONFIG, type Guest, World } from '../test_guest.ts';

const REGISTRY = 'lunatic::registry';
const NAME = 300;

function putName(guest: Guest, name: string): [number, number] {
  return [NAME, guest.put(NAME, name)];
}

test('put, get, remove', () => {
  new World().runToEnd(function* (guest) {
    const name = putName(guest, 'a/b');
    assert.equal(yield* guest.call(REGISTRY, 'get', ...name, 40, 64), 1);
    guest.assertBytes(40, []);
    yield* guest.call(REGISTRY, 'put', ...name, 0n, 1n);
    assert.equal(yield* guest.call(REGISTRY, 'get', ...name, 40, 64), 0);
    guest.assertBytes(40, [0, 0, 0, 0, 0, 0, 0, 0]);
    guest.assertBytes(64, [1, 0, 0, 0, 0, 0, 0, 0]);
    yield* guest.call(REGISTRY, 'remove', ...name);
    yield* guest.call(REGISTRY, 'remove', ...name);
    assert.equal(yield* guest.call(REGISTRY, 'get', ...name, 40, 64), 1);
  });
});

test('the forms up to 0.9 have no node; a node of all ones is this one', () => {
  new World().runToEnd(function* (guest) {
    const old = putName(guest, 'old');
    yield* guest.call(REGISTRY, 'put', ...old, 1n);
    assert.equal(yield* guest.call(REGISTRY, 'get', ...old, 64), 0);
    guest.assertBytes(64, [1, 0, 0, 0, 0, 0, 0, 0]);
    const ones = putName(guest, 'ones');
    yield* guest.call(REGISTRY, 'put', ...ones, -1n, 1n);
    assert.equal(yield* guest.call(REGISTRY, 'get', ...ones, 40, 64), 0);
    assert.equal(guest.memory.readU64(40), 0n);
  });
});

test('names of dead processes are gone', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    yield* guest.call(REGISTRY, 'put', ...putName(guest, 'short-lived'), 0n, BigInt(guest.process.pid));
  });
  world.runToEnd(function* (guest) {
    assert.equal(yield* guest.call(REGISTRY, 'get', ...putName(guest, 'short-lived'), 40, 64), 1);
  });
});

test('the registry is bounded, in names and their length', () => {
  const full = new World({ maxNames: 2 }).runToTrap(function* (guest) {
    for (const name of ['a', 'b', 'c']) yield* guest.call(REGISTRY, 'put', ...putName(guest, name), 0n, 1n);
  });
  assert.equal(full, 'the registry is full (2 names)');
  const long = new World().runToTrap(function* (guest) {
    yield* guest.call(REGISTRY, 'put', ...putName(guest, 'x'.repeat(5000)), 0n, 1n);
  });
  assert.match(long, /^a registered name has at most/);
});

test('a string beyond the bound traps before it is decoded', () => {
  const world = new World();
  const guest = world.spawn(
    function* (self) {
      yield* self.call(REGISTRY, 'get', 0, MAX_STRING_BYTES + 1, 40, 64);
    },
    FULL_CONFIG,
    2 * MAX_STRING_BYTES,
  );
  world.run();
  assert.deepEqual(guest.reason, {
    kind: 'trap',
    message: `a string of ${MAX_STRING_BYTES + 1} bytes is longer than the limit of ${MAX_STRING_BYTES}`,
  });
});
