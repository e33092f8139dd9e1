import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { MAX_MESSAGE_BYTES, MAX_POOLED_BUFFER_BYTES, MAX_POOLED_BYTES } from './limits.ts';
import { createMessage, type Message, type MessageResource } from './message.ts';

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

test('a released buffer serves the next message of its size, small ones in between', () => {
  const first = createMessage();
  first.append(new Uint8Array(1000));
  const { bytes } = first;
  first.release();
  const small = createMessage();
  small.append(Uint8Array.of(1));
  assert.notEqual(small.bytes, bytes);
  assert.equal(small.bytes.length, 64, 'it would count as a large one in a mailbox');
  const second = createMessage();
  second.append(Uint8Array.of(5));
  second.append(new Uint8Array(600));
  assert.equal(second.bytes, bytes);
  assert.deepEqual([...second.content().subarray(0, 3)], [5, 0, 0]);
  small.release();
  second.release();
  assert.equal(createMessage(0, 0, 513), second, 'asked for by its size');
});

test("messages that take each other's buffers keep their content, and share none", () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const alive: { message: Message; expected: number[] }[] = [];
  for (let step = 0; step < 3000; step++) {
    const choice = randomBelow(random, 10);
    if (choice < 3 || alive.length === 0) {
      alive.push({ message: createMessage(), expected: [] });
    } else if (choice < 5) {
      const [{ message }] = alive.splice(randomBelow(random, alive.length), 1);
      message.release();
    } else {
      const { message, expected } = alive[randomBelow(random, alive.length)];
      const length = randomBelow(random, 1 << randomBelow(random, 13));
      const piece = Uint8Array.from({ length }, () => randomBelow(random, 256));
      message.append(piece);
      for (const byte of piece) expected.push(byte);
    }
  }
  for (const { message, expected } of alive) assert.deepEqual([...message.content()], expected, `seed ${seed}`);
  const buffers = alive.map(({ message }) => message.bytes).filter((bytes) => bytes.length > 0);
  assert.equal(new Set(buffers.map((bytes) => bytes.buffer)).size, buffers.length, `seed ${seed}`);
});

test('what is kept of one size is bounded, and of large ones nothing', () => {
  const messages = Array.from({ length: MAX_POOLED_BYTES / 4096 + 10 }, () => createMessage());
  for (const message of messages) message.append(new Uint8Array(4096));
  const buffers = new Set(messages.map(({ bytes }) => bytes));
  for (const message of messages) message.release();
  for (const message of messages.map(() => createMessage())) {
    message.append(new Uint8Array(4096));
    buffers.delete(message.bytes);
  }
  assert.ok(buffers.size >= 10, 'not all of them were kept');
  const large = createMessage();
  large.append(new Uint8Array(MAX_POOLED_BUFFER_BYTES + 1));
  large.release();
  assert.equal(large.bytes.length, 0);
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
