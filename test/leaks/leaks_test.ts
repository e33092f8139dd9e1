// The short form of the leak hunt; `npm run leaks` is the long one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Form, hunt, printReport } from './hunt.ts';

const REUSES = 1_000;
const SEED = Number(process.env.LUNATIC_TEST_SEED ?? Date.now() % 2 ** 31);
const FORMS: readonly Form[] = ['marked', 'scanned', 'changing'];

for (const form of FORMS) {
  test(`no process finds what another left: ${REUSES} reuses by random guests, ${form}, seed ${SEED}`, () => {
    const report = hunt({ form, reuses: REUSES, seed: SEED });
    assert.equal(report.failures.length, 0, printReport(report));
    assert.ok(report.processes > report.instances && report.compared > 0);
  });
}
