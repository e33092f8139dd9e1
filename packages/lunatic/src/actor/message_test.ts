import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { createMessage, type MessageResource } from './message.ts';

function resource(kind: string): MessageResource & { releases: number } {
  return {
    kind,
    releases: 0,
    release() {
      this.releases++;
    },
  };
}

test('append grows by what is needed and keeps order, for small and large pieces', () => {
  const message = createMessage(1, 2);
  const expected: number[] = [];
  for (const size of [0, 1, 47, 48, 49, 63, 200, 5000]) {
    const piece = Uint8Array.from({ length: size + 4 }, (_, i) => (i * 7 + size) & 255);
    assert.ok(message.append(piece, 2, size + 2));
    expected.push(...piece.subarray(2, size + 2));
  }
  assert.deepEqual([...message.content()], expected);
  const target = new Uint8Array(expected.length + 10);
  let at = 5;
  for (const size of [1, 48, 49, 1000, 100_000]) at += message.readInto(target, at, size);
  assert.equal(at, expected.length + 5);
  assert.equal(message.readInto(target, 0, 10), 0, 'at the end');
  assert.deepEqual([...target.subarray(5, at)], expected);
});

test('append and reserve refuse more than MAX_MESSAGE_BYTES and change nothing', () => {
  const message = createMessage();
  message.append(Uint8Array.of(1, 2, 3));
  assert.equal(message.reserve(MAX_MESSAGE_BYTES + 1), false);
  const large = new Uint8Array(MAX_MESSAGE_BYTES);
  assert.equal(message.append(large), false);
  assert.deepEqual([...message.content()], [1, 2, 3]);
  assert.equal(message.append(large, 3), true);
  assert.equal(message.length, MAX_MESSAGE_BYTES);
});

test('M1: a reused message shows nothing of its former life', () => {
  const first = createMessage(9, 9);
  first.append(Uint8Array.of(1, 2, 3));
  first.readPos = 2;
  first.pid = 4;
  first.reason = { kind: 'killed' };
  first.ref = 3;
  first.pushResource(resource('socket'));
  first.release();
  const second = createMessage();
  assert.equal(second, first, 'the pool gives the last one');
  const { kind, tagLo, tagHi, length, readPos, resources, pid, reason, ref, next } = second;
  assert.deepEqual(
    { kind, tagLo, tagHi, length, readPos, resources, pid, reason, ref, next },
    { kind: 0, tagLo: 0, tagHi: 0, length: 0, readPos: 0, resources: null, pid: 0, reason: null, ref: 0, next: null },
  );
});

test('release twice is a bug, and is found', () => {
  const message = createMessage();
  message.release();
  assert.throws(() => message.release(), /released once/);
});

test('takeResource leaves a hole and refuses a wrong kind, an empty slot and an index out of range', () => {
  const message = createMessage();
  const [socket, module] = [resource('socket'), resource('module')];
  assert.equal(message.takeResource(0, 'socket'), null);
  assert.equal(message.pushResource(socket), 0);
  assert.equal(message.pushResource(module), 1);
  assert.equal(message.takeResource(0, 'module'), null);
  assert.equal(message.takeResource(0, 'socket'), socket);
  assert.equal(message.takeResource(0, 'socket'), null);
  assert.equal(message.takeResource(2, 'socket'), null);
  message.release();
  assert.deepEqual([socket.releases, module.releases], [0, 1], 'what is left in it is released');
});
