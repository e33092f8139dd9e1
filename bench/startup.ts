// From the start of an OS process to its end: the smallest program under `lunatic`, and Node.js doing nothing.
//
// `startup` is the package as it gets published, from its second run on: what the first one keeps is the use of a cache. `startup/first`
// has to rewrite the module; Node.js has the code of the VM in its own cache already. `startup/checkout` runs the sources of a checkout.

import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { bundle } from '../tools/bundle.ts';
import { alternate, type Benchmark } from './harness.ts';
import { buildGuest, lunaticCommand } from './lunatic.ts';
import { type Command, timeWholeRun } from './os_process.ts';
import { cacheDirectory, REPOSITORY } from './places.ts';

export const startupBenchmark: Benchmark = {
  name: 'startup',
  about: '`lunatic hello.wasm` against `node -e 0`, whole OS processes',
  goals: [{ bench: 'startup', bounds: 'ratio', atMost: 1.5 }],
  async run(context) {
    const directory = mkdtempSync(path.join(cacheDirectory('startup'), 'run-'));
    try {
      const env = { LUNATIC_CACHE: path.join(directory, 'lunatic'), NODE_COMPILE_CACHE: path.join(directory, 'node') };
      const hello = await buildGuest('hello');
      const published = { file: process.execPath, args: [await publish(directory), hello], env };
      const checkout = { ...(await lunaticCommand('hello', [])), env };
      const first = { ...published, env: { ...env, LUNATIC_CACHE: 'off' } };
      const nothing = { file: process.execPath, args: ['-e', '0'] };
      const compare = async (name: string, command: Command): Promise<void> => {
        // The first run of each fills caches.
        timeWholeRun(command);
        timeWholeRun(nothing);
        const samples = await alternate(
          () => timeWholeRun(command),
          () => timeWholeRun(nothing),
          context.quick ? context.runs : 25,
        );
        context.report.compare(name, 'node -e 0', samples, 'ms');
      };
      await compare('startup', published);
      await compare('startup/first', first);
      if (!context.quick) await compare('startup/checkout', checkout);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

/** Lays the package out as npm would; returns the path of its command. */
async function publish(directory: string): Promise<string> {
  const modules = path.join(directory, 'node_modules');
  const home = path.join(modules, 'lunatic');
  mkdirSync(home, { recursive: true });
  for (const name of ['bin', 'package.json']) {
    cpSync(path.join(REPOSITORY, 'packages', 'lunatic', name), path.join(home, name), { recursive: true });
  }
  symlinkSync(path.join(REPOSITORY, 'node_modules', 'commander'), path.join(modules, 'commander'));
  await bundle(path.join(home, 'dist'));
  return path.join(home, 'bin', 'lunatic.js');
}
