// The WebAssembly specification's test suite: `WASM_SPEC_TESTS=<folder of .wast files> npm run spec -- [OPTIONS] [FILTERS]`.
// The folder is a checkout of WebAssembly/testsuite (or test/core of WebAssembly/spec); nothing of it is kept here. Where there is no parser
// for the newest text (wat.ts), npm brings it into .cache. Without options: every kind of run in turn.
//
//   --plain                          modules run as they are
//   --rewritten never|every|random   after the rewrite, with stops at no, every or random resume points
//   --dense                          with a resume point put before every instruction
//   --tracked                        with the record of writes
//   --seed N                         of the random stops
//   --bless                          saves how many assertions were judged: later runs must not judge fewer
//   --verbose                        all failures, not the first of each file

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import type { Adapter } from './adapter.ts';
import { ExecutedCounts } from './executed.ts';
import { PlainAdapter } from './plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter, randomStops, type StopPolicy } from './rewritten_adapter.ts';
import { runSuite, type SuiteOptions, type SuiteResult } from './suite.ts';
import { BETTER_PARSER, loadParser, type ScriptParser } from './wat.ts';

const SHOWN_FAILURES = 3;
const PARSER_VERSION = '0.15.0';
const PARSER_DIRECTORY = path.join(import.meta.dirname, '..', '..', '.cache', 'spec_parser');

interface Run {
  /** Undefined: modules run as they are. */
  readonly rewritten: string | undefined;
  readonly dense: boolean;
  readonly tracked: boolean;
}

const ALL_RUNS: readonly Run[] = [
  { rewritten: undefined, dense: false, tracked: false },
  { rewritten: 'never', dense: false, tracked: false },
  { rewritten: 'every', dense: false, tracked: false },
  { rewritten: 'random', dense: false, tracked: true },
  { rewritten: 'every', dense: true, tracked: false },
];

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

/** Without it the suite is read by wabt alone, which does not know all of the text and gets some of it wrong. */
async function parserForAll(): Promise<ScriptParser> {
  const found = await loadParser();
  if (found.complete) return found;
  process.stderr.write(`npm brings ${BETTER_PARSER} ${PARSER_VERSION} into ${PARSER_DIRECTORY}\n`);
  const args = ['install', '--prefix', PARSER_DIRECTORY, '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', [...args, `${BETTER_PARSER}@${PARSER_VERSION}`], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm could not install the parser; is its registry within reach?');
  return loadParser();
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      plain: { type: 'boolean', default: false },
      rewritten: { type: 'string' },
      dense: { type: 'boolean', default: false },
      tracked: { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
      bless: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  const folder = process.env.WASM_SPEC_TESTS;
  if (!folder) {
    process.stderr.write(
      'WASM_SPEC_TESTS must name a folder with the .wast files of the specification, for example a checkout of\n' +
        '  https://github.com/WebAssembly/testsuite\n',
    );
    return 2;
  }
  process.env.WASM_TEXT_PARSER ??= PARSER_DIRECTORY;
  const parser = await parserForAll();
  const { plain, rewritten, tracked, dense, bless } = values;
  const chosen = plain || dense || tracked || rewritten !== undefined;
  let ok = true;
  for (const run of chosen ? [{ rewritten: plain ? undefined : (rewritten ?? 'every'), dense, tracked }] : ALL_RUNS) {
    const shownFailures = values.verbose ? Number.POSITIVE_INFINITY : SHOWN_FAILURES;
    const result = await perform(
      run,
      Number(values.seed),
      { folder, filters: positionals, parser, shownFailures },
      bless,
    );
    ok &&= result.failed + result.unexpected === 0;
  }
  return ok ? 0 : 1;
}

async function perform(
  { rewritten, dense, tracked }: Run,
  seed: number,
  options: Pick<SuiteOptions, 'folder' | 'filters' | 'parser' | 'shownFailures'>,
  bless: boolean,
): Promise<SuiteResult> {
  const stops = (module: string) => module === 'spectest';
  const adapter: Adapter =
    rewritten === undefined
      ? new PlainAdapter()
      : new RewrittenAdapter({ policy: policyNamed(rewritten, seed), tracked, dense, stops });
  const { parser } = options;
  const executed = new ExecutedCounts(rewritten === undefined ? 'plain' : 'rewritten', parser.complete && !bless);
  const print = (text: string) => {
    process.stdout.write(text);
  };
  print(`# ${adapter.name}${rewritten === 'random' ? ` (--seed ${seed})` : ''}, V8 ${process.versions.v8}\n`);
  print(`# text parser: ${parser.name}\n`);
  const result = await runSuite({ ...options, adapter, executed, print });
  if (bless) executed.save();
  return result;
}

process.exitCode = await main();
