// Link checking: which host function serves each import of a module.
//
// All imports are looked at before anything is refused, so that one error tells the whole
// story: unknown names, signatures that fit no row, and names that exist in the interface but
// are not served by this version. Nothing runs before a module has passed here.

import type { HostFunction } from '../engine/host_function.ts';
import { F32, F64, I32, I64, type Import, type Imports, printValType, type ValType } from '../wasm/types.ts';
import { isReservedName, notServedReason } from './not_served.ts';
import { printSignature } from './table.ts';

/** One import that cannot be linked. */
export interface LinkProblem {
  readonly kind: 'unknown' | 'signature' | 'not served';
  readonly module: string;
  readonly name: string;
  /** One sentence, without the import's name. */
  readonly reason: string;
}

/** The imports of a module are not served as it declares them. `message` lists every problem, one per line. */
export class LinkError extends Error {
  override readonly name = 'LinkError';
  readonly code = 'ERR_LUNATIC_LINK';
  readonly problems: readonly LinkProblem[];

  constructor(problems: readonly LinkProblem[]) {
    const count = problems.length === 1 ? '1 import' : `${problems.length} imports`;
    const lines = problems.map((problem) => `  ${problem.module} ${problem.name}: ${problem.reason}`);
    super(`${count} cannot be linked:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** Host functions by import name. Immutable; one per worker thread, shared by all modules. */
export class HostIndex {
  readonly functions: readonly HostFunction[];
  readonly #byModule = new Map<string, Map<string, HostFunction[]>>();

  /** Throws RangeError if two rows have the same name and signature. */
  constructor(functions: readonly HostFunction[]) {
    this.functions = functions;
    for (const row of functions) {
      let names = this.#byModule.get(row.module);
      if (names === undefined) {
        names = new Map();
        this.#byModule.set(row.module, names);
      }
      const rows = names.get(row.name);
      if (rows === undefined) {
        names.set(row.name, [row]);
      } else if (rows.some((other) => other.params === row.params && other.results === row.results)) {
        throw new RangeError(
          `host function ${row.module} ${row.name} ${printSignature(row.params, row.results)} is declared twice`,
        );
      } else {
        rows.push(row);
      }
    }
  }

  /** Every signature served under this name, newest first; empty if none is. */
  lookup(module: string, name: string): readonly HostFunction[] {
    return this.#byModule.get(module)?.get(name) ?? NO_FUNCTIONS;
  }
}

/**
 * The host function for each *function* import, in import order. Throws LinkError for imports that
 * cannot be served; imports of other kinds are always among those, the VM provides no memories, tables, globals or tags.
 */
export function linkImports(module: Imports, index: HostIndex): HostFunction[] {
  const linked: HostFunction[] = [];
  const problems: LinkProblem[] = [];
  const byName = new Map<string, HostFunction>();
  for (const item of module.imports) {
    const found = linkImport(module, item, index);
    if (!('call' in found)) {
      problems.push(found);
      continue;
    }
    linked.push(found);
    // Instantiation looks imports up by name: it would give both the same function.
    const key = `${item.module}\0${item.name}`;
    const first = byName.get(key) ?? found;
    byName.set(key, first);
    if (first !== found) {
      const signatures = [first, found].map(({ params, results }) => printSignature(params, results));
      problems.push(problem('signature', item, `imported with two signatures, ${signatures.join(' and ')}`));
    }
  }
  if (problems.length !== 0) throw new LinkError(problems);
  return linked;
}

function linkImport(module: Imports, item: Import, index: HostIndex): HostFunction | LinkProblem {
  if (item.kind !== 'func' || item.typeIndex === undefined) {
    return problem('unknown', item, `the VM provides functions only, not a ${item.kind}`);
  }
  const rows = index.lookup(item.module, item.name);
  const type = module.types[item.typeIndex];
  if (type === undefined)
    throw new RangeError(`import ${item.module} ${item.name} has type ${item.typeIndex} of ${module.types.length}`);
  const exact = rows.find((row) => fits(row.params, type.params) && fits(row.results, type.results));
  if (exact !== undefined) return exact;
  const notServed = notServedReason(item.module, item.name, module.imports);
  if (notServed !== undefined) return problem('not served', item, notServed);
  if (rows.length !== 0) {
    const served = rows.map((row) => printSignature(row.params, row.results)).join(' or ');
    return problem('signature', item, `expected ${served}, got ${printType(type.params, type.results)}`);
  }
  const where = isReservedName(item.module) ? 'no such function in this namespace' : 'no such namespace';
  return problem('unknown', item, where);
}

function problem(kind: LinkProblem['kind'], item: Import, reason: string): LinkProblem {
  return { kind, module: item.module, name: item.name, reason };
}

function fits(letters: string, types: readonly ValType[]): boolean {
  if (letters.length !== types.length) return false;
  for (let i = 0; i < letters.length; i++) {
    if (TYPE_OF_LETTER.get(letters.charCodeAt(i)) !== types[i]) return false;
  }
  return true;
}

function printType(params: readonly ValType[], results: readonly ValType[]): string {
  const list = `(${params.map(printValType).join(', ')})`;
  return results.length === 0 ? list : `${list} -> ${results.map(printValType).join(', ')}`;
}

const NO_FUNCTIONS: readonly HostFunction[] = [];

const TYPE_OF_LETTER = new Map<number, ValType>([
  ['i'.charCodeAt(0), I32],
  ['I'.charCodeAt(0), I64],
  ['f'.charCodeAt(0), F32],
  ['F'.charCodeAt(0), F64],
]);
