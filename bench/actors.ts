// Benchmarks in which the same actor program runs on both sides, each timing itself inside one OS process:
// guests/NAME.wat by `lunatic`, erlang/NAME.erl by Erlang/OTP on one scheduler thread.
//
// Not measured here: start-up (see startup.ts) and anything that needs more than one thread.

import { ERLANG_REMEDY, erlangCommand, erlangInstalled } from './erlang.ts';
import { type BenchContext, type Benchmark, type Goal, MIN_RUNS } from './harness.ts';
import { selfTimedCommand } from './lunatic.ts';
import { type RoundsCommand, sampleRounds } from './rounds.ts';

export const ERLANG = 'Erlang/OTP, 1 scheduler';

/** Numbers of processes at which the cost of one is measured: it should not grow. */
export const GROWTH = [1_000, 10_000, 100_000, 1_000_000] as const;
/** Messages per sender and batch; of guests/fanout.wat too. */
const BATCH = 10;

/** How often each side is measured at a size: large ones take a while, and hardly vary. */
export function runsAt(context: BenchContext, size: number): number {
  return size >= 100_000 ? Math.min(context.runs, MIN_RUNS) : context.runs;
}

interface Program {
  /** Name of the result line. */
  readonly bench: string;
  /** Name of the program on both sides. */
  readonly program: string;
  /** What follows the number of rounds. */
  readonly args: readonly number[];
  /** What one operation is, as a unit of time. */
  readonly unit: string;
  /** Operations per round. */
  readonly operations: number;
  /** How often each side is measured. */
  readonly runs: number;
}

/** Against Erlang/OTP. */
function goal(bench: string, atMost: number): Goal {
  return { bench, bounds: 'ratio', atMost };
}

async function measure(
  context: BenchContext,
  { bench, program, args, unit, operations, runs }: Program,
): Promise<void> {
  const commands: RoundsCommand[] = [(count) => selfTimedCommand(program, [count, ...args])];
  if (erlangInstalled()) commands.push((count) => erlangCommand(program, [count, ...args]));
  else context.report.missing(bench, ERLANG, ERLANG_REMEDY);
  const [ours, theirs] = (await sampleRounds(context, commands, { runs, operations })).map((samples) =>
    samples.map((ns) => ns / operations / 1000),
  );
  if (theirs === undefined) context.report.single(bench, `missing: ${ERLANG}`, ours, unit);
  else context.report.compare(bench, ERLANG, { ours, theirs }, unit);
}

export const spawnBenchmark: Benchmark = {
  name: 'spawn',
  about: 'spawn + message back + exit, one after the other; alone, and beside N idle processes',
  goals: [goal('spawn', 0.7), goal('spawn/*', 0.7)],
  async run(context) {
    const n = 50_000;
    for (const alive of context.quick ? [0, 10_000] : [0, ...GROWTH]) {
      await measure(context, {
        bench: alive === 0 ? 'spawn' : `spawn/${alive}-alive`,
        program: 'spawn',
        args: [n, alive],
        unit: 'us/process',
        operations: n,
        runs: runsAt(context, alive),
      });
    }
  },
};

export const pingpongBenchmark: Benchmark = {
  name: 'pingpong',
  about: 'two processes exchange a number',
  goals: [goal('pingpong', 0.7)],
  async run(context) {
    const n = context.quick ? 100_000 : 200_000;
    await measure(context, {
      bench: 'pingpong',
      program: 'pingpong',
      args: [n],
      unit: 'us/round trip',
      operations: n,
      runs: context.runs,
    });
  },
};

/** As in the programs. */
const PAIR_LAPS = 4;

export const pairsBenchmark: Benchmark = {
  name: 'pairs',
  about: 'N processes in pairs, all pairs exchange a number 4 times at once',
  async run(context) {
    for (const size of context.quick ? [10_000] : GROWTH) {
      await measure(context, {
        bench: `pairs/${size}`,
        program: 'pairs',
        args: [size / 2],
        unit: 'us/round trip',
        operations: (PAIR_LAPS * size) / 2,
        runs: runsAt(context, size),
      });
    }
  },
};

export const ringBenchmark: Benchmark = {
  name: 'ring',
  about: 'a token goes 3 times around a ring of N processes',
  goals: [goal('ring/100000', 4)],
  async run(context) {
    const sizes = context.quick ? [10_000] : GROWTH;
    for (const size of sizes) {
      await measure(context, {
        bench: `ring/${size}`,
        program: 'ring',
        args: [size],
        unit: 'us/hop',
        operations: 3 * size,
        runs: runsAt(context, size),
      });
    }
  },
};

export const fanBenchmark: Benchmark = {
  name: 'fan',
  about:
    '1 KiB messages: 100 processes send them to one, 10 at a time (fanin), one sends them to 100 (fanout), N send one each (many-senders)',
  goals: [goal('*', 1)],
  async run(context) {
    const batches = context.quick ? 3 : 20;
    const processes = 100;
    const common = { unit: 'us/message', operations: BATCH * batches * processes, runs: context.runs };
    const args = [batches, processes];
    await measure(context, { ...common, bench: 'fanin', program: 'fanin', args: [...args, BATCH] });
    await measure(context, { ...common, bench: 'fanout', program: 'fanout', args });
    for (const senders of context.quick ? [10_000] : [1_000, 10_000, 100_000]) {
      await measure(context, {
        bench: `many-senders/${senders}`,
        program: 'fanin',
        args: [1, senders, 1],
        unit: 'us/message',
        operations: senders,
        runs: runsAt(context, senders),
      });
    }
  },
};

export const depthBenchmark: Benchmark = {
  name: 'depth',
  about: 'a round trip of a process with a stack of N frames, against one with a single frame: flat is good',
  async run(context) {
    const n = context.quick ? 10_000 : 50_000;
    const { report, runs } = context;
    const depths = [1, 100, 10_000];
    const commands = depths.map((depth) => (count: number) => selfTimedCommand('depth', [count, n, depth]));
    const taken = await sampleRounds(context, commands, { runs, operations: n });
    const samples = taken.map((list) => list.map((ns) => ns / n / 1000));
    const [shallow, ...deep] = samples;
    report.single('depth/1', '-', shallow, 'us/round trip');
    for (const [k, ours] of deep.entries()) {
      report.compare(`depth/${depths[k + 1]}`, 'itself at depth 1', { ours, theirs: shallow }, 'us/round trip');
    }
  },
};
