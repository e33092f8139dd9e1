// What an embedder's host function sees of the process that calls it.
//
// H2  A caller, and its memory, is usable only inside the call that it was given to: instances serve other processes between a stop and its
//     end, so a write that came later would be in a stranger's memory.

import type { GuestMemory } from '../engine/guest_memory.ts';
import type { HostContext } from '../engine/host_function.ts';

/**
 * Memory 0 of the calling process, little-endian. Offsets and lengths are bytes and may come as i32 arguments do, signed. An access outside
 * ends the process with a trap. Valid during the call only: afterwards every method throws TypeError, and a view that was kept shows
 * whatever process has the instance by then.
 */
export interface CallerMemory {
  /** A view of `length` bytes: to be read, not written, and copied if it is kept. */
  read(offset: number, length: number): Uint8Array;
  /** UTF-8 text; what is none, or is longer than 1 MiB, ends the process with a trap. */
  readString(offset: number, length: number): string;
  readU8(offset: number): number;
  readU32(offset: number): number;
  readU64(offset: number): bigint;
  /** Copies `source` there. */
  write(offset: number, source: Uint8Array): void;
  writeU8(offset: number, value: number): void;
  writeU16(offset: number, value: number): void;
  writeU32(offset: number, value: number): void;
  writeU64(offset: number, value: bigint): void;
}

/** Who calls. Valid during the call only (H2): afterwards every use but that of `pid` throws TypeError. */
export interface Caller {
  readonly pid: number;
  readonly memory: CallerMemory;
  /** Ends the calling process as a WebAssembly trap; does not return. */
  trap(message: string): never;
}

/** The caller of one call, until `expire`. */
export class LentCaller implements Caller, CallerMemory {
  readonly pid: number;
  readonly #what: string;
  #ctx: HostContext | null;

  /** `what`: names the function in errors. */
  constructor(ctx: HostContext, what: string) {
    this.pid = ctx.process.pid;
    this.#what = what;
    this.#ctx = ctx;
  }

  expire(): void {
    this.#ctx = null;
  }

  get memory(): CallerMemory {
    this.#context();
    return this;
  }

  trap(message: string): never {
    const ctx: HostContext = this.#context();
    ctx.trap(message);
  }

  read(offset: number, length: number): Uint8Array {
    return this.#memory().read(offset, length);
  }

  readString(offset: number, length: number): string {
    return this.#memory().readString(offset, length);
  }

  readU8(offset: number): number {
    return this.#memory().readU8(offset);
  }

  readU32(offset: number): number {
    return this.#memory().readU32(offset);
  }

  readU64(offset: number): bigint {
    return this.#memory().readU64(offset);
  }

  write(offset: number, source: Uint8Array): void {
    if (!(source instanceof Uint8Array)) throw new TypeError('what is written to memory is a Uint8Array');
    this.#memory().write(offset, source);
  }

  writeU8(offset: number, value: number): void {
    this.#memory().writeU8(offset, value);
  }

  writeU16(offset: number, value: number): void {
    this.#memory().writeU16(offset, value);
  }

  writeU32(offset: number, value: number): void {
    this.#memory().writeU32(offset, value);
  }

  writeU64(offset: number, value: bigint): void {
    this.#memory().writeU64(offset, value);
  }

  #memory(): GuestMemory {
    return this.#context().memory;
  }

  #context(): HostContext {
    if (this.#ctx === null) throw new TypeError(`the caller of ${this.#what} is used after the call (after an await?)`);
    return this.#ctx;
  }
}
