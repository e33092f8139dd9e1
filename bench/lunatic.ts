// Our side of the actor benchmarks: the guest programs of bench/guests, built and run by the `lunatic` command.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import wabt from 'wabt';
import type { Command } from './os_process.ts';
import { BENCH, cacheDirectory, REPOSITORY } from './places.ts';

const COMMAND = path.join(REPOSITORY, 'packages', 'lunatic', 'bin', 'lunatic.js');

/** The command that runs guest `name` with arguments. Options of `lunatic` itself go into `options`. */
export async function lunaticCommand(
  name: string,
  args: readonly (string | number)[],
  options: readonly string[] = [],
): Promise<Command> {
  return { file: process.execPath, args: [COMMAND, ...options, await buildGuest(name), ...args.map(String)] };
}

/**
 * The same for programs that time themselves, on one thread unless `workers` says otherwise: Node.js may take our sources from its compile cache,
 * which only saves waiting.
 */
export async function selfTimedCommand(
  name: string,
  args: readonly (string | number)[],
  workers = 1,
): Promise<Command> {
  const command = await lunaticCommand(name, args, ['--workers', String(workers)]);
  return { ...command, env: { NODE_COMPILE_CACHE: cacheDirectory('node') } };
}

/** The command that runs a module that was built elsewhere; it times itself. */
export function commandOfFile(
  file: string,
  args: readonly (string | number)[],
  options: readonly string[] = [],
): Command {
  const env = { NODE_COMPILE_CACHE: cacheDirectory('node') };
  return { file: process.execPath, args: [COMMAND, ...options, file, ...args.map(String)], env };
}

/** The path of guest `name` as a binary. */
export async function buildGuest(name: string): Promise<string> {
  const file = path.join(cacheDirectory('guests'), `${name}.wasm`);
  const bytes = await assemble(name);
  if (!existsSync(file) || Buffer.compare(readFileSync(file), bytes) !== 0) writeFileSync(file, bytes);
  return file;
}

/** A guest is its own fields after those of common.wat; one that has its own imports (hello) stands alone. */
async function assemble(name: string): Promise<Uint8Array> {
  const read = (file: string) => readFileSync(path.join(BENCH, 'guests', `${file}.wat`), 'utf8');
  const fields = read(name);
  const source = fields.includes('(import ') ? fields : read('common') + fields;
  const module = (await wabt()).parseWat(`${name}.wat`, `(module ${source})`, {});
  try {
    return module.toBinary({ write_debug_names: true }).buffer;
  } finally {
    module.destroy();
  }
}
