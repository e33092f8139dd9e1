// The short form of `npm run fuzz`: some generated modules in every run of the tests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printReport, runSession } from './session.ts';

const MODULES = 60;
const SEED = 1;

test(`${MODULES} generated modules behave the same plain and rewritten, under every policy of stops`, async (t) => {
  const report = await runSession(SEED, MODULES, () => {});
  t.diagnostic(printReport(report));
  assert.deepEqual(report.failures, []);
  assert.ok(report.pointsTaken > 500, 'the modules hardly stopped');
  assert.ok(report.modules - report.refusedModules > MODULES / 2, 'most modules were refused');
});
