// From the start of an OS process to its end: the smallest program under `lunatic`, and Node.js doing nothing.

import { alternate, type Benchmark } from './harness.ts';
import { lunaticCommand } from './lunatic.ts';
import { timeWholeRun } from './os_process.ts';

export const startupBenchmark: Benchmark = {
  name: 'startup',
  about: '`lunatic hello.wasm` against `node -e 0`, whole OS processes',
  goals: [{ bench: 'startup', bounds: 'ratio', atMost: 1.5 }],
  async run(context) {
    const hello = await lunaticCommand('hello', []);
    const nothing = { file: process.execPath, args: ['-e', '0'] };
    // The first run of each fills caches.
    timeWholeRun(hello);
    timeWholeRun(nothing);
    const samples = await alternate(
      () => timeWholeRun(hello),
      () => timeWholeRun(nothing),
      context.quick ? context.runs : 15,
    );
    context.report.compare('startup', 'node -e 0', samples, 'ms');
  },
};
