// A module as the engine keeps it: rewritten, compiled, linked, and the image that its instances are reset to.

import type { TransformResult } from '../transform/transform.ts';
import { PAGE_BYTES } from '../wasm/types.ts';
import type { HostFunction } from './host_function.ts';
import type { GuestInstance } from './instance.ts';
import { InstanceList } from './instance_list.ts';
import { MIN_INSTANCE_SHARE } from './limits.ts';
import type { ModuleCache } from './module_cache.ts';
import type { LoadedModule } from './services.ts';

export class EngineModule implements LoadedModule {
  readonly kind = 'module';
  readonly id: number;
  readonly name: string;
  /** The form that new instances get. Both forms agree in entries and frames. */
  form: ModuleForm;
  /** Pages scanned so far to find what processes had written; see `Engine.trackWrites`. */
  scannedPages = 0;
  /** One for each imported function, in order. */
  readonly hostFunctions: readonly HostFunction[];
  /** Where its forms are kept, if anywhere. */
  readonly cache: ModuleCache | null;
  readonly remains: ModuleRemains = { image: null };
  /** One of those nobody uses, or null: the one that was given back last, so that most processes that live shortly touch nothing but this. */
  spare: GuestInstance | null = null;
  /** Other instances nobody uses, by pages of memory 0. */
  readonly idle = new Map<number, GuestInstance[]>();
  /** Instances in use, by last use, but for large ones. */
  readonly used = new InstanceList();
  /** Instances that exist, in use or not, but for large ones (instance_pool.ts). */
  instanceCount = 0;
  /** How many its processes share; how often one of them was parked, and brought back although a larger share would have kept it (InstancePool). */
  instanceShare = MIN_INSTANCE_SHARE;
  evictions = 0;
  misses = 0;
  /** Why every process needs an instance of its own, for good; undefined: they take turns. */
  unshared: string | undefined;
  /** Processes alive that run it. */
  processCount = 0;
  /** Every worker of the VM has it, under the same id. */
  isKept = false;
  /** False: its processes share something of the main worker's (a host function with `mainOnly`). */
  readonly mayLeaveMain: boolean;
  /** Pages that memory 0 begins with; 0 without a memory. The same in both forms, as is the next. */
  readonly initialPages: number;
  /** Bytes that all its memories begin with. */
  readonly initialBytes: number;
  /** Why it cannot be instantiated, once that has been tried. */
  failure: string | null = null;

  constructor(
    id: number,
    name: string,
    form: ModuleForm,
    hostFunctions: readonly HostFunction[],
    cache: ModuleCache | null,
  ) {
    this.id = id;
    this.name = name;
    this.form = form;
    this.hostFunctions = hostFunctions;
    this.cache = cache;
    const { memories, unshared } = form.transformed;
    this.unshared = unshared;
    this.initialPages = memories[0]?.limits.min ?? 0;
    this.initialBytes = memories.reduce((sum, { limits }) => sum + limits.min * PAGE_BYTES, 0);
    this.mayLeaveMain = !hostFunctions.some(({ mainOnly }) => mainOnly === true);
  }

  /** What a fresh instance looks like; null until the first one was made. */
  get image(): ModuleImage | null {
    return this.remains.image;
  }

  /** All instances nobody uses. */
  *idleInstances(): Iterable<GuestInstance> {
    if (this.spare !== null) yield this.spare;
    for (const list of this.idle.values()) yield* list;
  }

  get transformed(): ModuleForm['transformed'] {
    return this.form.transformed;
  }

  /** Elements of all tables of a fresh instance, the private one included. */
  get tableElements(): number {
    return this.transformed.tableElements;
  }

  /** What an instance counts for in the bound over all; one without a memory is no smaller to V8. */
  get memoriesPerInstance(): number {
    return Math.max(1, this.transformed.memories.length);
  }
}

/** A rewritten module and what V8 made of it. */
export interface ModuleForm {
  readonly transformed: Omit<TransformResult, 'bytes'>;
  /** Size of the rewritten module. Its bytes are V8's alone. */
  readonly rewrittenBytes: number;
  readonly compiled: WebAssembly.Module;
}

/** What is to be given back when nobody can reach a module any more. Does not refer to the module. */
export interface ModuleRemains {
  image: ModuleImage | null;
}

/** Addresses in the side memory. */
export interface ModuleImage {
  /** One u32 for each page: the address of its 64 KiB, 0 for zeros. */
  readonly pageTable: number;
  readonly pages: number;
  /** Mutable globals as `save_globals` packs them. The block of the whole image begins here. */
  readonly globals: number;
  readonly sizeBytes: number;
}
