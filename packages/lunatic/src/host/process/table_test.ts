import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FULL_CONFIG, World } from '../test_guest.ts';

const PROCESS = 'lunatic::process';
const MESSAGE = 'lunatic::message';

test('sleep_ms lasts as long as asked, and 0 does not wait', () => {
  const world = new World();
  const woken: number[] = [];
  world.spawn(function* (guest) {
    yield* guest.call(PROCESS, 'sleep_ms', 0n);
    woken.push(world.clock.nowMs());
    yield* guest.call(PROCESS, 'sleep_ms', 30n);
    woken.push(world.clock.nowMs());
  });
  world.run();
  world.advance(29);
  assert.equal(woken.length, 1);
  world.advance(1);
  assert.deepEqual(woken, [1000, 1030]);
});

test('the longest sleep is no error', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    yield* self.call(PROCESS, 'sleep_ms', -1n);
  });
  world.advance(1e12);
  assert.equal(guest.reason, undefined);
  world.system.kill(guest.process.pid);
  assert.deepEqual(guest.reason, { kind: 'killed' });
});

test('process_id, environment_id, exists', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(PROCESS, 'process_id'), 1n);
    assert.equal(yield* guest.call(PROCESS, 'environment_id'), 1n);
    for (const [pid, expected] of [
      [1n, 1],
      [2n, 0],
      [0n, 0],
      [-1n, 0],
      [2n ** 53n, 0],
    ] as const) {
      assert.equal(yield* guest.call(PROCESS, 'exists', pid), expected, `pid ${pid}`);
    }
  });
});

test('link takes the tag first; an unknown process counts as failed', () => {
  const world = new World();
  const guest = world.spawn(function* (self) {
    yield* self.call(PROCESS, 'link', 5n, 99n);
    yield* self.call(MESSAGE, 'receive', 0, 0, -1n);
  });
  world.run();
  assert.equal(guest.reason?.kind, 'linked');
  world.runToEnd(function* (self) {
    yield* self.call(PROCESS, 'die_when_link_dies', 0);
    yield* self.call(PROCESS, 'link', -7n, 99n);
    assert.equal(yield* self.call(MESSAGE, 'receive', 0, 0, -1n), 1);
    assert.equal(yield* self.call(MESSAGE, 'get_tag'), -7n);
  });
});

test('unlink undoes link', () => {
  const world = new World();
  const other = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, -1n);
  });
  world.runToEnd(function* (guest) {
    const pid = BigInt(other.process.pid);
    yield* guest.call(PROCESS, 'link', 5n, pid);
    yield* guest.call(PROCESS, 'unlink', pid);
    yield* guest.call(PROCESS, 'kill', pid);
    yield* guest.call(PROCESS, 'sleep_ms', 0n);
  });
  assert.deepEqual(other.reason, { kind: 'killed' });
});

test('monitor tells of a process that is dead already; stop_monitoring ends it', () => {
  const world = new World();
  const other = world.spawn(function* (guest) {
    yield* guest.call(MESSAGE, 'receive', 0, 0, -1n);
  });
  world.runToEnd(function* (guest) {
    yield* guest.call(PROCESS, 'monitor', 99n);
    assert.equal(yield* guest.call(MESSAGE, 'receive', 0, 0, 0n), 2);
    assert.equal(yield* guest.call(MESSAGE, 'get_process_id'), 99n);
    const pid = BigInt(other.process.pid);
    yield* guest.call(PROCESS, 'monitor', pid);
    yield* guest.call(PROCESS, 'stop_monitoring', pid);
    yield* guest.call(PROCESS, 'kill', pid);
    assert.equal(yield* guest.call(MESSAGE, 'receive', 0, 0, 0n), 9027);
  });
});

test('a process that kills itself ends at its next stop', () => {
  const world = new World();
  let after = false;
  const guest = world.spawn(function* (self) {
    yield* self.call(PROCESS, 'kill', BigInt(self.process.pid));
    after = true;
    yield* self.call(MESSAGE, 'receive', 0, 0, -1n);
    assert.fail('unreachable');
  });
  world.run();
  assert.ok(after);
  assert.deepEqual(guest.reason, { kind: 'killed' });
});

test('compile_module needs its permission', () => {
  const config = { ...FULL_CONFIG, canCompileModules: false };
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(PROCESS, 'compile_module', 0, 4, 64), -1);
    guest.assertBytes(64, []);
  }, config);
});
