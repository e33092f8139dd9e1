// Benchmarks in which the same actor program runs on both sides, each timing itself inside one OS process:
// guests/NAME.wat by `lunatic`, erlang/NAME.erl by Erlang/OTP on one scheduler thread.
//
// Not measured here: start-up (see startup.ts) and anything that needs more than one thread.

import { ERLANG_REMEDY, erlangCommand, erlangInstalled } from './erlang.ts';
import { alternate, type BenchContext, type Benchmark, median, repeat } from './harness.ts';
import { selfTimedCommand } from './lunatic.ts';
import { type Command, runProgram, valuesOf } from './os_process.ts';

export const ERLANG = 'Erlang/OTP, 1 scheduler';

/** Repetitions inside one OS process; their median is one sample, so that code is warm in most. */
function rounds(context: BenchContext): number {
  return context.quick ? 3 : 5;
}

/** Messages per sender and batch, as in the programs. */
const BATCH = 10;

interface Program {
  /** Name of the result line. */
  readonly bench: string;
  /** Name of the program on both sides. */
  readonly program: string;
  readonly args: readonly number[];
  /** What one operation is, as a unit of time. */
  readonly unit: string;
  /** Operations per reported duration. */
  readonly operations: number;
}

/** Runs `command` once: the median of its reported durations, in microseconds per operation. */
async function sample(command: Command, operations: number): Promise<number> {
  return median(valuesOf(await runProgram(command), 'ns', command)) / operations / 1000;
}

async function measure(context: BenchContext, { bench, program, args, unit, operations }: Program): Promise<void> {
  const command = await selfTimedCommand(program, args);
  const ours = () => sample(command, operations);
  if (!erlangInstalled()) {
    context.report.missing(bench, ERLANG, ERLANG_REMEDY);
    context.report.single(bench, `missing: ${ERLANG}`, await repeat(ours, context.runs), unit);
    return;
  }
  const peer = erlangCommand(program, args);
  context.report.compare(bench, ERLANG, await alternate(ours, () => sample(peer, operations), context.runs), unit);
}

export const spawnBenchmark: Benchmark = {
  name: 'spawn',
  about: 'spawn + message back + exit, one after the other; alone, and beside 10,000 idle processes',
  async run(context) {
    const n = context.quick ? 10_000 : 50_000;
    const program = { program: 'spawn', unit: 'us/process', operations: n };
    await measure(context, { ...program, bench: 'spawn', args: [rounds(context), n, 0] });
    await measure(context, { ...program, bench: 'spawn/10000-alive', args: [rounds(context), n, 10_000] });
  },
};

export const pingpongBenchmark: Benchmark = {
  name: 'pingpong',
  about: 'two processes exchange a number',
  async run(context) {
    const n = context.quick ? 50_000 : 200_000;
    await measure(context, {
      bench: 'pingpong',
      program: 'pingpong',
      args: [rounds(context), n],
      unit: 'us/round trip',
      operations: n,
    });
  },
};

export const ringBenchmark: Benchmark = {
  name: 'ring',
  about: 'a token goes 3 times around a ring of N processes',
  async run(context) {
    const sizes = context.quick ? [10_000] : [1_000, 10_000, 100_000, 1_000_000];
    for (const size of sizes) {
      await measure(context, {
        bench: `ring/${size}`,
        program: 'ring',
        args: [size],
        unit: 'us/hop',
        operations: 3 * size,
      });
    }
  },
};

export const fanBenchmark: Benchmark = {
  name: 'fan',
  about: '100 processes send 1 KiB messages to one (fan-in), one sends them to 100 (fan-out)',
  async run(context) {
    const batches = context.quick ? 3 : 20;
    const processes = 100;
    for (const program of ['fanin', 'fanout']) {
      const operations = BATCH * batches * processes;
      await measure(context, {
        bench: program,
        program,
        args: [rounds(context), batches, processes],
        unit: 'us/message',
        operations,
      });
    }
  },
};

export const depthBenchmark: Benchmark = {
  name: 'depth',
  about: 'a round trip of a process with a stack of N frames, against one with a single frame: flat is good',
  async run(context) {
    const n = context.quick ? 5_000 : 50_000;
    const command = (depth: number) => selfTimedCommand('depth', [rounds(context), n, depth]);
    const shallow = await command(1);
    for (const depth of context.quick ? [10_000] : [100, 10_000]) {
      const deep = await command(depth);
      const samples = await alternate(
        () => sample(deep, n),
        () => sample(shallow, n),
        context.runs,
      );
      context.report.compare(`depth/${depth}`, 'itself at depth 1', samples, 'us/round trip');
    }
  },
};
