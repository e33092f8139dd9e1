import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '../base/clock.ts';
import { NodeClock } from './node_clock.ts';

test('NodeClock runs as SystemClock does, and never backwards', () => {
  const clock = new NodeClock();
  const system = new SystemClock();
  const offset = clock.nowMs() - system.nowMs();
  let last = clock.nowMs();
  for (let k = 0; k < 100_000; k++) {
    const now = clock.nowMs();
    assert.ok(now >= last);
    last = now;
  }
  // A wrong unit would be a factor of a thousand; a busy machine may come between two readings.
  assert.ok(Math.abs(clock.nowMs() - system.nowMs() - offset) < 1_000);
  assert.ok(Math.abs(Number(clock.wallNs() / 1_000_000n) - Date.now()) < 60_000);
});
