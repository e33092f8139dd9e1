import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, SystemClock } from './clock.ts';
import { randomBelow, SeededRandom, SystemRandom } from './random.ts';

test('ManualClock moves both its clocks, and only forward', () => {
  const clock = new ManualClock(5, 1_000n);
  clock.advance(1.5);
  assert.equal(clock.nowMs(), 6.5);
  assert.equal(clock.wallNs(), 1_501_000n);
  assert.throws(() => clock.advance(-1), RangeError);
  assert.throws(() => clock.advance(Number.NaN), RangeError);
});

test('SystemClock does not go backwards', () => {
  const clock = new SystemClock();
  let before = clock.nowMs();
  for (let i = 0; i < 1000; i++) {
    const now = clock.nowMs();
    assert.ok(now >= before);
    before = now;
  }
  assert.ok(clock.wallNs() > 1_600_000_000n * 1_000_000_000n);
});

test('SeededRandom repeats with its seed and differs with another', () => {
  const draw = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 20 }, () => random.nextU32());
  };
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
  assert.ok(
    draw(0).some((value) => value > 2 ** 31),
    'values use the upper bit, as unsigned numbers',
  );
});

test('randomBelow stays below its bound and meets every value', () => {
  const random = new SeededRandom(1);
  const seen = new Set<number>();
  for (let i = 0; i < 500; i++) seen.add(randomBelow(random, 7));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.throws(() => randomBelow(random, 0), RangeError);
});

test('fill reaches every byte of small and large targets', () => {
  for (const random of [new SeededRandom(3), new SystemRandom()]) {
    for (const size of [0, 1, 5, 200_001]) {
      const bytes = new Uint8Array(size);
      for (let round = 0; round < 12; round++) {
        const next = new Uint8Array(size);
        random.fill(next);
        for (let i = 0; i < size; i++) bytes[i] = (bytes[i] as number) | (next[i] as number);
      }
      assert.ok(!bytes.includes(0), `${size} bytes`);
    }
  }
});
