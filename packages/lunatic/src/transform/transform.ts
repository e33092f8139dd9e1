// The rewrite: module bytes in, module bytes out, with the same behaviour plus the power to stop. Pure and deterministic; time
// and output linear in the module's size (resume versions are bounded by MAX_RESUME_GROWTH).
//
// Of every function that may stop there are two versions:
//   forward   keeps its index, so tables, exports and calls need no change: the original code, a check at loop headers
//             (and at the entry of recursive or very costly functions), a check after calls that may stop, and code that saves a frame
//   resume    `() -> ()`, appended: takes up the function's frame at any of its resume points and is the rest of it
//
// Stopping: whoever finds fuel negative saves its frame in scratch and returns a dummy; its caller finds fuel negative too.
// Resuming: the driver calls the resume version of the innermost frame only. When that returns for good, the next frame takes its results
// from memory. So a switch costs the frames it touches, not the depth, and native depth never grows by resuming.
//
// The order of passes: decode, call graph (who may stop, what calls cost), wrappers for imports that may stop,
// bodies, injected functions, and then the sections in file order. Nothing of the guest is renumbered: all is appended, and
// the memories a guest defines become imports in the same places. The start function is not run by
// instantiation, where nothing could stop it: the engine runs it first.
//
// What was tried and measured before this form is in RATIONALE ("Two versions of every function that may stop").

import { WasmError } from '../wasm/error.ts';
import { decodeModule } from '../wasm/module.ts';
import { functionName } from '../wasm/names.ts';
import { OP_END, OP_I32_CONST, OP_REF_NULL } from '../wasm/opcodes.ts';
import { encodeBodies } from '../wasm/sections/code.ts';
import { encodeElements } from '../wasm/sections/elements.ts';
import { encodeExports } from '../wasm/sections/exports.ts';
import { encodeFunctions } from '../wasm/sections/functions.ts';
import { encodeImports } from '../wasm/sections/imports.ts';
import { encodeTables } from '../wasm/sections/tables.ts';
import { encodeTypes } from '../wasm/sections/types.ts';
import { writeGlobalType } from '../wasm/sections/value_types.ts';
import {
  type ElementSegment,
  EXNREF,
  type Export,
  FUNCREF,
  type FuncType,
  type FunctionBody,
  I32,
  type Import,
  isRef,
  type Limits,
  printValType,
  SECTION_DATA,
  SECTION_DATA_COUNT,
  SECTION_GLOBAL,
  SECTION_TAG,
  type WasmModule,
} from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';
import { emitBranchHints } from './branch_hints.ts';
import { analyseCalls } from './call_graph.ts';
import { I32_GLOBALS, RewriteContext } from './context.ts';
import { emitEntry, emitGlobalReader, emitImportWrapper, emitRun, emitSetMarks, emitTrap } from './driver.ts';
import { Emitter, keepsFuel } from './emitter.ts';
import { type FrameLayout, layoutFrames } from './frames.ts';
import { buildFunctionIr } from './function_ir.ts';
import {
  EXPORT_COLLECT,
  EXPORT_FUEL,
  EXPORT_GROWN,
  EXPORT_LOAD_GLOBALS,
  EXPORT_RESTORE,
  EXPORT_RUN,
  EXPORT_SAVE_GLOBALS,
  EXPORT_SET_MARKS,
  EXPORT_TOP,
  EXPORT_TRAP,
  INJECTED_MODULE,
  MAX_TRACKED_PAGES,
  SIDE_MEMORY,
} from './injected_abi.ts';
import { IrWorkspace, rowsOf } from './ir_workspace.ts';
import { MAX_KEPT_REFERENCES } from './limits.ts';
import { livePoints } from './liveness.ts';
import { AddressValues, planMarks } from './marks.ts';
import { emitWindowCall, type WindowCall } from './message_window.ts';
import { emitNameSection } from './name_section.ts';
import { copyPlainBody, needsCopy } from './plain_copy.ts';
import { patchRefFuncs } from './redirect.ts';
import { hasDummy } from './references.ts';
import { emitResumeVersion } from './resume_emitter.ts';
import { emitCollect, emitGlobals, emitRestore, mutableReferenceGlobal } from './state.ts';

export interface TransformOptions {
  /** May this imported function stop the process? */
  readonly stops: (module: string, name: string) => boolean;
  /** How imported functions are called that have a form of their own; default: none has. */
  readonly forms?: (module: string, name: string) => ImportForm | undefined;
  /**
   * Record every write to memory 0 by blocks, so that leaving an instance costs what was written, not its size. The two forms of a
   * module agree in resume points, frames and function numbers: a process stopped in one goes on in the other.
   */
  readonly tracked: boolean;
  /** Types of functions that may be started by their index in table 0. */
  readonly tableEntries: readonly FuncType[];
}

/** How an imported function is called, where that is not as the guest declares it. */
export interface ImportForm {
  /** Each i64 argument is given as two i32, the low one first. Only for functions that may stop. */
  readonly split?: boolean;
  /** What it does, if that can be done without calling it. */
  readonly inlined?: WindowCall | 'receive';
}

/** All that the rewrite asks of an imported function. */
export function importTraits(stops: boolean, form: ImportForm = {}): string {
  const { split = false, inlined = 'called' } = form;
  return `${stops ? 'stops' : 'answers'} ${split ? 'split' : 'whole'} ${inlined}`;
}

/** How to start a function: a frame of packed arguments, `calleeIndex`, `functionNumber`. */
export interface EntryPoint {
  readonly type: FuncType;
  readonly functionNumber: number;
  readonly calleeIndex: number;
}

export interface FunctionReport {
  readonly funcIndex: number;
  readonly resumePoints: number;
  readonly bytesBefore: number;
  /** Both versions. */
  readonly bytesAfter: number;
}

/**
 * All that the engine needs of a module, before and after: plain data, which may be copied to another thread (as a structured clone) or
 * kept on disk, and makes decoding the module again needless.
 */
export interface TransformResult {
  readonly bytes: Uint8Array;
  /** The module before the rewrite: for names in stack traces, and to be rewritten in the other form. */
  readonly source: Uint8Array;
  /** Of the guest's module; the `typeIndex` of an import is one of `types`. */
  readonly imports: readonly Import[];
  readonly types: readonly FuncType[];
  /** `importTraits` of each function import, in order: a host whose functions differ in them needs another result. */
  readonly traits: readonly string[];
  /** Functions with a body. */
  readonly functionCount: number;
  /** Elements that all tables of a fresh instance have, the private one included. */
  readonly tableElements: number;
  /** The guest's memories in index order, now imported as `memory0`...; imported ones keep their names. */
  readonly memories: readonly { readonly limits: Limits; readonly module: string; readonly name: string }[];
  /** By export name; functions that take or return references cannot be started. */
  readonly entries: ReadonlyMap<string, EntryPoint>;
  /** The start function, to be run before anything else in every process. */
  readonly start: EntryPoint | undefined;
  /** In the order of `TransformOptions.tableEntries`: function numbers, the callee index is the table index. Empty without a table. */
  readonly tableEntries: readonly number[];
  /** Functions that may stop. */
  readonly functions: readonly FunctionReport[];
  /** Index of a resume version -> index of its function: for stack traces. */
  readonly resumedFunctions: ReadonlyMap<number, number>;
  /** Function index at each position of the resume table, and by function number the frame sizes: for stack traces. */
  readonly resumeEntries: readonly number[];
  readonly frameSizes: readonly (readonly number[])[];
  /** First appended function index; from here on only `resumedFunctions` are guest code. */
  readonly firstAppended: number;
  /** Bytes that `save_globals` writes. */
  readonly globalsBytes: number;
  /** Why instances cannot be shared by processes over time; undefined: they can. */
  readonly unshared: string | undefined;
  readonly tracked: boolean;
}

/** Throws `WasmError` for bytes that are no module and for what is not supported. The caller has had V8 validate the module. */
export function transform(bytes: Uint8Array, options: TransformOptions): TransformResult {
  return transformModule(decodeModule(bytes), options);
}

/** The same for a module that is decoded already. Throws `WasmError` for what is not supported. */
export function transformModule(module: WasmModule, options: TransformOptions): TransformResult {
  return new Rewrite(module, options).run();
}

/** Frame sizes by resume point; 0 for a point that there is none of. */
function sizesByPoint(frames: readonly FrameLayout[]): number[] {
  const sizes: number[] = [];
  for (const { resumePoint, sizeBytes } of frames) {
    while (sizes.length <= resumePoint) sizes.push(0);
    sizes[resumePoint] = sizeBytes;
  }
  return sizes;
}

class Rewrite {
  readonly module: WasmModule;
  readonly options: TransformOptions;
  readonly context: RewriteContext;
  readonly reports: FunctionReport[] = [];
  readonly resumedFunctions = new Map<number, number>();
  readonly bodies: (Uint8Array | null)[];
  readonly workspace = new IrWorkspace();
  readonly addressValues = new AddressValues();
  readonly injectedExports: Omit<Export, 'offset'>[] = [];
  readonly unshared: string | undefined;
  readonly tracked: boolean;

  constructor(module: WasmModule, options: TransformOptions) {
    this.module = module;
    this.options = options;
    this.tracked =
      options.tracked &&
      module.memories.length === 1 &&
      module.importedMemories === 0 &&
      module.memories[0].min <= MAX_TRACKED_PAGES;
    const graph = analyseCalls(module, options.stops);
    this.context = new RewriteContext(module, graph, this.tracked);
    this.bodies = new Array<Uint8Array | null>(module.bodies.length).fill(null);
    const reference = mutableReferenceGlobal(this.context);
    this.unshared =
      graph.unshared ??
      (reference === undefined ? undefined : 'a mutable global that holds a reference') ??
      (module.memories.length > 1 ? 'more than one memory' : undefined);
  }

  run(): TransformResult {
    const { module, context } = this;
    this.refuseReservedNames();
    this.wrapImports();
    this.workspace.reserve(this.mostRows());
    for (const body of module.bodies) this.rewriteBody(body);
    const run = emitRun(context);
    const globals = emitGlobals(context);
    const entries = this.makeEntries();
    const start = module.start === undefined ? undefined : this.entryOf(module.start);
    const tableEntries =
      module.tables.length === 0 ? [] : this.options.tableEntries.map((type) => emitEntry(context, type, 0));
    this.injectedExports.push(
      { name: EXPORT_RUN, kind: 'func', index: run },
      { name: EXPORT_TRAP, kind: 'func', index: emitTrap(context) },
      { name: EXPORT_FUEL, kind: 'func', index: emitGlobalReader(context, context.globals.fuel, EXPORT_FUEL) },
      { name: EXPORT_TOP, kind: 'func', index: emitGlobalReader(context, context.globals.top, EXPORT_TOP) },
      { name: EXPORT_SAVE_GLOBALS, kind: 'func', index: globals.save },
      { name: EXPORT_LOAD_GLOBALS, kind: 'func', index: globals.load },
    );
    if (module.memories.length > 0) {
      this.injectedExports.push(
        { name: EXPORT_COLLECT, kind: 'func', index: emitCollect(context) },
        { name: EXPORT_RESTORE, kind: 'func', index: emitRestore(context) },
      );
    }
    if (this.tracked) this.injectedExports.push({ name: EXPORT_SET_MARKS, kind: 'func', index: emitSetMarks(context) });
    if (context.graph.hasTableGrow || context.referenceTypes.length > 0)
      this.injectedExports.push({
        name: EXPORT_GROWN,
        kind: 'func',
        index: emitGlobalReader(context, context.globals.grown, EXPORT_GROWN),
      });
    return {
      bytes: this.assemble(),
      source: module.bytes,
      imports: module.imports,
      types: module.types,
      traits: module.imports
        .filter(({ kind }) => kind === 'func')
        .map((item) =>
          importTraits(this.options.stops(item.module, item.name), this.options.forms?.(item.module, item.name)),
        ),
      functionCount: module.bodies.length,
      tableElements: module.tables.reduce((sum, { limits }) => sum + limits.min, context.resumeEntries.length),
      memories: this.memories(),
      entries,
      start,
      tableEntries,
      functions: this.reports,
      resumedFunctions: this.resumedFunctions,
      resumeEntries: context.resumeEntries,
      frameSizes: context.frameSizes,
      firstAppended: module.funcTypeIndices.length,
      globalsBytes: globals.sizeBytes,
      unshared:
        this.unshared ?? (context.referenceTypes.length > 0 ? 'references alive across resume points' : undefined),
      tracked: this.tracked,
    };
  }

  private refuseReservedNames(): void {
    for (const entry of this.module.exports) {
      if (entry.name.startsWith(INJECTED_MODULE)) {
        throw new WasmError(
          `the export name ${JSON.stringify(entry.name)} is reserved for the virtual machine`,
          entry.offset,
        );
      }
    }
    for (const entry of this.module.imports) {
      if (entry.module === INJECTED_MODULE) {
        throw new WasmError(
          `the import module ${JSON.stringify(entry.module)} is reserved for the virtual machine`,
          entry.offset,
        );
      }
    }
  }

  private wrapImports(): void {
    let funcIndex = 0;
    for (const entry of this.module.imports) {
      if (entry.kind !== 'func') continue;
      const { module, name } = entry;
      const { split = false, inlined } = this.options.forms?.(module, name) ?? {};
      if (this.options.stops(module, name))
        emitImportWrapper(this.context, funcIndex, `${module}.${name}`, { split, receive: inlined === 'receive' });
      if (inlined !== undefined && inlined !== 'receive')
        emitWindowCall(this.context, funcIndex, inlined, `${module}.${name}`);
      funcIndex++;
    }
  }

  private mostRows(): number {
    const { mayStop } = this.context.graph;
    return this.module.bodies.reduce(
      (most, body) => (mayStop[body.funcIndex] ? Math.max(most, rowsOf(body)) : most),
      0,
    );
  }

  private rewriteBody(body: FunctionBody): void {
    const { module, context } = this;
    const codeIndex = body.funcIndex - module.importedFunctions;
    if (context.graph.mayStop[body.funcIndex] === 0) {
      if (needsCopy(context, body)) this.bodies[codeIndex] = copyPlainBody(context, body);
      return;
    }
    const ir = buildFunctionIr(module, context.graph, body, this.workspace);
    const strict = ir.type.results.find((type) => !hasDummy(type));
    if (strict !== undefined) {
      throw new WasmError(
        `unsupported: a ${printValType(strict)} as result of a function that may stop`,
        body.offset,
        body.funcIndex,
      );
    }
    const layouts = layoutFrames(ir, livePoints(ir));
    const marks = this.tracked ? planMarks(module, ir, keepsFuel(ir), this.addressValues) : undefined;
    const { frames } = layouts;
    if (frames.length === 0) {
      this.bodies[codeIndex] = new Emitter(context, ir, layouts, 0, false, marks).forward();
      return;
    }
    const resume = context.append([], [], functionName(module, body.funcIndex) ?? '');
    const functionNumber = context.addResumeEntry(resume.index, sizesByPoint(frames));
    const forward = new Emitter(context, ir, layouts, functionNumber, false, marks).forward();
    this.bodies[codeIndex] = forward;
    resume.body = emitResumeVersion(context, ir, layouts, functionNumber, resume.index, marks);
    this.resumedFunctions.set(resume.index, body.funcIndex);
    this.reports.push({
      funcIndex: body.funcIndex,
      resumePoints: frames.length,
      bytesBefore: body.end - body.offset,
      bytesAfter: forward.length + resume.body.length,
    });
  }

  private makeEntries(): Map<string, EntryPoint> {
    const entries = new Map<string, EntryPoint>();
    for (const entry of this.module.exports) {
      if (entry.kind !== 'func') continue;
      const point = this.entryOf(entry.index);
      if (point !== undefined) entries.set(entry.name, point);
    }
    return entries;
  }

  readonly #entryFunctions = new Map<number, number>();
  readonly #calleeIndices = new Map<number, number>();

  private entryOf(funcIndex: number): EntryPoint | undefined {
    const { module, context } = this;
    const typeIndex = module.typeIds[module.funcTypeIndices[funcIndex]];
    const type = module.types[typeIndex];
    if (type.params.some(isRef) || type.results.some(isRef)) return undefined;
    let functionNumber = this.#entryFunctions.get(typeIndex);
    if (functionNumber === undefined) {
      functionNumber = emitEntry(context, type, context.resumeTable);
      this.#entryFunctions.set(typeIndex, functionNumber);
    }
    let calleeIndex = this.#calleeIndices.get(funcIndex);
    if (calleeIndex === undefined) {
      calleeIndex = context.addResumeEntry(context.target(funcIndex));
      this.#calleeIndices.set(funcIndex, calleeIndex);
    }
    return { type, functionNumber, calleeIndex };
  }

  private memories(): { limits: Limits; module: string; name: string }[] {
    const { module } = this;
    const imported = module.imports.filter((entry) => entry.kind === 'memory');
    return module.memories.map((limits, index) => {
      const entry = imported[index];
      if (entry !== undefined) return { limits, module: entry.module, name: entry.name };
      return { limits, module: INJECTED_MODULE, name: `memory${index}` };
    });
  }

  private assemble(): Uint8Array {
    const { module, context } = this;
    const bodies = this.allBodies();
    // Most of what is written are bodies, and sections of the guest as they were.
    const sizeBytes = bodies.reduce((sum, body) => sum + body.length, module.bytes.length);
    const writer = new ByteWriter(sizeBytes + 65_536);
    writer.bytes(module.bytes, 0, 8);
    encodeTypes(writer, context.types);
    encodeImports(writer, this.importEntries());
    encodeFunctions(writer, [
      ...module.funcTypeIndices.slice(module.importedFunctions),
      ...context.appended.map((entry) => entry.typeIndex),
    ]);
    const patched = patchRefFuncs(context);
    const resumeEntries = context.resumeEntries.length;
    encodeTables(
      writer,
      [
        ...patched.tables.slice(module.importedTables),
        {
          elemType: FUNCREF,
          limits: { min: resumeEntries, max: resumeEntries, shared: false, is64: false },
          init: undefined,
        },
        ...context.referenceTypes.map((elemType) => ({
          elemType,
          limits: { min: 0, max: MAX_KEPT_REFERENCES, shared: false, is64: false },
          init: undefined,
        })),
      ],
      patched.source,
    );
    this.copySection(writer, SECTION_TAG);
    this.writeGlobals(writer, patched.source, patched.globalInits);
    encodeExports(writer, [...this.guestExports(), ...this.injectedExports]);
    const zero = patched.zeroOffset;
    const resumeSegment: ElementSegment = {
      mode: 'active',
      tableIndex: context.resumeTable,
      offset: zero,
      elemType: FUNCREF,
      funcIndices: context.resumeEntries,
      expressions: undefined,
      start: 0,
      end: 0,
    };
    encodeElements(writer, [...patched.elements, resumeSegment], patched.source);
    this.copySection(writer, SECTION_DATA_COUNT);
    emitBranchHints(writer, context.unlikely);
    encodeBodies(writer, bodies);
    this.copySection(writer, SECTION_DATA);
    emitNameSection(writer, context);
    return writer.finish();
  }

  private importEntries(): Omit<Import, 'offset'>[] {
    const { module } = this;
    const defined = module.memories.slice(module.importedMemories).map((memory, k) => ({
      module: INJECTED_MODULE,
      name: `memory${module.importedMemories + k}`,
      kind: 'memory' as const,
      memory,
    }));
    const limits: Limits = { min: 0, max: undefined, shared: false, is64: false };
    let funcIndex = 0;
    const imports = module.imports.map((entry) => {
      if (entry.kind !== 'func') return entry;
      const typeIndex = this.context.importTypes.get(funcIndex++);
      return typeIndex === undefined ? entry : { ...entry, typeIndex };
    });
    return [...imports, ...defined, { module: INJECTED_MODULE, name: SIDE_MEMORY, kind: 'memory', memory: limits }];
  }

  private guestExports(): Omit<Export, 'offset'>[] {
    return this.module.exports.map((entry) =>
      entry.kind === 'func' ? { name: entry.name, kind: entry.kind, index: this.context.target(entry.index) } : entry,
    );
  }

  private writeGlobals(writer: ByteWriter, source: Uint8Array, inits: readonly { start: number; end: number }[]): void {
    const { module } = this;
    const { catches, referenceTypes } = this.context;
    const forReferences = 2 * referenceTypes.length;
    writer.section(SECTION_GLOBAL, (section) => {
      const zeros = (count: number): void => {
        for (let k = 0; k < count; k++) {
          writeGlobalType(section, { valType: I32, mutable: true });
          section.u8(OP_I32_CONST);
          section.s32(0);
          section.u8(OP_END);
        }
      };
      section.u32(inits.length + I32_GLOBALS + (catches ? 1 : 0) + forReferences);
      inits.forEach((init, k) => {
        writeGlobalType(section, module.globals[module.importedGlobals + k].type);
        section.bytes(source, init.start, init.end);
      });
      zeros(I32_GLOBALS);
      if (catches) {
        writeGlobalType(section, { valType: EXNREF, mutable: true });
        section.u8(OP_REF_NULL);
        section.u8(EXNREF);
        section.u8(OP_END);
      }
      zeros(forReferences);
    });
  }

  private allBodies(): Uint8Array[] {
    const { module, context, bodies } = this;
    return [
      ...module.bodies.map(({ offset, end }, codeIndex) => bodies[codeIndex] ?? module.bytes.subarray(offset, end)),
      // Each has been set by now.
      ...context.appended.map(({ body }) => body as Uint8Array),
    ];
  }

  private copySection(writer: ByteWriter, id: number): void {
    const section = this.module.sections.find((range) => range.id === id);
    if (section !== undefined) writer.bytes(this.module.bytes, section.start, section.end);
  }
}
