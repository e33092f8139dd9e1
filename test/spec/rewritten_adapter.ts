// Modules after the rewrite, run by the protocol of transform/injected_abi.ts itself - no scheduler, no pool - with a stop
// forced at every resume point, at random ones, or never. What the engine adds is tested elsewhere.
//
// One side memory serves all instances, as in the product. It holds, from SIDE_FREE on: the chunk of the one process that
// runs, and the marks of dirty tracking.
//
// Instances that can call each other directly (through imported functions or a shared table) cannot stop: the product has no
// such instances. They are run with fuel that does not end, and counted.

import type { Random } from '../../packages/lunatic/src/base/random.ts';
import {
  BLOCK_BYTES,
  CELL_GROW_MEMORY,
  CELL_GROW_PAGES,
  CELL_GROW_RESULT,
  CELL_STOP,
  CELL_TOP,
  EXPORT_FUEL,
  EXPORT_RUN,
  EXPORT_SET_MARKS,
  INJECTED_MODULE,
  RESULT_STRIDE,
  RESULTS,
  RUN_ENDED,
  RUN_NO_ROOM,
  SIDE_FREE,
  SIDE_MEMORY,
  STOP_GROW,
} from '../../packages/lunatic/src/transform/injected_abi.ts';
import { type EntryPoint, type TransformResult, transform } from '../../packages/lunatic/src/transform/transform.ts';
import { WasmError } from '../../packages/lunatic/src/wasm/error.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import { functionName } from '../../packages/lunatic/src/wasm/names.ts';
import type { Limits, WasmModule } from '../../packages/lunatic/src/wasm/types.ts';
import { type Adapter, type Outcome, outcomeOf, RefusedError, type TestInstance } from './adapter.ts';
import { densify } from './densify.ts';
import { readValue, writeValue } from './glue.ts';
import { invokeExport, readExport } from './plain_adapter.ts';
import { type Value, WIDTHS } from './values.ts';

const PAGE_BYTES = 65_536;
const CHUNK = SIDE_FREE;
const CHUNK_BYTES = 16 * 1024 * 1024;
const MARKS = CHUNK + CHUNK_BYTES;
/** One byte per block of 256 of the largest memory, and room for the slack past its end. */
const MARKS_BYTES = 2 ** 32 / 256 + PAGE_BYTES;
const MAX_FUEL = 2 ** 31 - 1;
/** More stops than this in one call: something does not get on. */
const MAX_STOPS = 20_000_000;
const HEADER_BYTES = 8;
/** A block as it is when a memory has grown. */
const NOTHING = new Uint8Array(BLOCK_BYTES);

/** Decides how much fuel each turn gets, and which host calls stop. */
export interface StopPolicy {
  readonly name: string;
  nextFuel(): number;
  /** A host call is made for the first time. */
  stopHostCall(): boolean;
}

export const NEVER: StopPolicy = { name: 'never', nextFuel: () => MAX_FUEL, stopHostCall: () => false };
export const EVERY: StopPolicy = { name: 'every', nextFuel: () => 0, stopHostCall: () => true };

/** Turns of very different lengths, from nothing to some thousand instructions. */
export function randomStops(random: Random): StopPolicy {
  return {
    name: 'random',
    nextFuel: () => random.nextU32() >>> (18 + (random.nextU32() % 14)),
    stopHostCall: () => random.nextU32() % 2 === 0,
  };
}

export interface RewrittenOptions {
  readonly policy: StopPolicy;
  readonly tracked: boolean;
  /** Compare memory 0 with the marks at every stop: dear. */
  readonly checkMarks?: boolean;
  /** Add a resume point before every instruction (densify.ts), where the module allows. */
  readonly dense: boolean;
  /** A call with more stops than this is given up with RefusedError; for modules that may not end. */
  readonly maxStops?: number;
  /** May this imported function stop? */
  readonly stops: (module: string, name: string) => boolean;
}

export interface Counts {
  modules: number;
  modulesWithoutPoints: number;
  /** With `dense`: modules that could not be made so. */
  modulesNotDense: number;
  pointsExisting: number;
  pointsTaken: number;
  stops: number;
  calls: number;
  callsNotStarted: number;
  callsLinked: number;
}

/** The exports that `transform` promises. */
interface Injected {
  readonly run: (fuel: number, top: number, floor: number, limit: number) => number;
  readonly fuel: () => number;
}

export class RewrittenAdapter implements Adapter {
  readonly name: string;
  readonly options: RewrittenOptions;
  readonly counts: Counts = {
    modules: 0,
    modulesWithoutPoints: 0,
    modulesNotDense: 0,
    pointsExisting: 0,
    pointsTaken: 0,
    stops: 0,
    calls: 0,
    callsNotStarted: 0,
    callsLinked: 0,
  };
  readonly side = new WebAssembly.Memory({ initial: (MARKS + MARKS_BYTES) / PAGE_BYTES });
  readonly view = new DataView(this.side.buffer);
  /** Who runs now and may stop; undefined: nobody. */
  running: RewrittenInstance | undefined;
  readonly #instances = new WeakMap<WebAssembly.Exports, RewrittenInstance>();
  #stoppedHostCall = false;

  constructor(options: RewrittenOptions) {
    this.options = options;
    this.name = `rewritten, stops: ${options.policy.name}${options.tracked ? ', tracked' : ''}${options.dense ? ', dense' : ''}`;
  }

  /** A call that stopped is made again when the process is resumed; then it goes through. */
  readonly hostCalled = (): number => {
    if (this.running === undefined || this.running.linked) return 0;
    this.#stoppedHostCall = !this.#stoppedHostCall && this.options.policy.stopHostCall();
    if (!this.#stoppedHostCall) return 0;
    this.view.setInt32(CELL_STOP, 1, true);
    return 1;
  };

  instantiate(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports): TestInstance {
    // What V8 refuses never reaches the rewrite.
    new WebAssembly.Module(bytes);
    const result = this.#transform(bytes);
    const instance = new RewrittenInstance(this, result, imports);
    this.#link(result, imports, instance);
    this.#instances.set(instance.exports, instance);
    this.counts.modules++;
    instance.start();
    return instance;
  }

  #transform(bytes: Uint8Array): TransformResult {
    const { tracked, stops, dense } = this.options;
    const options = { tracked, stops, tableEntries: [] };
    try {
      if (dense) {
        const result = tryTransform(() => transform(densify(bytes), options));
        // Code that an imported table hands to others runs as it is even if this module fails to be instantiated, so nobody refuels it.
        const escapes = result?.imports.some(({ kind }) => kind === 'table');
        if (result !== undefined && !escapes) return result;
        this.counts.modulesNotDense++;
      }
      return transform(bytes, options);
    } catch (error) {
      if (error instanceof WasmError && error.code === 'ERR_WASM_UNSUPPORTED')
        throw new RefusedError(error.reason.replaceAll(/\b\d+\b/g, 'N'), { cause: error });
      throw error;
    }
  }

  /** Instances that import functions or tables, and those they import them from, call each other behind our back. */
  #link(result: TransformResult, imports: WebAssembly.Imports, instance: RewrittenInstance): void {
    for (const { module, kind } of result.imports) {
      if (kind !== 'func' && kind !== 'table') continue;
      const exporter = this.#instances.get(imports[module]);
      if (exporter === undefined && kind === 'func') continue;
      instance.linked = true;
      if (exporter !== undefined) exporter.linked = true;
    }
  }

  summary(): string {
    const { counts } = this;
    return [
      `modules ${counts.modules}, of these without any resume point ${counts.modulesWithoutPoints}, not made dense ${counts.modulesNotDense}`,
      `resume points existing ${counts.pointsExisting}, taken ${counts.pointsTaken}`,
      `stops ${counts.stops}, calls ${counts.calls}, of these not startable (references) ${counts.callsNotStarted}, between linked instances ${counts.callsLinked}`,
    ].join('\n');
  }
}

class RewrittenInstance implements TestInstance {
  readonly exports: WebAssembly.Exports;
  linked = false;
  readonly #adapter: RewrittenAdapter;
  readonly #result: TransformResult;
  /** The module as it was. */
  readonly #guest: WasmModule;
  readonly #memories: (WebAssembly.Memory | undefined)[];
  readonly #injected: Injected;
  /** Function number -> its function's index, for numbers that are guest functions. */
  readonly #functionOf: Map<number, number>;
  readonly #returnedNumber: number;
  readonly #taken = new Set<number>();
  /** Memory 0 as it was when its marks were read last; undefined: they are not checked. */
  #seen: Uint8Array | undefined;

  constructor(adapter: RewrittenAdapter, result: TransformResult, imports: WebAssembly.Imports) {
    this.#adapter = adapter;
    this.#result = result;
    this.#guest = decodeModule(result.source);
    const injected: WebAssembly.ModuleImports = { [SIDE_MEMORY]: adapter.side };
    this.#memories = result.memories.map(({ limits, module, name }) => {
      if (module === INJECTED_MODULE) injected[name] = new WebAssembly.Memory(descriptor(limits));
      const memory = module === INJECTED_MODULE ? injected[name] : imports[module]?.[name];
      return memory instanceof WebAssembly.Memory ? memory : undefined;
    });
    const compiled = compileRewritten(result.bytes);
    this.exports = new WebAssembly.Instance(compiled, { ...imports, [INJECTED_MODULE]: injected }).exports;
    // Every rewritten module exports these.
    this.#injected = {
      run: this.exports[EXPORT_RUN] as Injected['run'],
      fuel: this.exports[EXPORT_FUEL] as Injected['fuel'],
    };
    const setMarks = this.exports[EXPORT_SET_MARKS];
    if (typeof setMarks === 'function') {
      setMarks(MARKS);
      if (adapter.options.checkMarks === true) this.#seen = new Uint8Array(0);
      this.#readMarks(false);
    }
    const rewritten = decodeModule(result.bytes);
    // The private resume table is filled by the last segment.
    const table = rewritten.elements.at(-1)?.funcIndices ?? [];
    this.#functionOf = new Map(
      table.flatMap((index, number) => {
        const guest = result.resumedFunctions.get(index);
        return guest === undefined ? [] : [[number, guest]];
      }),
    );
    this.#returnedNumber = table.findIndex((index) => functionName(rewritten, index) === 'lunatic$returned');
    const points = result.functions.reduce((sum, report) => sum + report.resumePoints, 0);
    adapter.counts.pointsExisting += points;
    if (points === 0) adapter.counts.modulesWithoutPoints++;
    this.#settle();
  }

  /** Throws what the start function throws. */
  start(): void {
    const { start } = this.#result;
    if (start !== undefined) this.#run(start, []);
  }

  invoke(name: string, args: readonly Value[]): Outcome {
    const { counts } = this.#adapter;
    counts.calls++;
    const entry = this.#result.entries.get(name);
    if (entry === undefined) {
      counts.callsNotStarted++;
      const outcome = invokeExport(this.exports, this.#guest, name, args);
      // A stop in code that nobody drives (`memory.grow` asks the engine): its answer means nothing.
      const stopped = this.#injected.fuel() < 0;
      this.#settle();
      if (stopped) throw new RefusedError('a stop under a function that cannot be started');
      return outcome;
    }
    try {
      return { kind: 'values', values: this.#run(entry, args) };
    } catch (error) {
      if (error instanceof OutOfChunk) return { kind: 'exhaustion' };
      return outcomeOf(error);
    }
  }

  read(name: string): Value {
    return readExport(this.exports, this.#guest, name);
  }

  /** Runs to the end, with all the stops of the policy. Throws what the guest throws. */
  #run(entry: EntryPoint, args: readonly Value[]): Value[] {
    const adapter = this.#adapter;
    const { view, counts } = adapter;
    const policy = this.linked ? NEVER : adapter.options.policy;
    if (this.linked) counts.callsLinked++;
    const outer = adapter.running;
    adapter.running = this;
    let top = this.#pushEntry(entry, args);
    try {
      for (let stops = 0; ; stops++) {
        const status = this.#injected.run(policy.nextFuel(), top, CHUNK, CHUNK + CHUNK_BYTES);
        this.#readMarks(true);
        if (status === RUN_ENDED) return this.#results(entry);
        if (status === RUN_NO_ROOM) throw new OutOfChunk('the chunk is full');
        if (stops >= (adapter.options.maxStops ?? MAX_STOPS)) throw new RefusedError('too many stops in one call');
        counts.stops++;
        top = view.getInt32(CELL_TOP, true);
        this.#recordPoint(top);
        if (view.getInt32(CELL_STOP, true) === STOP_GROW) this.#grow();
        view.setInt32(CELL_STOP, 0, true);
      }
    } catch (error) {
      // I2: only a stack that was unwinding has negative fuel, and only scratch can trap then.
      if (error instanceof WebAssembly.RuntimeError && this.#injected.fuel() < 0)
        throw new OutOfChunk('scratch is full', { cause: error });
      this.#readMarks(true);
      throw error;
    } finally {
      adapter.running = outer;
      view.setInt32(CELL_STOP, 0, true);
      this.#settle();
    }
  }

  /** Every block that has changed since the last time is marked, or the one before it; then forgets all marks. */
  #readMarks(check: boolean): void {
    const memory = this.#memories[0];
    if (this.#seen === undefined || memory === undefined || this.linked) return;
    const now = new Uint8Array(memory.buffer);
    const marks = new Uint8Array(this.#adapter.side.buffer, MARKS, now.length / BLOCK_BYTES);
    const before = this.#seen;
    if (check && Buffer.compare(now, before) !== 0) {
      for (let block = 0; block < marks.length; block++) {
        const [from, to] = [block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES];
        if (marks[block] !== 0 || (block > 0 && marks[block - 1] !== 0)) continue;
        const old = to <= before.length ? before.subarray(from, to) : NOTHING;
        if (Buffer.compare(now.subarray(from, to), old) !== 0)
          throw new Error(`block ${block} is written but not marked`);
      }
    }
    marks.fill(0);
    this.#seen = now.slice();
  }

  /** Fuel for calls that come in without us, from linked instances. */
  #settle(): void {
    this.#injected.run(MAX_FUEL, CHUNK, CHUNK, CHUNK + CHUNK_BYTES);
  }

  #pushEntry(entry: EntryPoint, args: readonly Value[]): number {
    const { view } = this.#adapter;
    let at = CHUNK;
    for (const value of args) {
      writeValue(view, at, value);
      if (value.type !== 'ref') at += WIDTHS[value.type] / 8;
    }
    view.setUint32(at, entry.calleeIndex, true);
    view.setUint32(at + 4, entry.functionNumber, true);
    return at + HEADER_BYTES;
  }

  #results(entry: EntryPoint): Value[] {
    return entry.type.results.map((type, i) => readValue(this.#adapter.view, RESULTS + i * RESULT_STRIDE, type));
  }

  /** The frame that will be resumed next, or the one that waits for what it returned. */
  #recordPoint(top: number): void {
    const { view, counts } = this.#adapter;
    let end = top;
    if (view.getUint32(end - 4, true) === this.#returnedNumber) end -= HEADER_BYTES + view.getUint32(end - 8, true);
    if (end <= CHUNK) return;
    const functionNumber = view.getUint32(end - 4, true);
    if (!this.#functionOf.has(functionNumber)) return;
    const point = functionNumber * 2 ** 20 + view.getUint32(end - 8, true);
    if (this.#taken.has(point)) return;
    this.#taken.add(point);
    counts.pointsTaken++;
  }

  #grow(): void {
    const { view } = this.#adapter;
    const memory = this.#memories[view.getUint32(CELL_GROW_MEMORY, true)];
    view.setInt32(
      CELL_GROW_RESULT,
      memory === undefined ? -1 : tryGrow(memory, view.getUint32(CELL_GROW_PAGES, true)),
      true,
    );
  }
}

/** A reference on the operand stack cannot be saved, so not every instruction of every module can be a resume point. */
function tryTransform(transform: () => TransformResult): TransformResult | undefined {
  try {
    return transform();
  } catch (error) {
    if (error instanceof WasmError && error.code === 'ERR_WASM_UNSUPPORTED') return undefined;
    throw error;
  }
}

/** The process's stack no longer fits where stopped processes are kept. */
class OutOfChunk extends Error {}

/** V8 has accepted the module before the rewrite: now it must too. */
function compileRewritten(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(new Uint8Array(bytes));
  } catch (cause) {
    throw new Error(`the rewrite made an invalid module: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

function tryGrow(memory: WebAssembly.Memory, pages: number): number {
  try {
    return memory.grow(pages);
  } catch (error) {
    if (error instanceof RangeError) return -1;
    throw error;
  }
}

function descriptor({ min, max }: Limits): WebAssembly.MemoryDescriptor {
  return max === undefined ? { initial: min } : { initial: min, maximum: max };
}
