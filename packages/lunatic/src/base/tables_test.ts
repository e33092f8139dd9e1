import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandleTable } from './handle_table.ts';
import { randomBelow, SeededRandom } from './random.ts';
import { RisingTable } from './rising_table.ts';

test('HandleTable gives ids from 0 and never one of them again', () => {
  const table = new HandleTable<string>();
  assert.equal(table.get(0), undefined);
  assert.equal(table.insert('a'), 0);
  assert.equal(table.insert('b'), 1);
  assert.equal(table.remove(1), 'b');
  assert.equal(table.remove(1), undefined);
  assert.equal(table.insert('c'), 2);
  table.clear();
  assert.equal(table.has(2), false);
  assert.equal(table.insert('d'), 3);
  assert.deepEqual([...table.values()], ['d']);
  assert.equal(table.size, 1);
});

test('HandleTable keeps null as a value', () => {
  const table = new HandleTable<null>();
  const id = table.insert(null);
  assert.equal(table.get(id), null);
  assert.equal(table.remove(id), null);
  assert.equal(table.has(id), false);
});

test('RisingTable agrees with a Map under random additions and removals', () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const table = new RisingTable<{ id: number }>();
  const model = new Map<number, { id: number }>();
  let next = 1;
  for (let step = 0; step < 50_000; step++) {
    // Ids above 2^32 as well: they are numbers, not 32-bit integers.
    if (step === 25_000) next = 2 ** 40;
    const context = `seed ${seed}, step ${step}`;
    if (randomBelow(random, 100) < 50) {
      const value = { id: next++ };
      table.add(value.id, value);
      model.set(value.id, value);
    } else {
      const id = Math.max(1, next - randomBelow(random, 400));
      table.remove(id);
      model.delete(id);
    }
    const probe = next - randomBelow(random, 400);
    assert.equal(table.get(probe), model.get(probe), context);
    assert.equal(table.size, model.size, context);
  }
  assert.deepEqual([...table.values()], [...model.values()]);
});

test('RisingTable answers any number', () => {
  const table = new RisingTable<object>();
  table.add(1, {});
  for (const id of [-1, 0, 0.5, 2, 2 ** 53, Number.NaN, Infinity]) assert.equal(table.get(id), undefined, String(id));
  table.remove(Number.NaN);
  assert.equal(table.size, 1);
});
