// Two threads against one, with the same program on both sides: independent computing, and spawning. And what a message between two
// threads takes: the ping-pong program with its two processes on two threads.
//
// Needs two idle processors: with fewer the ratios say nothing about the VM.

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { DEFAULT_PROCESS_CONFIG } from '../packages/lunatic/src/node/process_config.ts';
import { startNode } from '../packages/lunatic/src/node/start_node.ts';
import { CapturedOutput, FixedInput } from '../packages/lunatic/src/node/streams.ts';
import type { ThreadTransport } from '../packages/lunatic/src/node/thread_transport.ts';
import type { BenchContext, Benchmark } from './harness.ts';
import { buildGuest, selfTimedCommand } from './lunatic.ts';
import { sampleRounds } from './rounds.ts';

/** Long enough that the other threads, which are started when there is work, take part in nearly all of it. */
interface Work {
  readonly bench: string;
  /** Of guests/parallel.wat. */
  readonly kind: 0 | 1;
  readonly children: number;
  readonly work: number;
}

export const workersBenchmark: Benchmark = {
  name: 'workers',
  about: 'two threads against one on independent computing and on spawning; a round trip between two threads',
  goals: [
    { bench: 'workers/compute', bounds: 'ratio', atMost: 1 / 1.8 },
    { bench: 'workers/spawn', bounds: 'ratio', atMost: 1 / 1.8 },
  ],
  async run(context) {
    const { quick } = context;
    await compare(context, { bench: 'workers/compute', kind: 0, children: 8, work: quick ? 8 : 100 });
    await compare(context, { bench: 'workers/spawn', kind: 1, children: 8, work: quick ? 3_000 : 50_000 });
    context.report.single(
      'workers/pingpong',
      '-',
      await acrossThreads(quick ? 5_000 : 50_000, context.runs),
      'us/round trip',
    );
  },
};

async function compare(context: BenchContext, { bench, kind, children, work }: Work): Promise<void> {
  const commands = [2, 1].map(
    (workers) => (rounds: number) => selfTimedCommand('parallel', [rounds, children, work, kind], workers),
  );
  // Of few operations, so that a program runs many rounds: in the first of them the second thread is not there yet.
  const [ours, theirs] = await sampleRounds(context, commands, { runs: context.runs, operations: 50_000 });
  const ms = (list: readonly number[]) => list.map((ns) => ns / 1e6);
  context.report.compare(bench, 'the same on 1 thread', { ours: ms(ours), theirs: ms(theirs) }, 'ms');
}

/** Microseconds per round trip of ping-pong, whose second process is placed on the other thread. */
async function acrossThreads(n: number, runs: number): Promise<number[]> {
  const output = new CapturedOutput();
  const { node, pool, close } = startNode({ output, input: new FixedInput(''), workers: 2 });
  const module = node.load(readFileSync(await buildGuest('pingpong')), 'pingpong');
  pool?.start();
  const transport = node.system.remote?.transport as ThreadTransport; // startNode has made it
  while (!transport.isUp(1)) await setTimeout(1);
  const run = async (rounds: number): Promise<void> => {
    const config = { ...DEFAULT_PROCESS_CONFIG, args: ['pingpong', String(rounds), String(n)] };
    const entry = { kind: 'export', name: '_start' } as const;
    const main = node.engine.spawn({ module, config, entry, params: new Uint8Array(0), link: null }, true);
    if (typeof main === 'string') throw new Error(main);
    const reason = await node.system.waitExit(main);
    if (reason.kind !== 'normal') throw new Error(`ping-pong between threads: ${JSON.stringify(reason)}`);
  };
  // A module's first process is here; from the second on its children can be elsewhere.
  node.engine.placement = () => 1;
  await run(1);
  await run(runs + 1);
  await close();
  const times = [...output.text(1).matchAll(/ns (\d+)/g)].map(([, ns]) => Number(ns) / n / 1000);
  return times.slice(2);
}
