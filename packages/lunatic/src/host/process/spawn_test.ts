import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { StopRequest } from '../../engine/host_function.ts';
import { FULL_CONFIG, type Guest, World } from '../test_guest.ts';

const PROCESS = 'lunatic::process';
const MESSAGE = 'lunatic::message';

interface SpawnOptions {
  readonly link?: bigint;
  readonly config?: bigint;
  readonly module?: bigint;
  readonly name?: string;
  readonly params?: readonly number[];
}

/** Calls `spawn` with its strings at 100 and its parameters at 200; the id goes to 64. */
function* spawn(guest: Guest, options: SpawnOptions = {}): Generator<StopRequest, number, void> {
  const nameLength = guest.put(100, options.name ?? 'child');
  const paramsLength = guest.putBytes(200, options.params ?? []);
  const { link = 0n, config = -1n, module = -1n } = options;
  return Number(yield* guest.call(PROCESS, 'spawn', link, config, module, 100, nameLength, 200, paramsLength, 64));
}

function* errorText(guest: Guest, id: bigint): Generator<StopRequest, string, void> {
  const length = Number(yield* guest.call('lunatic::error', 'string_size', id));
  yield* guest.call('lunatic::error', 'to_string', id, 500);
  return guest.text(500, length);
}

test('spawn writes the child id and starts the child with name, parameters and configuration', () => {
  const world = new World();
  let ran = false;
  world.entries.set('child', function* (guest) {
    yield* guest.call(PROCESS, 'process_id');
    ran = true;
  });
  const params = [0x7f, 1, ...new Array<number>(15).fill(0), 0x7b, ...new Array<number>(16).fill(9)];
  world.runToEnd(function* (guest) {
    assert.equal(yield* spawn(guest, { params }), 0);
    guest.assertBytes(64, [2, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(ran, false);
  });
  assert.equal(ran, true);
  const [request] = world.spawned;
  assert.deepEqual(request?.entry, { kind: 'export', name: 'child' });
  assert.deepEqual([...(request?.params ?? [])], params);
  assert.equal(request?.config, FULL_CONFIG);
  assert.equal(request?.module, null);
  assert.equal(request?.link, null);
});

test('spawn tells names apart that follow each other', () => {
  const world = new World();
  for (const name of ['a', 'b', 'ab', '']) world.entries.set(name, function* () {});
  world.runToEnd(function* (guest) {
    for (const name of ['a', 'b', 'b', 'ab', '', 'a']) assert.equal(yield* spawn(guest, { name }), 0);
  });
  const names = world.spawned.map(({ entry }) => entry.kind === 'export' && entry.name);
  assert.deepEqual(names, ['a', 'b', 'b', 'ab', '', 'a']);
});

test('a linked child that fails tells its parent with the tag of the spawn; the parent tells it without', () => {
  const world = new World();
  world.entries.set('child', function* (guest) {
    yield* guest.call(PROCESS, 'process_id');
    guest.trap('boom');
  });
  world.runToEnd(function* (guest) {
    yield* guest.call(PROCESS, 'die_when_link_dies', 0);
    assert.equal(yield* spawn(guest, { link: -3n }), 0);
    assert.equal(yield* guest.call(MESSAGE, 'receive', 0, 0, -1n), 1);
    assert.equal(yield* guest.call(MESSAGE, 'get_tag'), -3n);
  });
});

test('what the engine refuses is an error of the caller, with a text', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    assert.equal(yield* spawn(guest, { name: 'missing' }), 1);
    guest.assertBytes(64, [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(yield* errorText(guest, 0n), 'no script missing');
  });
});

test('a configuration is copied at the spawn: later changes do not reach the child', () => {
  const world = new World();
  world.entries.set('child', function* () {});
  world.runToEnd(function* (guest) {
    yield* guest.call(PROCESS, 'create_config');
    yield* guest.call(PROCESS, 'config_set_max_fuel', 0n, 5n);
    yield* spawn(guest, { config: 0n });
    yield* spawn(guest, { config: 0n });
    yield* guest.call(PROCESS, 'config_set_max_fuel', 0n, 6n);
    yield* spawn(guest, { config: 0n });
  });
  assert.deepEqual(
    world.spawned.map(({ config }) => config.maxFuel),
    [5, 5, 6],
  );
  assert.equal(world.spawned[0]?.config, world.spawned[1]?.config);
});

test('spawn traps: permission, unknown ids, malformed parameters, bad name', () => {
  const bad: [SpawnOptions, string][] = [
    [{ config: 4n }, 'configuration id 4 does not exist'],
    [{ module: 4n }, 'module id 4 does not exist'],
    [{ params: [0x7f] }, 'spawn parameters are 1 bytes, which is no multiple of 17'],
    [{ params: [0x7d, ...new Array<number>(16).fill(0)] }, 'spawn parameter 0 has the unknown type 0x7d'],
  ];
  for (const [options, expected] of bad) {
    assert.equal(
      new World().runToTrap((guest) => spawn(guest, options)),
      expected,
    );
  }
  const denied = new World().runToTrap((guest) => spawn(guest), {
    ...FULL_CONFIG,
    canSpawnProcesses: false,
  });
  assert.equal(denied, 'this process is not permitted to spawn processes');
  const name = new World().runToTrap(function* (guest) {
    guest.putBytes(100, [0xff]);
    yield* guest.call(PROCESS, 'spawn', 0n, -1n, -1n, 100, 1, 0, 0, 64);
  });
  assert.equal(name, 'invalid UTF-8 in the string at 100');
});

test('the out-pointer is checked before a child is made', () => {
  const world = new World();
  world.entries.set('child', function* () {});
  world.runToTrap(function* (guest) {
    yield* guest.call(PROCESS, 'spawn', 0n, -1n, -1n, 100, guest.put(100, 'child'), 0, 0, 65530);
  });
  assert.equal(world.spawned.length, 0);
});

function* getOrSpawn(guest: Guest, name: string, func = 'child'): Generator<StopRequest, number, void> {
  const nameLength = guest.put(300, name);
  const funcLength = guest.put(100, func);
  const args = [300, nameLength, 0n, -1n, -1n, 100, funcLength, 0, 0, 40, 64];
  return Number(yield* guest.call(PROCESS, 'get_or_spawn', ...args));
}

test('get_or_spawn makes one process per name', () => {
  const world = new World();
  world.entries.set('child', function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, -1n);
  });
  world.runToEnd(function* (guest) {
    assert.equal(yield* getOrSpawn(guest, 'service'), 0);
    guest.assertBytes(64, [2, 0, 0, 0, 0, 0, 0, 0]);
    guest.assertBytes(40, [0, 0, 0, 0, 0, 0, 0, 0]);
    guest.memory.bytes.fill(0x3f, 40, 72);
    assert.equal(yield* getOrSpawn(guest, 'service', 'missing'), 2);
    guest.assertBytes(64, [2, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(yield* getOrSpawn(guest, 'other'), 0);
    assert.equal(guest.memory.readU64(64), 3n);
  });
});

test('get_or_spawn that fails registers nothing', () => {
  const world = new World();
  world.runToEnd(function* (guest) {
    assert.equal(yield* getOrSpawn(guest, 'service', 'missing'), 1);
    assert.equal(yield* errorText(guest, guest.memory.readU64(64)), 'no script missing');
    assert.equal(yield* guest.call('lunatic::registry', 'get', 300, guest.put(300, 'service'), 40, 64), 1);
  });
});

test('get_or_spawn with a name that cannot be registered starts nothing', () => {
  const refused: readonly [limits: object, name: string, RegExp][] = [
    [{}, 'x'.repeat(5000), /^a registered name has at most \d+ characters, this one has 5000$/],
    [{ maxNames: 0 }, 'x', /^the registry is full \(0 names\)$/],
    [{ maxHeldBytes: 100 }, 'x', /^all processes together hold too much for another name in the registry \(0 names\)$/],
  ];
  for (const [limits, name, text] of refused) {
    const world = new World(limits);
    world.entries.set('child', function* () {});
    assert.match(
      world.runToTrap((guest) => getOrSpawn(guest, name)),
      text,
    );
    assert.equal(world.spawned.length, 0);
  }
});

test('directories of a child lie inside those of its parent', (t) => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'lunatic-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'mine/sub'), { recursive: true });
  mkdirSync(path.join(root, 'other'));
  symlinkSync(path.join(root, 'other'), path.join(root, 'mine/escape'));
  const preopens = [{ host: path.join(root, 'mine'), guest: 'data', readOnly: true }];
  const granted: [string, string][] = [
    ['data', 'mine'],
    ['./data/sub', 'mine/sub'],
    [path.join(root, 'mine/sub'), 'mine/sub'],
  ];
  for (const [asked, expected] of granted) {
    const world = new World();
    world.entries.set('child', function* () {});
    world.runToEnd((guest) => spawnWithDirectory(guest, asked, 0), {
      ...FULL_CONFIG,
      preopens,
    });
    assert.deepEqual(world.spawned[0]?.config.preopens, [
      { host: path.join(root, expected), guest: asked, readOnly: true },
    ]);
  }
  for (const asked of [
    'data/..',
    '../data',
    '..',
    'data/../../other',
    '/',
    'data/escape',
    'data/missing',
    root,
    path.join(root, 'other'),
    '~',
  ]) {
    const world = new World();
    world.entries.set('child', function* () {});
    world.runToEnd((guest) => spawnWithDirectory(guest, asked, 1), {
      ...FULL_CONFIG,
      preopens,
    });
    assert.equal(world.spawned.length, 0, asked);
  }
});

function* spawnWithDirectory(guest: Guest, asked: string, expected: number): Generator<StopRequest, void, void> {
  yield* guest.call(PROCESS, 'create_config');
  yield* guest.call('lunatic::wasi', 'config_preopen_dir', 0n, 300, guest.put(300, asked));
  assert.equal(yield* spawn(guest, { config: 0n }), expected, asked);
  if (expected === 1) assert.match(yield* errorText(guest, 0n), /cannot be granted/);
}

test('spawn parameters beyond what any function has trap', () => {
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(PROCESS, 'spawn', 0n, -1n, -1n, 0, 1, 0, 17 * 1001, 64);
  });
  assert.equal(message, 'spawn parameters are 17017 bytes; a function has at most 1000 parameters');
});
