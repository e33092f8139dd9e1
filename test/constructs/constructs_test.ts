// Every construct, rewritten, does what it does in plain V8: with a stop at every resume point, at random ones, and never; with writes
// recorded and not; and once more with a resume point put before every instruction.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { compare } from '../fuzz/compare.ts';
import { mayStop } from '../fuzz/host.ts';
import { PlainAdapter } from '../spec/plain_adapter.ts';
import {
  type Counts,
  EVERY,
  NEVER,
  RewrittenAdapter,
  randomStops,
  type StopPolicy,
} from '../spec/rewritten_adapter.ts';
import { loadParser } from '../spec/wat.ts';
import { PROGRAMS } from './programs.ts';

const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 1);
/** Calls of every export, with other arguments each time: enough that every resume point is met. */
const PASSES = Number(process.env.LUNATIC_PASSES ?? 60);
const FEW_PASSES = 3;

const parser = await loadParser();

for (const { name, wat, unreached = 0, notDense = false } of PROGRAMS) {
  test(name, async () => {
    const bytes = await parser.parse(wat);
    const check = async (policy: StopPolicy, tracked: boolean, dense: boolean, passes: number): Promise<Counts> => {
      const adapter = new RewrittenAdapter({ policy, tracked, checkMarks: tracked, dense, stops: mayStop });
      const place = `${adapter.name}, seed ${SEED}`;
      const result = await compare(bytes, SEED, new PlainAdapter(), adapter, passes).catch((cause: unknown) => {
        throw new Error(`${place}: ${cause}`, { cause });
      });
      assert.equal(result.exhausted, false, place);
      return adapter.counts;
    };
    // With writes recorded, what changed between two stops must have been recorded between them.
    for (const tracked of [false, true]) {
      const { pointsExisting, pointsTaken } = await check(EVERY, tracked, false, PASSES);
      assert.ok(pointsExisting > 0);
      assert.equal(pointsTaken, pointsExisting - unreached, 'every resume point is taken');
      await check(NEVER, tracked, false, FEW_PASSES);
      await check(randomStops(new SeededRandom(SEED)), tracked, false, FEW_PASSES);
      const { modulesNotDense } = await check(EVERY, tracked, true, FEW_PASSES);
      assert.equal(modulesNotDense, Number(notDense));
      await check(randomStops(new SeededRandom(SEED + 1)), tracked, true, FEW_PASSES);
    }
  });
}
