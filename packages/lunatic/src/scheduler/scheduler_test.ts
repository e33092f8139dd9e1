import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock, SystemClock } from '../base/clock.ts';
import { EventLoopDriver, type HostDriver } from './driver.ts';
import { SLICE_SHARED_MS, WOKEN_BURST_MS, WOKEN_BURST_TURNS } from './limits.ts';
import { Scheduler } from './scheduler.ts';
import {
  SLICE_ENDED,
  SLICE_PREEMPTED,
  SLICE_WAITING,
  type SliceOutcome,
  TASK_ENDED,
  TASK_IDLE,
  TASK_QUEUED,
  type Task,
} from './task.ts';
import type { TimerTarget } from './timers.ts';

/** Records what the scheduler asks of the event loop; `pass` lets it have its way. */
class RecordingDriver implements HostDriver {
  turn: (() => void) | null = null;
  timer: (() => void) | null = null;
  delayMs = -1;
  armings = 0;

  requestTurn(turn: () => void): void {
    assert.equal(this.turn, null, 'one request at a time');
    this.turn = turn;
  }

  armTimer(delayMs: number, fire: () => void): void {
    this.timer = fire;
    this.delayMs = delayMs;
    this.armings++;
  }

  disarmTimer(): void {
    this.timer = null;
  }

  close(): void {
    this.turn = null;
    this.timer = null;
  }

  pass(): void {
    const turn = this.turn;
    this.turn = null;
    assert.ok(turn !== null, 'a turn was requested');
    turn();
  }
}

class TestTask implements Task, TimerTarget {
  taskState = TASK_IDLE;
  queueNext: Task | null = null;
  timerSlot = -1;
  slices = 0;
  readonly #slice: (task: TestTask, sliceMs: number) => SliceOutcome;
  readonly #onTimer: (task: TestTask) => void;

  constructor(slice: (task: TestTask, sliceMs: number) => SliceOutcome, onTimer: (task: TestTask) => void = () => {}) {
    this.#slice = slice;
    this.#onTimer = onTimer;
  }

  runSlice(sliceMs: number): SliceOutcome {
    this.slices++;
    return this.#slice(this, sliceMs);
  }

  onTimer(): void {
    this.#onTimer(this);
  }
}

function setUp(options: { turnMs?: number } = {}) {
  const clock = new ManualClock();
  const driver = new RecordingDriver();
  const scheduler = new Scheduler({ clock, driver, ...options });
  return { clock, driver, scheduler };
}

test('Scheduler runs ready tasks in order, each until it waits or ends', () => {
  const { scheduler } = setUp();
  const log: string[] = [];
  const twice = (name: string) =>
    new TestTask((task) => {
      log.push(name);
      return task.slices < 2 ? SLICE_PREEMPTED : SLICE_ENDED;
    });
  const tasks = [twice('a'), twice('b')];
  for (const task of tasks) scheduler.ready(task);
  scheduler.ready(tasks[0] as Task);
  assert.equal(scheduler.runnable, 2, 'S1: a queued task is not queued twice');
  scheduler.drain();
  assert.deepEqual(log, ['a', 'b', 'a', 'b']);
  assert.equal((tasks[0] as Task).taskState, TASK_ENDED);
  assert.equal(scheduler.runnable, 0);
  assert.equal(scheduler.counts().preemptions, 2);
});

test('wake is idempotent, and a wake during the slice queues the task again', () => {
  const { scheduler } = setUp();
  const task = new TestTask((self) => {
    if (self.slices === 1) {
      scheduler.wake(self);
      scheduler.wake(self);
    }
    return SLICE_WAITING;
  });
  scheduler.wake(task);
  scheduler.wake(task);
  assert.equal(scheduler.runnable, 1);
  scheduler.drain();
  assert.equal(task.slices, 2);
  assert.equal(task.taskState, TASK_IDLE);
});

test('I2: a task that ended while queued never runs, and counts no longer', () => {
  const { scheduler } = setUp();
  const never = new TestTask(() => assert.fail('ended'));
  const after = new TestTask(() => SLICE_ENDED);
  scheduler.wake(never);
  scheduler.ready(after);
  scheduler.end(never);
  assert.equal(scheduler.runnable, 1);
  scheduler.drain();
  assert.equal(after.slices, 1);
  scheduler.wake(never);
  assert.equal(never.taskState, TASK_ENDED);
  assert.equal(scheduler.runnable, 0);
});

test('A woken task runs before preempted and new ones', () => {
  const { scheduler, clock } = setUp();
  const log: string[] = [];
  const waiter = new TestTask(() => {
    log.push('woken');
    return SLICE_WAITING;
  });
  const busy = new TestTask((task) => {
    clock.advance(SLICE_SHARED_MS);
    log.push('busy');
    if (task.slices === 2) scheduler.wake(waiter);
    return task.slices < 4 ? SLICE_PREEMPTED : SLICE_ENDED;
  });
  const other = new TestTask(() => {
    clock.advance(SLICE_SHARED_MS);
    log.push('other');
    return SLICE_PREEMPTED;
  });
  scheduler.ready(busy);
  scheduler.ready(other);
  for (let turns = 0; busy.taskState !== TASK_ENDED && turns < 20; turns++) scheduler.runTurn();
  assert.deepEqual(log.slice(0, 6), ['busy', 'other', 'busy', 'woken', 'other', 'busy']);
});

for (const [kind, sliceCostMs] of [
  ['that take time', 0.05],
  ['that take none', 0],
] as const) {
  test(`S4: a flood of wakes ${kind} does not starve a preempted task, nor the other way round`, () => {
    const { scheduler, clock } = setUp({ turnMs: 1 });
    // Two tasks wake each other for ever.
    const flood: TestTask[] = [0, 1].map(
      (index) =>
        new TestTask(() => {
          clock.advance(sliceCostMs);
          scheduler.wake(flood[1 - index] as Task);
          return SLICE_WAITING;
        }),
    );
    let lastRunMs = 0;
    let worstGapMs = 0;
    let floodBefore = 0;
    let worstFlood = 0;
    const preempted = new TestTask(() => {
      const floodSlices = (flood[0] as TestTask).slices + (flood[1] as TestTask).slices;
      worstFlood = Math.max(worstFlood, floodSlices - floodBefore);
      floodBefore = floodSlices;
      worstGapMs = Math.max(worstGapMs, clock.nowMs() - lastRunMs);
      clock.advance(SLICE_SHARED_MS);
      lastRunMs = clock.nowMs();
      return SLICE_PREEMPTED;
    });
    scheduler.wake(flood[0] as Task);
    scheduler.ready(preempted);
    while (preempted.slices < 200) scheduler.runTurn();
    assert.ok(worstGapMs <= WOKEN_BURST_MS + 0.05 + 1e-9, `waited ${worstGapMs} ms`);
    assert.ok(worstFlood <= WOKEN_BURST_TURNS, `waited for ${worstFlood} slices`);
    assert.ok(floodBefore >= 199, `the flood goes on: ${floodBefore}`);
  });
}

test('A flood of new tasks does not delay a woken one by more than a slice', () => {
  const { scheduler, clock } = setUp();
  let spawned = 0;
  const bomb = (): TestTask =>
    new TestTask(() => {
      clock.advance(SLICE_SHARED_MS);
      if (spawned < 100_000) {
        spawned += 2;
        scheduler.ready(bomb());
        scheduler.ready(bomb());
      }
      return SLICE_PREEMPTED;
    });
  let wokenAtMs = 0;
  let worstMs = 0;
  const answering = new TestTask(
    (task) => {
      worstMs = Math.max(worstMs, clock.nowMs() - wokenAtMs);
      scheduler.addTimer(task, 1);
      return SLICE_WAITING;
    },
    (task) => {
      wokenAtMs = clock.nowMs();
      scheduler.wake(task);
    },
  );
  scheduler.ready(bomb());
  scheduler.ready(answering);
  while (answering.slices < 500) {
    if (answering.slices < 1) wokenAtMs = clock.nowMs();
    scheduler.runTurn();
  }
  assert.ok(worstMs <= SLICE_SHARED_MS + 1e-9, `${worstMs} ms`);
});

test('A task alone gets a longer slice, but not far beyond the next deadline', () => {
  const { scheduler } = setUp();
  const grants: number[] = [];
  const task = new TestTask((self, sliceMs) => {
    grants.push(sliceMs);
    return self.slices < 2 ? SLICE_PREEMPTED : SLICE_WAITING;
  });
  const sleeper = new TestTask(() => SLICE_WAITING);
  scheduler.ready(task);
  scheduler.addTimer(sleeper, 0.5);
  scheduler.drain();
  scheduler.cancelTimer(sleeper);
  scheduler.wake(task);
  scheduler.drain();
  scheduler.wake(task);
  scheduler.wake(new TestTask(() => SLICE_ENDED));
  scheduler.drain();
  assert.deepEqual(grants, [0.5, 0.5, 1, 0.1]);
});

test('S2: a turn gives the event loop its turn after turnMs, and asks for the next only while something is runnable', () => {
  const { scheduler, clock, driver } = setUp({ turnMs: 1 });
  const busy = new TestTask((task) => {
    clock.advance(0.25);
    return task.slices < 10 ? SLICE_PREEMPTED : SLICE_ENDED;
  });
  scheduler.ready(busy);
  assert.equal(driver.turn, null, 'not started');
  scheduler.start();
  driver.pass();
  assert.equal(busy.slices, 4);
  driver.pass();
  assert.equal(busy.slices, 8);
  driver.pass();
  assert.equal(busy.slices, 10);
  assert.equal(driver.turn, null);
  scheduler.ready(new TestTask(() => SLICE_ENDED));
  assert.notEqual(driver.turn, null, 'work from outside asks for a turn');
});

test('handOver ends the turn after the slice', () => {
  const { scheduler, driver } = setUp();
  const first = new TestTask(() => {
    scheduler.handOver();
    return SLICE_ENDED;
  });
  const second = new TestTask(() => SLICE_ENDED);
  scheduler.ready(first);
  scheduler.ready(second);
  scheduler.start();
  driver.pass();
  assert.deepEqual([first.slices, second.slices], [1, 0]);
  driver.pass();
  assert.equal(second.slices, 1);
});

test('S3: the host timer is armed when idle, for the earliest deadline, and a timer never fires early', () => {
  const { scheduler, clock, driver } = setUp();
  const log: string[] = [];
  const sleeper = (name: string) =>
    new TestTask(
      () => SLICE_WAITING,
      () => log.push(name),
    );
  const late = sleeper('late');
  const early = sleeper('early');
  scheduler.start();
  scheduler.addTimer(late, 50);
  assert.equal(driver.delayMs, 50);
  scheduler.addTimer(early, 20);
  assert.equal(driver.delayMs, 20);
  assert.equal(driver.armings, 2);
  scheduler.addTimer(sleeper('latest'), 70);
  assert.equal(driver.armings, 2, 'a later deadline changes nothing');
  clock.advance(19.5);
  driver.timer?.();
  assert.deepEqual(log, [], 'the host was early');
  assert.equal(driver.delayMs, 0.5);
  clock.advance(0.5);
  driver.timer?.();
  assert.deepEqual(log, ['early']);
  assert.equal(driver.delayMs, 30);
  scheduler.stop();
  assert.equal(driver.timer, null);
});

test('Ten thousand timers of one instant all fire in one turn', () => {
  const { scheduler, clock } = setUp();
  let fired = 0;
  for (let i = 0; i < 10_000; i++)
    scheduler.addTimer(
      new TestTask(
        () => SLICE_WAITING,
        () => fired++,
      ),
      5,
    );
  clock.advance(5);
  scheduler.runTurn();
  assert.equal(fired, 10_000);
  assert.equal(scheduler.nextDeadlineMs, Infinity);
});

test('stop inside a slice ends the turn; start goes on with what is queued', () => {
  const { scheduler, driver } = setUp();
  const stopper = new TestTask(() => {
    scheduler.stop();
    return SLICE_ENDED;
  });
  const next = new TestTask(() => SLICE_ENDED);
  scheduler.ready(stopper);
  scheduler.ready(next);
  scheduler.start();
  driver.pass();
  assert.equal(next.slices, 0);
  assert.equal(driver.turn, null);
  assert.equal(next.taskState, TASK_QUEUED);
  scheduler.start();
  driver.pass();
  assert.equal(next.slices, 1);
});

test('onIdle is called when nothing is runnable, and may make something runnable', () => {
  const { scheduler } = setUp();
  const last = new TestTask(() => SLICE_ENDED);
  let idles = 0;
  scheduler.onIdle = () => {
    idles++;
    scheduler.ready(last);
  };
  scheduler.ready(new TestTask(() => SLICE_ENDED));
  scheduler.drain();
  assert.equal(last.slices, 1);
  assert.equal(idles, 2);
});

test('EventLoopDriver lets timers and I/O of the host in beside a task that never waits', async () => {
  const scheduler = new Scheduler({ clock: new SystemClock(), driver: new EventLoopDriver() });
  const busy = new TestTask((_task, sliceMs) => {
    const end = performance.now() + sliceMs;
    while (performance.now() < end);
    return SLICE_PREEMPTED;
  });
  const woken = new TestTask(() => SLICE_WAITING);
  scheduler.ready(busy);
  scheduler.start();
  await new Promise((resolve) => setTimeout(resolve, 20));
  scheduler.wake(woken);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  scheduler.stop();
  assert.ok(busy.slices >= 2, `${busy.slices} slices`);
  assert.equal(woken.slices, 1);
});

test('EventLoopDriver wakes a sleeping scheduler at its deadline', async () => {
  const clock = new SystemClock();
  const scheduler = new Scheduler({ clock, driver: new EventLoopDriver() });
  scheduler.start();
  const deadlineMs = clock.nowMs() + 12;
  await new Promise<void>((resolve) => {
    scheduler.addTimer(
      new TestTask(
        () => SLICE_WAITING,
        () => resolve(),
      ),
      12,
    );
  });
  assert.ok(clock.nowMs() >= deadlineMs);
  scheduler.stop();
});
