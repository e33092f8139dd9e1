// Runs the WebAssembly specification's test suite: `WASM_SPEC_TESTS=<folder of .wast files> npm run spec -- [FILTERS]`.
// The folder is a checkout of WebAssembly/testsuite (or the test/core folder of WebAssembly/spec); nothing of it is kept here.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import type { Adapter } from './adapter.ts';
import { ExecutedCounts } from './executed.ts';
import { PlainAdapter } from './plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter, randomStops, type StopPolicy } from './rewritten_adapter.ts';
import { runScript, type ScriptReport } from './script.ts';
import { loadParser } from './wat.ts';

const COLUMNS = [56, 8, 8, 8, 8, 8] as const;

function row(...cells: (string | number)[]): string {
  return `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(COLUMNS[i]) : String(cell).padStart(COLUMNS[i]))).join('')}\n`;
}

function countOf(report: ScriptReport, kind: string): number {
  return [...report.unjudged.values()].reduce(
    (sum, entry) => (entry.unjudged.kind === kind ? sum + entry.count : sum),
    0,
  );
}

function policyNamed(name: string, seed: number): StopPolicy {
  switch (name) {
    case 'never':
      return NEVER;
    case 'every':
      return EVERY;
    case 'random':
      return randomStops(new SeededRandom(seed));
    default:
      throw new RangeError(`--rewritten takes never, every or random, not "${name}"`);
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      /** Stop `never`, at `every` resume point or at `random` ones; without it, modules run as they are. */
      rewritten: { type: 'string' },
      dense: { type: 'boolean', default: false },
      tracked: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
      /** Save how many assertions were judged; later runs must not judge fewer. */
      bless: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const folder = process.env.WASM_SPEC_TESTS;
  if (!folder) {
    process.stderr.write(
      'WASM_SPEC_TESTS must name a folder with the .wast files of the specification, for example a checkout of\n  https://github.com/WebAssembly/testsuite\n',
    );
    return 2;
  }
  const files = globSync('**/*.wast', { cwd: folder }).toSorted();
  if (files.length === 0) throw new Error(`there are no .wast files in ${folder}`);
  const parser = await loadParser();
  const seed = Number(values.seed);
  const adapter: Adapter =
    values.rewritten === undefined
      ? new PlainAdapter()
      : new RewrittenAdapter({
          policy: policyNamed(values.rewritten, seed),
          tracked: values.tracked,
          dense: values.dense,
          stops: (module) => module === 'spectest',
        });
  process.stdout.write(
    `# ${adapter.name}${values.rewritten === 'random' ? ` (--seed ${seed})` : ''}, text parser: ${parser.name}, V8 ${process.versions.v8}\n`,
  );
  process.stdout.write(row('file', 'passed', 'failed', 'refused', 'text', 'other'));
  const executed = new ExecutedCounts(values.rewritten === undefined ? 'plain' : 'rewritten');
  const totals = [0, 0, 0, 0, 0];
  const reasons = new Map<string, number>();
  for (const file of files) {
    if (positionals.length > 0 && !positionals.some((filter) => file.includes(filter))) continue;
    const source = readFileSync(path.join(folder, file), 'utf8');
    const report = await runScript(source, adapter, parser);
    const judged = report.passed + report.failures.length;
    const fewer = executed.check(file, source, judged);
    if (fewer !== undefined && !values.bless) report.failures.push(fewer);
    executed.record(file, source, judged);
    const counts = [
      report.passed,
      report.failures.length,
      countOf(report, 'refused'),
      countOf(report, 'text'),
      countOf(report, 'format') + countOf(report, 'obsolete'),
    ];
    counts.forEach((count, i) => {
      totals[i] += count;
    });
    process.stdout.write(row(file, ...counts));
    for (const failure of report.failures.slice(0, values.verbose ? undefined : 3))
      process.stdout.write(`    ${failure}\n`);
    for (const [key, { count }] of report.unjudged) reasons.set(key, (reasons.get(key) ?? 0) + count);
  }
  process.stdout.write(row('total', ...totals));
  for (const [reason, count] of [...reasons].toSorted((a, b) => b[1] - a[1]))
    process.stdout.write(`${String(count).padStart(8)}  ${reason}\n`);
  if (values.bless) executed.save();
  process.stdout.write(`${adapter.summary()}\n`);
  return totals[1] === 0 ? 0 : 1;
}

process.exitCode = await main();
