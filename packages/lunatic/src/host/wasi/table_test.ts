import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CONFIG_ENTRIES } from '../limits.ts';
import { World } from '../test_guest.ts';

const WASI = 'lunatic::wasi';
const PROCESS = 'lunatic::process';

test('arguments and environment variables reach the child in order, duplicates kept', () => {
  const world = new World();
  world.entries.set('child', function* () {});
  world.runToEnd(function* (guest) {
    yield* guest.call(PROCESS, 'create_config');
    for (const text of ['one', 'zwölf', 'one']) {
      yield* guest.call(WASI, 'config_add_command_line_argument', 0n, 100, guest.put(100, text));
    }
    for (const value of ['1', '2']) {
      yield* guest.call(
        WASI,
        'config_add_environment_variable',
        0n,
        100,
        guest.put(100, 'K'),
        200,
        guest.put(200, value),
      );
    }
    yield* guest.call(PROCESS, 'spawn', 0n, 0n, -1n, 100, guest.put(100, 'child'), 0, 0, 64);
  });
  const config = world.spawned[0]?.config;
  assert.deepEqual(config?.args, ['one', 'zwölf', 'one']);
  assert.deepEqual(config?.env, [
    ['K', '1'],
    ['K', '2'],
  ]);
});

test('a configuration is bounded', () => {
  const message = new World().runToTrap(function* (guest) {
    yield* guest.call(PROCESS, 'create_config');
    for (let i = 0; i <= MAX_CONFIG_ENTRIES; i++) yield* guest.call(WASI, 'config_add_command_line_argument', 0n, 0, 0);
  });
  assert.match(message, /^a configuration holds at most 4096 entries/);
});

test('unknown configurations trap', () => {
  for (const [name, ...args] of [
    ['config_add_command_line_argument', 1n, 0, 0],
    ['config_add_environment_variable', 1n, 0, 0, 0, 0],
    ['config_preopen_dir', 1n, 0, 0],
  ] as const) {
    const message = new World().runToTrap(function* (guest) {
      yield* guest.call(WASI, name, ...args);
    });
    assert.equal(message, 'configuration id 1 does not exist');
  }
});
