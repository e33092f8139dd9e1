// The whole suite, or a part of it, under one adapter: a table of what came of the assertions, and the verdict.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Adapter } from './adapter.ts';
import type { ExecutedCounts } from './executed.ts';
import { runScript, type ScriptReport, type Unjudged } from './script.ts';
import type { ScriptParser } from './wat.ts';

/** What may be refused, by design or because V8 itself does not serve it. Anything else fails the run. */
const EXPECTED_REFUSALS: readonly RegExp[] = [
  /^V8: /,
  /^unsupported: (shared memory|memory64|table64|gc |legacy exception)/,
  // A frame cannot hold a non-nullable reference, since a dummy of that type cannot be made.
  /^unsupported: a \(ref [^)]*\) /,
  // The test's own limits: exnref, and references of garbage collection beside v128, through the JavaScript API.
  /^a value that cannot pass to JavaScript$/,
  /^no module yet$/,
];

const COLUMNS = [56, 8, 8, 8, 8, 8] as const;

export interface SuiteOptions {
  readonly folder: string;
  /** Parts of file names; empty: all files. */
  readonly filters: readonly string[];
  readonly adapter: Adapter;
  readonly parser: ScriptParser;
  readonly executed: ExecutedCounts;
  /** Failures shown of each file. */
  readonly shownFailures: number;
  readonly print: (text: string) => void;
}

export interface SuiteResult {
  passed: number;
  failed: number;
  refused: number;
  /** Refusals for a reason that is not expected. */
  unexpected: number;
}

export async function runSuite(options: SuiteOptions): Promise<SuiteResult> {
  const { folder, filters, adapter, parser, executed, print } = options;
  const files = globSync('**/*.wast', { cwd: folder })
    .toSorted()
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  if (files.length === 0) throw new Error(`there are no such .wast files in ${folder}`);
  print(row('file', 'passed', 'failed', 'refused', 'text', 'other'));
  const result: SuiteResult = { passed: 0, failed: 0, refused: 0, unexpected: 0 };
  const totals = [0, 0, 0, 0, 0];
  const reasons = new Map<string, { readonly unjudged: Unjudged; count: number }>();
  for (const file of files) {
    const source = readFileSync(path.join(folder, file), 'utf8');
    const report = await runScript(source, adapter, parser);
    const judged = report.passed + report.failures.length;
    const fewer = executed.check(file, source, judged);
    if (fewer !== undefined) report.failures.push(fewer);
    executed.record(file, source, judged);
    const counts = countsOf(report);
    counts.forEach((count, i) => {
      totals[i] += count;
    });
    print(row(file, ...counts));
    for (const failure of report.failures.slice(0, options.shownFailures)) print(`    ${failure}\n`);
    for (const [key, { unjudged, count }] of report.unjudged) {
      reasons.set(key, { unjudged, count: count + (reasons.get(key)?.count ?? 0) });
    }
  }
  print(row('total', ...totals));
  [result.passed, result.failed, result.refused] = totals;
  for (const { unjudged, count } of [...reasons.values()].toSorted((a, b) => b.count - a.count)) {
    const expected = unjudged.kind !== 'refused' || EXPECTED_REFUSALS.some((pattern) => pattern.test(unjudged.reason));
    if (!expected) result.unexpected += count;
    print(`${String(count).padStart(8)}  ${unjudged.kind}: ${unjudged.reason}${expected ? '' : ' (not expected)'}\n`);
  }
  print(`${adapter.summary()}\n`);
  return result;
}

function countsOf(report: ScriptReport): number[] {
  const count = (...kinds: Unjudged['kind'][]) =>
    [...report.unjudged.values()].reduce(
      (sum, entry) => sum + (kinds.includes(entry.unjudged.kind) ? entry.count : 0),
      0,
    );
  return [report.passed, report.failures.length, count('refused'), count('text'), count('format', 'obsolete')];
}

function row(...cells: (string | number)[]): string {
  const padded = cells.map((cell, i) =>
    i === 0 ? String(cell).padEnd(COLUMNS[i]) : String(cell).padStart(COLUMNS[i]),
  );
  return `${padded.join('')}\n`;
}
