import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';

const MESSAGE = 'lunatic::message';
const TIMER = 'lunatic::timer';

test('send_after delivers after the delay, also when the sender has ended', () => {
  const world = new World();
  let receivedAt = 0;
  const receiver = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, -1n);
    assert.equal(yield* guest.call(MESSAGE, 'get_tag'), 8n);
    receivedAt = world.clock.nowMs();
  });
  world.runToEnd(function* (guest) {
    yield* guest.call(MESSAGE, 'create_data', 8n, 0n);
    yield* guest.call(TIMER, 'send_after', BigInt(receiver.process.pid), 20n);
    yield* guest.call('lunatic::process', 'sleep_ms', 0n);
  });
  world.advance(19);
  assert.equal(receivedAt, 0);
  world.advance(1);
  assert.equal(receivedAt, 1020);
});

test('cancel_timer says exactly whether the message is still to come', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    const pid = BigInt(self.process.pid);
    yield* self.call(MESSAGE, 'create_data', 1n, 0n);
    const first = yield* self.call(TIMER, 'send_after', pid, 10n);
    yield* self.call(MESSAGE, 'create_data', 2n, 0n);
    const second = yield* self.call(TIMER, 'send_after', pid, 20n);
    yield* self.call('lunatic::process', 'sleep_ms', 15n);
    assert.equal(yield* self.call(TIMER, 'cancel_timer', first), 0);
    assert.equal(yield* self.call(TIMER, 'cancel_timer', second), 1);
    assert.equal(yield* self.call(TIMER, 'cancel_timer', second), 0);
    assert.equal(yield* self.call(TIMER, 'cancel_timer', -1n), 0);
    assert.equal(yield* self.call(MESSAGE, 'receive', 0, 0, 100n), 0);
    assert.equal(yield* self.call(MESSAGE, 'receive', 0, 0, 100n), 9027);
  });
  world.run();
  for (let i = 0; i < 200; i++) world.advance(1);
  assert.deepEqual(guest.reason, { kind: 'normal' });
});

test('send_after traps without a message and at the bound on timers', () => {
  const empty = new World().runToTrap(function* (guest) {
    yield* guest.call(TIMER, 'send_after', 1n, 1n);
  });
  assert.equal(empty, 'the scratch area holds no message');
  const full = new World({ maxTimersPerProcess: 2 }).runToTrap(function* (guest) {
    for (let i = 0; i < 3; i++) {
      yield* guest.call(MESSAGE, 'create_data', 0n, 0n);
      yield* guest.call(TIMER, 'send_after', 1n, 1000n);
    }
  });
  assert.match(full, /^too many delayed messages/);
});
