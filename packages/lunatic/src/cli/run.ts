// `lunatic [run] FILE`: the VM around one program, from its options to the exit code.

import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type ExitReason, isFailure } from '../actor/exit_reason.ts';
import type { LoadedModule, Preopen, ProcessConfig } from '../engine/services.ts';
import { LinkError } from '../host/link.ts';
import { NodeInput, type NodeOutput } from '../host/stdio.ts';
import { cacheFromEnvironment } from '../node/disk_cache.ts';
import type { MainOutcome, Node } from '../node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../node/process_config.ts';
import { rewrittenModules } from '../node/rewritten_modules.ts';
import { startNode } from '../node/start_node.ts';
import { WasmError } from '../wasm/error.ts';
import { CliError, EXIT_CODE_FAILURE, EXIT_CODE_SIGINT, EXIT_CODE_SIGPIPE, EXIT_CODE_SIGTERM } from './error.ts';
import { INTERRUPTION_GRACE_MS } from './limits.ts';
import type { Log } from './log.ts';
import type { RunOptions } from './options.ts';
import { readProgram } from './program_file.ts';
import { FailureReports, reportDeadlock, reportMain } from './reports.ts';

/** The entry of a WASI command. */
const ENTRY = '_start';

/** Resolves with the exit code; output may still be on its way then. Throws CliError for what the user can mend. */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
  output: NodeOutput,
  log: Log,
): Promise<number> {
  const config = configure(file, args, options);
  const bytes = await readProgram(file, (line) => log.progress(line));
  const limits = options.maxProcesses === undefined ? {} : { maxProcesses: options.maxProcesses };
  const disk = cacheFromEnvironment(process.env);
  const cache = disk && rewrittenModules(disk, (why) => log.write('debug', `the rewritten module is not kept: ${why}`));
  const { node, close } = startNode({
    output,
    input: new NodeInput(),
    limits,
    cache,
    workers: options.workers ?? availableParallelism(),
  });
  const module = load(node, file, bytes, log);
  const reports = new FailureReports(log, node.scheduler.clock);
  node.onProcessEnd = (_, reason, describe) => {
    if (isFailure(reason)) reports.failed(reason, describe);
  };
  const interruption = new Interruption(output);
  try {
    const exitCode = await Promise.race([
      interruption.exitCode,
      node.runMain(module, config, ENTRY).then((outcome) => conclude(file, outcome, reports, log)),
    ]);
    await close();
    return exitCode;
  } finally {
    interruption.stop();
  }
}

function load(node: Node, file: string, bytes: Uint8Array, log: Log): LoadedModule {
  const startMs = node.scheduler.clock.nowMs();
  let module: LoadedModule;
  try {
    module = node.load(bytes, path.basename(file));
  } catch (error) {
    if (!(error instanceof WasmError || error instanceof LinkError)) throw error;
    throw new CliError(`${file} cannot be run: ${error.message}`, EXIT_CODE_FAILURE, error);
  }
  if (log.shows('debug')) {
    const { rewrittenBytes, transformed } = node.engine.report(module);
    const of = `${transformed.functions.length} of ${transformed.functionCount} functions may stop`;
    log.write(
      'debug',
      `loaded in ${(node.scheduler.clock.nowMs() - startMs).toFixed(1)} ms: ${bytes.length} -> ${rewrittenBytes} bytes, ${of}`,
    );
  }
  return module;
}

/** Tells what is to be told of the end of the main process; the exit code. */
function conclude(file: string, outcome: MainOutcome, reports: FailureReports, log: Log): number {
  reports.finish();
  switch (outcome.kind) {
    case 'ended':
      if (isFailure(outcome.reason) && outcome.reason.kind !== 'exit')
        reportMain(log, outcome.process, ENTRY, outcome.reason);
      return exitCodeOf(outcome.reason);
    case 'deadlock':
      reportDeadlock(log, outcome.waiting, outcome.count);
      return EXIT_CODE_FAILURE;
    case 'crashed':
      throw new CliError(`${file} was ended: ${outcome.error.message}`, EXIT_CODE_FAILURE, outcome.error);
    case 'refused':
      throw new CliError(`${file} cannot be started: ${outcome.why}`);
  }
}

/** The guest's own code if it has one. The operating system keeps its lowest 8 bits; what they would make a success is still a failure. */
function exitCodeOf(reason: ExitReason): number {
  if (reason.kind === 'normal') return 0;
  if (reason.kind !== 'exit') return EXIT_CODE_FAILURE;
  return reason.code & 0xff || EXIT_CODE_FAILURE;
}

function configure(file: string, args: readonly string[], options: RunOptions): ProcessConfig {
  const env = new Map<string, string>();
  if (!options.clearEnv) {
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env.set(name, value);
  }
  for (const [name, value] of options.env) env.set(name, value);
  return {
    ...DEFAULT_PROCESS_CONFIG,
    maxMemoryBytes: options.maxMemory ?? DEFAULT_PROCESS_CONFIG.maxMemoryBytes,
    maxFuel: options.maxFuel ?? DEFAULT_PROCESS_CONFIG.maxFuel,
    preopens: preopensOf(options),
    args: [path.basename(file), ...args],
    env: [...env],
  };
}

/** The current directory as `.`, unless another is granted under that name, and those asked for. Spec: ABI reference 3.1. */
function preopensOf(options: RunOptions): Preopen[] {
  const granted = options.dir.map(({ host, guest, readOnly }) => ({ host: existingDirectory(host), guest, readOnly }));
  if (granted.some(({ guest }) => guest === '.')) return granted;
  return [{ host: process.cwd(), guest: '.', readOnly: false }, ...granted];
}

function existingDirectory(host: string): string {
  const stat = statSync(host, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError(`--dir ${host}: there is no such directory`);
  if (!stat.isDirectory()) throw new CliError(`--dir ${host}: this is not a directory`);
  return path.resolve(host);
}

/** What may end the run from outside: Ctrl-C, SIGTERM, and a reader of standard output that has gone. */
class Interruption {
  /** Resolves when it happens. */
  readonly exitCode: Promise<number>;
  readonly #onSigint: () => void;
  readonly #onSigterm: () => void;

  constructor(output: NodeOutput) {
    let interrupt: (exitCode: number) => void = () => {};
    this.exitCode = new Promise((resolve) => {
      interrupt = (exitCode) => {
        resolve(exitCode);
        // Whatever still holds the event loop then, a slow reader of our output say, has had its time.
        setTimeout(() => process.exit(exitCode), INTERRUPTION_GRACE_MS).unref();
      };
    });
    output.onClosed = (fd) => {
      // As for any program in a pipeline. Nobody reads our messages: not a reason to stop working.
      if (fd === 1) interrupt(EXIT_CODE_SIGPIPE);
    };
    this.#onSigint = () => interrupt(EXIT_CODE_SIGINT);
    this.#onSigterm = () => interrupt(EXIT_CODE_SIGTERM);
    process.on('SIGINT', this.#onSigint);
    process.on('SIGTERM', this.#onSigterm);
  }

  stop(): void {
    process.off('SIGINT', this.#onSigint);
    process.off('SIGTERM', this.#onSigterm);
  }
}
