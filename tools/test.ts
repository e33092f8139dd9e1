// `npm test [-- NAMES...]`: all checks, or those named. Names: types, lint, layers, docs, unit (tests beside the code, also of the
// tools and benchmarks), cross (test/); any other name selects the test files whose path contains it. The tests come last, so that
// the last lines are the test runner's. A failing check does not keep the others from running.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureRust, ROOT, ToolMissingError } from './toolchain.ts';

const UNIT_TESTS = ['packages/lunatic/src/**/*_test.ts', 'tools/**/*_test.ts', 'bench/**/*_test.ts'];
const CROSS_TESTS = ['test/**/*_test.ts'];
/** Generous: on a busy machine of two cores a file that compiles guests takes a minute. */
const TEST_TIMEOUT_MS = 300_000;
/** Of the whole run: the timeout of a test cannot end one that loops without returning to the event loop. */
const RUN_TIMEOUT_MS = 40 * 60_000;
const CONCURRENCY = 2;

/** A check that is one Node.js program: its script and arguments, relative to the root. */
const CHECKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['types', ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']],
  ['lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']],
  ['layers', ['tools/check_layers.ts']],
  ['docs', ['tools/check_docs.ts']],
]);

function node(args: readonly string[]): boolean {
  const { status, error } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit', timeout: RUN_TIMEOUT_MS });
  if (error !== undefined) process.stderr.write(`npm test: ${error.message}\n`);
  return status === 0;
}

function testFiles(names: readonly string[]): string[] {
  const find = (patterns: readonly string[]) => patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort();
  const unit = find(UNIT_TESTS);
  const cross = find(CROSS_TESTS);
  if (names.length === 0) return [...unit, ...cross];
  const files = new Set<string>();
  for (const name of names) {
    const chosen =
      name === 'unit' ? unit : name === 'cross' ? cross : [...unit, ...cross].filter((file) => file.includes(name));
    if (chosen.length === 0) throw new Error(`no check is called ${name}, and no test file has it in its path`);
    for (const file of chosen) files.add(file);
  }
  return [...files];
}

/** Runs the test files; a run of zero tests is a failure. */
function runTests(files: readonly string[]): boolean {
  const countFile = path.join(ROOT, '.cache', `test_count.${process.pid}`);
  mkdirSync(path.dirname(countFile), { recursive: true });
  const ok = node([
    '--conditions=lunatic-source',
    '--test',
    `--test-timeout=${TEST_TIMEOUT_MS}`,
    `--test-concurrency=${CONCURRENCY}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/count_reporter.ts',
    `--test-reporter-destination=${countFile}`,
    ...files,
  ]);
  // Empty when the runner was ended before its summary.
  const count = Number(readFileSync(countFile, 'utf8'));
  rmSync(countFile);
  if (count > 0) return ok;
  process.stderr.write('npm test: not a single test ran\n');
  return false;
}

/** Before the tests, not in them: test processes run side by side, and would install side by side. */
function installCompilers(): void {
  try {
    ensureRust();
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    process.stderr.write(`npm test: ${error.message}\nThe tests that need it will fail.\n`);
  }
}

function main(names: readonly string[]): void {
  const failed: string[] = [];
  for (const [name, args] of CHECKS) {
    if (names.length > 0 && !names.includes(name)) continue;
    console.log(`\n== ${name}`);
    if (!node(args)) failed.push(name);
  }
  const testNames = names.filter((name) => !CHECKS.has(name));
  if (names.length === 0 || testNames.length > 0) {
    const files = testFiles(testNames);
    installCompilers();
    console.log(`\n== tests (${files.length} files)`);
    if (!runTests(files)) failed.push('tests');
  }
  if (failed.length === 0) return;
  process.stderr.write(`\nnpm test: failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
}

main(process.argv.slice(2));
