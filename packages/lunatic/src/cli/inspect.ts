// `lunatic inspect FILE`: what a module needs, what it offers, and what the rewrite makes of it. Runs nothing of the guest.

import path from 'node:path';
import type { ModuleForm } from '../engine/loaded_module.ts';
import { LinkError, type LinkProblem } from '../host/link.ts';
import type { NodeOutput } from '../host/stdio.ts';
import { Node } from '../node/node.ts';
import { CapturedOutput, FixedInput } from '../node/streams.ts';
import { WasmError } from '../wasm/error.ts';
import { decodeModule } from '../wasm/module.ts';
import { functionName } from '../wasm/names.ts';
import { type FuncType, type Limits, printValType, type WasmModule } from '../wasm/types.ts';
import { CliError, EXIT_CODE_FAILURE } from './error.ts';
import { type Log, printable } from './log.ts';
import { readProgram } from './program_file.ts';

/** The answer with `--json`; sizes in bytes, pages of 64 KiB. */
export interface Inspection {
  readonly file: string;
  readonly bytes: number;
  readonly functions: number;
  readonly imports: readonly InspectedImport[];
  readonly exports: readonly { readonly kind: string; readonly name: string; readonly type: string }[];
  readonly memories: readonly { readonly minPages: number; readonly maxPages: number | null }[];
  /** null when an import is not served: only what can be linked is rewritten. */
  readonly rewrite: InspectedRewrite | null;
}

export interface InspectedImport {
  readonly module: string;
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  /** Why nothing serves it; null if something does. */
  readonly problem: string | null;
  /** Whether a process may wait, yield or end in it; null for what is not served. */
  readonly mayStop: boolean | null;
}

export interface InspectedRewrite {
  readonly bytes: number;
  /** `bytes` after the rewrite against before. */
  readonly growth: number;
  readonly resumePoints: number;
  /** Why processes cannot take turns in an instance; null: they can. */
  readonly unshared: string | null;
  readonly mayStop: readonly {
    readonly index: number;
    readonly name: string | null;
    readonly resumePoints: number;
    readonly bytesBefore: number;
    readonly bytesAfter: number;
  }[];
}

/** Prints what it finds; the exit code is 0 if the module could be run. Throws CliError for what is no module. */
export async function inspect(file: string, json: boolean, output: NodeOutput, log: Log): Promise<number> {
  const bytes = await readProgram(file, (line) => log.progress(line));
  const found = inspectModule(file, bytes);
  const text = json ? JSON.stringify(found, null, 2) : printInspection(found);
  output.write(1, new TextEncoder().encode(`${text}\n`));
  return found.rewrite === null ? EXIT_CODE_FAILURE : 0;
}

function inspectModule(file: string, bytes: Uint8Array): Inspection {
  // A whole VM, so that the answer is what `run` would do; it never runs anything.
  const node = new Node({ output: new CapturedOutput(), input: new FixedInput('') });
  node.scheduler.stop();
  try {
    const module = decodeModule(bytes);
    const { imports, linked } = inspectImports(node, module);
    return {
      file,
      bytes: bytes.length,
      functions: module.bodies.length,
      imports,
      exports: module.exports.map(({ kind, name, index }) => ({ kind, name, type: typeOfExport(module, kind, index) })),
      memories: module.memories.map(({ min, max }) => ({ minPages: min, maxPages: max ?? null })),
      rewrite: linked ? inspectRewrite(module, node.engine.report(node.load(bytes, path.basename(file)))) : null,
    };
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    throw new CliError(`${file} cannot be run: ${error.message}`, EXIT_CODE_FAILURE, error);
  }
}

function inspectImports(
  node: Node,
  module: WasmModule,
): { readonly imports: InspectedImport[]; readonly linked: boolean } {
  const problems = linkProblems(node, module);
  let nextProblem = 0;
  const imports = module.imports.map((item): InspectedImport => {
    const type = item.typeIndex === undefined ? '' : printFuncType(module.types[item.typeIndex] as FuncType);
    const described = { module: item.module, name: item.name, kind: item.kind, type };
    const problem = problems[nextProblem];
    // Problems stand in import order. Of a name imported twice with different types, the wrong one might be blamed.
    if (problem !== undefined && problem.module === item.module && problem.name === item.name) {
      nextProblem++;
      return { ...described, problem: problem.reason, mayStop: null };
    }
    return { ...described, problem: null, mayStop: node.index.lookup(item.module, item.name).some((row) => row.stops) };
  });
  return { imports, linked: problems.length === 0 };
}

function linkProblems(node: Node, module: WasmModule): readonly LinkProblem[] {
  try {
    node.link(module);
    return [];
  } catch (error) {
    if (error instanceof LinkError) return error.problems;
    throw error;
  }
}

function inspectRewrite(module: WasmModule, { rewrittenBytes, transformed: result }: ModuleForm): InspectedRewrite {
  return {
    bytes: rewrittenBytes,
    growth: rewrittenBytes / module.bytes.length,
    resumePoints: result.functions.reduce((sum, { resumePoints }) => sum + resumePoints, 0),
    unshared: result.unshared ?? null,
    mayStop: result.functions.map(({ funcIndex, resumePoints, bytesBefore, bytesAfter }) => ({
      index: funcIndex,
      name: functionName(module, funcIndex) ?? null,
      resumePoints,
      bytesBefore,
      bytesAfter,
    })),
  };
}

function typeOfExport(module: WasmModule, kind: string, index: number): string {
  switch (kind) {
    case 'func':
      return printFuncType(module.types[module.funcTypeIndices[index] as number] as FuncType);
    case 'memory':
      return printPages(module.memories[index] as Limits);
    default:
      return '';
  }
}

function printFuncType({ params, results }: FuncType): string {
  const list = `(${params.map(printValType).join(', ')})`;
  return results.length === 0 ? list : `${list} -> ${results.map(printValType).join(', ')}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function printPages({ min, max }: Limits): string {
  return `${count(min, 'page')}${max === undefined ? '' : `, at most ${max}`}`;
}

function printInspection(found: Inspection): string {
  const lines = [`${found.file}: ${count(found.bytes, 'byte')}, ${count(found.functions, 'function')}`];
  lines.push('', `imports (${found.imports.length})`);
  for (const { module, name, type, kind, problem, mayStop } of found.imports) {
    const state = problem === null ? (mayStop ? 'served, may stop' : 'served') : `NOT SERVED: ${problem}`;
    lines.push(`  ${printable(`${module} ${name}`)} ${type || kind}  ${state}`);
  }
  lines.push('', `exports (${found.exports.length})`);
  for (const { kind, name, type } of found.exports) lines.push(`  ${kind} ${printable(name)} ${type}`.trimEnd());
  lines.push('', `memories (${found.memories.length})`);
  for (const { minPages, maxPages } of found.memories) {
    lines.push(`  ${printPages({ min: minPages, max: maxPages ?? undefined, shared: false, is64: false })} of 64 KiB`);
  }
  // Not spread into a call: a program may have more functions than the stack has room for arguments.
  return lines.concat('', found.rewrite === null ? NOT_REWRITTEN : printRewrite(found, found.rewrite)).join('\n');
}

function printRewrite(
  found: Inspection,
  { bytes, growth, resumePoints, mayStop, unshared }: InspectedRewrite,
): string[] {
  const lines = [`functions that may stop (${mayStop.length} of ${found.functions}, ${resumePoints} resume points)`];
  if (mayStop.length > 0) lines.push('  function  resume points  bytes before  bytes after  name');
  for (const { index, name, resumePoints: points, bytesBefore, bytesAfter } of mayStop) {
    const cells = [column(index, 10), column(points, 15), column(bytesBefore, 14), column(bytesAfter, 13)];
    lines.push(`${cells.join('')}  ${printable(name ?? '-')}`);
  }
  lines.push('', `size: ${found.bytes} bytes before the rewrite, ${bytes} after (x ${growth.toFixed(2)})`);
  if (unshared !== null) lines.push(`every process needs an instance of its own: ${unshared}`);
  return lines;
}

function column(value: number, width: number): string {
  return String(value).padStart(width);
}

const NOT_REWRITTEN = ['not rewritten, because of the imports that are not served'];
