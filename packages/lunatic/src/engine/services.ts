// What the engine offers to host functions and to the composition root, as types:
// how a process is configured, how one is spawned, and what a loaded module is to them.

import type { ExitReason } from '../actor/exit_reason.ts';
import type { Process } from '../actor/process.ts';

/** Limits and permissions of a process. Immutable once a process uses it; a child shares or copies it. */
export interface ProcessConfig {
  /** Bytes of linear memory; `memory.grow` beyond it fails. At most 4 GiB - 1. */
  readonly maxMemoryBytes: number;
  /** Total fuel, in units of 100,000 instructions; 0 means unlimited. */
  readonly maxFuel: number;
  readonly canCompileModules: boolean;
  readonly canCreateConfigs: boolean;
  readonly canSpawnProcesses: boolean;
  readonly preopens: readonly Preopen[];
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
}

export interface Preopen {
  readonly host: string;
  readonly guest: string;
  readonly readOnly: boolean;
}

/** How a new process begins. */
export type Entry =
  /** An exported function by name. */
  | { readonly kind: 'export'; readonly name: string }
  /** Element `index` of table 0. */
  | { readonly kind: 'table'; readonly index: number };

export interface SpawnRequest {
  /** `null`: the module of the process that is running. */
  readonly module: LoadedModule | null;
  readonly config: ProcessConfig;
  readonly entry: Entry;
  /**
   * Arguments in the format of `lunatic::process::spawn`: 17 bytes each, a value type
   * (0x7f i32, 0x7e i64, 0x7b v128) and 16 bytes little-endian. Read during the call, not kept.
   */
  readonly params: Uint8Array;
  /** Link parent and child before the child runs; the parent's side carries `tag`. */
  readonly link: { readonly parent: Process; readonly tag: bigint } | null;
  /**
   * Called during the end of the process, with the reason; it must not throw. Whoever asks after the spawn may be too late: on another worker the process
   * may have ended by then.
   */
  readonly onExit?: (reason: ExitReason) => void;
}

/** A module that has been checked, rewritten, compiled and linked against the host tables. Opaque outside the engine. */
export interface LoadedModule {
  readonly kind: 'module';
  readonly id: number;
  readonly name: string;
}

/** The engine as host functions see it (`ctx.engine`). */
export interface EngineServices {
  /** Throws WasmError (bad module) or LinkError (imports not served), nothing else. */
  loadModule(bytes: Uint8Array, name: string): LoadedModule;
  /** The module a process runs, or null for a TypeScript process. */
  moduleOf(proc: Process): LoadedModule | null;
  /** Whether processes of the module are only ever on the main worker. */
  isMainOnly(module: LoadedModule): boolean;
  /** The configuration a process runs under. */
  configOf(proc: Process): ProcessConfig;
  /**
   * Creates a process and makes it runnable; its pid. A missing export or a parameter mismatch does not fail here:
   * the child dies at once with a trap exit reason (ABI reference 2.2). Returns a text when the process
   * cannot be created (a limit of the VM, initial memory above the limit). In a VM of several workers the process may be on another one from
   * the beginning; with `here` it is not.
   */
  spawn(request: SpawnRequest, here?: boolean): number | string;
}
