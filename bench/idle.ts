// How much an idle process weighs, and how long it takes to make it: N processes that have each answered one
// message and wait for the next. Resident size of the whole OS process, before and after, on both sides.

import { ERLANG, GROWTH, runsAt } from './actors.ts';
import { ERLANG_REMEDY, erlangCommand, erlangInstalled } from './erlang.ts';
import type { BenchContext, Benchmark } from './harness.ts';
import { selfTimedCommand } from './lunatic.ts';
import { type Command, start } from './os_process.ts';

interface Weight {
  readonly bytes: number;
  readonly us: number;
}

/** One run: per process, its resident bytes and the microseconds to spawn it and hear from it. */
export async function weigh(command: Command, n: number): Promise<Weight> {
  let before = 0;
  let after = 0;
  let ns = 0;
  let answers = 0;
  const run = start(command, (name, value, program) => {
    if (name === 'before') {
      before = program.residentBytes();
      program.go();
    } else if (name === 'ns') {
      ns = value;
      after = program.residentBytes();
      program.go();
    } else if (name === 'answers') {
      answers = value;
    }
  });
  await run.ended;
  if (answers !== n) throw new Error(`${answers} of ${n} idle processes answered in the end`);
  return { bytes: (after - before) / n, us: ns / n / 1000 };
}

async function measure(context: BenchContext, n: number): Promise<void> {
  const { report } = context;
  const command = await selfTimedCommand('idle', [n]);
  const installed = erlangInstalled();
  const ours: Weight[] = [];
  const theirs: Weight[] = [];
  const runs = runsAt(context, n);
  for (let run = 0; run < runs; run++) {
    ours.push(await weigh(command, n));
    if (installed) theirs.push(await weigh(erlangCommand('idle', [n]), n));
  }
  if (!installed) report.missing(`idle/${n}`, ERLANG, ERLANG_REMEDY);
  const units = [
    { part: 'bytes', unit: 'B/process', pick: (weight: Weight) => weight.bytes },
    { part: 'time', unit: 'us/process', pick: (weight: Weight) => weight.us },
  ];
  for (const { part, unit, pick } of units) {
    const bench = `idle/${n}/${part}`;
    if (installed) report.compare(bench, ERLANG, { ours: ours.map(pick), theirs: theirs.map(pick) }, unit);
    else report.single(bench, `missing: ${ERLANG}`, ours.map(pick), unit);
  }
}

export const idleBenchmark: Benchmark = {
  name: 'idle',
  about: 'N live idle processes: resident bytes of each, and time to make it',
  goals: [
    { bench: 'idle/1000000/bytes', bounds: 'ratio', atMost: 1 },
    { bench: 'idle/1000000/time', bounds: 'ratio', atMost: 0.5 },
  ],
  async run(context) {
    const sizes = context.quick ? [20_000] : GROWTH;
    for (const n of sizes) await measure(context, n);
  },
};
