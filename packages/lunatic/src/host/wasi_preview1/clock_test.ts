import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from '../test_guest.ts';
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME,
  ERRNO_INVAL,
} from './numbers.ts';

const WASI = 'wasi_snapshot_preview1';

test('clock_time_get gives nanoseconds of each clock', () => {
  const world = new World();
  world.clock.advance(0.5);
  world.runToEnd(function* (guest) {
    const expected: [number, bigint][] = [
      [CLOCK_REALTIME, 1_700_000_000_000_500_000n],
      [CLOCK_MONOTONIC, 1_000_500_000n],
      [CLOCK_PROCESS_CPUTIME, 5_000_000n],
      [CLOCK_THREAD_CPUTIME, 5_000_000n],
    ];
    for (const [id, ns] of expected) {
      assert.equal(yield* guest.call(WASI, 'clock_time_get', id, 1n, 16), 0);
      guest.assertBytes(16, [...new Uint8Array(new BigUint64Array([ns]).buffer)]);
    }
  });
});

test('clock_res_get gives a resolution', () => {
  new World().runToEnd(function* (guest) {
    for (const id of [CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME]) {
      assert.equal(yield* guest.call(WASI, 'clock_res_get', id, 16), 0);
      assert.ok(guest.memory.readU64(16) > 0n);
    }
  });
});

test('other clocks answer EINVAL and write nothing', () => {
  new World().runToEnd(function* (guest) {
    for (const id of [4, -1]) {
      assert.equal(yield* guest.call(WASI, 'clock_time_get', id, 1n, 16), ERRNO_INVAL);
      assert.equal(yield* guest.call(WASI, 'clock_res_get', id, 16), ERRNO_INVAL);
      guest.assertBytes(16, []);
    }
  });
});
