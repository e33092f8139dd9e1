// The WebAssembly specification's test suite: `WASM_SPEC_TESTS=<folder of .wast files> npm run spec -- [OPTIONS] [FILTERS]`.
// The folder is a checkout of WebAssembly/testsuite (or test/core of WebAssembly/spec); nothing of it is kept here.
//
//   --rewritten never|every|random   after the rewrite, with stops at no, every or random resume points; otherwise modules run as they are
//   --dense                          with a resume point put before every instruction
//   --tracked                        with the record of writes
//   --seed N                         of the random stops
//   --bless                          saves how many assertions were judged: later runs must not judge fewer
//   --verbose                        all failures, not the first of each file

import { parseArgs } from 'node:util';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import type { Adapter } from './adapter.ts';
import { ExecutedCounts } from './executed.ts';
import { PlainAdapter } from './plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter, randomStops, type StopPolicy } from './rewritten_adapter.ts';
import { runSuite } from './suite.ts';
import { loadParser } from './wat.ts';

const SHOWN_FAILURES = 3;

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
  const { rewritten, tracked, dense } = values;
  const seed = Number(values.seed);
  const stops = (module: string) => module === 'spectest';
  const adapter: Adapter =
    rewritten === undefined
      ? new PlainAdapter()
      : new RewrittenAdapter({ policy: policyNamed(rewritten, seed), tracked, dense, stops });
  const parser = await loadParser();
  const executed = new ExecutedCounts(
    rewritten === undefined ? 'plain' : 'rewritten',
    parser.complete && !values.bless,
  );
  const print = (text: string) => {
    process.stdout.write(text);
  };
  print(`# ${adapter.name}${rewritten === 'random' ? ` (--seed ${seed})` : ''}, V8 ${process.versions.v8}\n`);
  print(`# text parser: ${parser.name}\n`);
  const shownFailures = values.verbose ? Number.POSITIVE_INFINITY : SHOWN_FAILURES;
  const result = await runSuite({ folder, filters: positionals, adapter, parser, executed, shownFailures, print });
  if (values.bless) executed.save();
  return result.failed + result.unexpected === 0 ? 0 : 1;
}

process.exitCode = await main();
