import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deque } from './deque.ts';
import { randomBelow, SeededRandom } from './random.ts';

test('Deque agrees with an array under random operations, growing and shrinking', () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const deque = new Deque<number>(200);
  const model: number[] = [];
  for (let step = 0; step < 20_000; step++) {
    // Long runs of pushes and of pops, so that the ring wraps, grows and shrinks.
    const pushing = Math.floor(step / 300) % 2 === 0;
    const context = `seed ${seed}, step ${step}`;
    switch (randomBelow(random, 8)) {
      case 0:
      case 1:
      case 2:
        if (pushing) {
          assert.equal(deque.pushBack(step), model.length < 200, context);
          if (model.length < 200) model.push(step);
        } else assert.equal(deque.popFront(), model.shift(), context);
        break;
      case 3:
        assert.equal(deque.pushFront(step), model.length < 200, context);
        if (model.length < 200) model.unshift(step);
        break;
      case 4:
        assert.equal(deque.popBack(), model.pop(), context);
        break;
      case 5:
        assert.equal(deque.popFront(), model.shift(), context);
        break;
      case 6:
        assert.equal(deque.at(model.length - 1), model.at(-1), context);
        assert.equal(deque.at(model.length), undefined, context);
        break;
      default:
        assert.equal(deque.front(), model[0], context);
    }
    assert.equal(deque.length, model.length, context);
  }
});

test('Deque refuses a bound it cannot keep', () => {
  assert.throws(() => new Deque(0), RangeError);
  assert.throws(() => new Deque(2 ** 31), RangeError);
});
