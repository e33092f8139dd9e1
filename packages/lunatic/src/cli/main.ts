// The command line: a function from words to an exit code, and the only place that prints or exits.
//
// Three kinds of failure: of the guest (its exit code, or 1 with a crash report), of the user (CliError: one message), and of the VM
// itself (anything else: the whole stack, exit code 70).

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { defaultIsTerminal, NodeOutput } from '../host/stdio.ts';
import { CliError, EXIT_CODE_FAILURE, EXIT_CODE_INTERNAL } from './error.ts';
import { MAX_STACK_FRAMES } from './limits.ts';
import { Log } from './log.ts';
import type { Invocation } from './options.ts';
import { parsePlainRun } from './plain_run.ts';
import { run } from './run.ts';

/** `argv`: the words after the command's own name. Resolves when everything has been printed. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = new NodeOutput();
  const exitCode = await perform(argv, output);
  const { failure } = output;
  if (failure === null || exitCode !== 0) return exitCode;
  // Guests were told that their output was taken.
  if (failure.fd === 1) {
    output.write(2, new TextEncoder().encode(`lunatic: cannot write standard output: ${failure.code}\n`));
    await output.drained();
  }
  return EXIT_CODE_FAILURE;
}

async function perform(argv: readonly string[], output: NodeOutput): Promise<number> {
  // V8 keeps ten frames of a trap by itself; a panic has as many in its library before the guest's own come.
  Error.stackTraceLimit = MAX_STACK_FRAMES;
  // Out of a turn of the scheduler, where no caller of ours could catch it.
  const onBug = (error: unknown): void => {
    void tellBug(output, error).then((exitCode) => process.exit(exitCode));
  };
  process.on('uncaughtException', onBug);
  let log = new Log(output, 'warn', colours);
  try {
    const invocation = parsePlainRun(argv, process.env) ?? (await parse(argv));
    if (invocation.kind === 'run') log = new Log(output, invocation.options.logLevel, colours);
    return await carryOut(invocation, output, log);
  } catch (error) {
    return error instanceof CliError ? tellMistake(log, error) : await tellBug(output, error);
  } finally {
    await finishOutput(output, log);
    process.off('uncaughtException', onBug);
  }
}

async function parse(argv: readonly string[]): Promise<Invocation> {
  const { parseCommandLine } = await import('./options.ts');
  return parseCommandLine(argv, process.env, version());
}

async function carryOut(invocation: Invocation, output: NodeOutput, log: Log): Promise<number> {
  switch (invocation.kind) {
    case 'print':
      output.write(1, new TextEncoder().encode(invocation.text));
      return 0;
    case 'run':
      return run(invocation.file, invocation.args, invocation.options, output, log);
    case 'inspect': {
      const { inspect } = await import('./inspect.ts');
      return inspect(invocation.file, invocation.json, output, log);
    }
  }
}

/** A slow reader may hold back our own texts as well as the guests'. */
async function finishOutput(output: NodeOutput, log: Log): Promise<void> {
  do await output.drained();
  while (log.waiting > 0);
  await output.drained();
}

function tellMistake(log: Log, error: CliError): number {
  // What was asked for cannot be done, and nobody would know: said at every level.
  log.always(error.message);
  if (log.shows('debug')) log.write('debug', String(error.stack));
  return error.exitCode;
}

async function tellBug(output: NodeOutput, error: unknown): Promise<number> {
  const text = error instanceof Error ? `${error.stack}${causeOf(error)}` : String(error);
  output.write(2, new TextEncoder().encode(`lunatic: internal error, which should be reported:\n${text}\n`));
  await output.drained();
  return EXIT_CODE_INTERNAL;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
}

function colours(): boolean {
  return !process.env.NO_COLOR && process.env.TERM !== 'dumb' && defaultIsTerminal(2);
}

/** Of the package that this file belongs to, in a checkout and as published. */
function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('lunatic/package.json'), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  throw new TypeError('package.json of lunatic has no version');
}
