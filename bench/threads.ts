// What a Node.js user has today: a thread per actor. Start a `Worker`, hear from it, let it end - against a process.

import { Worker } from 'node:worker_threads';
import { alternate, type Benchmark, median } from './harness.ts';
import { weigh } from './idle.ts';
import { selfTimedCommand } from './lunatic.ts';
import { runProgram, valuesOf } from './os_process.ts';

const WORKERS = 10;
const QUICK_WORKERS = 4;
const PROCESSES = 10_000;

/** Microseconds per worker, one after the other. */
async function workers(count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
    await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', () => worker.once('exit', resolve));
    });
  }
  return ((performance.now() - start) * 1000) / count;
}

/** Resident bytes of each of some live workers that have answered once. */
async function workerBytes(count: number): Promise<number> {
  const before = process.memoryUsage.rss();
  const workers: Worker[] = [];
  for (let i = 0; i < count; i++) {
    const worker = new Worker(
      "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => {}); parentPort.postMessage(1)",
      { eval: true },
    );
    workers.push(worker);
    await new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', resolve);
    });
  }
  const bytes = (process.memoryUsage.rss() - before) / count;
  for (const worker of workers) await worker.terminate();
  return bytes;
}

export const threadsBenchmark: Benchmark = {
  name: 'threads',
  about: 'spawn + message back + exit of a process, and bytes of an idle one, against worker threads of Node.js',
  goals: [{ bench: 'threads/*', bounds: 'ratio', atMost: 0.01 }],
  async run(context) {
    const count = context.quick ? QUICK_WORKERS : WORKERS;
    const command = await selfTimedCommand('spawn', [3, PROCESSES, 0]);
    const processes = async () => median(valuesOf(await runProgram(command), 'ns', command)) / PROCESSES / 1000;
    const samples = await alternate(processes, () => workers(count), context.runs);
    context.report.compare('threads/time', 'worker_threads', samples, 'us/actor');
    const idle = await selfTimedCommand('idle', [PROCESSES]);
    const weights = await alternate(
      async () => (await weigh(idle, PROCESSES)).bytes,
      () => workerBytes(count),
      context.runs,
    );
    context.report.compare('threads/bytes', 'worker_threads', weights, 'B/actor');
  },
};
