// What a Node.js user has today: a thread per actor. Start a `Worker`, hear from it, let it end - against a process.

import { Worker } from 'node:worker_threads';
import { alternate, type Benchmark, median } from './harness.ts';
import { selfTimedCommand } from './lunatic.ts';
import { runProgram, valuesOf } from './os_process.ts';

const WORKERS = 10;
const PROCESSES = 10_000;

/** Microseconds per worker, one after the other. */
async function workers(): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < WORKERS; i++) {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => worker.once('exit', resolve));
    });
  }
  return ((performance.now() - start) * 1000) / WORKERS;
}

export const threadsBenchmark: Benchmark = {
  name: 'threads',
  about: 'spawn + message back + exit of a process, against the same with a worker thread of Node.js',
  async run(context) {
    const command = await selfTimedCommand('spawn', [3, PROCESSES, 0]);
    const processes = async () => median(valuesOf(await runProgram(command), 'ns', command)) / PROCESSES / 1000;
    const samples = await alternate(processes, workers, context.runs);
    context.report.compare('threads', 'worker_threads', samples, 'us/actor');
  },
};
