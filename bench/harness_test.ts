import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alternate, geometricMean, median, quantile } from './harness.ts';

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
