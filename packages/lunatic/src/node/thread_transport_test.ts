import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { makeSharedState } from './shared_state.ts';
import { ThreadTransport } from './thread_transport.ts';

function transports(workers: number): ThreadTransport[] {
  const shared = makeSharedState(workers);
  return Array.from({ length: workers }, (_, self) => new ThreadTransport(shared, self));
}

describe('processes counted by several workers', () => {
  for (const max of [1, 5, 300, 20_000]) {
    it(`never more than ${max}, wherever they begin and end`, () => {
      const workers = transports(3);
      const random = new SeededRandom(max);
      let total = 0;
      let refused = 0;
      for (let step = 0; step < 20 * max + 1_000; step++) {
        const worker = workers[randomBelow(random, 3)] as ThreadTransport;
        // Now more begin, now more end, so that both bounds are met.
        if (randomBelow(random, 10) < (step % (4 * max) < 2 * max ? 8 : 2)) {
          if (worker.countBegun(max)) total++;
          else refused++;
        } else if (total > 0) {
          // It has moved, and ends anywhere.
          worker.countEnded();
          total--;
        }
        assert.ok(total <= max);
      }
      assert.ok(refused > 0, 'the bound was met');
      for (const worker of workers) worker.publishCount();
      for (const worker of workers) assert.equal(worker.countProcesses(), total);
    });
  }

  it('a low bound is reached exactly, a high one to within what the others keep', () => {
    for (const [max, least] of [
      [10, 10],
      [100, 100],
      [100_000, 100_000 - 100_000 / 32],
    ] as const) {
      const [a, b] = transports(2) as [ThreadTransport, ThreadTransport];
      let count = 0;
      while (a.countBegun(max)) count++;
      for (let k = 0; k < Math.min(count, 1_000); k++) b.countEnded();
      count -= Math.min(count, 1_000);
      while (a.countBegun(max)) count++;
      assert.ok(count <= max && count >= least, `${count} of ${max}`);
    }
  });
});
