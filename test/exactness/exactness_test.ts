// The short form of `npm run exactness`: the same programs and runs, but fewer stops in the dense ones, and these for small modules only.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkProgram, type ProgramReport } from './check.ts';
import { findPrograms } from './programs.ts';
import { printTable } from './report.ts';

const SEED = 1;
const DENSE_STOPS = 20_000;
const MAX_DENSE_BYTES = 48 * 1024;
/** Of each language. A program that starts to import more than WASI would be left out. */
const MIN_PROGRAMS = 10;
/** Of one program. All together they may take longer on a busy machine than a test has by default. */
const TIMEOUT_MS = 300_000;
const TIMEOUT_OF_ALL_MS = 6 * TIMEOUT_MS;

test('real programs behave the same plain and rewritten, under every policy of stops', {
  timeout: TIMEOUT_OF_ALL_MS,
}, async (t) => {
  const { programs, leftOut } = await findPrograms('');
  for (const language of ['c', 'assemblyscript', 'rust']) {
    const found = programs.filter(({ name }) => name.startsWith(`${language}/`)).length;
    assert.ok(found >= MIN_PROGRAMS, `only ${found} programs in ${language}, left out ${leftOut.join(', ')}`);
  }
  const reports: ProgramReport[] = [];
  for (const program of programs) {
    await t.test(program.name, { timeout: TIMEOUT_MS }, () => {
      const report = checkProgram(program, { seed: SEED, denseStops: DENSE_STOPS, maxDenseBytes: MAX_DENSE_BYTES });
      reports.push(report);
      assert.deepEqual(report.failures, []);
    });
  }
  t.diagnostic(printTable(reports, DENSE_STOPS));
});
