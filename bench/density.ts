// How much a real guest weighs when it is idle: N processes of a Rust, a C and an AssemblyScript program, each with its language's
// library and some state of its own, that have answered one message and wait for the next. Then all of them are asked again and must
// answer right, and then all end: what is resident afterwards is what the VM does not give back.
//
// On one thread. Resident size of the whole OS process, less what it was before the first process, per process.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AssemblyScriptCompiler } from '../packages/lunatic/src/cli/assemblyscript.ts';
import { compileC, compileRust, findRust, ToolMissingError } from '../tools/toolchain.ts';
import { runsAt } from './actors.ts';
import type { BenchContext, Benchmark } from './harness.ts';
import { commandOfFile } from './lunatic.ts';
import { type Command, start } from './os_process.ts';
import { BENCH, cacheDirectory } from './places.ts';

const GUESTS = path.join(BENCH, 'guests', 'density');
/** After the last end: an idle VM collects its heap after a second, if it was this many. */
const SETTLING_MS = 4_000;
const SETTLING_PROCESSES = 100_000;
/** Rust's size is the goal's. */
const FULL_SIZE = { rust: 1_000_000, c: 100_000, assemblyscript: 100_000 } as const;
const QUICK_SIZE = 10_000;

type Language = keyof typeof FULL_SIZE;

interface Density {
  /** Resident bytes of a process that waits, and again after it has answered a second time. */
  readonly idle: number;
  readonly asked: number;
  /** What is still resident when all have ended. */
  readonly ended: number;
  readonly us: number;
}

async function compile(language: Language): Promise<string> {
  switch (language) {
    case 'rust':
      // A benchmark installs nothing.
      if (findRust() === undefined)
        throw new ToolMissingError('install Rust with its target wasm32-wasip1; npm test does');
      return compileRust(GUESTS).get('density') as string; // the package has this one program
    case 'c':
      return compileC([path.join(GUESTS, 'density.c')], { includeDirectories: ['sdk/c'] });
    case 'assemblyscript': {
      const compiler = new AssemblyScriptCompiler();
      try {
        const file = path.join(cacheDirectory('guests'), 'density_as.wasm');
        writeFileSync(file, await compiler.compile(path.join(GUESTS, 'density.ts'), () => {}));
        return file;
      } finally {
        await compiler.close();
      }
    }
  }
}

async function weigh(command: Command, n: number): Promise<Density> {
  const seen = new Map<string, { readonly value: number; readonly bytes: number }>();
  const run = start(command, async (name, value, program) => {
    if (name === 'ended' && n >= SETTLING_PROCESSES) await setTimeout(SETTLING_MS);
    seen.set(name, { value, bytes: program.residentBytes() });
    program.go();
  });
  await run.ended;
  const at = (name: string): { readonly value: number; readonly bytes: number } => {
    const found = seen.get(name);
    if (found === undefined) throw new Error(`the guest printed no "${name}"`);
    return found;
  };
  if (at('answers').value !== n) throw new Error(`${at('answers').value} of ${n} processes answered right`);
  const perProcess = (name: string): number => (at(name).bytes - at('before').bytes) / n;
  return {
    idle: perProcess('ns'),
    asked: perProcess('answers'),
    ended: perProcess('ended'),
    us: at('ns').value / n / 1000,
  };
}

async function measure(context: BenchContext, language: Language): Promise<void> {
  const { report } = context;
  const n = context.quick ? QUICK_SIZE : FULL_SIZE[language];
  let file: string;
  try {
    file = await compile(language);
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    report.missing(`density/${language}`, language, error.message);
    return;
  }
  const command = commandOfFile(file, [n], ['--workers', '1']);
  const samples: Density[] = [];
  const runs = runsAt(context, n);
  for (let run = 0; run < runs; run++) samples.push(await weigh(command, n));
  const parts = [
    { part: 'idle', unit: 'B/process', pick: (density: Density) => density.idle },
    { part: 'asked-again', unit: 'B/process', pick: (density: Density) => density.asked },
    { part: 'after-the-end', unit: 'B/process', pick: (density: Density) => density.ended },
    { part: 'time', unit: 'us/process', pick: (density: Density) => density.us },
  ];
  for (const { part, unit, pick } of parts) report.single(`density/${language}/${part}`, '-', samples.map(pick), unit);
}

export const densityBenchmark: Benchmark = {
  name: 'density',
  about:
    'resident bytes of an idle process of a real guest (1,000,000 of Rust, 100,000 of C and AssemblyScript), and what a peak leaves behind',
  goals: [
    { bench: 'density/rust/idle', bounds: 'ours', atMost: 8192 },
    { bench: 'density/rust/asked-again', bounds: 'ours', atMost: 8192 },
  ],
  async run(context) {
    const languages: readonly Language[] = context.quick ? ['rust'] : ['rust', 'c', 'assemblyscript'];
    for (const language of languages) await measure(context, language);
  },
};
