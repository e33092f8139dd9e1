// A module as the engine keeps it: rewritten, compiled, linked, and the image that its instances are reset to.

import type { TransformResult } from '../transform/transform.ts';
import type { HostFunction } from './host_function.ts';
import type { GuestInstance } from './instance.ts';
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
  /** What a fresh instance looks like; null until the first one was made. */
  image: ModuleImage | null = null;
  /** Instances nobody uses, by pages of memory 0. */
  readonly idle = new Map<number, GuestInstance[]>();
  /** Instances that exist, in use or not. */
  instanceCount = 0;
  /** Why every process needs an instance of its own, for good; undefined: they take turns. */
  unshared: string | undefined;

  constructor(id: number, name: string, form: ModuleForm, hostFunctions: readonly HostFunction[]) {
    this.id = id;
    this.name = name;
    this.form = form;
    this.hostFunctions = hostFunctions;
    this.unshared = form.transformed.unshared;
  }

  get transformed(): TransformResult {
    return this.form.transformed;
  }

  /** Instances with an owner, by last use. */
  newest: GuestInstance | null = null;
  oldest: GuestInstance | null = null;

  addNewest(instance: GuestInstance): void {
    instance.older = this.newest;
    instance.newer = null;
    if (this.newest === null) this.oldest = instance;
    else this.newest.newer = instance;
    this.newest = instance;
  }

  removeUsed(instance: GuestInstance): void {
    if (instance.newer === null) this.newest = instance.older;
    else instance.newer.older = instance.older;
    if (instance.older === null) this.oldest = instance.newer;
    else instance.older.newer = instance.newer;
    instance.newer = null;
    instance.older = null;
  }

  /** Pages that memory 0 begins with; 0 without a memory. */
  get initialPages(): number {
    return this.transformed.memories[0]?.limits.min ?? 0;
  }
}

/** A rewritten module and what V8 made of it. */
export interface ModuleForm {
  readonly transformed: TransformResult;
  readonly compiled: WebAssembly.Module;
}

/** Addresses in the side memory. */
export interface ModuleImage {
  /** One u32 for each page: the address of its 64 KiB, 0 for zeros. */
  readonly pageTable: number;
  readonly pages: number;
  /** Mutable globals as `save_globals` packs them. */
  readonly globals: number;
}
