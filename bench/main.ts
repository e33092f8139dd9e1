// `npm run bench -- [NAMES] [--quick] [--json] [--record FILE]`: measures, and prints a table or one JSON object per line.

import { parseArgs } from 'node:util';
import { BENCHMARKS } from './benchmarks.ts';
import { type BenchContext, MIN_RUNS, Reporter } from './harness.ts';
import { describeSurroundings, writeRecord } from './record.ts';

/** On each side, where nothing says otherwise. */
const RUNS = 9;
/** A quick run must end within a minute: what is left after so long is measured once. */
const QUICK_BUDGET_MS = 44_000;

function usage(): string {
  const names = BENCHMARKS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n');
  return `npm run bench -- [NAMES] [--quick] [--json] [--record FILE]

  --quick        smaller sizes: all of it within a minute
  --json         one JSON object per line
  --record FILE  also writes the lines, after one about the machine, to FILE; only when nothing failed

${names}
`;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      record: { type: 'string' },
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
  const surroundings = describeSurroundings();
  report.heading([
    `Node.js ${surroundings.node}, V8 ${surroundings.v8}, ${surroundings.platform}`,
    `${surroundings.cores} x ${surroundings.cpu}, ${surroundings.memoryGiB} GiB`,
    `commit ${surroundings.commit}`,
    ...(values.quick ? ['--quick: V8 is still compiling for a good part of these short runs; judge by full ones'] : []),
  ]);
  const begin = performance.now();
  const context: BenchContext = {
    quick: values.quick,
    get runs() {
      if (!values.quick) return RUNS;
      return performance.now() - begin < QUICK_BUDGET_MS ? MIN_RUNS : 1;
    },
    report,
  };
  let failed = 0;
  for (const benchmark of BENCHMARKS) {
    if (positionals.length > 0 && !positionals.includes(benchmark.name)) continue;
    report.begin(benchmark);
    if (context.runs < MIN_RUNS) report.note(`the time of a quick run is used up: ${context.runs} run, no measurement`);
    const start = performance.now();
    try {
      await benchmark.run(context);
    } catch (error) {
      // One benchmark that cannot run must not hide the others' results; the exit code tells.
      failed++;
      process.stderr.write(
        `! ${benchmark.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
    }
    report.note(`${benchmark.name} took ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  if (failed > 0) return 1;
  if (values.record !== undefined) {
    const command = [...positionals, ...(values.quick ? ['--quick'] : [])].join(' ');
    const minutes = (performance.now() - begin) / 60_000;
    writeRecord(values.record, { ...surroundings, command, minutes }, report.results);
  }
  return 0;
}

process.exitCode = await main();
