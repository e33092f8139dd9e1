import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualClock } from '../base/clock.ts';
import { MAX_RUN_FUEL, MIN_FUEL_PER_MS, MIN_MEASURED_FUEL } from './limits.ts';
import { firstFuel, SliceGrant } from './slice_grant.ts';

const SLICE_MS = 0.1;

/** Runs one slice of a guest that takes `msPerFuel`; the runs it got, and the new estimate. */
function slice(fuelPerMs: number, msPerFuel: number, startIsExact = true): { runs: number[]; estimate: number } {
  const clock = new ManualClock();
  const grant = new SliceGrant();
  const runs: number[] = [];
  grant.begin(SLICE_MS, fuelPerMs, clock.nowMs(), clock, startIsExact);
  let fuel = firstFuel(SLICE_MS, fuelPerMs, startIsExact);
  while (fuel > 0) {
    runs.push(fuel);
    clock.advance(fuel * msPerFuel);
    grant.used(fuel);
    fuel = grant.next();
  }
  return { runs, estimate: grant.end() };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('SliceGrant', () => {
  it('gives what the estimate says while the clock stands still', () => {
    assert.deepEqual(slice(50_000, 0), { runs: [5_000], estimate: 50_000 });
    assert.equal(sum(slice(3_000_000, 0).runs), 300_000);
  });

  it('fills the slice, in runs that are not too long, when the guest is faster than estimated', () => {
    const { runs, estimate } = slice(50_000, 1 / 2_000_000);
    const elapsedMs = sum(runs) / 2_000_000;
    assert.ok(elapsedMs > 0.9 * SLICE_MS && elapsedMs <= 1.1 * SLICE_MS, `${elapsedMs} ms`);
    assert.ok(Math.max(...runs) <= MAX_RUN_FUEL);
    assert.ok(estimate > 1_000_000 && estimate < 2_000_001);
  });

  it('ends the slice after one run that took too long, and the next is shorter at once', () => {
    const first = slice(400_000, 1 / 1_000);
    assert.deepEqual(first.runs, [40_000]);
    assert.ok(Math.abs(first.estimate - 1_000) < 1);
    const second = slice(first.estimate, 1 / 1_000);
    assert.ok(sum(second.runs) / 1_000 <= 1.1 * SLICE_MS);
  });

  it('bounds what a guest can gain that was fast for long', () => {
    const { runs, estimate } = slice(8_000_000, 1);
    assert.deepEqual(runs, [MAX_RUN_FUEL]);
    assert.equal(estimate, MIN_FUEL_PER_MS);
  });

  it('comes back within one slice from an estimate spoilt by a pause', () => {
    const { estimate } = slice(MIN_FUEL_PER_MS, 1 / 1_000_000);
    assert.ok(estimate > 500_000);
  });

  it('measures from the end of a short first run when it is not told exactly when the slice began', () => {
    const clock = new ManualClock(5);
    const grant = new SliceGrant();
    grant.begin(SLICE_MS, 1_000_000, 4, clock, false);
    assert.equal(firstFuel(SLICE_MS, 1_000_000, false), MIN_MEASURED_FUEL);
    clock.advance(MIN_MEASURED_FUEL / 1_000_000);
    grant.used(MIN_MEASURED_FUEL);
    assert.ok(grant.next() > 50_000, 'the millisecond before does not count');
  });

  it('goes on after a first run that was the whole estimate, when it is not told exactly when the slice began', () => {
    const clock = new ManualClock(5);
    const grant = new SliceGrant();
    grant.begin(SLICE_MS, 10_000, 4, clock, false);
    assert.equal(firstFuel(SLICE_MS, 10_000, false), 1_000);
    clock.advance(0.002);
    grant.used(1_000);
    assert.equal(grant.next(), 1_000);
  });

  it('says which slices need no reading of the clock', () => {
    const clock = new ManualClock();
    const grant = new SliceGrant();
    grant.begin(SLICE_MS, 1_000_000, 0, clock, true);
    grant.used(MIN_MEASURED_FUEL - 1);
    assert.equal(grant.isShort, true);
    grant.used(1);
    assert.equal(grant.isShort, false);
  });
});
