import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_CONFIG, World } from '../test_guest.ts';

const PROCESS = 'lunatic::process';

test('a new configuration denies everything and has no limits but those of its maker', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(PROCESS, 'create_config'), 0n);
    assert.equal(yield* guest.call(PROCESS, 'config_get_max_memory', 0n), 4294967295n);
    assert.equal(yield* guest.call(PROCESS, 'config_get_max_fuel', 0n), 0n);
    for (const name of ['compile_modules', 'create_configs', 'spawn_processes']) {
      assert.equal(yield* guest.call(PROCESS, `config_can_${name}`, 0n), 0);
      yield* guest.call(PROCESS, `config_set_can_${name}`, 0n, 2);
      assert.equal(yield* guest.call(PROCESS, `config_can_${name}`, 0n), 1);
      yield* guest.call(PROCESS, `config_set_can_${name}`, 0n, 0);
      assert.equal(yield* guest.call(PROCESS, `config_can_${name}`, 0n), 0);
    }
  });
});

test('nobody gives away what it does not have', () => {
  const config = {
    ...FULL_CONFIG,
    maxMemoryBytes: 1000,
    maxFuel: 7,
    canSpawnProcesses: false,
    canCompileModules: false,
  };
  new World().runToEnd(function* (guest) {
    yield* guest.call(PROCESS, 'create_config');
    yield* guest.call(PROCESS, 'config_set_max_memory', 0n, 2000n);
    assert.equal(yield* guest.call(PROCESS, 'config_get_max_memory', 0n), 1000n);
    yield* guest.call(PROCESS, 'config_set_max_memory', 0n, 500n);
    assert.equal(yield* guest.call(PROCESS, 'config_get_max_memory', 0n), 500n);
    for (const [asked, granted] of [
      [0n, 7n],
      [8n, 7n],
      [-1n, 7n],
      [3n, 3n],
    ] as const) {
      yield* guest.call(PROCESS, 'config_set_max_fuel', 0n, asked);
      assert.equal(yield* guest.call(PROCESS, 'config_get_max_fuel', 0n), granted);
    }
    for (const [name, granted] of [
      ['compile_modules', 0],
      ['create_configs', 1],
      ['spawn_processes', 0],
    ] as const) {
      yield* guest.call(PROCESS, `config_set_can_${name}`, 0n, 1);
      assert.equal(yield* guest.call(PROCESS, `config_can_${name}`, 0n), granted, name);
    }
  }, config);
});

test('create_config answers -1 without the permission', () => {
  new World().runToEnd(
    function* (guest) {
      assert.equal(yield* guest.call(PROCESS, 'create_config'), -1n);
    },
    { ...FULL_CONFIG, canCreateConfigs: false },
  );
});

test('unknown configuration ids trap, -1 too', () => {
  for (const id of [0n, -1n]) {
    const message = new World().runToTrap(function* (guest) {
      yield* guest.call(PROCESS, 'config_get_max_fuel', id);
    });
    assert.equal(message, `configuration id ${BigInt.asUintN(64, id)} does not exist`);
  }
  new World().runToTrap(function* (guest) {
    yield* guest.call(PROCESS, 'create_config');
    yield* guest.call(PROCESS, 'drop_config', 0n);
    yield* guest.call(PROCESS, 'drop_config', 0n);
  });
});
