import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Guest, World } from '../test_guest.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME,
  CLOCK_REALTIME,
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_NOTSUP,
} from './numbers.ts';

const WASI = 'wasi_snapshot_preview1';
const SUBSCRIPTIONS = 1024;
const EVENTS = 4096;
const HAPPENED = 512;

type Subscription =
  | { readonly kind: 'clock'; readonly clock: number; readonly timeoutNs: bigint; readonly absolute?: boolean }
  | { readonly kind: 'read' | 'write'; readonly fd: number };

/** Subscriptions get the userdata 100, 101, ... */
function putSubscriptions(guest: Guest, list: readonly Subscription[]): number {
  const view = new DataView(guest.memory.bytes.buffer);
  for (const [i, subscription] of list.entries()) {
    const at = SUBSCRIPTIONS + i * 48;
    guest.memory.bytes.fill(0, at, at + 48);
    view.setBigUint64(at, BigInt(100 + i), true);
    if (subscription.kind === 'clock') {
      view.setUint32(at + 16, subscription.clock, true);
      view.setBigUint64(at + 24, subscription.timeoutNs, true);
      view.setUint16(at + 40, subscription.absolute ? 1 : 0, true);
    } else {
      view.setUint8(at + 8, subscription.kind === 'read' ? 1 : 2);
      view.setUint32(at + 16, subscription.fd, true);
    }
  }
  return list.length;
}

interface Event {
  readonly userdata: number;
  readonly errno: number;
  readonly type: number;
  readonly bytes: number;
}

function events(guest: Guest): Event[] {
  const view = new DataView(guest.memory.bytes.buffer);
  return Array.from({ length: view.getUint32(HAPPENED, true) }, (_, i) => {
    const at = EVENTS + i * 32;
    return {
      userdata: Number(view.getBigUint64(at, true)),
      errno: view.getUint16(at + 8, true),
      type: view.getUint8(at + 10),
      bytes: Number(view.getBigUint64(at + 16, true)),
    };
  });
}

/** A process that polls once; `result` has the events when it is over. */
function poll(world: World, list: readonly Subscription[]): { guest: Guest; result: Event[] } {
  const result: Event[] = [];
  const guest = world.spawn(function* (self) {
    const count = putSubscriptions(self, list);
    assert.equal(yield* self.call(WASI, 'poll_oneoff', SUBSCRIPTIONS, EVENTS, count, HAPPENED), 0);
    result.push(...events(self));
  });
  world.run();
  return { guest, result };
}

test('a relative clock sleeps exactly that long', () => {
  for (const clock of [CLOCK_MONOTONIC, CLOCK_REALTIME]) {
    const world = new World();
    const { result } = poll(world, [{ kind: 'clock', clock, timeoutNs: 2_500_000n }]);
    world.advance(2.4);
    assert.deepEqual(result, []);
    world.advance(0.1);
    assert.deepEqual(result, [{ userdata: 100, errno: 0, type: 0, bytes: 0 }]);
  }
});

test('an event is 32 bytes, of which the padding is 0', () => {
  new World().runToEnd(function* (guest) {
    putSubscriptions(guest, [{ kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 0n }]);
    yield* guest.call(WASI, 'poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, HAPPENED);
    guest.assertBytes(EVENTS, [100, ...new Array<number>(31).fill(0)]);
    guest.assertBytes(HAPPENED, [1, 0, 0, 0]);
  });
});

test('absolute clocks; one that is past fires at once', () => {
  const world = new World();
  const monotonic = poll(world, [{ kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 1_010_000_000n, absolute: true }]);
  const real = poll(world, [
    { kind: 'clock', clock: CLOCK_REALTIME, timeoutNs: 1_700_000_000_010_000_000n, absolute: true },
  ]);
  const past = poll(world, [{ kind: 'clock', clock: CLOCK_REALTIME, timeoutNs: 5n, absolute: true }]);
  assert.equal(past.result.length, 1);
  world.advance(9);
  assert.equal(monotonic.result.length + real.result.length, 0);
  world.advance(1);
  assert.deepEqual([monotonic.result.length, real.result.length], [1, 1]);
});

test('the longest timeouts are no error', () => {
  const world = new World();
  const { guest } = poll(world, [{ kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 2n ** 64n - 1n }]);
  world.advance(1e12);
  assert.equal(guest.reason, undefined);
});

test('of several, all that are due are told, in order', () => {
  const world = new World();
  const { result } = poll(world, [
    { kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 30_000_000n },
    { kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 10_000_000n },
    { kind: 'clock', clock: CLOCK_REALTIME, timeoutNs: 20_000_000n },
  ]);
  world.advance(25);
  assert.deepEqual(
    result.map(({ userdata }) => userdata),
    [101, 102],
  );
});

test('input wakes before the deadline, with the bytes that are ready', () => {
  const world = new World();
  const list: Subscription[] = [
    { kind: 'read', fd: 0 },
    { kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 50_000_000n },
  ];
  const first = poll(world, list);
  world.advance(10);
  assert.deepEqual(first.result, []);
  world.input.feed('abc');
  world.run();
  assert.deepEqual(first.result, [{ userdata: 100, errno: 0, type: 1, bytes: 3 }]);
  const second = poll(world, list);
  assert.deepEqual(second.result.length, 1);
});

test('the deadline comes without input, and the request for input is taken back', () => {
  const world = new World();
  const { result } = poll(world, [
    { kind: 'read', fd: 0 },
    { kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 50_000_000n },
  ]);
  assert.equal(world.input.waiting.size, 1);
  world.advance(50);
  assert.deepEqual(
    result.map(({ userdata }) => userdata),
    [101],
  );
  assert.equal(world.input.waiting.size, 0);
});

test('output is always ready; what is not open or not served is told as an event', () => {
  const { result } = poll(new World(), [
    { kind: 'write', fd: 1 },
    { kind: 'write', fd: 0 },
    { kind: 'read', fd: 7 },
    { kind: 'clock', clock: CLOCK_PROCESS_CPUTIME, timeoutNs: 1n },
  ]);
  assert.deepEqual(
    result.map(({ errno }) => errno),
    [0, ERRNO_BADF, ERRNO_BADF, ERRNO_NOTSUP],
  );
});

test('no subscriptions, or too many, are EINVAL', () => {
  new World().runToEnd(function* (guest) {
    for (const count of [0, 1025, -1]) {
      assert.equal(yield* guest.call(WASI, 'poll_oneoff', SUBSCRIPTIONS, EVENTS, count, HAPPENED), ERRNO_INVAL);
    }
  });
});

test('a process that polls again measures from then', () => {
  const world = new World();
  const times: number[] = [];
  world.spawn(function* (guest) {
    for (let i = 0; i < 2; i++) {
      putSubscriptions(guest, [{ kind: 'clock', clock: CLOCK_MONOTONIC, timeoutNs: 10_000_000n }]);
      yield* guest.call(WASI, 'poll_oneoff', SUBSCRIPTIONS, EVENTS, 1, HAPPENED);
      times.push(world.clock.nowMs());
    }
  });
  world.run();
  for (let i = 0; i < 30; i++) world.advance(1);
  assert.deepEqual(times, [1010, 1020]);
});
