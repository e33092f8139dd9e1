// The programs of test/guests that need nothing but `wasi_snapshot_preview1`, compiled, with what they are given and must print.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AssemblyScriptCompiler } from '../../packages/lunatic/src/cli/assemblyscript.ts';
import { compileC, compileRust, ROOT } from '../../tools/toolchain.ts';
import { exposeState } from '../fuzz/generate.ts';
import { type Given, WASI_MODULE } from './wasi.ts';

const GUESTS = path.join(ROOT, 'test', 'guests');

export interface Program {
  /** LANGUAGE/PROGRAM. */
  readonly name: string;
  /** With all memories and mutable globals exported. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly given: Given;
  readonly expectedStdout: string;
  /** How it must end. */
  readonly ending: Ending;
}

/** A program that traps has an exit code only under the command, which is not here. */
export type Ending = { readonly kind: 'exit'; readonly code: number } | { readonly kind: 'trap' };

export interface ProgramSet {
  readonly programs: readonly Program[];
  /** Names of those that import more than WASI: they need the VM. */
  readonly leftOut: readonly string[];
}

interface Expectation {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly stdin?: string;
  readonly exitCode?: number;
}

/** Where no file beside the source tells what a program is given. */
const EXPECTATIONS: { readonly [name: string]: Expectation } = {
  'rust/exit_code': { args: ['3'], exitCode: 3 },
};
const TRAPS = new Set(['c/crash', 'assemblyscript/crash', 'rust/panics']);

/** Those whose names contain `filter`. Throws ToolMissingError and CompileError. */
export async function findPrograms(filter: string): Promise<ProgramSet> {
  const programs: Program[] = [];
  const leftOut: string[] = [];
  const add = (language: string, directory: string, name: string, bytes: Uint8Array): void => {
    const fullName = `${language}/${name}`;
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(bytes)));
    if (imports.every(({ module }) => module === WASI_MODULE)) programs.push(program(fullName, directory, name, bytes));
    else leftOut.push(fullName);
  };
  const wanted = (language: string, name: string) => `${language}/${name}`.includes(filter);

  const c = path.join(GUESTS, 'c');
  for (const name of programsIn(c, '.c').filter((name) => wanted('c', name))) {
    const options = { includeDirectories: ['sdk/c'], flags: ['-Wall', '-Wextra', '-Werror'] };
    add('c', c, name, readFileSync(await compileC([path.join(c, `${name}.c`)], options)));
  }
  const assemblyScript = path.join(GUESTS, 'assemblyscript');
  const compiler = new AssemblyScriptCompiler();
  try {
    for (const name of programsIn(assemblyScript, '.ts').filter((name) => wanted('assemblyscript', name))) {
      const bytes = await compiler.compile(path.join(assemblyScript, `${name}.ts`), () => {});
      add('assemblyscript', assemblyScript, name, bytes);
    }
  } finally {
    await compiler.close();
  }
  const rust = path.join(GUESTS, 'rust', 'src', 'bin');
  const rustNames = programsIn(rust, '.rs').filter((name) => wanted('rust', name));
  const rustFiles = rustNames.length > 0 ? compileRust(path.join(GUESTS, 'rust')) : new Map<string, string>();
  for (const name of rustNames) {
    const file = rustFiles.get(name);
    if (file === undefined) throw new Error(`cargo has not built ${name}`);
    add('rust', rust, name, readFileSync(file));
  }
  return { programs, leftOut };
}

/** The names of the sources in a directory, without the suffix. */
function programsIn(directory: string, suffix: string): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(suffix));
  return names.map((name) => name.slice(0, -suffix.length)).sort();
}

function program(fullName: string, directory: string, name: string, bytes: Uint8Array): Program {
  const { args = [], env = {}, stdin = '', exitCode = 0 } = expectation(fullName, path.join(directory, `${name}.json`));
  return {
    name: fullName,
    bytes: exposeState(bytes),
    given: { args: [name, ...args], env, stdin },
    expectedStdout: readFileSync(path.join(directory, `${name}.expected`), 'utf8'),
    ending: TRAPS.has(fullName) ? { kind: 'trap' } : { kind: 'exit', code: exitCode },
  };
}

function expectation(fullName: string, file: string): Expectation {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Expectation; // our own files
  return EXPECTATIONS[fullName] ?? {};
}
