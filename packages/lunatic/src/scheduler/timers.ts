// Timers of one scheduler: a 4-ary heap of intrusive targets, ordered by deadline, then by creation.
//
// Invariants
// T1  A target holds at most one timer; `target.timerSlot` is its place in the heap, or -1. So a timer that fired or
//     was cancelled leaves no id behind that could hit a later one.
// T2  `onTimer` is called once, never before the deadline by this clock, with timerSlot already -1.
// T3  Timers of equal deadline fire in the order they were added.
// T4  A cancelled timer is gone at once: nothing refers to its target.

import { assert } from '../base/assert.ts';

export interface TimerTarget {
  /** Written by Timers only; starts as -1. */
  timerSlot: number;
  onTimer(): void;
}

export class Timers {
  /** Deadline of the earliest timer in the clock's milliseconds, or Infinity. */
  nextDeadlineMs: number;
  /** Number of timers armed. */
  size: number;
  #targets: (TimerTarget | null)[];
  #deadlines: Float64Array;
  #sequences: Float64Array;
  #nextSequence: number;

  constructor() {
    this.nextDeadlineMs = Infinity;
    this.size = 0;
    this.#targets = [];
    this.#deadlines = new Float64Array(INITIAL_CAPACITY);
    this.#sequences = new Float64Array(INITIAL_CAPACITY);
    this.#nextSequence = 0;
  }

  /** Arms `target`, which must hold no timer. A deadline in the past fires at the next `fireDue`. */
  add(target: TimerTarget, deadlineMs: number): void {
    assert(target.timerSlot === -1, 'a timer target holds at most one timer');
    const slot = this.size;
    if (slot === this.#deadlines.length) this.#grow();
    this.size = slot + 1;
    this.#siftUp(slot, target, deadlineMs, this.#nextSequence++);
    this.nextDeadlineMs = this.#deadlines[0] as number;
  }

  /** Disarms `target`; false if it held no timer (it fired, or never had one). */
  cancel(target: TimerTarget): boolean {
    const slot = target.timerSlot;
    if (slot === -1) return false;
    assert(this.#targets[slot] === target, 'a timer slot names its target');
    this.#removeAt(slot);
    return true;
  }

  /**
   * Fires what is due at `nowMs`, at most `limit` timers, and returns how many fired. What remains due stays, so that a
   * million timers of one instant do not hold up everything else.
   */
  fireDue(nowMs: number, limit: number): number {
    let fired = 0;
    while (fired < limit && this.nextDeadlineMs <= nowMs) {
      const target = this.#targets[0] as TimerTarget;
      this.#removeAt(0);
      fired++;
      target.onTimer();
    }
    return fired;
  }

  #removeAt(slot: number): void {
    (this.#targets[slot] as TimerTarget).timerSlot = -1;
    const last = --this.size;
    const moved = this.#targets[last] as TimerTarget;
    const deadlineMs = this.#deadlines[last] as number;
    const sequence = this.#sequences[last] as number;
    this.#targets.length = last;
    if (slot !== last) {
      if (slot > 0 && this.#before(deadlineMs, sequence, (slot - 1) >> 2))
        this.#siftUp(slot, moved, deadlineMs, sequence);
      else this.#siftDown(slot, moved, deadlineMs, sequence);
    }
    this.nextDeadlineMs = last === 0 ? Infinity : (this.#deadlines[0] as number);
    if (last > INITIAL_CAPACITY && last * 4 < this.#deadlines.length) this.#shrink();
  }

  #siftUp(from: number, target: TimerTarget, deadlineMs: number, sequence: number): void {
    let slot = from;
    while (slot > 0) {
      const parent = (slot - 1) >> 2;
      if (!this.#before(deadlineMs, sequence, parent)) break;
      this.#move(parent, slot);
      slot = parent;
    }
    this.#place(slot, target, deadlineMs, sequence);
  }

  #siftDown(from: number, target: TimerTarget, deadlineMs: number, sequence: number): void {
    let slot = from;
    for (;;) {
      const first = slot * 4 + 1;
      if (first >= this.size) break;
      let least = first;
      const end = Math.min(first + 4, this.size);
      for (let child = first + 1; child < end; child++) {
        if (this.#before(this.#deadlines[child] as number, this.#sequences[child] as number, least)) least = child;
      }
      if (this.#before(deadlineMs, sequence, least)) break;
      this.#move(least, slot);
      slot = least;
    }
    this.#place(slot, target, deadlineMs, sequence);
  }

  /** Whether (deadline, sequence) comes before the timer in `slot`. */
  #before(deadlineMs: number, sequence: number, slot: number): boolean {
    const other = this.#deadlines[slot] as number;
    return deadlineMs < other || (deadlineMs === other && sequence < (this.#sequences[slot] as number));
  }

  #move(from: number, to: number): void {
    this.#place(
      to,
      this.#targets[from] as TimerTarget,
      this.#deadlines[from] as number,
      this.#sequences[from] as number,
    );
  }

  #place(slot: number, target: TimerTarget, deadlineMs: number, sequence: number): void {
    this.#targets[slot] = target;
    this.#deadlines[slot] = deadlineMs;
    this.#sequences[slot] = sequence;
    target.timerSlot = slot;
  }

  #grow(): void {
    this.#resize(this.#deadlines.length * 2);
  }

  #shrink(): void {
    this.#resize(this.#deadlines.length / 2);
  }

  #resize(capacity: number): void {
    const deadlines = new Float64Array(capacity);
    const sequences = new Float64Array(capacity);
    deadlines.set(this.#deadlines.subarray(0, this.size));
    sequences.set(this.#sequences.subarray(0, this.size));
    this.#deadlines = deadlines;
    this.#sequences = sequences;
  }
}

const INITIAL_CAPACITY = 64;
