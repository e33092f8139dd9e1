// Runs the programs that time themselves: one OS process each, lines "name number" on standard output.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/** A program that takes longer than this has gone wrong. */
const TIMEOUT_MS = 300_000;

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, with empty input; the numbers it printed, by name, in order. Throws if it fails. */
export async function runProgram(command: Command): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>();
  const program = start(command, (name, value) => {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  });
  program.noMore();
  await program.ended;
  return values;
}

/** What a program printed under `name`; throws if nothing. */
export function valuesOf(values: ReadonlyMap<string, number[]>, name: string, command: Command): number[] {
  const found = values.get(name);
  if (!found) throw new Error(`${commandLine(command)} printed no "${name}"`);
  return found;
}

export interface Conversation {
  /** Bytes resident now. */
  residentBytes(): number;
  /** Writes a line to the program's standard input. */
  go(): void;
  /** Nothing more is written: whatever the program still waits for, it gets the end of its input. */
  noMore(): void;
  /** Settles when the program has ended; rejects with its standard error when without success. */
  readonly ended: Promise<void>;
}

/** Starts a program and calls `onLine` for each line it prints. */
export function start(
  command: Command,
  onLine: (name: string, value: number, conversation: Conversation) => void,
): Conversation {
  const child = spawn(command.file, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4096);
  });
  // The program may end before it reads what we write.
  child.stdin.on('error', () => {});
  const conversation: Conversation = {
    // The id is there once the program has printed something.
    residentBytes: () => residentBytes(child.pid as number),
    go: () => {
      child.stdin.write('\n');
    },
    noMore: () => {
      child.stdin.end();
    },
    ended,
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [name, value] = line.split(' ');
    try {
      onLine(name, Number(value ?? 0), conversation);
    } catch (error) {
      child.kill('SIGKILL');
      reject(error);
    }
  });
  child.on('error', (cause) => reject(new Error(`cannot start ${commandLine(command)}`, { cause })));
  child.on('close', (code, signal) => {
    if (code === 0) resolve();
    else reject(new Error(`${commandLine(command)} ended with ${signal ?? `exit code ${code}`}\n${errors.trim()}`));
  });
  return conversation;
}

/** Asks a program to end (SIGTERM) `afterMs` after its start; the milliseconds it takes to do so. Throws if it ended before. */
export async function timeToEnd(command: Command, afterMs: number): Promise<number> {
  const child = spawn(command.file, command.args, { env: { ...process.env, ...command.env }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  await setTimeout(afterMs);
  if (child.exitCode !== null) throw new Error(`${commandLine(command)} ended by itself`);
  const start = performance.now();
  child.kill('SIGTERM');
  await ended;
  return performance.now() - start;
}

/** Milliseconds from start to end of a program whose output does not matter. Throws if it fails. */
export function timeWholeRun(command: Command): number {
  const start = performance.now();
  const { status, signal, error, stderr } = spawnSync(command.file, command.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...command.env },
  });
  const elapsed = performance.now() - start;
  if (error) throw error;
  if (status !== 0)
    throw new Error(`${commandLine(command)} ended with ${signal ?? `exit code ${status}`}\n${stderr.trim()}`);
  return elapsed;
}

/** Resident size of the whole OS process. */
function residentBytes(pid: number): number {
  if (process.platform === 'linux') {
    const match = /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    if (match) return Number(match[1]) * 1024;
  }
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  const kibibytes = Number.parseInt(stdout, 10);
  if (!Number.isFinite(kibibytes)) throw new Error(`cannot read the resident size of OS process ${pid}`);
  return kibibytes * 1024;
}

function commandLine({ file, args }: Command): string {
  return [file, ...args].join(' ');
}
