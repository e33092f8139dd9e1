import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { SLICE_WAITING } from '../scheduler/task.ts';
import { MAX_MAILBOX_SCAN, MESSAGE_OVERHEAD_BYTES } from './limits.ts';
import { createMessage, MAILBOX_FULL, type Message, SENT } from './message.ts';
import {
  FOREVER,
  type Process,
  RECEIVE_MESSAGE,
  RECEIVE_NOT_SENT,
  RECEIVE_TIMEOUT,
  RECEIVE_WAIT,
  RECEIVE_YIELD,
} from './process.ts';
import { byteMessage, NO_TAGS, takeAll, testSystem } from './test_system.ts';

/** What a process did at its wakes, each repeated as the rewritten guest would. */
function receiver(t: ReturnType<typeof testSystem>): { proc: Process; wakes: () => number } {
  let wakes = -1;
  const proc = t.spawn(() => {
    wakes++;
    return SLICE_WAITING;
  });
  t.run();
  return { proc, wakes: () => wakes };
}

test('The mailbox agrees with a plain list under random sends, receives, waits and timeouts', () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const t = testSystem();
  const { proc, wakes } = receiver(t);
  type Entry = { tag: number; id: number };
  const model: Entry[] = [];
  const tagList = new Int32Array(16);
  let waiting: { tags: number[]; deadlineMs: number; skip: boolean } | null = null;
  let handed: Entry | null = null;
  let timedOut = false;
  let expectedWakes = 0;
  let nextId = 0;
  let longest = 0;

  const matches = (entry: Entry, tags: number[]): boolean =>
    tags.length === 0 || (entry.tag !== 0 && tags.includes(entry.tag));
  const makeMessage = (entry: Entry): Message => {
    // Tags differ in either half only, so that both are compared.
    const message = createMessage(entry.tag & 1 ? 7 : entry.tag, entry.tag & 1 ? entry.tag : 0);
    message.append(new Uint8Array(new Uint32Array([entry.id]).buffer));
    return message;
  };
  const arrives = (entry: Entry): void => {
    if (waiting !== null && handed === null && !timedOut && matches(entry, waiting.tags)) {
      handed = entry;
      expectedWakes++;
    } else model.push(entry);
  };
  const check = (outcome: number, expected: number, entry: Entry | null, context: string): void => {
    assert.equal(outcome, expected, context);
    if (entry === null) return;
    const message = proc.takeReceived();
    assert.equal(new Uint32Array(message.content().slice().buffer)[0], entry.id, context);
    message.release();
  };
  const drawTags = (): number[] => {
    // A long mailbox is emptied more often: it must stay below what one search looks at.
    const count = model.length > 60 && randomBelow(random, 2) === 0 ? 0 : randomBelow(random, 4);
    return Array.from({ length: count }, () => randomBelow(random, 6));
  };
  const encode = (tags: number[]): number => {
    for (const [i, tag] of tags.entries()) {
      tagList[2 * i] = tag & 1 ? 7 : tag;
      tagList[2 * i + 1] = tag & 1 ? tag : 0;
    }
    return tags.length;
  };

  for (let step = 0; step < 60_000; step++) {
    const context = `seed ${seed}, step ${step}`;
    // Floods and droughts by turns, so that the mailbox is long and empty.
    const sending = model.length < 100 && Math.floor(step / 100) % 2 === 0 ? 6 : 1;
    const choice = randomBelow(random, 10);
    if (choice < sending) {
      const entry = { tag: randomBelow(random, 6), id: nextId++ };
      assert.equal(t.system.send(proc.pid, makeMessage(entry)), SENT, context);
      arrives(entry);
    } else if (choice === 6) {
      const passMs = randomBelow(random, 5);
      t.run(passMs);
      if (waiting !== null && handed === null && !timedOut && t.clock.nowMs() >= waiting.deadlineMs) {
        timedOut = true;
        expectedWakes++;
      }
      t.run();
    } else if (waiting !== null) {
      // The same call again, as after a wake. Its arguments no longer count.
      tagList.fill(-1);
      const outcome = proc.receive(tagList, 1, FOREVER);
      if (handed !== null) check(outcome, RECEIVE_MESSAGE, handed, context);
      else check(outcome, timedOut ? RECEIVE_TIMEOUT : RECEIVE_WAIT, null, context);
      if (handed !== null || timedOut) waiting = null;
      handed = null;
      timedOut = false;
    } else {
      const tags = drawTags();
      const count = encode(tags);
      // A list of nothing but 0 would wait for ever.
      const timeoutMs = [tags.every((tag) => tag === 0) ? 5 : FOREVER, 0, 3, 8][randomBelow(random, 4)] as number;
      const deadlineMs = timeoutMs === FOREVER ? Infinity : t.clock.nowMs() + timeoutMs;
      if (choice === 9) {
        // To itself: what it sends counts as arriving after the call.
        const entry = { tag: randomBelow(random, 6), id: nextId++ };
        const outcome = proc.sendAndReceive(proc.pid, makeMessage(entry), tagList, count, timeoutMs);
        if (matches(entry, tags)) {
          check(outcome, RECEIVE_MESSAGE, entry, context);
          expectedWakes++;
        } else {
          model.push(entry);
          check(outcome, timeoutMs === 0 ? RECEIVE_TIMEOUT : RECEIVE_WAIT, null, context);
          if (timeoutMs !== 0) waiting = { tags, deadlineMs, skip: true };
        }
      } else {
        const outcome = proc.receive(tagList, count, timeoutMs);
        const index = model.findIndex((entry) => matches(entry, tags));
        if (index >= 0) check(outcome, RECEIVE_MESSAGE, model.splice(index, 1)[0] ?? null, context);
        else if (timeoutMs === 0) check(outcome, RECEIVE_TIMEOUT, null, context);
        else {
          check(outcome, RECEIVE_WAIT, null, context);
          waiting = { tags, deadlineMs, skip: false };
        }
      }
    }
    assert.equal(proc.mailCount, model.length, context);
    longest = Math.max(longest, model.length);
    t.run();
    assert.equal(wakes(), expectedWakes, `P1: no wake but for an end of the wait; ${context}`);
    if (waiting === null) assert.equal(t.system.scheduler.timerCount, 0, `P3: ${context}`);
  }
  assert.ok(
    nextId > 10_000 && expectedWakes > 1000 && longest > 20,
    `seed ${seed}: ${nextId} messages, ${expectedWakes} wakes, at most ${longest} waiting`,
  );
});

test('A receive that timed out leaves nothing behind that could overtake', () => {
  const t = testSystem();
  const { proc } = receiver(t);
  const tags = Int32Array.of(5, 0);
  assert.equal(proc.receive(tags, 1, 10), RECEIVE_WAIT);
  t.run(10);
  assert.equal(proc.receive(tags, 1, 10), RECEIVE_TIMEOUT);
  for (const id of [1, 2, 3]) t.system.send(proc.pid, byteMessage(id, 5));
  assert.deepEqual(
    takeAll(proc).map((message) => message[4]),
    [1, 2, 3],
  );
});

test('A message that arrives between the timeout and the second call stays in the mailbox', () => {
  const t = testSystem();
  const { proc } = receiver(t);
  assert.equal(proc.receive(NO_TAGS, 0, 10), RECEIVE_WAIT);
  t.clock.advance(10);
  t.run();
  t.system.send(proc.pid, byteMessage(1));
  assert.equal(proc.receive(NO_TAGS, 0, 10), RECEIVE_TIMEOUT);
  assert.equal(proc.receive(NO_TAGS, 0, 10), RECEIVE_MESSAGE);
});

test('B4: the search of a long mailbox goes on where it stopped, over several calls, and keeps all others', () => {
  const t = testSystem();
  const { proc } = receiver(t);
  const count = 2 * MAX_MAILBOX_SCAN + 100;
  for (let i = 0; i < count; i++) t.system.send(proc.pid, byteMessage(i & 255, 1));
  t.system.send(proc.pid, byteMessage(77, 2));
  const tags = Int32Array.of(2, 0);
  assert.equal(proc.receive(tags, 1, 0), RECEIVE_YIELD);
  // The first that match among the new ones must not be overtaken by later ones.
  t.system.send(proc.pid, byteMessage(78, 2));
  assert.equal(proc.receive(tags, 1, 0), RECEIVE_YIELD);
  assert.equal(proc.receive(tags, 1, 0), RECEIVE_MESSAGE);
  assert.equal(proc.takeReceived().bytes[0], 77);
  assert.equal(proc.mailCount, count + 1);
  let released = 0;
  const last = byteMessage(1, 1);
  last.pushResource({ kind: 'socket', release: () => released++ });
  t.system.send(proc.pid, last);
  assert.equal(proc.receive(Int32Array.of(3, 0), 1, 0), RECEIVE_YIELD);
  t.system.kill(proc.pid);
  assert.equal(t.disposed.get(proc.pid), 1, 'a process may end in the middle of a search');
  assert.equal(released, 1);
});

test('send refuses beyond the bounds of the mailbox, in messages and in bytes, and leaves the message to the sender', () => {
  const t = testSystem({ maxMailboxMessages: 3, maxMailboxBytes: 8192 + MESSAGE_OVERHEAD_BYTES });
  const { proc } = receiver(t);
  for (let i = 0; i < 3; i++) assert.equal(t.system.send(proc.pid, byteMessage(i)), SENT);
  const fourth = byteMessage(4);
  assert.equal(t.system.send(proc.pid, fourth), MAILBOX_FULL);
  assert.equal(fourth.bytes[0], 4);
  assert.equal(proc.receive(NO_TAGS, 0, 0), RECEIVE_MESSAGE);
  assert.equal(t.system.send(proc.pid, fourth), SENT);
  takeAll(proc);
  assert.equal(proc.mailBytes, 0, 'B2');

  const large = createMessage();
  large.append(new Uint8Array(8192));
  assert.equal(t.system.send(proc.pid, large), SENT);
  assert.equal(t.system.send(proc.pid, byteMessage(1)), MAILBOX_FULL);
  assert.equal(takeAll(proc).length, 1);
});

test('sendAndReceive with a full receiver waits for nothing and returns the message', () => {
  const t = testSystem({ maxMailboxMessages: 1 });
  const { proc } = receiver(t);
  const other = t.spawn();
  t.system.send(other.pid, byteMessage(1));
  const message = byteMessage(2);
  assert.equal(proc.sendAndReceive(other.pid, message, NO_TAGS, 0, 50), RECEIVE_NOT_SENT);
  assert.equal(t.system.scheduler.timerCount, 0);
  assert.equal(proc.receive(NO_TAGS, 0, 0), RECEIVE_TIMEOUT);
  message.release();
});

test('sendAndReceive does not look at what is in the mailbox already, and the answer cannot be missed', () => {
  const t = testSystem();
  const { proc, wakes } = receiver(t);
  const tags = Int32Array.of(5, 0);
  t.system.send(proc.pid, byteMessage(1, 5));
  const echo = t.spawn();
  assert.equal(proc.sendAndReceive(echo.pid, byteMessage(2), tags, 1, FOREVER), RECEIVE_WAIT);
  t.system.send(proc.pid, byteMessage(3, 6));
  t.run();
  assert.equal(wakes(), 0);
  t.system.send(proc.pid, byteMessage(4, 5));
  t.run();
  assert.equal(wakes(), 1);
  assert.equal(proc.sendAndReceive(echo.pid, null, tags, 1, FOREVER), RECEIVE_MESSAGE);
  assert.equal(proc.takeReceived().bytes[0], 4);
  assert.deepEqual(
    takeAll(proc).map((message) => message[4]),
    [1, 3],
  );
});

test('Resources left in the mailbox of a process that ends are released', () => {
  const t = testSystem();
  const { proc } = receiver(t);
  let releases = 0;
  const send = (): void => {
    const message = byteMessage(1);
    message.pushResource({ kind: 'socket', release: () => releases++ });
    t.system.send(proc.pid, message);
  };
  for (let i = 0; i < 100; i++) send();
  t.system.kill(proc.pid);
  assert.equal(releases, 100);
  send();
  assert.equal(releases, 101, 'sent to nobody');

  const waiting = t.spawn();
  t.run();
  assert.equal(waiting.receive(NO_TAGS, 0, FOREVER), RECEIVE_WAIT);
  const message = byteMessage(1);
  message.pushResource({ kind: 'socket', release: () => releases++ });
  t.system.send(waiting.pid, message);
  t.system.kill(waiting.pid);
  assert.equal(releases, 102, 'handed over but not taken');
});
