import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';
import { ERRNO_NOTSUP } from './numbers.ts';

const WASI = 'wasi_snapshot_preview1';

test('proc_exit ends the process: 0 normally, anything else as a failure', () => {
  for (const [code, reason] of [
    [0, { kind: 'normal' }],
    [3, { kind: 'exit', code: 3 }],
    [-1, { kind: 'exit', code: 0xffffffff }],
  ] as const) {
    const world = new World();
    const guest = world.spawn(function* (self) {
      yield* self.call(WASI, 'proc_exit', code);
      assert.fail('unreachable');
    });
    world.run();
    assert.deepEqual(guest.reason, reason);
  }
});

test('proc_raise is not served', () => {
  new World().runToEnd(function* (guest) {
    assert.equal(yield* guest.call(WASI, 'proc_raise', 6), ERRNO_NOTSUP);
  });
});

test('sched_yield lets others run first, each time', () => {
  const world = new World();
  const order: string[] = [];
  for (const name of ['a', 'b']) {
    world.spawn(function* (guest) {
      for (let i = 0; i < 3; i++) {
        order.push(name);
        assert.equal(yield* guest.call(WASI, 'sched_yield'), 0);
      }
    });
  }
  world.run();
  assert.equal(order.join(''), 'ababab');
});
