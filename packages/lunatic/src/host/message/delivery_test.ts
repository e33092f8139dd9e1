import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StopRequest } from '../../engine/host_function.ts';
import { type Guest, World } from '../test_guest.ts';

const MESSAGE = 'lunatic::message';
const FOREVER = -1n;

function* sendText(guest: Guest, pid: number, text: string, tag = 0n): Generator<StopRequest, void, void> {
  yield* guest.call(MESSAGE, 'create_data', tag, 0n);
  yield* guest.call(MESSAGE, 'write_data', 0, guest.put(0, text));
  yield* guest.call(MESSAGE, 'send', BigInt(pid));
}

/** Reads the scratch message to its end. */
function* readText(guest: Guest): Generator<StopRequest, string, void> {
  const length = Number(yield* guest.call(MESSAGE, 'read_data', 1000, 1000));
  return guest.text(1000, length);
}

/** Tags for `receive` at address 2000; returns their number. */
function putTags(guest: Guest, ...tags: bigint[]): number {
  const view = new DataView(guest.memory.bytes.buffer);
  // Not aligned, on purpose.
  for (const [i, tag] of tags.entries()) view.setBigInt64(2001 + i * 8, tag, true);
  return tags.length;
}

test('receive waits for a message and puts it into the scratch area', () => {
  const world = new World();
  const got: string[] = [];
  const receiver = world.spawn(function* (guest) {
    for (let i = 0; i < 2; i++) {
      assert.equal(yield* guest.call(MESSAGE, 'receive', 0, 0, FOREVER), 0);
      got.push(yield* readText(guest));
    }
  });
  world.run();
  assert.deepEqual(got, []);
  world.runToEnd(function* (guest) {
    yield* sendText(guest, receiver.process.pid, 'one');
    yield* sendText(guest, receiver.process.pid, 'two');
  });
  assert.deepEqual(got, ['one', 'two']);
  assert.deepEqual(receiver.reason, { kind: 'normal' });
});

test('receive with tags takes the oldest match and leaves the rest in order', () => {
  const world = new World();
  const got: string[] = [];
  world.runToEnd(function* (guest) {
    const self = guest.process.pid;
    yield* sendText(guest, self, 'untagged');
    yield* sendText(guest, self, 'five', 5n);
    yield* sendText(guest, self, 'big', 2n ** 62n + 1n);
    yield* sendText(guest, self, 'six', 6n);
    for (const tags of [[6n, 5n], [2n ** 62n + 1n], []]) {
      const count = putTags(guest, ...tags);
      assert.equal(yield* guest.call(MESSAGE, 'receive', 2001, count, 0n), 0);
      got.push(yield* readText(guest));
    }
    // A tag 0 in the list matches nothing, untagged messages included.
    yield* sendText(guest, self, 'untagged again');
    assert.equal(yield* guest.call(MESSAGE, 'receive', 2001, putTags(guest, 0n), 0n), 9027);
  });
  assert.deepEqual(got, ['five', 'big', 'untagged']);
});

test('receive times out with 9027 and leaves the scratch area alone', () => {
  const world = new World();
  let outcome: number | bigint = -1;
  const guest = world.spawn(function* (self) {
    yield* self.call(MESSAGE, 'create_data', 77n, 0n);
    outcome = yield* self.call(MESSAGE, 'receive', 0, 0, 50n);
    assert.equal(yield* self.call(MESSAGE, 'get_tag'), 77n);
  });
  world.run();
  world.advance(49);
  assert.equal(outcome, -1);
  world.advance(1);
  assert.equal(outcome, 9027);
  assert.deepEqual(guest.reason, { kind: 'normal' });
});

test('receive in the form up to 0.9: a timeout of 0 is none', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    yield* self.call(MESSAGE, 'receive', 0, 0, 0);
  });
  world.advance(1e9);
  assert.equal(guest.reason, undefined);
});

test('send to a process that does not exist drops the message and answers 0', () => {
  const world = new World();
  for (const pid of [99n, 0n, -1n, 2n ** 53n]) {
    world.runToEnd(function* (guest) {
      yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
      assert.equal(yield* guest.call(MESSAGE, 'send', pid), 0);
    });
  }
});

test('send to a full mailbox ends the sender, and only the sender', () => {
  const world = new World({ maxMailboxMessages: 3 });
  const receiver = world.spawn(function* (guest) {
    yield* guest.call('lunatic::process', 'sleep_ms', 100n);
    for (let i = 0; i < 3; i++) yield* guest.call(MESSAGE, 'receive', 0, 0, FOREVER);
  });
  let sent = 0;
  const sender = world.spawn(function* (guest) {
    for (; ; sent++) yield* sendText(guest, receiver.process.pid, 'x');
  });
  world.run();
  assert.equal(sent, 3);
  assert.equal(sender.reason?.kind === 'limit' && sender.reason.limit, 'mailbox');
  world.advance(100);
  assert.deepEqual(receiver.reason, { kind: 'normal' });
});

test('send_receive_skip_search does not look at what is in the mailbox', () => {
  const world = new World();
  const server = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, FOREVER);
    const client = guest.memory.readU8(yield* clientAddress(guest));
    yield* sendText(guest, client, 'answer', 9n);
  });
  const client = world.runToEnd(function* (guest) {
    const self = guest.process.pid;
    yield* sendText(guest, self, 'old', 9n);
    yield* guest.call(MESSAGE, 'create_data', 3n, 0n);
    guest.putBytes(0, [self]);
    yield* guest.call(MESSAGE, 'write_data', 0, 1);
    assert.equal(yield* guest.call(MESSAGE, 'send_receive_skip_search', BigInt(server.process.pid), 9n, FOREVER), 0);
    assert.equal(yield* readText(guest), 'answer');
    assert.equal(yield* guest.call(MESSAGE, 'receive', 0, 0, 0n), 0);
    assert.equal(yield* readText(guest), 'old');
  });
  assert.equal(client.disposed, true);
});

function* clientAddress(guest: Guest): Generator<StopRequest, number, void> {
  yield* guest.call(MESSAGE, 'read_data', 1000, 1);
  return 1000;
}

test('send_receive_skip_search of 0.12 waits for the tag it sends', () => {
  const world = new World();
  let outcome: number | bigint = -1;
  const client = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'create_data', 4n, 0n);
    outcome = yield* guest.call(MESSAGE, 'send_receive_skip_search', 999n, FOREVER);
    assert.equal(yield* readText(guest), 'right');
  });
  world.run();
  world.runToEnd(function* (guest) {
    yield* sendText(guest, client.process.pid, 'wrong', 5n);
    yield* sendText(guest, client.process.pid, 'untagged');
  });
  assert.equal(outcome, -1);
  world.runToEnd(function* (guest) {
    yield* sendText(guest, client.process.pid, 'right', 4n);
  });
  assert.equal(outcome, 0);
  assert.deepEqual(client.reason, { kind: 'normal' });
});

test('send_receive_skip_search times out with an empty scratch area', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    yield* self.call(MESSAGE, 'create_data', 4n, 0n);
    assert.equal(yield* self.call(MESSAGE, 'send_receive_skip_search', 999n, 4n, 10n), 9027);
    yield* self.call(MESSAGE, 'get_tag');
  });
  world.run();
  world.advance(10);
  assert.deepEqual(guest.reason, { kind: 'trap', message: 'the scratch area holds no message' });
});

test('notices of death are received by kind; data functions trap on them', () => {
  const world = new World();
  const victim = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, FOREVER);
  });
  const watcher = world.spawn(function* (guest) {
    const pid = BigInt(victim.process.pid);
    yield* guest.call('lunatic::process', 'die_when_link_dies', 0);
    yield* guest.call('lunatic::process', 'link', 123n, pid);
    yield* guest.call('lunatic::process', 'monitor', pid);
    yield* guest.call('lunatic::process', 'kill', pid);
    const kinds = new Map<number | bigint, [number | bigint, number | bigint]>();
    for (let i = 0; i < 2; i++) {
      const kind = yield* guest.call(MESSAGE, 'receive', 0, 0, FOREVER);
      kinds.set(kind, [yield* guest.call(MESSAGE, 'get_tag'), yield* guest.call(MESSAGE, 'get_process_id')]);
    }
    assert.deepEqual(kinds.get(1), [123n, 0n]);
    assert.deepEqual(kinds.get(2), [0n, pid]);
    yield* guest.call(MESSAGE, 'data_size');
  });
  world.run();
  assert.deepEqual(watcher.reason, {
    kind: 'trap',
    message: 'the scratch area holds a notice of death, not a data message',
  });
});

test('too many tags trap before they are read', () => {
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, -1, 0n);
  });
  assert.equal(message, '4294967295 tags to receive exceed the limit of 65536');
});
