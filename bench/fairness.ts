// One small process answers messages beside 100 that never end: the time from message to answer, and how soon the program ends
// when it is asked to. Each kind of endless guest is measured on our side; Erlang/OTP runs beside us with plain loops.
//
// Rounds are a millisecond apart, for both: back to back, most of them would end before an endless process has had a turn.

import { ERLANG } from './actors.ts';
import { ERLANG_REMEDY, erlangCommand, erlangInstalled } from './erlang.ts';
import { type BenchContext, type Benchmark, MIN_RUNS, quantile, repeat, type Samples } from './harness.ts';
import { selfTimedCommand } from './lunatic.ts';
import { type Command, runProgram, timeToEnd, valuesOf } from './os_process.ts';

const ROUNDS = 1000;
const QUICK_ROUNDS = 100;
/** The program is asked to end after so long, */
const RUN_BEFORE_END_MS = 700;
/** and would by itself only after more than so many milliseconds. */
const ROUNDS_TO_BE_ENDED = 5000;
/** In the order of their numbers in guests/fairness.wat. */
const KINDS = [
  'loop',
  'memory-fill',
  'cold-loads',
  'host-calls',
  'caught-traps',
  'deep-recursion',
  'call-chain',
  'send-flood',
  'spawn-exit',
  'memory-grow',
  'poll-mailbox',
  'wake-flood',
  'large-messages',
  'yields',
  'timers',
  'changing-pace',
] as const;
const PLAIN_LOOP = 0;
const QUANTILES = [
  ['p50', 0.5],
  ['p99', 0.99],
  ['max', 1],
] as const;

/** Milliseconds of each round. */
async function rounds(command: Command): Promise<number[]> {
  return valuesOf(await runProgram(command), 'ns', command).map((ns) => ns / 1e6);
}

async function measure(context: BenchContext, kind: number): Promise<void> {
  const count = context.quick ? QUICK_ROUNDS : ROUNDS;
  const command = await selfTimedCommand('fairness', [count, kind]);
  const compared = kind === PLAIN_LOOP && erlangInstalled();
  if (kind === PLAIN_LOOP && !compared) context.report.missing('fairness', ERLANG, ERLANG_REMEDY);
  // Other kinds have no peer to be measured beside, and a thousand rounds each already.
  const runs = kind === PLAIN_LOOP ? context.runs : 1;
  const ours: number[][] = [];
  const theirs: number[][] = [];
  for (let run = 0; run < runs; run++) {
    ours.push(await rounds(command));
    if (compared) theirs.push(await rounds(erlangCommand('fairness', [count])));
  }
  for (const [name, q] of QUANTILES) {
    const bench = `fairness/${KINDS[kind]}/${name}`;
    const samples: Samples = {
      ours: ours.map((run) => quantile(run, q)),
      theirs: theirs.map((run) => quantile(run, q)),
    };
    if (compared) context.report.compare(bench, ERLANG, samples, 'ms');
    else context.report.single(bench, kind === PLAIN_LOOP ? `missing: ${ERLANG}` : '-', samples.ours, 'ms');
  }
  if (context.quick) return;
  const endless = await selfTimedCommand('fairness', [ROUNDS_TO_BE_ENDED, kind]);
  const ends = await repeat(() => timeToEnd(endless, RUN_BEFORE_END_MS), Math.min(runs, MIN_RUNS));
  context.report.single(`fairness/${KINDS[kind]}/end`, '-', ends, 'ms');
}

export const fairnessBenchmark: Benchmark = {
  name: 'fairness',
  about:
    'p50, p99 and longest time from message to answer beside 100 endless processes; in full runs also the time to end',
  goals: QUANTILES.map(([name]) => ({ bench: `fairness/loop/${name}`, bounds: 'ratio', atMost: 1 })),
  async run(context) {
    const kinds = context.quick ? 1 : KINDS.length;
    for (let kind = 0; kind < kinds; kind++) await measure(context, kind);
  },
};
