// What the emitters of one module share: where injected things sit in the index spaces, and the functions, types and
// save helpers that are appended to it. No index of the guest moves: everything is appended.

import { writeValType } from '../wasm/sections/value_types.ts';
import { type FuncType, I32, type ValType, type WasmModule } from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';
import { BodyStore } from './body_store.ts';
import type { CallGraph } from './call_graph.ts';
import { CodeWriter } from './code_writer.ts';

export interface AppendedFunction {
  readonly typeIndex: number;
  readonly name: string;
  /** Body without its size: locals and code. Set once. */
  body: Uint8Array | null;
}

/** Indices of the injected mutable globals. */
export interface InjectedGlobals {
  /** i32: what is left of the turn; negative: not running forward. */
  readonly fuel: number;
  /** i32: lowest frame in scratch. */
  readonly scratch: number;
  /** i32: end of the frames in the process's chunk. */
  readonly top: number;
  /** i32: where in the side memory this instance's marks begin. */
  readonly marks: number;
  /** exnref: an exception on its way from a frame that has ended to the next one. Only if `catches`. */
  readonly exception: number;
  /** i32: elements that were added to tables of this instance, by `table.grow` and for references kept. */
  readonly grown: number;
}

/** Where references of one type wait while their frames are saved (references.ts): a table, and indices of i32 globals. */
export interface KeptReferences {
  readonly table: number;
  /** How many wait. */
  readonly used: number;
  /** Where the search for a free place begins. */
  readonly next: number;
}

/** Injected i32 globals of every module. */
export const I32_GLOBALS = 5;

export class RewriteContext {
  readonly module: WasmModule;
  readonly graph: CallGraph;
  readonly globals: InjectedGlobals;
  /** Index of the side memory. */
  readonly side: number;
  /** Index of the private table of resume functions. */
  readonly resumeTable: number;
  /** Record every write to memory 0 in the marks. */
  readonly tracked: boolean;
  /** Exceptions exist: fuel held in a local is written back before anything that may throw. */
  readonly throws: boolean;
  /** Functions that may stop may catch: the driver carries exceptions from frame to frame. */
  readonly catches: boolean;
  readonly types: FuncType[];
  /** Types of references that are alive across stops, each with a private table. */
  readonly referenceTypes: ValType[] = [];
  readonly appended: AppendedFunction[] = [];
  /** Function numbers: what frames refer to. The function index at each position of the resume table. */
  readonly resumeEntries: number[] = [];
  /** By function number: bytes of its frame at each resume point; one entry means the same at every point. For stack traces. */
  readonly frameSizes: (readonly number[])[] = [];
  /** Types of imported functions that are called in another form than the guest's. */
  readonly importTypes = new Map<number, number>();
  /** By function index: where the branches are that are hardly ever taken, in bytes from the beginning of the body. */
  readonly unlikely = new Map<number, readonly number[]>();
  /** Of the function in hand (emitter.ts): its code, and its whole body. Kept, since a buffer that grows is copied again and again. */
  readonly codeWriter = new CodeWriter();
  readonly bodyWriter = new ByteWriter();
  readonly bodyStore = new BodyStore();
  readonly #firstAppended: number;
  readonly #typeIndices = new Map<string, number>();
  readonly #redirects = new Map<number, number>();
  readonly #helpers = new Map<string, number>();
  readonly #referencePositions = new Map<ValType, number>();

  constructor(module: WasmModule, graph: CallGraph, tracked: boolean) {
    this.module = module;
    this.graph = graph;
    this.tracked = tracked;
    const firstGlobal = module.globals.length;
    this.globals = {
      fuel: firstGlobal,
      scratch: firstGlobal + 1,
      top: firstGlobal + 2,
      marks: firstGlobal + 3,
      grown: firstGlobal + 4,
      exception: firstGlobal + I32_GLOBALS,
    };
    this.side = module.memories.length;
    this.resumeTable = module.tables.length;
    this.throws = module.tags.length > 0 || graph.hasTryTable;
    this.catches = graph.hasTryTable;
    this.types = module.types.slice();
    this.types.forEach((type, index) => {
      const key = typeKey(type.params, type.results);
      if (!this.#typeIndices.has(key)) this.#typeIndices.set(key, index);
    });
    this.#firstAppended = module.funcTypeIndices.length;
  }

  typeIndex(params: readonly ValType[], results: readonly ValType[]): number {
    const key = typeKey(params, results);
    let index = this.#typeIndices.get(key);
    if (index === undefined) {
      index = this.types.length;
      this.types.push({ params, results });
      this.#typeIndices.set(key, index);
    }
    return index;
  }

  /** The private table for references of this type, and its two globals. */
  keptReferences(type: ValType): KeptReferences {
    let position = this.#referencePositions.get(type);
    if (position === undefined) {
      position = this.referenceTypes.push(type) - 1;
      this.#referencePositions.set(type, position);
    }
    const firstGlobal = this.globals.exception + (this.catches ? 1 : 0);
    return {
      table: this.resumeTable + 1 + position,
      used: firstGlobal + 2 * position,
      next: firstGlobal + 2 * position + 1,
    };
  }

  /** Reserves the next function index; the body is set later. */
  append(params: readonly ValType[], results: readonly ValType[], name: string): AppendedFunction & { index: number } {
    return this.appendOfType(this.typeIndex(params, results), name);
  }

  appendOfType(typeIndex: number, name: string): AppendedFunction & { index: number } {
    const entry = { typeIndex, name, body: null, index: this.#firstAppended + this.appended.length };
    this.appended.push(entry);
    return entry;
  }

  /** Makes `funcIndex` callable by frames of these sizes; returns its function number. */
  addResumeEntry(funcIndex: number, frameSizes: readonly number[] = []): number {
    this.resumeEntries.push(funcIndex);
    this.frameSizes.push(frameSizes);
    return this.resumeEntries.length - 1;
  }

  /** From now on calls, references and exports of `funcIndex` mean `wrapper`. */
  redirect(funcIndex: number, wrapper: number): void {
    this.#redirects.set(funcIndex, wrapper);
  }

  target(funcIndex: number): number {
    return this.#redirects.get(funcIndex) ?? funcIndex;
  }

  get hasRedirects(): boolean {
    return this.#redirects.size > 0;
  }

  isRedirected(funcIndex: number): boolean {
    return this.#redirects.has(funcIndex);
  }

  /** The appended helper called `key`, made by `make` when first asked for; returns its function index. */
  helper(key: string, make: () => number): number {
    let index = this.#helpers.get(key);
    if (index === undefined) {
      index = make();
      this.#helpers.set(key, index);
    }
    return index;
  }
}

function typeKey(params: readonly ValType[], results: readonly ValType[]): string {
  return `${params.join()}>${results.join()}`;
}

/** Encodes locals given as one type each, grouped into runs. */
export function encodeLocals(writer: ByteWriter, types: readonly ValType[]): void {
  const runs: { count: number; type: ValType }[] = [];
  for (const type of types) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  writer.u32(runs.length);
  for (const run of runs) {
    writer.u32(run.count);
    writeValType(writer, run.type);
  }
}

/** An i32 parameter list of length `count`. */
export function i32s(count: number): ValType[] {
  return new Array<ValType>(count).fill(I32);
}
