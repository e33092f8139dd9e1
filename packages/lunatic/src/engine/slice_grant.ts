// How much fuel a process gets, so that a slice takes the time it should whatever the guest does.
//
// Fuel counts instructions, and their times differ a thousandfold: a step of a tight loop takes 0.3 ns, a load that misses every
// cache 100, one that faults a page in several microseconds. So a slice is spent in short runs, and the clock is read between them. Within a
// run only an estimate can help, how much fuel this process burned per millisecond lately; MAX_RUN_FUEL bounds what it may be wrong
// by when a guest changes its ways.
//
// G1  The first run takes no reading of the clock, nor does the end of a slice that used little: most slices of processes that
//     answer messages are such.
// G2  With a clock that stands still (simulation) a slice is the fuel of its estimate, no more and no less.

import type { Clock } from '../base/clock.ts';
import { MAX_FUEL_PER_MS, MAX_RUN_FUEL, MIN_FUEL_PER_MS, MIN_MEASURED_FUEL } from './limits.ts';

/** A slice that has this share of its time left is over. */
const NEGLIGIBLE_SHARE = 0.1;
/** The estimate rises by this factor at most from run to run, for a fast stretch may end at any time; it falls at once. */
const MAX_RISE = 2;

/** Fuel for the first run of a slice. */
export function firstFuel(sliceMs: number, fuelPerMs: number, startIsExact: boolean): number {
  return Math.max(1, Math.floor(Math.min(sliceMs * fuelPerMs, startIsExact ? MAX_RUN_FUEL : MIN_MEASURED_FUEL)));
}

/** The grant of the slice that is running; one object serves all slices of a thread. */
export class SliceGrant {
  #clock!: Clock;
  #sliceMs = 0;
  #startMs = 0;
  #fuelPerMs = 0;
  /** Fuel until the slice should be over, by the estimate. */
  #left = 0;
  /** Whether #startMs is when the slice began; if not, it is set after a first run that is short. */
  #startIsExact = true;
  /** Fuel used since the last reading of the clock, and when that was. */
  #unmeasured = 0;
  #measuredMs = 0;

  /** After a first run with `firstFuel` of the same values. `fuelPerMs`: what `end` returned for the process the last time. */
  begin(sliceMs: number, fuelPerMs: number, startMs: number, clock: Clock, startIsExact: boolean): void {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#startMs = startMs;
    this.#fuelPerMs = fuelPerMs;
    this.#left = Math.max(1, Math.floor(sliceMs * fuelPerMs));
    this.#startIsExact = startIsExact;
    this.#unmeasured = 0;
    this.#measuredMs = startMs;
  }

  /** Fuel for the next run; 0: the slice is over. */
  next(): number {
    if (!this.#look()) return 0;
    return Math.min(this.#left, this.#startIsExact ? MAX_RUN_FUEL : MIN_MEASURED_FUEL);
  }

  /** A run, or a part of it, used so much. */
  used(fuel: number): void {
    this.#left -= fuel;
    this.#unmeasured += fuel;
  }

  /** The slice has used too little to be worth a reading of the clock. */
  get isShort(): boolean {
    return this.#unmeasured < MIN_MEASURED_FUEL && this.#measuredMs === this.#startMs;
  }

  /** The slice is over; returns the new estimate. */
  end(): number {
    if (this.#unmeasured >= MIN_MEASURED_FUEL) this.#measure(this.#clock.nowMs());
    return this.#fuelPerMs;
  }

  /** Whether there is time left; if so, sets the fuel for it. */
  #look(): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs === this.#startMs) return this.#left > 0;
    if (!this.#startIsExact) {
      this.#startIsExact = true;
      this.#startMs = nowMs;
      this.#unmeasured = 0;
    }
    this.#measure(nowMs);
    const leftMs = this.#sliceMs - (nowMs - this.#startMs);
    if (leftMs <= this.#sliceMs * NEGLIGIBLE_SHARE) return false;
    this.#left = Math.max(1, Math.floor(leftMs * this.#fuelPerMs));
    return true;
  }

  #measure(nowMs: number): void {
    const elapsedMs = nowMs - this.#measuredMs;
    if (elapsedMs > 0 && this.#unmeasured > 0) {
      const next = Math.min(this.#unmeasured / elapsedMs, this.#fuelPerMs * MAX_RISE);
      this.#fuelPerMs = Math.min(Math.max(next, MIN_FUEL_PER_MS), MAX_FUEL_PER_MS);
    }
    this.#unmeasured = 0;
    this.#measuredMs = nowMs;
  }
}
