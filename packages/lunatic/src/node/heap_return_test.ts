import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { limitsForHeap } from './heap_budget.ts';
import { HeapReturn } from './heap_return.ts';
import {
  HEAP_RETURN_DELAY_MS,
  HEAP_RETURN_MIN_PROCESSES,
  PROCESS_BYTES,
  PROCESS_RECORD_BYTES,
  PROCESS_RECORDS_SHARE,
  RUNTIME_HEAP_BYTES,
  YOUNG_GENERATION_BYTES,
} from './limits.ts';

/** So many that their records are most of the heap of this test. */
const MANY = Math.ceil(Math.max(2 * HEAP_RETURN_MIN_PROCESSES, getHeapStatistics().used_heap_size / PROCESS_BYTES));

class Population {
  alive = 0;
  idle = true;
  readonly heapReturn = new HeapReturn(
    () => this.alive,
    () => this.idle,
  );

  endAllBut(survivors: number): void {
    while (this.alive > survivors) this.heapReturn.ended(--this.alive);
  }
}

test('the heap is given back a while after most processes have ended, once', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const population = new Population();
  population.alive = MANY;
  population.endAllBut(10);
  assert.equal(population.heapReturn.collections, 0, 'not at once');
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  assert.equal(population.heapReturn.collections, 1);
  population.endAllBut(0);
  t.mock.timers.tick(10 * HEAP_RETURN_DELAY_MS);
  assert.equal(population.heapReturn.collections, 1);
});

test('not while something runs, nor for few, nor when others have come, nor after the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const population = new Population();
  const { heapReturn } = population;
  population.alive = HEAP_RETURN_MIN_PROCESSES;
  population.endAllBut(0);
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  population.alive = MANY;
  population.endAllBut(MANY / 2);
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  population.endAllBut(10);
  population.alive = MANY;
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  assert.equal(heapReturn.collections, 0);
  population.idle = false;
  population.endAllBut(10);
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  assert.equal(heapReturn.collections, 0, 'something runs');
  population.idle = true;
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  assert.equal(heapReturn.collections, 1, 'and then nothing does');
  population.alive = MANY;
  population.endAllBut(0);
  heapReturn.close();
  t.mock.timers.tick(HEAP_RETURN_DELAY_MS);
  assert.equal(heapReturn.collections, 1);
});

test('limits for a heap: as many processes as their records have room, however many are asked for', () => {
  const size = 160 * 2 ** 20; // what V8 says with --max-old-space-size=64
  const room = Math.floor(
    ((size - YOUNG_GENERATION_BYTES - RUNTIME_HEAP_BYTES) * PROCESS_RECORDS_SHARE) / PROCESS_RECORD_BYTES,
  );
  const small = limitsForHeap({}, size);
  assert.equal(small.maxProcesses, room);
  assert.ok((small.maxHeldBytes ?? 0) * 1.5 + room * PROCESS_RECORD_BYTES + RUNTIME_HEAP_BYTES < 60 * 2 ** 20);
  assert.equal(limitsForHeap({ maxProcesses: 10 }, size).maxProcesses, 10);
  assert.equal(limitsForHeap({ maxProcesses: 10_000_000 }, size).maxProcesses, room);
  assert.equal(limitsForHeap({ maxHeldBytes: 5 }, size).maxHeldBytes, 5);
  assert.ok((limitsForHeap({}, 1).maxProcesses ?? 0) > 0);
  assert.ok((limitsForHeap({}, 4 * 2 ** 30).maxProcesses ?? 0) > 1_000_000, 'a million fit a heap of 4 GiB');
});
