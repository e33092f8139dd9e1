// Which process has an instance, and what happens when another needs one.
//
// A stopped process keeps its instance until somebody needs it: the one used least recently is parked first. An instance serves only
// processes of its own module, and never one with fewer pages than it has, since a memory cannot shrink.
//
// How many instances a module has for that, its share, begins at MIN_INSTANCE_SHARE and rises where more would keep processes from being
// parked over and over (`#considerShare`).
//
// Emptying an instance costs what was written in it, or its size where writes are not recorded. So one that has grown beyond
// MAX_SHARED_PAGES, or holds more than a piece of STAGING_BYTES of its process ("large"), is not emptied as long as there is another way:
// its process keeps it and does not use up the module's share, and the instance dies with it. Large ones are parked only when the
// bound over all modules is reached.
//
// Processes of one module may have memories of different sizes. One is parked for the sake of another of its size if there is
// such a one among those that have not run for long; otherwise the module gets an instance beyond its share while the bound over
// all is far, since making instances anew for every change between two sizes costs far more than having them.
//
// R1  An idle instance equals its image. R2  Every instance with an owner is in one list by last use: the pool's `#large` if it is
// large, else its module's. R3  Modules whose instances cannot be reset have one instance per process, which dies with it.
// R4  `memoryCount` and `tableElements` are those of all instances, idle ones included; a module's `instanceCount` leaves out large ones.

import { Arena } from './arena.ts';
import { GuestInstance, type InstanceEnvironment, RECORD_BYTES } from './instance.ts';
import { InstanceList } from './instance_list.ts';
import {
  MAX_ALL_TABLE_ELEMENTS,
  MAX_DESERTED_MODULES,
  MAX_INSTANCE_SHARE,
  MAX_RESET_BYTES,
  MAX_SHARED_PAGES,
  MIN_INSTANCE_SHARE,
  MISSES_PER_INSTANCE,
  STAGING_BYTES,
} from './limits.ts';
import type { EngineModule, ModuleImage } from './loaded_module.ts';
import type { WasmProcess } from './wasm_process.ts';

/** What came of parking a process; only PARKED changes anything. */
type Parking = typeof PARKED | typeof NO_ARENA | typeof TOO_DEAR;
const PARKED = 0;
const NO_ARENA = 1;
const TOO_DEAR = 2;

export class InstancePool {
  readonly arena: Arena;
  /** Instances of all modules, their memories, and what their tables began with (R4). */
  instanceCount = 0;
  memoryCount = 0;
  tableElements = 0;
  /** Counters for inspection. */
  created = 0;
  parked = 0;
  /** Rises with every instance made and every process moved in or out: what takes long enough to be timed. */
  changes = 0;
  readonly #environment: InstanceEnvironment;
  readonly #maxMemories: number;
  /** Modules that have instances in their share, for the search over all of them when the bound is reached. */
  readonly #modules = new Set<EngineModule>();
  readonly #large = new InstanceList();
  /** Modules without processes that still have idle instances, the longest deserted first. What is in none of these sets may be collected. */
  readonly #deserted = new Set<EngineModule>();

  constructor(environment: InstanceEnvironment, maxMemories: number, maxArenaBytes: number) {
    this.arena = new Arena(maxArenaBytes);
    this.#environment = environment;
    this.#maxMemories = maxMemories;
  }

  /** An instance that holds the state of `body`; null: there is none to be had. Hot: bench/actors.ts. */
  acquire(body: WasmProcess): GuestInstance | null {
    const { module } = body;
    if (body.parkedBytes > 0) this.#considerShare(body);
    const instance =
      this.#takeIdle(module, body.pages) ??
      this.#create(module, body.pages) ??
      this.#evict(module, body.pages) ??
      this.#evictAny(module, body.pages);
    if (instance === null) return null;
    if (instance.pages < body.pages && instance.grow(0, body.pages - instance.pages, Number.MAX_SAFE_INTEGER) < 0) {
      this.#keepIdle(instance);
      return null;
    }
    const { parkedBytes } = body;
    if (parkedBytes > 0) {
      this.changes++;
      this.#unpark(body, instance);
    }
    body.hasBegun = true;
    instance.owner = body;
    instance.context.process = body.process;
    instance.wasUsed = false;
    body.instance = instance;
    module.used.addNewest(instance);
    if (parkedBytes > STAGING_BYTES) this.#becomeLarge(instance);
    else this.grown(instance);
    return instance;
  }

  /** The memory of an instance in use may have grown. The share is what it would be if all were as large. */
  grown(instance: GuestInstance): void {
    const { module, pages } = instance;
    while (module.instanceShare > MIN_INSTANCE_SHARE && !fitsShare(module.instanceShare, pages)) module.instanceShare--;
    if (instance.pages > MAX_SHARED_PAGES && instance.list !== this.#large) this.#becomeLarge(instance);
  }

  #becomeLarge(instance: GuestInstance): void {
    (instance.list as InstanceList).remove(instance);
    this.#large.addNewest(instance);
    this.#leaveShare(instance.module);
  }

  /** The process has ended: its instance becomes as new, its parked state is forgotten. */
  release(body: WasmProcess): void {
    const { instance, module } = body;
    if (body.parkedBytes > 0) {
      this.arena.free(body.parkedAt, body.parkedBytes);
      body.parkedBytes = 0;
    }
    if (instance === null) return;
    body.instance = null;
    instance.owner = null;
    const large = instance.list === this.#large;
    (instance.list as InstanceList).remove(instance);
    if (
      large ||
      module.image === null ||
      this.#isOutdated(instance) ||
      !instance.reset(module.image, MAX_RESET_BYTES)
    ) {
      this.#destroy(instance, large);
      return;
    }
    this.#countScan(instance);
    if (this.#isOutdated(instance) || module.instanceCount > module.instanceShare) this.#destroy(instance, false);
    else this.#keepIdle(instance);
  }

  #takeIdle(module: EngineModule, pages: number): GuestInstance | null {
    const { spare } = module;
    if (spare !== null && spare.pages === pages) {
      module.spare = null;
      return spare;
    }
    this.#shelveSpare(module);
    if (module.idle.has(pages)) return this.#popIdle(module, pages);
    for (const size of module.idle.keys()) if (size < pages) return this.#popIdle(module, size);
    return null;
  }

  /** One of the idle instances of this size; there is one. Empty lists are dropped, or a search would meet every size there ever was. */
  #popIdle(module: EngineModule, pages: number): GuestInstance {
    const list = module.idle.get(pages) as GuestInstance[];
    const instance = list.pop() as GuestInstance;
    if (list.length === 0) module.idle.delete(pages);
    return instance;
  }

  /** What it cost to empty this instance; at some point marks pay, and new instances get the other form. */
  #countScan(instance: GuestInstance): void {
    const { module } = instance;
    if (instance.form.transformed.tracked) return;
    module.scannedPages += instance.pages;
    this.#environment.scanned(module);
  }

  /** Instances of a form that new ones do not get any more are not kept. */
  #isOutdated(instance: GuestInstance): boolean {
    return instance.form !== instance.module.form;
  }

  #keepIdle(instance: GuestInstance): void {
    const { module } = instance;
    if (module.spare === null) module.spare = instance;
    else this.#shelve(instance);
  }

  /** Whoever looks into `idle` for any instance calls this first. */
  #shelveSpare(module: EngineModule): void {
    const { spare } = module;
    if (spare === null) return;
    module.spare = null;
    this.#shelve(spare);
  }

  #shelve(instance: GuestInstance): void {
    const { idle } = instance.module;
    const list = idle.get(instance.pages);
    if (list === undefined) idle.set(instance.pages, [instance]);
    else list.push(instance);
  }

  /**
   * A parked process is needed. If it would still have an instance in the largest share, another instance pays once that has happened often;
   * processes that take turns in larger numbers would never find theirs, and gain nothing.
   */
  #considerShare({ module, evictedAt, pages }: WasmProcess): void {
    if (module.evictions - evictedAt >= MAX_INSTANCE_SHARE - module.instanceShare) return;
    module.misses++;
    if (module.misses < MISSES_PER_INSTANCE) return;
    module.misses = 0;
    if (fitsShare(module.instanceShare + 1, pages) && this.memoryCount < this.#maxMemories / 2) module.instanceShare++;
  }

  /** A new instance, within the module's share unless `beyond`; null if there may be none. */
  #create(module: EngineModule, pages: number, beyond = false): GuestInstance | null {
    if (module.failure !== null || !this.#hasRoom(module)) return null;
    const shared = module.unshared === undefined && pages <= MAX_SHARED_PAGES;
    if (shared && module.instanceCount >= module.instanceShare && !beyond) return null;
    let instance: GuestInstance;
    try {
      instance = new GuestInstance(module, this.#environment);
    } catch (error) {
      // V8 has no memory left to give.
      if (error instanceof RangeError) return null;
      // An active segment out of bounds; the next attempt would end the same way.
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      module.failure = error.message.replace(/^WebAssembly\.Instance\(\): /, '');
      return null;
    }
    this.instanceCount++;
    this.memoryCount += module.memoriesPerInstance;
    this.tableElements += module.tableElements;
    this.created++;
    this.changes++;
    module.instanceCount++;
    this.#modules.add(module);
    if (module.image === null && module.unshared === undefined) {
      module.remains.image = instance.takeImage();
      if (module.image === null) module.unshared = 'too much initial data';
    }
    return instance;
  }

  #destroy(instance: GuestInstance, large: boolean): void {
    const { module } = instance;
    instance.release();
    this.instanceCount--;
    this.memoryCount -= module.memoriesPerInstance;
    this.tableElements -= module.tableElements;
    if (!large) this.#leaveShare(module);
  }

  /** May there be another instance of this module, as far as the bounds over all go? */
  #hasRoom(module: EngineModule): boolean {
    return (
      this.memoryCount + module.memoriesPerInstance <= this.#maxMemories &&
      this.tableElements + module.tableElements <= MAX_ALL_TABLE_ELEMENTS
    );
  }

  #leaveShare(module: EngineModule): void {
    module.instanceCount--;
    if (module.instanceCount === 0) this.#modules.delete(module);
  }

  /** Parks the process of this module that has not run for longest, and hands its instance on. */
  #evict(module: EngineModule, pages: number): GuestInstance | null {
    if (module.image === null || module.unshared !== undefined) return null;
    module.used.settle();
    // An idle one of too many pages makes room for a new one before anybody is parked. Whoever gives up one may have one, even where the
    // module has more than its share.
    this.#shelveSpare(module);
    for (const size of module.idle.keys()) {
      this.#destroy(this.#popIdle(module, size), false);
      return this.#create(module, pages, true);
    }
    let instance = this.#longestUnused(module, pages);
    if (instance === null && this.memoryCount < this.#maxMemories / 2) {
      const created = this.#create(module, pages, true);
      if (created !== null) return created;
    }
    instance ??= module.used.oldest;
    if (instance === null) return null;
    switch (this.#park(instance, false)) {
      case NO_ARENA:
        return null;
      case TOO_DEAR:
        this.#becomeLarge(instance);
        return this.#create(module, pages, true);
    }
    this.#countScan(instance);
    if (instance.pages <= pages && !this.#isOutdated(instance)) return instance;
    this.#destroy(instance, false);
    return this.#create(module, pages, true);
  }

  /** Among the instances of the module that were not used lately: one of this size, or else a smaller one. */
  #longestUnused(module: EngineModule, pages: number): GuestInstance | null {
    let smaller: GuestInstance | null = null;
    let instance = module.used.oldest;
    for (let k = 0; k < MIN_INSTANCE_SHARE / 2 && instance !== null; k++) {
      if (instance.pages === pages) return instance;
      if (instance.pages < pages) smaller ??= instance;
      instance = instance.newer;
    }
    return smaller;
  }

  /** The last process of a module has ended: its instances wait for the next, but not for ever. */
  desert(module: EngineModule): void {
    this.#deserted.delete(module);
    this.#deserted.add(module);
    if (this.#deserted.size <= MAX_DESERTED_MODULES) return;
    const [longest] = this.#deserted;
    this.#deserted.delete(longest);
    if (longest.processCount === 0) this.dropIdle(longest);
  }

  /** New instances get another form now: those that nobody uses go at once. */
  dropIdle(module: EngineModule): void {
    this.#shelveSpare(module);
    for (const list of module.idle.values()) for (const instance of list) this.#destroy(instance, false);
    module.idle.clear();
  }

  /** The bound over all modules is reached: others give up instances, large ones last, until there is room. */
  #evictAny(module: EngineModule, pages: number): GuestInstance | null {
    if (module.failure !== null) return null;
    while (!this.#hasRoom(module)) {
      if (!this.#evictShared(module) && !this.#evictLarge()) return null;
    }
    return this.#create(module, pages);
  }

  #evictShared(module: EngineModule): boolean {
    for (const other of this.#modules) {
      if (other === module || other.image === null || other.unshared !== undefined) continue;
      this.#shelveSpare(other);
      for (const size of other.idle.keys()) {
        this.#destroy(this.#popIdle(other, size), false);
        return true;
      }
      other.used.settle();
      const { oldest } = other.used;
      if (oldest === null || this.#park(oldest, true) !== PARKED) continue;
      this.#destroy(oldest, false);
      return true;
    }
    return false;
  }

  #evictLarge(): boolean {
    this.#large.settle();
    let instance = this.#large.oldest;
    while (instance !== null && (instance.module.image === null || this.#park(instance, true) !== PARKED))
      instance = instance.newer;
    if (instance === null) return false;
    this.#destroy(instance, true);
    return true;
  }

  /** Moves the state of the instance's owner to the arena, unless there is no room, or `atAnyPrice` is not given and it is more than a piece. */
  #park(instance: GuestInstance, atAnyPrice: boolean): Parking {
    const body = instance.owner as WasmProcess;
    const image = body.module.image;
    if (image === null) return NO_ARENA;
    const bytes = this.#gather(instance, image, atAnyPrice || !this.#hasRoom(body.module));
    if (bytes === null) return TOO_DEAR;
    // Nothing at all to keep: it will find a fresh instance.
    const address = bytes.length === 0 ? 0 : this.arena.put(bytes);
    if (address === -1) {
      this.#writeState(instance, bytes.slice());
      return NO_ARENA;
    }
    body.parkedAt = address;
    body.parkedBytes = bytes.length;
    body.evictedAt = ++body.module.evictions;
    this.#disown(instance, image);
    this.parked++;
    return PARKED;
  }

  /** Globals and dirty blocks of the instance's owner, taken out of it: a view, valid until the next; null: it is more than a piece. */
  #gather(instance: GuestInstance, image: ModuleImage, atAnyPrice: boolean): Uint8Array | null {
    const { side } = this.#environment;
    const { staging } = side;
    const { globalsBytes } = instance.module.transformed;
    instance.injected.saveGlobals(staging);
    let end = instance.collect(0, staging + globalsBytes, staging + STAGING_BYTES, image);
    const bytes = side.bytes.subarray(staging, end);
    if (instance.nextBlock < 0) return bytes;
    if (!atAnyPrice) {
      instance.injected.restore?.(staging + globalsBytes, end);
      this.changes++;
      return null;
    }
    const pieces = [bytes.slice()];
    while (instance.nextBlock >= 0) {
      end = instance.collect(instance.nextBlock, staging, staging + STAGING_BYTES, image);
      pieces.push(side.bytes.slice(staging, end));
    }
    return concat(pieces);
  }

  /** The state of the owner has been gathered: the instance equals its image, and is nobody's. */
  #disown(instance: GuestInstance, image: ModuleImage): void {
    const body = instance.owner as WasmProcess;
    body.instance = null;
    instance.owner = null;
    (instance.list as InstanceList).remove(instance);
    instance.injected.loadGlobals(image.globals);
    this.changes++;
  }

  /** The state of a process that leaves this worker, as the arena would keep it; the process has nothing here any more. */
  takeOut(body: WasmProcess): Uint8Array {
    const { instance, module } = body;
    if (instance === null) {
      if (body.parkedBytes === 0) return NOTHING;
      const parked = this.arena.get(body.parkedAt, body.parkedBytes).slice();
      this.arena.free(body.parkedAt, body.parkedBytes);
      body.parkedBytes = 0;
      return parked;
    }
    const image = module.image as ModuleImage; // `canTravel`: only those of modules with one
    const isLarge = instance.list === this.#large;
    const state = (this.#gather(instance, image, true) as Uint8Array).slice();
    this.#disown(instance, image);
    if (!isLarge) this.#countScan(instance);
    if (isLarge || this.#isOutdated(instance)) this.#destroy(instance, isLarge);
    else this.#keepIdle(instance);
    return state;
  }

  /** Keeps the state of a process that comes from another worker; false: the arena is full. */
  bringIn(body: WasmProcess, state: Uint8Array): boolean {
    if (state.length === 0) return true;
    const address = this.arena.put(state);
    if (address === -1) return false;
    body.parkedAt = address;
    body.parkedBytes = state.length;
    return true;
  }

  #unpark(body: WasmProcess, instance: GuestInstance): void {
    this.#writeState(instance, this.arena.get(body.parkedAt, body.parkedBytes));
    this.arena.free(body.parkedAt, body.parkedBytes);
    body.parkedAt = -1;
    body.parkedBytes = 0;
  }

  /** Globals and records into an instance that equals its image. */
  #writeState(instance: GuestInstance, state: Uint8Array): void {
    const { side } = this.#environment;
    const { staging } = side;
    const globalsBytes = instance.module.transformed.globalsBytes;
    const pieceBytes = STAGING_BYTES - ((STAGING_BYTES - globalsBytes) % RECORD_BYTES);
    let piece = state.length <= pieceBytes ? state : state.subarray(0, pieceBytes);
    side.bytes.set(piece, staging);
    instance.injected.loadGlobals(staging);
    instance.injected.restore?.(staging + globalsBytes, staging + piece.length);
    const step = STAGING_BYTES - (STAGING_BYTES % RECORD_BYTES);
    for (let at = piece.length; at < state.length; at += step) {
      piece = state.subarray(at, Math.min(at + step, state.length));
      side.bytes.set(piece, staging);
      instance.injected.restore?.(staging, staging + piece.length);
    }
  }
}

const NOTHING = new Uint8Array(0);

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Memory is bounded as if no share ever rose: so many instances of so many pages are no more than the first share at its largest. */
function fitsShare(instances: number, pages: number): boolean {
  return instances * pages <= MIN_INSTANCE_SHARE * MAX_SHARED_PAGES;
}
