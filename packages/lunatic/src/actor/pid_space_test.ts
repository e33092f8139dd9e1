import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OTHERS, PidSpace } from './pid_space.ts';

describe('pids of several workers', () => {
  for (const workers of [1, 2, 3, 5, 64]) {
    it(`${workers} workers: a pid tells spawner, home and ordinal, and is given once`, () => {
      const space = new PidSpace(0, workers);
      const seen = new Set<number>();
      for (let spawner = 0; spawner < workers; spawner++) {
        for (let home = 0; home < workers; home++) {
          for (const ordinal of [0, 1, 2, 1_000, 2 ** 31, 2 ** 33 + 5, 2 ** 40 - 2]) {
            const pid = space.pid(spawner, home, ordinal);
            assert.ok(space.isPid(pid), `${pid} of ${spawner} at ${home}`);
            assert.deepEqual([space.spawnerOf(pid), space.homeOf(pid), space.ordinalOf(pid)], [spawner, home, ordinal]);
            assert.ok(!seen.has(pid));
            seen.add(pid);
          }
        }
      }
    });
  }

  it('numbers that no worker gives are none', () => {
    const space = new PidSpace(1, 3);
    // Of worker 3, which there is not, and of the main worker at home there, whose pids are small.
    for (const pid of [0, -1, 0.5, Number.NaN, 2 ** 53, OTHERS + 3, OTHERS + 12, OTHERS])
      assert.ok(!space.isPid(pid), `${pid}`);
    for (const pid of [1, OTHERS - 1, OTHERS + 1, OTHERS + 4]) assert.ok(space.isPid(pid), `${pid}`);
  });
});
