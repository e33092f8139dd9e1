// The command line's grammar: from words to what is asked for. The only place that imports commander.
//
//   lunatic [run] [options] FILE [ARGS...]     lunatic inspect [options] FILE
//
// The word after the options is FILE, and everything behind it belongs to the guest. Options of `run` also come from LUNATIC_OPTIONS,
// as if they stood before those of the command line, which therefore win.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { MAX_WORKERS } from '../node/limits.ts';
import { CliError, EXIT_CODE_USAGE } from './error.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { DEFAULT_RUN_OPTIONS } from './plain_run.ts';
import { splitWords } from './shell_words.ts';

export interface RunOptions {
  /** In order; a later value of a name wins. */
  readonly env: readonly (readonly [name: string, value: string])[];
  /** Leave the environment of this OS process out. */
  readonly clearEnv: boolean;
  readonly dir: readonly DirectoryGrant[];
  readonly maxMemory: number | undefined;
  /** In units of 100,000 instructions. */
  readonly maxFuel: number | undefined;
  readonly maxProcesses: number | undefined;
  /** Threads that run processes. */
  readonly workers: number | undefined;
  readonly logLevel: LogLevel;
}

export interface DirectoryGrant {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

export type Invocation =
  | { readonly kind: 'run'; readonly file: string; readonly args: readonly string[]; readonly options: RunOptions }
  | { readonly kind: 'inspect'; readonly file: string; readonly json: boolean }
  /** Help or the version: `text` is the whole answer. */
  | { readonly kind: 'print'; readonly text: string };

/** Throws CliError with EXIT_CODE_USAGE for what cannot be understood. `environment`: LUNATIC_OPTIONS is read from it. */
export function parseCommandLine(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
  version: string,
): Invocation {
  const [first] = words;
  // A first word `run` also makes every name a FILE, `inspect` included.
  const explicit = first === 'run';
  // Help must not depend on the variable, and `inspect` has other options.
  const runs = explicit || !['-h', '--help', '--version', 'inspect', undefined].includes(first);
  const inherited = runs ? optionsFromEnvironment(environment) : [];
  const parser = new Parser(version, !explicit);
  return parser.parse([...inherited, ...(explicit ? words.slice(1) : words)]);
}

function optionsFromEnvironment(environment: NodeJS.ProcessEnv): string[] {
  const line = environment.LUNATIC_OPTIONS ?? '';
  let words: string[];
  try {
    words = splitWords(line);
  } catch (error) {
    if (error instanceof RangeError)
      throw new CliError(`LUNATIC_OPTIONS cannot be split into words: ${error.message}`, EXIT_CODE_USAGE);
    throw error;
  }
  if (words.length === 0) return words;
  // By themselves first, so that a mistake is blamed on the variable and nothing in it is taken for FILE.
  const alone = addRunOptions(quietCommand()).allowExcessArguments().helpOption(false);
  try {
    alone.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw new CliError(`in LUNATIC_OPTIONS: ${plainMessage(error)}`, EXIT_CODE_USAGE);
  }
  const [operand] = alone.args;
  if (operand !== undefined || words.includes('--')) {
    throw new CliError(
      `LUNATIC_OPTIONS may hold options only, not ${JSON.stringify(operand ?? '--')}`,
      EXIT_CODE_USAGE,
    );
  }
  return words;
}

class Parser {
  #result: Invocation | null = null;
  #printed = '';
  readonly #program: Command;

  constructor(version: string, withCommands: boolean) {
    const program = addRunOptions(quietCommand('lunatic'));
    this.#program = program;
    program
      .usage('[run] [options] FILE [ARGS...]')
      .summary('runs a program')
      .description('Runs a program whose processes are isolated WebAssembly instances.')
      .argument('<FILE>', 'a WebAssembly module (.wasm), its text form (.wat), or an AssemblyScript source (.ts)')
      .argument('[ARGS...]', 'for the program, untouched')
      .version(version, '--version')
      .helpOption('-h, --help', 'show this')
      .helpCommand(false)
      .passThroughOptions()
      .configureOutput({ writeOut: (text) => this.#print(text), writeErr: () => {} })
      .addHelpText('after', HELP_AFTER)
      .action((file: string, args: string[]) => {
        this.#result = { kind: 'run', file, args, options: runOptionsOf(program) };
      });
    if (!withCommands) return;
    const inspect = quietCommand('inspect')
      .summary('shows what a module needs, offers and becomes')
      .description(
        'Shows the imports of a module and what they resolve to, its exports, its memory, which of its functions may stop, and its ' +
          'size before and after the rewrite.',
      )
      .argument('<FILE>', 'as for run')
      .option('--json', 'print one JSON object', false)
      .helpOption('-h, --help', 'show this')
      .configureOutput({ writeOut: (text) => this.#print(text), writeErr: () => {} })
      .action((file: string, options: { readonly json: boolean }) => {
        this.#result = { kind: 'inspect', file, json: options.json };
      });
    program.enablePositionalOptions().addCommand(inspect);
  }

  parse(words: readonly string[]): Invocation {
    try {
      this.#program.parse(words, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) throw error;
      if (error.exitCode === 0) return { kind: 'print', text: this.#printed };
      throw new CliError(`${plainMessage(error)}\n(lunatic --help explains)`, EXIT_CODE_USAGE);
    }
    if (this.#result === null) throw new TypeError('the parser has run no action');
    return this.#result;
  }

  #print(text: string): void {
    this.#printed += text;
  }
}

function quietCommand(name?: string): Command {
  return new Command(name).exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
}

function addRunOptions(command: Command): Command {
  return command
    .addOption(option('--env <NAME=VALUE>', 'set a variable of the program; repeatable', collect(parseVariable)))
    .option('--clear-env', 'do not pass on the variables of this environment')
    .addOption(
      option(
        '--dir <HOST[::GUEST][:ro]>',
        'let the program use a directory beside `.`; repeatable',
        collect(parseDirectory),
      ),
    )
    .addOption(option('--max-memory <BYTES>', 'memory of one process, as 65536, 64M or 1G', parseBytes))
    .addOption(
      option('--max-fuel <UNITS>', 'all that one process may execute, in units of 100,000 instructions', parseCount),
    )
    .addOption(
      option('--max-processes <COUNT>', 'processes alive at once, within what the JavaScript heap holds', parseCount),
    )
    .addOption(option('--workers <COUNT>', 'threads that run processes (default: one per processor)', parseWorkers))
    .addOption(
      new Option('--log-level <LEVEL>', 'what to tell on standard error')
        .choices(LOG_LEVELS)
        .default(DEFAULT_RUN_OPTIONS.logLevel),
    );
}

function runOptionsOf(command: Command): RunOptions {
  // As addRunOptions declares them, named as here.
  return { ...DEFAULT_RUN_OPTIONS, ...command.opts<Partial<RunOptions>>() };
}

function option<Value>(
  flags: string,
  description: string,
  parse: (text: string, before: Value | undefined) => Value,
): Option {
  return new Option(flags, description).argParser(parse);
}

function collect<Value>(parse: (text: string) => Value): (text: string, before: Value[] | undefined) => Value[] {
  return (text, before) => [...(before ?? []), parse(text)];
}

function parseVariable(text: string): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || text.includes('\0')) throw new InvalidArgumentError('it must be NAME=VALUE.');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

function parseDirectory(text: string): DirectoryGrant {
  const readOnly = text.endsWith(READ_ONLY_SUFFIX);
  const paths = readOnly ? text.slice(0, -READ_ONLY_SUFFIX.length) : text;
  const separator = paths.indexOf('::');
  const host = separator < 0 ? paths : paths.slice(0, separator);
  const guest = separator < 0 ? paths : paths.slice(separator + 2);
  if (host === '' || guest === '' || text.includes('\0'))
    throw new InvalidArgumentError('it must be HOST, HOST::GUEST, or either with :ro.');
  return { host, guest, readOnly };
}

function parseBytes(text: string): number {
  const match = /^(\d+)([KMG]?)(?:iB|B)?$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('it must be a number of bytes, as 65536, 64M or 1G.');
  const bytes = Number(match[1]) * (UNIT_BYTES[(match[2] as string).toUpperCase()] as number);
  if (bytes < 65_536 || bytes > MAX_MEMORY) throw new InvalidArgumentError('it must lie between 64K and 4G.');
  return Math.min(bytes, MAX_MEMORY - 1);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('it must be a whole number from 1.');
  return count;
}

function parseWorkers(text: string): number {
  const count = parseCount(text);
  if (count > MAX_WORKERS) throw new InvalidArgumentError(`it must be at most ${MAX_WORKERS}.`);
  return count;
}

/** commander's own texts begin with `error: `. */
function plainMessage(error: CommanderError): string {
  return error.message.replace(/^error: /, '');
}

const READ_ONLY_SUFFIX = ':ro';
const UNIT_BYTES: { readonly [unit: string]: number } = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
/** What 32-bit addresses reach. */
const MAX_MEMORY = 2 ** 32;

const HELP_AFTER = `
The program gets this environment (--clear-env: it does not), its file name as argument 0, and ARGS. Its exit code becomes
lunatic's; a program whose main process fails otherwise ends with 1 and a report on standard error. Processes other than the
main one that fail are reported at the log level warn and above.

LUNATIC_OPTIONS in the environment holds options as if they stood first, so that lunatic can be a runner of cargo.

Compiled programs and rewritten modules are kept for the next run in $XDG_CACHE_HOME/lunatic or ~/.cache/lunatic. LUNATIC_CACHE names
another directory, or is off.
`;
