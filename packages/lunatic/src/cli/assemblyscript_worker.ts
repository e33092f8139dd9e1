// The thread that compiles AssemblyScript programs: answers each CompileJob with a CompileOutcome. Its owner ends it.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { FileRead } from './compile_cache.ts';

export interface CompileJob {
  readonly compilerUrl: string;
  readonly transformUrl: string;
  readonly kitDir: string;
  readonly arguments: readonly string[];
  /** Absolute path of the program, and its text. */
  readonly file: string;
  readonly source: string;
  /** Paths in messages are relative to this. */
  readonly cwd: string;
}

export type CompileOutcome =
  | {
      readonly kind: 'compiled';
      readonly wasm: Uint8Array;
      readonly warnings: readonly string[];
      readonly filesRead: readonly FileRead[];
    }
  | { readonly kind: 'failed'; readonly errors: readonly string[]; readonly warnings: readonly string[] };

type Compiler = typeof import('assemblyscript/asc');
type Diagnostic = Parameters<NonNullable<NonNullable<Parameters<Compiler['main']>[1]>['reportDiagnostic']>>[0];

const CATEGORY_WARNING = 2;
const CATEGORY_ERROR = 3;
const OUTPUT = 'program.wasm';
const KIT_IN_PROJECT = /[\\/]node_modules[\\/]lunatic-as[\\/](.+)$/;
const KIT_IN_COMPILER = '~lib/lunatic-as/';

async function compile(job: CompileJob): Promise<CompileOutcome> {
  // The types of the compiler are those of the version that this package is developed with; its peer range says which fit.
  const compiler = (await import(job.compilerUrl)) as Compiler;
  const transform = ((await import(job.transformUrl)) as { default: unknown }).default;
  const baseDir = path.dirname(job.file);
  const files = new SourceFiles(job);
  const diagnostics: Diagnostic[] = [];
  const quiet = { write: () => {} };
  let wasm: Uint8Array | undefined;
  const options = {
    stdout: quiet,
    stderr: quiet,
    transforms: [transform],
    readFile: (name: string, dir: string) => files.read(path.resolve(baseDir, dir, name)),
    writeFile: (name: string, contents: Uint8Array) => {
      if (name === OUTPUT) wasm = contents;
    },
    listFiles: () => [],
    reportDiagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic),
  };
  const { error } = await compiler.main(
    [path.basename(job.file), '--baseDir', baseDir, '--outFile', OUTPUT, ...job.arguments],
    options as unknown as Parameters<Compiler['main']>[1], // its declarations lack `transforms` as classes
  );
  const describe = (category: number) =>
    diagnostics
      .filter((diagnostic) => diagnostic.category === category)
      .map((diagnostic) => files.describe(diagnostic));
  const warnings = describe(CATEGORY_WARNING);
  const errors = describe(CATEGORY_ERROR);
  if (wasm !== undefined && error === null) return { kind: 'compiled', wasm, warnings, filesRead: files.filesRead };
  return {
    kind: 'failed',
    warnings,
    errors: errors.length > 0 ? errors : [String(error?.message ?? 'the compiler gave no reason')],
  };
}

/** What the compiler reads: the program's files as they are, the kit wherever it is installed. */
class SourceFiles {
  readonly filesRead: FileRead[] = [];
  readonly #texts = new Map<string, string>();
  readonly #job: CompileJob;

  constructor(job: CompileJob) {
    this.#job = job;
  }

  /** null if there is no such file, which the compiler takes as an answer. */
  async read(file: string): Promise<string | null> {
    if (path.basename(file) === 'asconfig.json') return null; // the options are those of the kit, wherever the program lies
    const kitFile = KIT_IN_PROJECT.exec(file)?.[1];
    const text =
      kitFile === undefined ? await this.#readOwn(file) : await readIfThere(path.join(this.#job.kitDir, kitFile));
    if (text !== null) this.#texts.set(kitFile === undefined ? file : `${KIT_IN_COMPILER}${kitFile}`, text);
    return text;
  }

  async #readOwn(file: string): Promise<string | null> {
    const text = file === this.#job.file ? this.#job.source : await readIfThere(file);
    this.filesRead.push({ file, hash: text === null ? null : createHash('sha256').update(text).digest('hex') });
    return text;
  }

  /** `file:line:column: error TS2322: text`, and the line with a mark below it. */
  describe(diagnostic: Diagnostic): string {
    const kind = diagnostic.category === CATEGORY_ERROR ? 'error' : 'warning';
    const code = diagnostic.code > 0 ? ` ${diagnostic.code < 1000 ? 'AS' : 'TS'}${diagnostic.code}` : '';
    const what = `${kind}${code}: ${diagnostic.message}`;
    const range = diagnostic.range;
    const source = range?.source?.normalizedPath;
    if (range === null || source === undefined) return what;
    const own = path.resolve(path.dirname(this.#job.file), source);
    const relative = path.relative(this.#job.cwd, own);
    const shown = source.startsWith('~lib/') ? source : relative.startsWith('..') ? own : relative;
    const text = this.#texts.get(source) ?? this.#texts.get(own);
    if (text === undefined) return `${shown}: ${what}`;
    const lineStart = text.lastIndexOf('\n', range.start - 1) + 1;
    const lineEnd = text.indexOf('\n', range.start);
    const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
    const lineNumber = text.slice(0, lineStart).split('\n').length;
    const column = range.start - lineStart;
    const width = Math.max(1, Math.min(range.end - range.start, line.length - column));
    const mark = line.slice(0, column).replace(/[^\t]/g, ' ') + '~'.repeat(width);
    return `${shown}:${lineNumber}:${column + 1}: ${what}\n  ${line}\n  ${mark}`;
  }
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code; // what fs throws is an ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}

// The other end is AssemblyScriptCompiler, which sends just this. What `compile` throws ends the thread, and reaches the owner as its error.
parentPort?.on('message', async (job: CompileJob) => {
  parentPort?.postMessage(await compile(job));
});
