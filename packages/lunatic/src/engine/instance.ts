// One WebAssembly instance of a rewritten module, used by one process at a time.
//
// E1  A process finds an instance exactly as instantiation left it (memory, globals, pages), or as the process itself left it.
// E2  State leaves an instance through `collect` and `save_globals` only, inside wasm: bits are never changed.

import type { Process } from '../actor/process.ts';
import {
  BLOCK_BYTES,
  BLOCK_SHIFT,
  CELL_NEXT_BLOCK,
  CELL_TABLE_GROWTH,
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
  RECORD_HEADER,
  SIDE_MEMORY,
} from '../transform/injected_abi.ts';
import { PAGE_BYTES } from '../wasm/types.ts';
import { Allocator } from './allocator.ts';
import { InstanceContext } from './context.ts';
import { GuestMemory } from './guest_memory.ts';
import type { InstanceList } from './instance_list.ts';
import type { EngineModule, ModuleForm, ModuleImage } from './loaded_module.ts';
import type { EngineServices } from './services.ts';
import type { SideMemory } from './side_memory.ts';
import type { WasmProcess } from './wasm_process.ts';

const MAX_PAGES = 65_536;

/** The injected exports, typed; transform/injected_abi.ts says what they do. */
interface Injected {
  readonly run: (fuel: number, top: number, floor: number, limit: number) => number;
  readonly trap: () => void;
  readonly fuel: () => number;
  readonly top: () => number;
  readonly saveGlobals: (address: number) => void;
  readonly loadGlobals: (address: number) => void;
  readonly collect:
    | ((block: number, to: number, limit: number, images: number, imagePages: number, keep: number) => number)
    | undefined;
  readonly restore: ((from: number, end: number) => void) | undefined;
}

/** What all instances of a thread share. */
export interface InstanceEnvironment {
  readonly side: SideMemory;
  readonly services: EngineServices;
  readonly probe: (never: number) => void;
  /** Another instance of this module has been searched for what was written. */
  readonly scanned: (module: EngineModule) => void;
}

export class GuestInstance {
  readonly module: EngineModule;
  readonly form: ModuleForm;
  readonly injected: Injected;
  readonly context: InstanceContext;
  /** Memory 0, or null. */
  readonly memory: WebAssembly.Memory | null;
  readonly memories: readonly WebAssembly.Memory[];
  pages: number;
  /** Whose state is in it; null: it is as new. */
  owner: WasmProcess | null = null;
  /** The list by last use that it is in, and its neighbours there. */
  list: InstanceList | null = null;
  newer: GuestInstance | null = null;
  older: GuestInstance | null = null;
  /** A process has run in it since it came to its place in the list. */
  wasUsed = false;
  readonly #side: SideMemory;
  readonly #setMarks: ((address: number) => void) | undefined;
  readonly #grown: (() => number) | undefined;
  #marks: number;
  #marksBytes: number;

  /** Throws RangeError when V8 has no more memories. */
  constructor(module: EngineModule, environment: InstanceEnvironment) {
    const { side } = environment;
    const { form } = module;
    const { transformed } = form;
    this.module = module;
    this.form = form;
    this.#side = side;
    this.memories = transformed.memories.map(
      ({ limits }) =>
        new WebAssembly.Memory({
          initial: limits.min,
          maximum: Math.min(limits.max ?? MAX_PAGES, MAX_PAGES),
        }),
    );
    this.memory = this.memories[0] ?? null;
    this.pages = this.memory === null ? 0 : this.memory.buffer.byteLength / PAGE_BYTES;
    const injectedImports: WebAssembly.ModuleImports = { [SIDE_MEMORY]: side.memory };
    const imports: WebAssembly.Imports = { [INJECTED_MODULE]: injectedImports };
    transformed.memories.forEach((memory, k) => {
      imports[memory.module] = { ...imports[memory.module], [memory.name]: this.memories[k] };
    });
    const guestMemory = new GuestMemory(
      this.memory ?? EMPTY_MEMORY,
      (message) => this.context.trap(message),
      (offset, length) => this.#mark(offset, length),
    );
    this.context = new InstanceContext(this, side, environment.services, guestMemory, environment.probe);
    let position = 0;
    for (const item of transformed.imports) {
      if (item.kind !== 'func') continue;
      const bound = this.context.bind(module.hostFunctions[position++]);
      imports[item.module] = { ...imports[item.module], [item.name]: bound };
    }
    const { exports } = new WebAssembly.Instance(form.compiled, imports);
    this.injected = {
      run: exports[EXPORT_RUN] as Injected['run'],
      trap: exports[EXPORT_TRAP] as Injected['trap'],
      fuel: exports[EXPORT_FUEL] as Injected['fuel'],
      top: exports[EXPORT_TOP] as Injected['top'],
      saveGlobals: exports[EXPORT_SAVE_GLOBALS] as Injected['saveGlobals'],
      loadGlobals: exports[EXPORT_LOAD_GLOBALS] as Injected['loadGlobals'],
      collect: exports[EXPORT_COLLECT] as Injected['collect'],
      restore: exports[EXPORT_RESTORE] as Injected['restore'],
    };
    this.#marks = -1;
    this.#marksBytes = 0;
    this.#grown = exports[EXPORT_GROWN] as (() => number) | undefined;
    this.#setMarks = exports[EXPORT_SET_MARKS] as ((address: number) => void) | undefined;
    if (transformed.tracked && !this.#makeMarks(this.pages)) throw new RangeError('the side memory is full');
  }

  /** Marks for this many pages, keeping those that are set: one byte per block, and room for stores that reach over the end of a piece. */
  #makeMarks(pages: number): boolean {
    const side = this.#side;
    const sizeBytes = (Math.max(pages, 1) << (16 - BLOCK_SHIFT)) + 16;
    if (sizeBytes <= this.#marksBytes) return true;
    const address = side.allocate(sizeBytes);
    if (address < 0) return false;
    const capacity = Allocator.capacity(sizeBytes);
    side.bytes.fill(0, address, address + capacity);
    if (this.#marks >= 0) {
      side.bytes.copyWithin(address, this.#marks, this.#marks + this.#marksBytes);
      side.free(this.#marks, this.#marksBytes);
    }
    this.#marks = address;
    this.#marksBytes = capacity;
    (this.#setMarks as (address: number) => void)(address);
    return true;
  }

  /** Takes the image from this instance, which must be fresh; null: too much data to keep, or no room. */
  takeImage(): ModuleImage | null {
    const { transformed } = this.form;
    const side = this.#side;
    const bytes = this.memory === null ? new Uint8Array(0) : new Uint8Array(this.memory.buffer);
    const contentsOf = (page: number): Uint8Array => bytes.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    const used: number[] = [];
    for (let page = 0; page < this.pages; page++) if (!isZero(contentsOf(page))) used.push(page);
    // One block for all, so that there is either room or none.
    const globalsBytes = (transformed.globalsBytes + 15) & ~15;
    const tableBytes = (this.pages * 4 + 15) & ~15;
    const sizeBytes = globalsBytes + tableBytes + used.length * PAGE_BYTES;
    const globals = side.allocate(sizeBytes);
    if (globals < 0) return null;
    this.injected.saveGlobals(globals);
    const pageTable = globals + globalsBytes;
    side.bytes.fill(0, pageTable, pageTable + tableBytes);
    used.forEach((page, k) => {
      const address = pageTable + tableBytes + k * PAGE_BYTES;
      side.bytes.set(contentsOf(page), address);
      side.view.setUint32(pageTable + page * 4, address, true);
    });
    return { pageTable, pages: this.pages, globals, sizeBytes };
  }

  /** Puts memory and globals back to the image; false: that would be more than `maxBytes`, and the instance is good for nothing now. */
  reset(image: ModuleImage, maxBytes: number): boolean {
    if (this.injected.collect !== undefined) {
      this.injected.collect(0, 0, (maxBytes / BLOCK_BYTES) * RECORD_BYTES, image.pageTable, image.pages, 0);
      if (this.nextBlock >= 0) return false;
    }
    if (this.form.transformed.globalsBytes > 0) this.injected.loadGlobals(image.globals);
    return true;
  }

  /**
   * Moves the blocks that differ from the image to [to, limit) in the side memory, from block `block` on, and resets them. Returns the
   * end of the records; `nextBlock` says where to go on, -1: nothing is left.
   */
  collect(block: number, to: number, limit: number, image: ModuleImage): number {
    if (this.injected.collect === undefined) {
      this.#side.cells[CELL_NEXT_BLOCK >> 2] = -1;
      return to;
    }
    return this.injected.collect(block, to, limit, image.pageTable, image.pages, 1);
  }

  get nextBlock(): number {
    return this.#side.cells[CELL_NEXT_BLOCK >> 2];
  }

  /** `memory.grow` of memory `index` by `delta` pages: the former size in pages, or -1. `maxBytes`: of all memories together. */
  grow(index: number, delta: number, maxBytes: number): number {
    const memory = this.memories[index];
    const before = memory.buffer.byteLength / PAGE_BYTES;
    const totalBytes = this.memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    if (totalBytes + delta * PAGE_BYTES > maxBytes) return -1;
    if (index === 0 && before + delta > MAX_TRACKED_PAGES) return -1;
    if (this.#marks >= 0 && index === 0 && !this.#makeMarks(before + delta)) return -1;
    try {
      memory.grow(delta);
    } catch (error) {
      if (error instanceof RangeError) return -1;
      throw error;
    }
    if (index === 0) this.pages = before + delta;
    return before;
  }

  #mark(offset: number, length: number): void {
    if (this.#marks < 0) return;
    const first = offset >>> BLOCK_SHIFT;
    const last = (offset + length - 1) >>> BLOCK_SHIFT;
    this.#side.bytes.fill(1, this.#marks + first, this.#marks + last + 1);
  }

  /** Frees what the instance holds in the side memory; it is not used any more. */
  release(): void {
    if (this.#marks >= 0) this.#side.free(this.#marks, this.#marksBytes);
    if (this.#grown !== undefined) this.#side.cells[CELL_TABLE_GROWTH >> 2] -= this.#grown();
  }

  /** For `HostContext.process`. */
  get process(): Process {
    return (this.owner as WasmProcess).process;
  }
}

const EMPTY_MEMORY = new WebAssembly.Memory({ initial: 0, maximum: 0 });

/** One record of `collect`. */
export const RECORD_BYTES = RECORD_HEADER + BLOCK_BYTES;

function isZero(bytes: Uint8Array): boolean {
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
  for (const word of words) if (word !== 0n) return false;
  return true;
}
