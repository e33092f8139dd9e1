// From FILE to the bytes of a module, by what it is: a module, its text form, or an AssemblyScript source.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { CliError } from './error.ts';

/** `onProgress` gets short lines for a person who waits. Throws CliError for whatever the user can mend. */
export async function readProgram(file: string, onProgress: (line: string) => void): Promise<Uint8Array> {
  switch (path.extname(file)) {
    case '.ts':
      return compile(file, onProgress);
    case '.wat':
      return assemble(file, read(file));
    default:
      return checkedModule(file, read(file));
  }
}

/** Nothing else could run meanwhile, and node:fs/promises takes longer to load than most programs to read. */
function read(file: string): Uint8Array {
  try {
    // A copy: of a small file Node.js gives a part of a buffer with others, which wabt reads from its beginning.
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw cannotRead(file, error) ?? error;
  }
}

/** undefined unless `error` is one of the operating system. */
function cannotRead(file: string, error: unknown): CliError | undefined {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') return undefined;
  return new CliError(`cannot read ${file}: ${getSystemErrorMessage(error.errno)}`, undefined, error);
}

/** The decoder would tell the same of any bytes; what people hand over by mistake deserves a better answer. */
function checkedModule(file: string, bytes: Uint8Array): Uint8Array {
  const begins = String.fromCharCode(...bytes.subarray(0, 64));
  if (!begins.startsWith('\0asm')) {
    const hint = /^\s*(?:\(module|;;|\(;)/.test(begins) ? '; text form belongs into a file named .wat' : '';
    const what = bytes.length === 0 ? 'it is empty' : 'it does not begin with the bytes 00 61 73 6d';
    throw new CliError(`${file} is not a WebAssembly module: ${what}${hint}`);
  }
  if (bytes[4] === 0x0d && bytes[6] === 1) {
    throw new CliError(
      `${file} is a WebAssembly component; only core modules can be run. Compile for wasm32-wasip1, say`,
    );
  }
  return bytes;
}

async function assemble(file: string, source: Uint8Array): Promise<Uint8Array> {
  const wabt = await loadWabt();
  let parsed: ReturnType<typeof wabt.parseWat> | undefined;
  try {
    parsed = wabt.parseWat(file, source, TEXT_FEATURES);
    return parsed.toBinary({ write_debug_names: true }).buffer;
  } catch (error) {
    // wabt throws plain errors, and only over the text.
    if (error instanceof Error)
      throw new CliError(`${file} does not assemble\n${error.message.trim()}`, undefined, error);
    throw error;
  } finally {
    parsed?.destroy();
  }
}

async function loadWabt() {
  try {
    return await (await import('wabt')).default();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new CliError('programs in the text form need the npm package wabt: npm install wabt', undefined, error);
  }
}

async function compile(file: string, onProgress: (line: string) => void): Promise<Uint8Array> {
  const { CompileError, compileAssemblyScript } = await import('./assemblyscript.ts');
  try {
    return await compileAssemblyScript(file, onProgress);
  } catch (error) {
    const unreadable = cannotRead(file, error);
    if (unreadable !== undefined) throw unreadable;
    // Errors in the program, or in the set-up: missing packages come as a plain Error.
    if (error instanceof CompileError || (error instanceof Error && error.constructor === Error)) {
      throw new CliError(error.message, undefined, error);
    }
    throw error;
  }
}

/** All that the VM runs. */
const TEXT_FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  function_references: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  extended_const: true,
};
