import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { STOP_YIELD, type StopRequest } from '../../engine/host_function.ts';
import { COPY_PORTION_BYTES, MAX_TABLE_ENTRIES } from '../limits.ts';
import { hostState } from '../state.ts';
import { namespace } from '../table.ts';
import { FULL_CONFIG, type Guest, type Script, World } from '../test_guest.ts';
import { Channel } from './channel.ts';
import { channelRows } from './channels.ts';
import { ParkedChannels } from './parked.ts';

const EARLY = 'lunatic';
const ALLOC = 7;

/** Table element 7 hands out memory from 5000 on. */
function withAllocator(script: Script): Script {
  return (guest) => {
    let next = 5000;
    guest.functions.set(String(ALLOC), (size) => {
      const pointer = next;
      next += Number(size) + 8;
      return pointer;
    });
    return script(guest);
  };
}

function* send(guest: Guest, channel: number, text: string): Generator<StopRequest, void, void> {
  const view = new DataView(guest.memory.bytes.buffer);
  view.setUint32(16, 100, true);
  view.setUint32(20, guest.put(100, text), true);
  yield* guest.call(EARLY, 'channel_send', channel, 16);
}

function* receive(guest: Guest, channel: number): Generator<StopRequest, string, void> {
  const length = Number(yield* guest.call(EARLY, 'channel_receive', channel, ALLOC, 64));
  return guest.text(guest.memory.readU32(64), length);
}

function* spawn(guest: Guest, index: number, first: number, second: bigint): Generator<StopRequest, number, void> {
  return Number(yield* guest.call(EARLY, 'spawn', index, first, second));
}

/** The channel whose number was the second argument of the spawn that made this guest. */
function* inherited(guest: Guest, world: World, nth: number): Generator<StopRequest, number, void> {
  const params = world.spawned[nth]?.params ?? new Uint8Array();
  return Number(yield* guest.call(EARLY, 'channel_deserialize', new DataView(params.buffer).getBigInt64(18, true)));
}

function* newChannel(guest: Guest, bound: number): Generator<StopRequest, number, void> {
  return Number(yield* guest.call(EARLY, 'channel', bound));
}

test('a channel is first in, first out; the guest allocates, the pointer is stored', () => {
  new World().runToEnd(
    withAllocator(function* (guest) {
      const channel = yield* newChannel(guest, 0);
      assert.equal(channel, 3);
      yield* send(guest, channel, 'first');
      yield* send(guest, channel, '');
      yield* send(guest, channel, 'third');
      assert.equal(yield* receive(guest, channel), 'first');
      guest.assertBytes(64, [...new Uint8Array(new Uint32Array([5000]).buffer)]);
      guest.assertBytes(5000, [...Buffer.from('first')]);
      assert.equal(yield* receive(guest, channel), '');
      assert.equal(yield* receive(guest, channel), 'third');
    }),
  );
});

test('the founding pattern: context through a private channel, results through a shared one, join', () => {
  const world = new World();
  const children = 20;
  let child = 0;
  world.entries.set(
    '5',
    withAllocator(function* (guest) {
      const context = yield* inherited(guest, world, child++);
      const [label, number] = (yield* receive(guest, context)).split(' ');
      const results = Number(yield* guest.call(EARLY, 'channel_deserialize', BigInt(number ?? '')));
      yield* guest.call(EARLY, 'yield');
      yield* send(guest, results, `done ${label}`);
    }),
  );
  const got: string[] = [];
  world.runToEnd(
    withAllocator(function* (guest) {
      const results = yield* newChannel(guest, 0);
      const handles: number[] = [];
      for (let i = 0; i < children; i++) {
        const context = yield* newChannel(guest, 1);
        const number = yield* guest.call(EARLY, 'channel_serialize', results);
        yield* send(guest, context, `${i} ${number}`);
        const parked = BigInt(yield* guest.call(EARLY, 'channel_serialize', context));
        handles.push(yield* spawn(guest, 5, 100 + i, parked));
        yield* guest.call(EARLY, 'drop_externref', context);
      }
      for (let i = 0; i < children; i++) got.push(yield* receive(guest, results));
      for (const handle of handles) {
        yield* guest.call(EARLY, 'join', handle);
        yield* guest.call(EARLY, 'drop_externref', handle);
      }
    }),
  );
  assert.deepEqual(
    got,
    Array.from({ length: children }, (_, i) => `done ${i}`),
  );
  assert.equal(new DataView(world.spawned[3]?.params.buffer ?? new ArrayBuffer(34)).getInt32(1, true), 103);
  assert.deepEqual(world.spawned[0]?.entry, { kind: 'table', index: 5 });
});

/** Runs `count` processes of `script` sharing one channel with the starter, whose handle number each gets. */
function shareChannel(
  world: World,
  bound: number,
  count: number,
  script: (guest: Guest, channel: number, nth: number) => Generator<StopRequest, void, void>,
): { guests: Guest[]; parent: Guest; channel: number } {
  const numbers: bigint[] = [];
  let channel = 0;
  const parent = world.spawn(
    withAllocator(function* (guest) {
      channel = yield* newChannel(guest, bound);
      for (let i = 0; i < count; i++) numbers.push(BigInt(yield* guest.call(EARLY, 'channel_serialize', channel)));
      yield* guest.call('lunatic::message', 'receive', 0, 0, -1n);
    }),
  );
  world.run();
  const guests = numbers.map((number, nth) =>
    world.spawn(
      withAllocator(function* (guest) {
        const own = Number(yield* guest.call(EARLY, 'channel_deserialize', number));
        yield* script(guest, own, nth);
      }),
    ),
  );
  world.run();
  return { guests, parent, channel };
}

test('waiting receivers are served in order, each message once; who dies waiting is skipped', () => {
  const world = new World();
  const got: string[] = [];
  const { guests } = shareChannel(world, 0, 5, function* (guest, channel, nth) {
    if (nth === 4) {
      for (const text of ['a', 'b', 'c']) yield* send(guest, channel, text);
      return;
    }
    if (nth === 3) {
      // Before the fourth sends: the second receiver dies.
      world.system.kill(sharerPids(world)[1] ?? 0);
    }
    got.push(`${nth}: ${yield* receive(guest, channel)}`);
  });
  assert.deepEqual(got, ['0: a', '2: b', '3: c']);
  assert.deepEqual(
    guests.map((guest) => guest.reason?.kind),
    ['normal', 'killed', 'normal', 'normal', 'normal'],
  );
});

/** Pids of the sharers: the parent has the first pid. */
function sharerPids(world: World): number[] {
  return [...world.system.processes()].map((proc) => proc.pid).filter((pid) => pid > 1);
}

test('a bounded channel makes senders wait, in order', () => {
  const world = new World();
  const sent: number[] = [];
  const got: string[] = [];
  const { guests } = shareChannel(world, 2, 5, function* (guest, channel, nth) {
    if (nth < 4) {
      yield* send(guest, channel, `m${nth}`);
      sent.push(nth);
      return;
    }
    assert.deepEqual(sent, [0, 1]);
    got.push(yield* receive(guest, channel));
    yield* guest.call(EARLY, 'yield');
    assert.deepEqual(sent, [0, 1, 2]);
    for (let i = 0; i < 3; i++) got.push(yield* receive(guest, channel));
  });
  assert.deepEqual(got, ['m0', 'm1', 'm2', 'm3']);
  assert.ok(guests.every((guest) => guest.reason?.kind === 'normal'));
});

test('a sender that dies waiting has sent nothing', () => {
  const world = new World();
  const got: string[] = [];
  shareChannel(world, 1, 4, function* (guest, channel, nth) {
    if (nth < 3) yield* send(guest, channel, `m${nth}`);
    if (nth < 3) return;
    world.system.kill(guest.process.pid - 2);
    got.push(yield* receive(guest, channel), yield* receive(guest, channel));
  });
  assert.deepEqual(got, ['m0', 'm2']);
});

test('handles: freed numbers are used again, the last first; streams are no handles', () => {
  new World().runToEnd(function* (guest) {
    const handles = [yield* newChannel(guest, 0), yield* newChannel(guest, 0), yield* newChannel(guest, 0)];
    assert.deepEqual(handles, [3, 4, 5]);
    yield* guest.call(EARLY, 'drop_externref', 3);
    yield* guest.call(EARLY, 'drop_externref', 5);
    assert.equal(yield* guest.call(EARLY, 'clone_externref', 4), 5);
    assert.equal(yield* newChannel(guest, 0), 3);
    assert.equal(yield* newChannel(guest, 0), 6);
    for (const stream of [0, 1, 2]) yield* guest.call(EARLY, 'drop_externref', stream);
  });
});

test('a parked channel is taken once; another number gives a handle that can only be dropped', () => {
  const message = new World().runToTrap(
    withAllocator(function* (guest) {
      const channel = yield* newChannel(guest, 0);
      yield* send(guest, channel, 'x');
      const number = yield* guest.call(EARLY, 'channel_serialize', channel);
      const same = Number(yield* guest.call(EARLY, 'channel_deserialize', number));
      yield* guest.call(EARLY, 'drop_externref', channel);
      assert.equal(yield* receive(guest, same), 'x');
      const nothing = Number(yield* guest.call(EARLY, 'channel_deserialize', number));
      yield* guest.call(EARLY, 'drop_externref', nothing);
      yield* receive(guest, Number(yield* guest.call(EARLY, 'channel_deserialize', -1n)));
    }),
  );
  assert.equal(message, 'handle 3 is no channel but nothing');
});

test('wrong handles trap', () => {
  const cases: [string, ...(number | bigint)[]][] = [
    ['channel_send', 9, 16],
    ['channel_receive', 9, ALLOC, 64],
    ['channel_serialize', 9],
    ['clone_externref', 9],
    ['drop_externref', 9],
    ['join', 9],
  ];
  for (const [name, ...args] of cases) {
    const message = new World().runToTrap(function* (guest) {
      yield* guest.call(EARLY, name, ...args);
    });
    assert.equal(message, 'handle 9 does not exist', name);
  }
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(EARLY, 'join', yield* newChannel(guest, 0));
  });
  assert.equal(message, 'handle 3 is no process but channel');
});

test('a guest that cannot allocate traps', () => {
  const message = new World().runToTrap(function* (guest) {
    guest.functions.set(String(ALLOC), () => 0);
    const channel = yield* newChannel(guest, 0);
    yield* send(guest, channel, 'abc');
    yield* receive(guest, channel);
  });
  assert.equal(message, 'the guest could not allocate 3 bytes for a message');
});

test('join returns however the process ended, also if that was before', () => {
  const world = new World();
  world.entries.set('1', function* (guest) {
    yield* guest.call(EARLY, 'sleep_ms', 10n);
    guest.trap('boom');
  });
  let joined = 0;
  const parent = world.spawn(function* (guest) {
    const handle = yield* spawn(guest, 1, 0, 0n);
    yield* guest.call(EARLY, 'join', handle);
    joined++;
    yield* guest.call(EARLY, 'join', handle);
    joined++;
  });
  world.run();
  assert.equal(joined, 0);
  world.advance(10);
  assert.equal(joined, 2);
  assert.deepEqual(parent.reason, { kind: 'normal' });
});

test('spawn traps without the permission', () => {
  const message = new World().runToTrap(
    function* (guest) {
      yield* spawn(guest, 1, 0, 0n);
    },
    { ...FULL_CONFIG, canSpawnProcesses: false },
  );
  assert.equal(message, 'this process is not permitted to spawn processes');
});

test("a parked channel that finds no place in the table is nobody's, and gives its memory back", () => {
  const usage = { bytes: 0 };
  const world = new World({}, (env) => namespace('lunatic', channelRows(env, usage)));
  const message = world.runToTrap(function* (guest) {
    const channel = yield* newChannel(guest, 0);
    yield* send(guest, channel, 'x');
    const number = yield* guest.call(EARLY, 'channel_serialize', channel);
    yield* guest.call(EARLY, 'drop_externref', channel);
    for (let k = 0; k < MAX_TABLE_ENTRIES; k++) hostState(guest).early?.add({ kind: 'nothing' });
    yield* guest.call(EARLY, 'channel_deserialize', number);
  });
  assert.match(message, /too many handles/);
  assert.equal(usage.bytes, 0);
});

test('handles, parked entries and ends of processes are counted: nothing is left at the end', () => {
  const usage = { bytes: 0 };
  const world = new World({}, (env) => namespace('lunatic', channelRows(env, usage)));
  world.runToEnd(function* (guest) {
    const channel = yield* newChannel(guest, 0);
    yield* send(guest, channel, 'x');
    const number = yield* guest.call(EARLY, 'channel_serialize', channel);
    yield* guest.call(EARLY, 'drop_externref', channel);
    assert.ok(usage.bytes > 0);
    const again = Number(yield* guest.call(EARLY, 'channel_deserialize', number));
    const clone = Number(yield* guest.call(EARLY, 'clone_externref', again));
    yield* guest.call(EARLY, 'drop_externref', again);
    assert.ok(usage.bytes > 0);
    yield* guest.call(EARLY, 'drop_externref', clone);
    assert.equal(usage.bytes, 0);
  });
});

test('a channel nobody can reach gives its memory back', () => {
  const world = new World();
  const usage = { bytes: 0 };
  const guest = world.spawn(function* (self) {
    yield* newChannel(self, 0);
    hostState(self).early?.add(channel);
    yield* self.call('lunatic::message', 'receive', 0, 0, -1n);
  });
  const channel = new Channel(0, usage);
  world.run();
  channel.send(new Uint8Array(1000));
  assert.ok(usage.bytes >= 1000);
  world.system.kill(guest.process.pid);
  assert.equal(usage.bytes, 0);
  assert.equal(channel.holders, 0);
});

test('ParkedChannels gives numbers that differ and that a guest can hold', () => {
  const parked = new ParkedChannels(new SeededRandom(3));
  const channel = new Channel(0, { bytes: 0 });
  const numbers = new Set<number>();
  for (let i = 0; i < 1000; i++) numbers.add(parked.park(channel) ?? 0);
  assert.equal(numbers.size, 1000);
  assert.ok([...numbers].every((number) => Number.isSafeInteger(number) && number > 0));
  assert.ok(Math.max(...numbers) > 2 ** 52);
  assert.equal(channel.holders, 1000);
});

test('long messages are copied in portions, with other processes running in between', () => {
  const size = 2 * COPY_PORTION_BYTES + 1;
  const world = new World();
  let turns = 0;
  let turnsAtEnd = 0;
  const guest = world.spawn(
    withAllocator(function* (self) {
      const channel = yield* newChannel(self, 0);
      for (let i = 0; i < size; i++) self.memory.bytes[2 ** 21 + i] = i % 251;
      const view = new DataView(self.memory.bytes.buffer);
      view.setUint32(16, 2 ** 21, true);
      view.setUint32(20, size, true);
      yield* self.call(EARLY, 'channel_send', channel, 16);
      assert.equal(yield* self.call(EARLY, 'channel_receive', channel, ALLOC, 64), size);
      assert.ok(Buffer.compare(self.memory.read(2 ** 21, size), self.memory.read(self.memory.readU32(64), size)) === 0);
      turnsAtEnd = turns;
      yield* send(self, channel, 'short');
      assert.equal(yield* receive(self, channel), 'short');
    }),
    FULL_CONFIG,
    2 ** 22,
  );
  world.spawn(function* () {
    while (turns++ < 10) yield STOP_YIELD;
  });
  world.run();
  assert.deepEqual(guest.reason, { kind: 'normal' });
  assert.equal(turnsAtEnd, 4);
});
