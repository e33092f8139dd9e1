import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate, geometricMean, goalOf, median, quantile } from './harness.ts';

test('median and quantile interpolate between samples in any order', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(quantile([10, 0], 0.25), 2.5);
  assert.equal(quantile([5, 1, 9], 1), 9);
  assert.throws(() => median([]), RangeError);
});

test('geometricMean of a ratio and its inverse is one', () => {
  assert.ok(Math.abs(geometricMean([4, 0.25]) - 1) < 1e-12);
});

test('alternate measures each side the same number of times, in turn, changing who goes first', async () => {
  const order: string[] = [];
  const side = (name: string) => () => order.push(name);
  const samples = await alternate(side('A'), side('B'), 3);
  assert.equal(order.join(''), 'ABBAAB');
  assert.deepEqual(samples, { ours: [1, 4, 5], theirs: [2, 3, 6] });
});

test('goalOf takes the first goal whose name or beginning of a name matches', () => {
  const goals = [
    { bench: 'ring/100', bounds: 'ratio', atMost: 1 },
    { bench: 'ring/*', bounds: 'ratio', atMost: 2 },
  ] as const;
  assert.equal(goalOf(goals, 'ring/100')?.atMost, 1);
  assert.equal(goalOf(goals, 'ring/1000')?.atMost, 2);
  assert.equal(goalOf(goals, 'spawn'), undefined);
  assert.equal(goalOf(undefined, 'spawn'), undefined);
});
