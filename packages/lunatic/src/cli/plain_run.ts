// The shortest form of the command line, `lunatic [run] FILE [ARGS...]` without options, understood without commander: loading that
// and building its tables takes longer than the VM needs for a small program. Whatever is not this form is left to options.ts.

import type { Invocation, RunOptions } from './options.ts';

/** What options have when they are not given. */
export const DEFAULT_RUN_OPTIONS: RunOptions = {
  env: [],
  clearEnv: false,
  dir: [],
  maxMemory: undefined,
  maxFuel: undefined,
  maxProcesses: undefined,
  workers: undefined,
  logLevel: 'warn',
};

/** The same answer as `parseCommandLine`; undefined: only that one can tell. */
export function parsePlainRun(words: readonly string[], environment: NodeJS.ProcessEnv): Invocation | undefined {
  if (environment.LUNATIC_OPTIONS) return undefined;
  const explicit = words[0] === 'run';
  const [file, ...args] = explicit ? words.slice(1) : words;
  // A word that begins with a dash may be an option, an empty one is a mistake to be told of.
  if (!file || file.startsWith('-') || (!explicit && file === 'inspect')) return undefined;
  return { kind: 'run', file, args, options: DEFAULT_RUN_OPTIONS };
}
