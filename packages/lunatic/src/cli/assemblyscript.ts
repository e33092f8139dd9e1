// AssemblyScript programs: from a .ts file to a module, for `lunatic program.ts`.
//
// The compiler and the guest kit are npm packages of the user's project (assemblyscript_toolchain.ts). Compiling happens in a worker
// thread that is ended afterwards, because the compiler keeps some hundred megabytes. Results are kept on disk
// (compile_cache.ts), so the second start of an unchanged program does not load the compiler at all.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { cacheFromEnvironment } from '../node/disk_cache.ts';
import { type AssemblyScriptToolchain, findToolchain } from './assemblyscript_toolchain.ts';
import type { CompileJob, CompileOutcome } from './assemblyscript_worker.ts';
import { CompileCache } from './compile_cache.ts';

/** The program has errors. The message lists them, each with file and line. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** Part of the cache's keys: to be raised when the options below change what comes out. */
const FORMAT = 1;

/**
 * Compiles the program in the file `programPath` and all that it imports.
 * `onProgress` gets short lines for a person who waits: what is being done, and the compiler's warnings.
 * Throws CompileError for errors in the program, Error if the compiler or the kit is missing or the file cannot be read.
 */
export async function compileAssemblyScript(
  programPath: string,
  onProgress: (line: string) => void,
): Promise<Uint8Array> {
  const compiler = new AssemblyScriptCompiler();
  try {
    return await compiler.compile(programPath, onProgress);
  } finally {
    await compiler.close();
  }
}

/** For several programs: keeps the compiler loaded, which is most of the work for a small one. One at a time. */
export class AssemblyScriptCompiler {
  #worker: Worker | undefined;

  /** See `compileAssemblyScript`. */
  async compile(programPath: string, onProgress: (line: string) => void): Promise<Uint8Array> {
    const file = path.resolve(programPath);
    const source = await readFile(file, 'utf8');
    const toolchain = await findToolchain(path.dirname(file));
    const cache = new CompileCache(cacheFromEnvironment(process.env));
    const key = [FORMAT, file, toolchain.compilerVersion, toolchain.kitHash];
    const known = await cache.load(key);
    if (known !== undefined) return known;

    onProgress(`compiling ${path.relative(process.cwd(), file)} with AssemblyScript ${toolchain.compilerVersion}`);
    const outcome = await this.#run(job(file, source, toolchain));
    for (const warning of outcome.warnings) onProgress(warning);
    if (outcome.kind === 'failed')
      throw new CompileError([`${programPath} does not compile`, ...outcome.errors].join('\n'));
    const problem = cache.store(key, outcome.filesRead, outcome.wasm);
    if (problem !== undefined) onProgress(`the compiled program is not kept for next time: ${problem}`);
    return outcome.wasm;
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #run(work: CompileJob): Promise<CompileOutcome> {
    const worker = (this.#worker ??= startWorker());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.off('message', answered).off('error', failed).off('exit', ended);
      };
      const answered = (outcome: CompileOutcome): void => {
        settle();
        resolve(outcome);
      };
      const failed = (error: unknown): void => {
        settle();
        this.#worker = undefined;
        // Binaryen, inside the compiler, throws values that are no errors.
        reject(error instanceof Error ? error : new Error(`the AssemblyScript compiler itself failed on ${work.file}`));
      };
      const ended = (): void => failed(undefined);
      worker.on('message', answered).on('error', failed).on('exit', ended);
      worker.postMessage(work);
    });
  }
}

function startWorker(): Worker {
  // The publish build finds this form and makes it name what it makes of the file.
  return new Worker(new URL('./assemblyscript_worker.ts', import.meta.url));
}

function job(file: string, source: string, toolchain: AssemblyScriptToolchain): CompileJob {
  return {
    compilerUrl: pathToFileURL(path.join(toolchain.compilerDir, 'dist/asc.js')).href,
    transformUrl: pathToFileURL(path.join(toolchain.kitDir, 'transform/index.js')).href,
    kitDir: toolchain.kitDir,
    arguments: toolchain.compilerArguments,
    file,
    source,
    cwd: process.cwd(),
  };
}
