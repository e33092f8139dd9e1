// The engine of one thread: modules loaded, processes that run them, and the pool of instances between the two.

import type { ActorSystem } from '../actor/actor_system.ts';
import { Process } from '../actor/process.ts';
import { assert } from '../base/assert.ts';
import { FRAME_HEADER } from '../transform/injected_abi.ts';
import type { EntryPoint } from '../transform/transform.ts';
import { WasmError } from '../wasm/error.ts';
import { F64, I64, type Imports, printValType, V128, type ValType } from '../wasm/types.ts';
import { Allocator } from './allocator.ts';
import type { HostFunction } from './host_function.ts';
import { InstancePool } from './instance_pool.ts';
import {
  MAX_ARENA_BYTES,
  MAX_LOADED_BYTES,
  MAX_MEMORIES,
  MAX_MODULES,
  MAX_SHARED_PAGES,
  MAX_TABLE_ELEMENTS,
  MIN_CHUNK_BYTES,
  SCANNED_PAGES_BASE,
  SCANNED_PAGES_PER_BYTE,
  STAGING_BYTES,
} from './limits.ts';
import { EngineModule, type ModuleForm, type ModuleRemains } from './loaded_module.ts';
import { makeForm, TABLE_TYPES } from './make_form.ts';
import type { ModuleCache } from './module_cache.ts';
import type { EngineServices, Entry, LoadedModule, ProcessConfig, SpawnRequest } from './services.ts';
import { SideMemory } from './side_memory.ts';
import { SliceGrant } from './slice_grant.ts';
import { SpawnElsewhere } from './spawn_elsewhere.ts';
import { makeStackProbe } from './stack_probe.ts';
import { type GuestCall, WasmProcess } from './wasm_process.ts';

/** A parameter in a spawn request: type and 16 bytes. */
const PARAM_BYTES = 17;

/** A module on its way to another worker: structured-clonable. */
export interface ModuleParcel {
  readonly id: number;
  readonly name: string;
  readonly form: ModuleForm;
}

export interface EngineOptions {
  readonly system: ActorSystem;
  /** The host function of every function import, in order; throws when one is not served. */
  readonly link: (module: Imports) => readonly HostFunction[];
  /**
   * Whether modules record their writes (TransformOptions.tracked). Undefined, the default: a module begins without, and changes
   * once searching its instances has cost as much as making the other form.
   */
  readonly tracked?: boolean;
  /** Default: rewritten modules are not kept between runs. */
  readonly cache?: ModuleCache;
  /** Memories of all instances together. Default: MAX_MEMORIES. */
  readonly maxMemories?: number;
  /** State of all parked processes. Default: MAX_ARENA_BYTES. */
  readonly maxArenaBytes?: number;
}

export class Engine implements EngineServices {
  readonly system: ActorSystem;
  readonly side = new SideMemory();
  readonly grant = new SliceGrant();
  readonly pool: InstancePool;
  readonly #link: EngineOptions['link'];
  readonly #tracked: boolean | undefined;
  readonly #cache: ModuleCache | null;
  #nextModule = 1;
  /** Modules that every worker has, by id. Empty in a VM of one thread. */
  readonly #kept = new Map<number, EngineModule>();
  /** Modules of guests of other workers, by id. */
  readonly #adopted = new Map<number, WeakRef<EngineModule>>();
  readonly #elsewhere: SpawnElsewhere | null;
  /** Where a process of a kept module is to be spawned: the number of a worker. Set by whoever balances. */
  placement: (() => number) | null = null;
  /** A host call may have ended in the middle, in a trap that is caught: what it has left in `host` of the process is void. Set by the composition root. */
  onCallGivenUp: (proc: Process) => void = () => {};
  /** Modules that V8 has not found to be unreachable. */
  moduleCount = 0;
  /** Those loaded here. */
  readonly #modules = new WeakSet<EngineModule>();
  readonly #unreachable = new FinalizationRegistry<ModuleRemains>(({ image }) => {
    this.moduleCount--;
    if (image !== null) this.side.free(image.globals, Allocator.capacity(image.sizeBytes));
  });

  constructor(options: EngineOptions) {
    this.system = options.system;
    this.#link = options.link;
    this.#tracked = options.tracked;
    this.#cache = options.cache ?? null;
    const environment = {
      side: this.side,
      services: this,
      probe: makeStackProbe(),
      scanned: (module: EngineModule) => this.#considerTracking(module),
    };
    this.pool = new InstancePool(
      environment,
      options.maxMemories ?? MAX_MEMORIES,
      options.maxArenaBytes ?? MAX_ARENA_BYTES,
    );
    const { remote } = options.system;
    this.#elsewhere = remote === null ? null : new SpawnElsewhere(this, remote);
  }

  /** What is to be sent to the other workers before any frame names the module, which is kept from now on. */
  keepModule(loaded: LoadedModule): ModuleParcel {
    const module = this.#own(loaded);
    module.isKept = true;
    this.#kept.set(module.id, module);
    const { id, name, form } = module;
    return { id, name, form };
  }

  /** A parcel of another worker's `keepModule`. */
  keepParcel({ id, name, form }: ModuleParcel): void {
    const module = this.#register(id, name, form, this.#link(form.transformed), null);
    module.isKept = true;
    this.#kept.set(id, module);
  }

  /** All that a worker has to know which starts now. */
  *keptParcels(): IterableIterator<ModuleParcel> {
    for (const { id, name, form } of this.#kept.values()) yield { id, name, form };
  }

  /** Takes in the parcels that have come, since one that is named has not been. Set by whoever gets them. */
  fetchParcels: () => void = () => {};

  keptModule(id: number): EngineModule {
    if (!this.#kept.has(id)) this.fetchParcels();
    const module = this.#kept.get(id);
    assert(module !== undefined, 'a module is sent before it is named');
    return module;
  }

  /** A module that a guest of some worker has compiled. */
  adoptModule(id: number, name: string, bytes: Uint8Array): EngineModule {
    const known = this.#adopted.get(id)?.deref();
    if (known !== undefined) return known;
    const module = this.#load(id, bytes, name, false);
    for (const [old, reference] of this.#adopted) if (reference.deref() === undefined) this.#adopted.delete(old);
    this.#adopted.set(id, new WeakRef(module));
    return module;
  }

  /** `keep`: look for it in the cache, and leave it there. Not for modules that guests bring: they would fill the user's disk. */
  loadModule(bytes: Uint8Array, name: string, keep = false): EngineModule {
    const { workers, self } = this.system.space;
    const module = this.#load(this.#nextModule++ * workers + self, bytes, name, keep);
    if (this.#elsewhere !== null) this.#adopted.set(module.id, new WeakRef(module));
    return module;
  }

  #load(id: number, bytes: Uint8Array, name: string, keep: boolean): EngineModule {
    if (bytes.length > MAX_LOADED_BYTES)
      throw new WasmError(`a module of ${bytes.length} bytes; the limit is ${MAX_LOADED_BYTES}`, 0);
    if (this.moduleCount >= MAX_MODULES) throw new WasmError(`more than ${MAX_MODULES} modules are loaded`, 0);
    // A view into guest memory may change or be detached later; the module keeps its own bytes (`slice` of a Buffer is a view).
    const own = new Uint8Array(bytes);
    const cache = keep ? this.#cache : null;
    const { form, hostFunctions } = makeForm(own, { link: this.#link, tracked: this.#tracked ?? false, cache });
    const { tableElements } = form.transformed;
    if (tableElements > MAX_TABLE_ELEMENTS)
      throw new WasmError(`unsupported: tables of ${tableElements} elements; the limit is ${MAX_TABLE_ELEMENTS}`, 0);
    return this.#register(id, name, form, hostFunctions, cache);
  }

  #register(
    id: number,
    name: string,
    form: ModuleForm,
    hostFunctions: readonly HostFunction[],
    cache: ModuleCache | null,
  ): EngineModule {
    const loaded = new EngineModule(id, name, form, hostFunctions, cache);
    this.moduleCount++;
    this.#unreachable.register(loaded, loaded.remains);
    this.#modules.add(loaded);
    if (form.transformed.globalsBytes > STAGING_BYTES / 2) loaded.unshared ??= 'too many mutable globals';
    if (loaded.initialPages > MAX_SHARED_PAGES) loaded.unshared ??= `a memory of ${loaded.initialPages} pages`;
    return loaded;
  }

  /**
   * Searching a page costs about 2.5 us, making the tracked form about 70 ns per byte of the module: once the first sum has reached the
   * second, the module has shown that its processes change instances often (RATIONALE, "Marks or scans").
   */
  #considerTracking(module: EngineModule): void {
    if (this.#tracked !== undefined || module.unshared !== undefined) return;
    const { source } = module.transformed;
    if (module.scannedPages < SCANNED_PAGES_BASE + source.length * SCANNED_PAGES_PER_BYTE) return;
    module.scannedPages = -Infinity;
    try {
      const { hostFunctions, cache } = module;
      module.form = makeForm(source, { link: () => hostFunctions, tracked: true, cache }).form;
    } catch (error) {
      // It is larger than the first form, and may be too large for V8: then this module goes on without marks.
      if (error instanceof WasmError) return;
      throw error;
    }
    this.pool.dropIdle(module);
  }

  /** What the rewrite made of a module. */
  report(loaded: LoadedModule): ModuleForm {
    return this.#own(loaded).form;
  }

  /** Another engine's module would bring that engine's instances and memory along. */
  #own(module: LoadedModule): EngineModule {
    if (!(module instanceof EngineModule && this.#modules.has(module)))
      throw new TypeError('this module was not loaded by this VM');
    return module;
  }

  moduleOf(proc: Process): LoadedModule | null {
    return proc.body instanceof WasmProcess ? proc.body.module : null;
  }

  isMainOnly(module: LoadedModule): boolean {
    return !this.#own(module).mayLeaveMain;
  }

  configOf(proc: Process): ProcessConfig {
    if (!(proc.body instanceof WasmProcess)) throw new TypeError(`process ${proc.pid} does not run WebAssembly`);
    return proc.body.config;
  }

  spawn(request: SpawnRequest, here = false): number | string {
    const { link, config } = request;
    const engineModule = request.module === null ? this.#runningModule() : this.#own(request.module);
    if (engineModule.initialBytes > config.maxMemoryBytes)
      return `the module needs ${engineModule.initialBytes} bytes of memory, the limit is ${config.maxMemoryBytes}`;
    const tagLo = link === null ? 0 : Number(BigInt.asIntN(32, link.tag));
    const tagHi = link === null ? 0 : Number(BigInt.asIntN(32, link.tag >> 32n));
    if (!here && this.placement !== null && this.#elsewhere !== null && canBeAnywhere(engineModule)) {
      const worker = this.placement();
      if (worker !== this.system.space.self)
        return this.#elsewhere.spawn(worker, engineModule, request, tagLo, tagHi) ?? this.#noProcess(request);
    }
    const body = this.#makeBody(engineModule, request);
    if (typeof body === 'string') return body;
    const proc = link === null ? this.system.spawn(body) : this.system.spawn(body, null, link.parent, tagLo, tagHi);
    if (proc === null) {
      this.side.free(body.floor, body.chunkBytes);
      return this.#noProcess(request);
    }
    engineModule.processCount++;
    body.process = proc;
    if (request.onExit !== undefined) this.system.onceExited(proc.pid, request.onExit);
    return proc.pid;
  }

  /** For SpawnElsewhere: the process that another worker has numbered for this one. Without memory for it, it ends at once. */
  spawnNumbered(pid: number, parent: number, request: SpawnRequest): void {
    const engineModule = this.#own(request.module as LoadedModule); // never null there
    const made = this.#makeBody(engineModule, request);
    const body = typeof made === 'string' ? this.#hopeless(engineModule, request.config, made) : made;
    engineModule.processCount++;
    body.process = this.system.adopt(pid, body, parent);
  }

  /** The body of a process that comes from another worker: its frames, and its dirty blocks as the arena keeps them. */
  rebuild(module: EngineModule, config: ProcessConfig, frames: Uint8Array, state: Uint8Array): WasmProcess {
    module.processCount++;
    const sizeBytes = Math.max(MIN_CHUNK_BYTES, frames.length);
    const floor = this.side.allocate(sizeBytes);
    if (floor < 0) return this.#hopeless(module, config, STACKS_FULL);
    this.side.bytes.set(frames, floor);
    const chunkBytes = Allocator.capacity(sizeBytes);
    const body = new WasmProcess(this, module, config, floor, floor + frames.length, chunkBytes, null);
    body.hasBegun = true;
    if (this.pool.bringIn(body, state)) return body;
    this.side.free(floor, chunkBytes);
    return this.#hopeless(module, config, ARENA_FULL);
  }

  /** A body that ends with a trap as soon as it runs. */
  #hopeless(module: EngineModule, config: ProcessConfig, why: string): WasmProcess {
    return new WasmProcess(this, module, config, 0, 0, 0, why);
  }

  #makeBody(engineModule: EngineModule, { entry: wanted, params, config }: SpawnRequest): WasmProcess | string {
    if (this.pool.arena.isCrowded) return ARENA_FULL;
    const entry = this.#resolve(engineModule, wanted, params);
    const startBytes = engineModule.transformed.start === undefined ? 0 : FRAME_HEADER;
    const frameBytes = typeof entry === 'string' ? FRAME_HEADER : FRAME_HEADER + packedBytes(entry.type.params);
    const sizeBytes = Math.max(MIN_CHUNK_BYTES, frameBytes + startBytes);
    const floor = this.side.allocate(sizeBytes);
    if (floor < 0) return STACKS_FULL;
    const startError = typeof entry === 'string' ? entry : null;
    const top = typeof entry === 'string' ? floor : this.#writeFirstFrames(engineModule, floor, entry, params);
    return new WasmProcess(this, engineModule, config, floor, top, Allocator.capacity(sizeBytes), startError);
  }

  #noProcess({ link }: SpawnRequest): string {
    const { limits, signals } = this.system;
    return link !== null && !signals.hasRoomForLink(link.parent)
      ? 'the memory for links and messages of all processes is full'
      : `the limit of ${limits.maxProcesses} processes is reached`;
  }

  /** The module of the process whose slice this is. */
  #runningModule(): EngineModule {
    const { current } = this.system.scheduler;
    if (!(current instanceof Process) || !(current.body instanceof WasmProcess)) {
      throw new TypeError('a spawn request without a module comes from a process that has one');
    }
    return current.body.module;
  }

  /** The entry point that a request means, or why there is none: that is the child's failure, not its parent's (ABI reference 2.2). */
  #resolve(module: EngineModule, entry: Entry, params: Uint8Array): EntryPoint | string {
    const { transformed } = module;
    if (entry.kind === 'table') {
      const given = paramTypes(params);
      const position = TABLE_TYPES.findIndex((type) => sameTypes(type.params, given) && type.results.length === 0);
      const functionNumber = transformed.tableEntries[position];
      if (functionNumber === undefined) return 'the module has no table to start a function from';
      return { type: TABLE_TYPES[position], functionNumber, calleeIndex: entry.index >>> 0 };
    }
    const point = transformed.entries.get(entry.name);
    if (point === undefined)
      return `the module has no exported function ${JSON.stringify(entry.name)} that could be started`;
    if (!matches(point.type.params, params)) {
      return `${JSON.stringify(entry.name)} takes (${point.type.params.map(printValType).join(', ')}), not (${paramTypes(params).map(printValType).join(', ')})`;
    }
    if (point.type.results.length > 0)
      return `${JSON.stringify(entry.name)} returns values; a process starts in a function without results`;
    return point;
  }

  /** The frames of a process that has not begun: its entry, and above it the start function. Returns their end. */
  #writeFirstFrames(module: EngineModule, floor: number, entry: EntryPoint, params: Uint8Array): number {
    const { bytes } = this.side;
    const types = entry.type.params;
    let top = floor;
    for (let k = 0; k < types.length; k++) {
      const size = packedSize(types[k]);
      const from = k * PARAM_BYTES + 1;
      for (let b = 0; b < size; b++) bytes[top + b] = params[from + b];
      top += size;
    }
    top = this.#writeHeader(top, entry.calleeIndex, entry.functionNumber);
    const { start } = module.transformed;
    return start === undefined ? top : this.#writeHeader(top, start.calleeIndex, start.functionNumber);
  }

  #writeHeader(top: number, resumePoint: number, functionNumber: number): number {
    this.side.view.setUint32(top, resumePoint, true);
    this.side.view.setUint32(top + 4, functionNumber, true);
    return top + FRAME_HEADER;
  }

  /** The frame that makes a host call's guest function the innermost one, at `top`; returns its end. */
  writeEntryFrame(top: number, call: GuestCall): number {
    const { view } = this.side;
    let at = top;
    call.args.forEach((value, k) => {
      switch (call.params[k]) {
        case 'i':
          view.setInt32(at, Number(value), true);
          at += 4;
          return;
        case 'I':
          view.setBigInt64(at, BigInt(value), true);
          at += 8;
          return;
        default:
          throw new TypeError(
            `a guest function called by the host takes i32 and i64 only, not ${JSON.stringify(call.params[k])}`,
          );
      }
    });
    return this.#writeHeader(at, call.calleeIndex, call.functionNumber);
  }

  /** For `WasmProcess.dispose`. */
  processEnded(body: WasmProcess): void {
    const { module } = body;
    this.pool.release(body);
    if (body.chunkBytes > 0) this.side.free(body.floor, body.chunkBytes);
    if (--module.processCount === 0) this.pool.desert(module);
  }
}

const ARENA_FULL = 'the memory for parked processes is full';
const STACKS_FULL = 'the memory for stacks of stopped processes is full';

/** It has had an instance here, so it is known that instances can be shared; and every worker has it. */
function canBeAnywhere(module: EngineModule): boolean {
  return module.isKept && module.image !== null && module.unshared === undefined && module.mayLeaveMain;
}

/** Hot, as `matches`: every spawn. */
function packedBytes(types: readonly ValType[]): number {
  let sum = 0;
  for (let k = 0; k < types.length; k++) sum += packedSize(types[k]);
  return sum;
}

function packedSize(type: ValType): number {
  if (type === V128) return 16;
  return type === I64 || type === F64 ? 8 : 4;
}

function paramTypes(params: Uint8Array): ValType[] {
  const types: ValType[] = [];
  for (let at = 0; at < params.length; at += PARAM_BYTES) types.push(params[at]);
  return types;
}

/** Hot: one test per parameter, nothing made. */
function matches(types: readonly ValType[], params: Uint8Array): boolean {
  if (params.length !== types.length * PARAM_BYTES) return false;
  for (let k = 0; k < types.length; k++) if (params[k * PARAM_BYTES] !== types[k]) return false;
  return true;
}

function sameTypes(a: readonly ValType[], b: readonly ValType[]): boolean {
  return a.length === b.length && a.every((type, k) => type === b[k]);
}
