// Which process has an instance, and what happens when another needs one.
//
// A stopped process keeps its instance until somebody needs it: the one used least recently is parked first. An instance serves only
// processes of its own module, and never one with fewer pages than it has, since a memory cannot shrink.
//
// R1  An idle instance equals its image. R2  Every instance with an owner is in its module's list by last use, and no other.
// R3  Modules whose instances cannot be reset have one instance per process, which dies with it.

import { Arena } from './arena.ts';
import { GuestInstance, type InstanceEnvironment, RECORD_BYTES } from './instance.ts';
import type { EngineModule } from './loaded_module.ts';
import { MAX_INSTANCES, MAX_INSTANCES_PER_MODULE, STAGING_BYTES } from './limits.ts';
import type { WasmProcess } from './wasm_process.ts';

export class InstancePool {
  readonly arena = new Arena();
  /** Instances of all modules. */
  instanceCount = 0;
  /** Counters for inspection. */
  created = 0;
  parked = 0;
  readonly #environment: InstanceEnvironment;
  /** Modules that have instances, for the search over all of them when the bound is reached. */
  readonly #modules = new Set<EngineModule>();

  constructor(environment: InstanceEnvironment) {
    this.#environment = environment;
  }

  /** An instance that holds the state of `body`; null: there is none to be had. Hot: bench/actors.ts. */
  acquire(body: WasmProcess): GuestInstance | null {
    const { module } = body;
    const instance = this.#takeIdle(module, body.pages) ?? this.#create(module) ?? this.#evict(module, body.pages) ?? this.#evictAny(module);
    if (instance === null) return null;
    if (instance.pages < body.pages && instance.grow(0, body.pages - instance.pages, Number.MAX_SAFE_INTEGER) < 0) {
      this.#keepIdle(instance);
      return null;
    }
    if (body.parkedBytes > 0) this.#unpark(body, instance);
    instance.owner = body;
    body.instance = instance;
    module.addNewest(instance);
    return instance;
  }

  /** The process runs in the instance it has: it is the newest now. */
  touch(instance: GuestInstance): void {
    const { module } = instance;
    if (module.newest === instance) return;
    module.removeUsed(instance);
    module.addNewest(instance);
  }

  /** The process has ended: its instance becomes as new, its parked state is forgotten. */
  release(body: WasmProcess): void {
    const { instance, module } = body;
    if (body.parkedBytes > 0) {
      this.arena.free(body.parkedAt, body.parkedBytes);
      body.parkedBytes = 0;
    }
    if (instance === null) return;
    module.removeUsed(instance);
    body.instance = null;
    instance.owner = null;
    if (module.image === null) {
      this.#destroy(instance);
      return;
    }
    if (this.#isOutdated(instance)) {
      this.#destroy(instance);
      return;
    }
    instance.reset(module.image);
    this.#countScan(instance);
    if (this.#isOutdated(instance)) this.#destroy(instance);
    else this.#keepIdle(instance);
  }

  #takeIdle(module: EngineModule, pages: number): GuestInstance | null {
    const exact = module.idle.get(pages);
    if (exact !== undefined && exact.length > 0) return exact.pop() as GuestInstance;
    for (const [size, list] of module.idle) if (size < pages && list.length > 0) return list.pop() as GuestInstance;
    return null;
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
    const { idle } = instance.module;
    const list = idle.get(instance.pages);
    if (list === undefined) idle.set(instance.pages, [instance]);
    else list.push(instance);
  }

  /** A new instance, within the bounds; null if there may be none. */
  #create(module: EngineModule): GuestInstance | null {
    if (this.instanceCount >= MAX_INSTANCES) return null;
    if (module.instanceCount >= MAX_INSTANCES_PER_MODULE && module.unshared === undefined) return null;
    let instance: GuestInstance;
    try {
      instance = new GuestInstance(module, this.#environment);
    } catch (error) {
      // V8 has no memory left to give; anything else is a bug or a trap of an active segment, checked at load.
      if (error instanceof RangeError) return null;
      throw error;
    }
    this.instanceCount++;
    this.created++;
    module.instanceCount++;
    this.#modules.add(module);
    if (module.image === null && module.unshared === undefined) {
      module.image = instance.takeImage();
      if (module.image === null) module.unshared = 'too much initial data';
    }
    return instance;
  }

  #destroy(instance: GuestInstance): void {
    const { module } = instance;
    instance.release();
    this.instanceCount--;
    module.instanceCount--;
    if (module.instanceCount === 0) this.#modules.delete(module);
  }

  /** Parks the process of this module that has not run for longest, and hands its instance on. */
  #evict(module: EngineModule, pages: number): GuestInstance | null {
    if (module.image === null || module.unshared !== undefined) return null;
    // An idle one of too many pages makes room for a new one before anybody is parked.
    for (const list of module.idle.values()) {
      const idle = list.pop();
      if (idle === undefined) continue;
      this.#destroy(idle);
      return this.#create(module);
    }
    const instance = module.oldest;
    if (instance === null || !this.#park(instance)) return null;
    this.#countScan(instance);
    if (instance.pages <= pages && !this.#isOutdated(instance)) return instance;
    this.#destroy(instance);
    return this.#create(module);
  }

  /** New instances get another form now: those that nobody uses go at once. */
  dropIdle(module: EngineModule): void {
    for (const list of module.idle.values()) for (const instance of list) this.#destroy(instance);
    module.idle.clear();
  }

  /** The bound over all modules is reached: another module gives up an instance. */
  #evictAny(module: EngineModule): GuestInstance | null {
    for (const other of this.#modules) {
      if (other === module || other.image === null || other.unshared !== undefined) continue;
      let instance: GuestInstance | null = null;
      for (const list of other.idle.values()) instance = list.pop() ?? instance;
      if (instance === null && other.oldest !== null && this.#park(other.oldest)) instance = other.oldest;
      if (instance === null) continue;
      this.#destroy(instance);
      return this.#create(module);
    }
    return null;
  }

  /** Moves the state of the instance's owner to the arena; false: there is no room, and nothing has changed. */
  #park(instance: GuestInstance): boolean {
    const body = instance.owner as WasmProcess;
    const { module } = body;
    const image = module.image;
    if (image === null) return false;
    const { side } = this.#environment;
    const { staging } = side;
    const globalsBytes = module.transformed.globalsBytes;
    instance.injected.saveGlobals(staging);
    let end = instance.collect(0, staging + globalsBytes, staging + STAGING_BYTES, image);
    let bytes = side.bytes.subarray(staging, end);
    if (instance.nextBlock >= 0) {
      const pieces = [bytes.slice()];
      while (instance.nextBlock >= 0) {
        end = instance.collect(instance.nextBlock, staging, staging + STAGING_BYTES, image);
        pieces.push(side.bytes.slice(staging, end));
      }
      bytes = concat(pieces);
    }
    const address = this.arena.put(bytes);
    if (address === -1) {
      this.#writeState(instance, bytes.slice());
      return false;
    }
    body.parkedAt = address;
    body.parkedBytes = bytes.length;
    body.instance = null;
    instance.owner = null;
    module.removeUsed(instance);
    instance.injected.loadGlobals(image.globals);
    this.parked++;
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

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
