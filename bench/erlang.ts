// The Erlang/OTP side of the actor benchmarks: the same programs, compiled once and run on one scheduler thread.

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './os_process.ts';
import { BENCH, cacheDirectory } from './places.ts';

export const ERLANG_REMEDY = 'install the package erlang-base (apt-get install erlang-base)';

/** Enough for the largest benchmark; the default of a million leaves no room for the system's own. */
const MAX_PROCESSES = 2_000_000;

const ASK_RELEASE = 'io:put_chars(erlang:system_info(otp_release)), halt(0).';

/** null: looked for, and not there. */
let release: string | null | undefined;

/** The release of the `erl` that can be run here ("25"), or undefined. */
export function erlangVersion(): string | undefined {
  if (release === undefined) {
    const { status, stdout } = spawnSync('erl', ['-noshell', '-eval', ASK_RELEASE], { encoding: 'utf8' });
    release = status === 0 ? stdout : null;
  }
  return release ?? undefined;
}

/** Whether `erl` can be run here. */
export function erlangInstalled(): boolean {
  return erlangVersion() !== undefined;
}

/** The command that runs bench/erlang/NAME.erl with arguments, on `schedulers` threads. */
export function erlangCommand(name: string, args: readonly (string | number)[], schedulers = 1): Command {
  const directory = compile(name);
  return {
    file: 'erl',
    // No crash dump in the working directory when a benchmark is interrupted.
    env: { ERL_CRASH_DUMP_SECONDS: '0' },
    args: [
      '+S',
      `${schedulers}:${schedulers}`,
      '+P',
      String(MAX_PROCESSES),
      '-noshell',
      '-pa',
      directory,
      '-run',
      name,
      'main',
      ...args.map(String),
    ],
  };
}

/** The compiler is called through `erl`, which also exists where `erlc` does not. */
function compile(name: string): string {
  const directory = cacheDirectory('erlang');
  const source = path.join(BENCH, 'erlang', `${name}.erl`);
  const beam = path.join(directory, `${name}.beam`);
  if (existsSync(beam) && statSync(beam).mtimeMs > statSync(source).mtimeMs) return directory;
  const expression = `case compile:file(${JSON.stringify(source)}, [{outdir, ${JSON.stringify(directory)}}, report]) of {ok, _} -> halt(0); _ -> halt(1) end.`;
  const { status, stdout } = spawnSync('erl', ['-noshell', '-eval', expression], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot compile ${source}\n${stdout}`);
  return directory;
}
