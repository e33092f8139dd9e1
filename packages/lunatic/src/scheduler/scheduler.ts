// The run loop of one thread: two first-in first-out queues of tasks, and the timers.
//
// Two classes. `woken`: a message, a timer or I/O arrived. `ready`: new tasks and those that were preempted. Woken tasks go
// first, but not for longer than a burst (limits.ts) while a ready one waits, so neither class can starve the other, and
// a flood of new tasks never delays one that answers a message by more than a slice.
//
// A turn runs slices for `turnMs` and then gives the event loop its turn, if there is more to do. When nothing can run the
// scheduler holds nothing but the host timer of its earliest deadline, and nothing at all without deadlines.
//
// Invariants
// S1  `runnable` is the number of tasks in the state QUEUED.
// S2  While started and outside a turn: a turn is requested if and only if something is runnable.
// S3  The host timer is armed only while nothing is runnable; a busy loop looks at the deadlines itself, once per slice.
// S4  Between two slices of the ready class at most a burst of the woken class runs, and the other way round one slice.

import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { HostDriver } from './driver.ts';
import {
  MAX_TIMERS_AT_ONCE,
  SHORT_SLICES,
  SLICE_ALONE_MS,
  SLICE_SHARED_MS,
  TURN_MS,
  WOKEN_BURST_MS,
  WOKEN_BURST_TURNS,
} from './limits.ts';
import {
  SLICE_ENDED,
  SLICE_PREEMPTED,
  TASK_ENDED,
  TASK_IDLE,
  TASK_QUEUED,
  TASK_RUNNING,
  TASK_RUNNING_WOKEN,
  type Task,
} from './task.ts';
import { Timers, type TimerTarget } from './timers.ts';

/** Where other threads leave work for this one. */
export interface Inbox {
  /** Something has come; not exact: true may turn out to be nothing. Asked as often as the clock is read. */
  hasMail(): boolean;
  /** Works it off. May make tasks runnable, and end them. */
  takeMail(): void;
  /** Nothing is runnable: waits a moment for something to come, where that is worth while. Whether it came. */
  linger(): boolean;
}

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly driver: HostDriver;
  /** Defaults: limits.ts. */
  readonly sliceSharedMs?: number;
  readonly sliceAloneMs?: number;
  readonly turnMs?: number;
}

/** Counters since the scheduler was made, for inspection. */
export interface SchedulerCounts {
  readonly slices: number;
  readonly preemptions: number;
  readonly turns: number;
  readonly timersFired: number;
}

export class Scheduler {
  readonly clock: Clock;
  /** Called after a turn that leaves nothing runnable; timers may still be armed. May make tasks runnable. */
  onIdle: (() => void) | null;
  /** Called at the end of every turn, before `onIdle`. */
  onTurnEnd: (() => void) | null;
  /** Null: no other threads. */
  inbox: Inbox | null;
  /** S1. */
  runnable: number;
  /** The task whose slice is running, or null. */
  current: Task | null;
  /** The clock when the present slice began, or up to SHORT_SLICES short slices before. */
  sliceStartMs: number;
  sliceStartIsExact: boolean;
  /** Set by a task whose slice took far less than its grant: the clock need not be read after each of those. */
  sliceWasShort: boolean;
  readonly #driver: HostDriver;
  readonly #timers: Timers;
  readonly #woken: TaskQueue;
  readonly #ready: TaskQueue;
  readonly #sliceSharedMs: number;
  readonly #sliceAloneMs: number;
  readonly #turnMs: number;
  readonly #turn: () => void;
  #started: boolean;
  #inTurn: boolean;
  #turnRequested: boolean;
  #handOver: boolean;
  /** Length of the present burst of the woken class, while the ready class waits. */
  #burstTurns: number;
  #burstMs: number;
  #slices: number;
  #preemptions: number;
  #turns: number;
  #timersFired: number;

  constructor(options: SchedulerOptions) {
    this.clock = options.clock;
    this.onIdle = null;
    this.onTurnEnd = null;
    this.inbox = null;
    this.runnable = 0;
    this.current = null;
    this.sliceStartMs = 0;
    this.sliceStartIsExact = true;
    this.sliceWasShort = false;
    this.#driver = options.driver;
    this.#timers = new Timers();
    this.#woken = new TaskQueue();
    this.#ready = new TaskQueue();
    this.#sliceSharedMs = options.sliceSharedMs ?? SLICE_SHARED_MS;
    this.#sliceAloneMs = options.sliceAloneMs ?? SLICE_ALONE_MS;
    this.#turnMs = options.turnMs ?? TURN_MS;
    this.#turn = () => this.#hostTurn();
    this.#started = false;
    this.#inTurn = false;
    this.#turnRequested = false;
    this.#handOver = false;
    this.#burstTurns = 0;
    this.#burstMs = 0;
    this.#slices = 0;
    this.#preemptions = 0;
    this.#turns = 0;
    this.#timersFired = 0;
  }

  /** From now on runs whatever becomes runnable, in turns of the event loop, until `stop`. */
  start(): void {
    this.#started = true;
    this.#arrange();
  }

  /** Runs nothing more and holds the event loop no longer. Tasks stay as they are; `start` goes on with them. */
  stop(): void {
    this.#started = false;
    this.#turnRequested = false;
    this.#handOver = true;
    this.#driver.close();
  }

  get started(): boolean {
    return this.#started;
  }

  /** A new task, or one that continues without an event: enters the ready class. Nothing happens unless it is IDLE. */
  ready(task: Task): void {
    if (task.taskState !== TASK_IDLE) return;
    this.#enqueue(this.#ready, task);
  }

  /** What `task` waited for has happened. Idempotent; a running task is queued again when its slice ends. */
  wake(task: Task): void {
    const state = task.taskState;
    if (state === TASK_IDLE) this.#enqueue(this.#woken, task);
    else if (state === TASK_RUNNING) task.taskState = TASK_RUNNING_WOKEN;
  }

  /** The task has ended otherwise than by SLICE_ENDED: it will not run again (I2). */
  end(task: Task): void {
    if (task.taskState === TASK_QUEUED) this.runnable--;
    task.taskState = TASK_ENDED;
  }

  /** Calls `visit` for the queued tasks, those woken first, until it returns false. It may end tasks, and must not queue any. */
  visitQueued(visit: (task: Task) => boolean): void {
    for (const queue of [this.#woken, this.#ready]) {
      for (let task = queue.head; task !== null; task = task.queueNext) {
        if (task.taskState === TASK_QUEUED && !visit(task)) return;
      }
    }
  }

  /** Fires `target.onTimer` once, at least `delayMs` from now. The target must hold no timer. */
  addTimer(target: TimerTarget, delayMs: number): void {
    // The clock is read anew: the loop's own reading may be a slice old, and a timer must not fire early.
    this.#timers.add(target, this.clock.nowMs() + delayMs);
    if (target.timerSlot === 0 && !this.#inTurn) this.#arrange();
  }

  /** Disarms the timer of `target`; false if it has fired or was never armed. */
  cancelTimer(target: TimerTarget): boolean {
    return target.timerSlot !== -1 && this.#timers.cancel(target);
  }

  /** Timers armed. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Earliest deadline in the clock's milliseconds, or Infinity. */
  get nextDeadlineMs(): number {
    return this.#timers.nextDeadlineMs;
  }

  /** The present turn ends after this slice: something in the event loop (a promise reaction, say) should go first. */
  handOver(): void {
    this.#handOver = true;
  }

  /** Asks for a turn of the event loop now, whether or not something is runnable: other threads have left work. */
  kick(): void {
    if (this.#started && !this.#inTurn && !this.#turnRequested) this.#requestTurn();
  }

  counts(): SchedulerCounts {
    return {
      slices: this.#slices,
      preemptions: this.#preemptions,
      turns: this.#turns,
      timersFired: this.#timersFired,
    };
  }

  /**
   * Runs one turn now, without the event loop: due timers, then slices until `turnMs` have passed or nothing is runnable.
   * Returns whether something is runnable. For tests and simulation; `start` does this by itself.
   */
  runTurn(): boolean {
    assert(!this.#inTurn, 'a turn runs inside no other');
    this.#inTurn = true;
    this.#handOver = false;
    this.#turns++;
    try {
      this.#runSlices();
    } finally {
      this.#inTurn = false;
      this.current = null;
    }
    if (this.onTurnEnd !== null) this.onTurnEnd();
    if (this.runnable === 0 && this.onIdle !== null) this.onIdle();
    return this.runnable > 0;
  }

  /** Runs turns until nothing is runnable; the event loop gets no turn. For tests and simulation. */
  drain(): void {
    while (this.runTurn());
  }

  // Hot: bench/actors.ts. One reading of the clock and of what other threads write per slice, or per SHORT_SLICES slices that say they were short: the
  // clock costs as much as a switch between two processes.
  #runSlices(): void {
    let nowMs = this.clock.nowMs();
    let unread = 0;
    const turnEndMs = nowMs + this.#turnMs;
    const { inbox } = this;
    do {
      if (unread === 0 && inbox?.hasMail()) inbox.takeMail();
      if (nowMs >= this.#timers.nextDeadlineMs) this.#timersFired += this.#timers.fireDue(nowMs, MAX_TIMERS_AT_ONCE);
      const woken = this.#pickWoken();
      const task = (woken ? this.#woken : this.#ready).take();
      if (task === null) {
        if (unread === 0 && nowMs < this.#timers.nextDeadlineMs && (inbox === null || !inbox.linger())) return;
        nowMs = this.clock.nowMs();
        unread = 0;
        continue;
      }
      this.runnable--;
      task.taskState = TASK_RUNNING;
      this.current = task;
      this.sliceStartMs = nowMs;
      this.sliceStartIsExact = unread === 0;
      this.sliceWasShort = false;
      const outcome = task.runSlice(this.runnable > 0 ? this.#sliceSharedMs : this.#aloneMs(nowMs));
      this.current = null;
      this.#slices++;
      if (outcome === SLICE_ENDED) task.taskState = TASK_ENDED;
      else this.#afterSlice(task, outcome === SLICE_PREEMPTED);
      unread = this.sliceWasShort ? (unread + 1) % SHORT_SLICES : 0;
      const endMs = unread === 0 ? this.clock.nowMs() : nowMs;
      if (woken && this.#ready.head !== null) {
        this.#burstTurns++;
        this.#burstMs += endMs - nowMs;
      } else {
        this.#burstTurns = 0;
        this.#burstMs = 0;
      }
      nowMs = endMs;
    } while (nowMs < turnEndMs && !this.#handOver);
  }

  #afterSlice(task: Task, preempted: boolean): void {
    const state = task.taskState;
    if (state === TASK_ENDED) return;
    task.taskState = TASK_IDLE;
    if (preempted) {
      this.#preemptions++;
      this.#enqueue(this.#ready, task);
    } else if (state === TASK_RUNNING_WOKEN) this.#enqueue(this.#woken, task);
  }

  /** Which class goes next (S4). Drops what ended in the queues, so a head that is there can run. */
  #pickWoken(): boolean {
    const woken = this.#woken.skipEnded();
    const ready = this.#ready.skipEnded();
    if (woken === null) return false;
    if (ready === null) return true;
    return this.#burstTurns < WOKEN_BURST_TURNS && this.#burstMs < WOKEN_BURST_MS;
  }

  /** Nobody else is runnable: a long slice, but not far beyond the next deadline. */
  #aloneMs(nowMs: number): number {
    const leftMs = this.#timers.nextDeadlineMs - nowMs;
    if (leftMs >= this.#sliceAloneMs) return this.#sliceAloneMs;
    return Math.max(leftMs, this.#sliceSharedMs);
  }

  #enqueue(queue: TaskQueue, task: Task): void {
    task.taskState = TASK_QUEUED;
    queue.add(task);
    this.runnable++;
    if (!this.#inTurn && !this.#turnRequested && this.#started) this.#requestTurn();
  }

  #hostTurn(): void {
    this.#turnRequested = false;
    if (!this.#started) return;
    this.runTurn();
    this.#arrange();
  }

  /** Sees to S2 and S3. */
  #arrange(): void {
    if (!this.#started) return;
    if (this.runnable > 0) {
      if (!this.#turnRequested) this.#requestTurn();
    } else if (this.#timers.nextDeadlineMs !== Infinity) {
      this.#driver.armTimer(Math.max(0, this.#timers.nextDeadlineMs - this.clock.nowMs()), this.#turn);
    } else {
      this.#driver.disarmTimer();
    }
  }

  #requestTurn(): void {
    this.#turnRequested = true;
    this.#driver.disarmTimer();
    this.#driver.requestTurn(this.#turn);
  }
}

/** A first-in first-out list linked through the tasks themselves. */
class TaskQueue {
  head: Task | null = null;
  #tail: Task | null = null;

  add(task: Task): void {
    if (this.#tail === null) this.head = task;
    else this.#tail.queueNext = task;
    this.#tail = task;
  }

  /** Drops tasks that ended at the head (I2); returns the head. */
  skipEnded(): Task | null {
    while (this.head !== null && this.head.taskState === TASK_ENDED) this.take();
    return this.head;
  }

  take(): Task | null {
    const task = this.head;
    if (task === null) return null;
    this.head = task.queueNext;
    if (this.head === null) this.#tail = null;
    task.queueNext = null;
    return task;
  }
}
