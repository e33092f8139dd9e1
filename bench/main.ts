// `npm run bench -- [NAMES] [--quick] [--json]`: measures, and prints a table or one JSON object per line.

import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { depthBenchmark, fanBenchmark, pingpongBenchmark, ringBenchmark, spawnBenchmark } from './actors.ts';
import { computeBenchmark } from './compute.ts';
import { fairnessBenchmark } from './fairness.ts';
import { type Benchmark, MIN_RUNS, Reporter } from './harness.ts';
import { idleBenchmark } from './idle.ts';
import { REPOSITORY } from './places.ts';
import { rewriteBenchmark } from './rewrite.ts';
import { startupBenchmark } from './startup.ts';
import { threadsBenchmark } from './threads.ts';

const BENCHMARKS: readonly Benchmark[] = [
  computeBenchmark,
  rewriteBenchmark,
  startupBenchmark,
  spawnBenchmark,
  pingpongBenchmark,
  ringBenchmark,
  idleBenchmark,
  fanBenchmark,
  fairnessBenchmark,
  depthBenchmark,
  threadsBenchmark,
];

function commit(): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).stdout?.trim() ?? '';
  const hash = git('rev-parse', '--short=12', 'HEAD');
  if (hash === '') return 'unknown';
  return git('status', '--porcelain') === '' ? hash : `${hash} with local changes`;
}

function usage(): string {
  const names = BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n');
  return `npm run bench -- [NAMES] [--quick] [--json]\n\n  --quick    smaller sizes: all of it within a minute\n  --json     one JSON object per line\n\n${names}\n`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage());
    return 0;
  }
  const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no benchmark named ${unknown.map((name) => `"${name}"`).join(', ')}\n\n${usage()}`);
    return 2;
  }
  const report = new Reporter(values.json);
  report.heading([
    `Node.js ${process.version}, V8 ${process.versions.v8}, ${process.platform} ${process.arch}`,
    `${os.availableParallelism()} x ${os.cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    `commit ${commit()}`,
    ...(values.quick ? ['--quick: V8 is still compiling for a good part of these short runs; judge by full ones'] : []),
  ]);
  let failed = 0;
  for (const benchmark of BENCHMARKS) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
    report.heading([`${benchmark.name}: ${benchmark.about}`]);
    const start = performance.now();
    try {
      await benchmark.run({ quick: values.quick, runs: values.quick ? MIN_RUNS : 9, report });
    } catch (error) {
      // One benchmark that cannot run must not hide the others' results; the exit code tells.
      failed++;
      process.stderr.write(
        `! ${benchmark.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
    report.note(`${benchmark.name} took ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
