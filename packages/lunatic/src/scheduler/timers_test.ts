import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { Timers, type TimerTarget } from './timers.ts';

class Target implements TimerTarget {
  timerSlot = -1;
  readonly id: number;
  readonly #fired: number[];

  constructor(id: number, fired: number[]) {
    this.id = id;
    this.#fired = fired;
  }

  onTimer(): void {
    assert.equal(this.timerSlot, -1, 'T2');
    this.#fired.push(this.id);
  }
}

test('T2 T3: timers fire in order of deadline, then of creation, never early', () => {
  const timers = new Timers();
  const fired: number[] = [];
  const deadlines = [5, 3, 5, 1, 3];
  for (const [id, deadline] of deadlines.entries()) timers.add(new Target(id, fired), deadline);
  assert.equal(timers.nextDeadlineMs, 1);
  assert.equal(timers.fireDue(0.999, 10), 0);
  assert.equal(timers.fireDue(3, 10), 3);
  assert.deepEqual(fired, [3, 1, 4]);
  assert.equal(timers.fireDue(100, 1), 1, 'no more than the limit');
  assert.equal(timers.fireDue(100, 10), 1);
  assert.deepEqual(fired, [3, 1, 4, 0, 2]);
  assert.equal(timers.nextDeadlineMs, Infinity);
});

test('T1 T4: a cancelled or fired timer is gone and cannot be cancelled again', () => {
  const timers = new Timers();
  const fired: number[] = [];
  const a = new Target(1, fired);
  timers.add(a, 10);
  assert.throws(() => timers.add(a, 20), /at most one timer/);
  assert.equal(timers.cancel(a), true);
  assert.equal(timers.cancel(a), false);
  timers.add(a, 20);
  timers.fireDue(20, 1);
  assert.equal(timers.cancel(a), false);
  assert.deepEqual(fired, [1]);
  assert.equal(timers.size, 0);
});

test('Timers agree with a sorted list under random additions, cancellations and firing', () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const timers = new Timers();
  const fired: number[] = [];
  const expected: number[] = [];
  let armed: { target: Target; deadline: number }[] = [];
  let nowMs = 0;
  for (let step = 0; step < 30_000; step++) {
    const context = `seed ${seed}, step ${step}`;
    const choice = randomBelow(random, 10);
    if (choice < 5) {
      const target = new Target(step, fired);
      const deadline = nowMs + randomBelow(random, 200);
      timers.add(target, deadline);
      armed.push({ target, deadline });
    } else if (choice < 8 && armed.length > 0) {
      const [entry] = armed.splice(randomBelow(random, armed.length), 1);
      assert.ok(entry !== undefined && timers.cancel(entry.target), context);
    } else if (choice === 8) {
      nowMs += randomBelow(random, 20);
      const due = armed.filter((entry) => entry.deadline <= nowMs);
      due.sort((x, y) => x.deadline - y.deadline || x.target.id - y.target.id);
      expected.push(...due.map((entry) => entry.target.id));
      armed = armed.filter((entry) => entry.deadline > nowMs);
      assert.equal(timers.fireDue(nowMs, Infinity), due.length, context);
    }
    assert.equal(timers.size, armed.length, context);
    const earliest = armed.reduce((least, entry) => Math.min(least, entry.deadline), Infinity);
    if (step % 50 === 0) assert.equal(timers.nextDeadlineMs, earliest, context);
  }
  assert.deepEqual(fired, expected, `seed ${seed}`);
});

test('A hundred thousand timers are armed, cancelled in random order, and leave nothing', () => {
  const timers = new Timers();
  const random = new SeededRandom(11);
  const targets = Array.from({ length: 100_000 }, (_, id) => new Target(id, []));
  for (const target of targets) timers.add(target, randomBelow(random, 1_000_000));
  for (let i = targets.length - 1; i > 0; i--) {
    const j = randomBelow(random, i + 1);
    [targets[i], targets[j]] = [targets[j] as Target, targets[i] as Target];
  }
  for (const target of targets) assert.ok(timers.cancel(target));
  assert.equal(timers.size, 0);
  assert.equal(timers.nextDeadlineMs, Infinity);
});
