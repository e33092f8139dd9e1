// The contract between the engine and the import namespaces of host/.
//
// A host function is a plain function over (context, arguments). It runs on the
// thread's own stack, inside the guest's call, so it must never block and never
// take more than a few microseconds for a fixed-size request.
//
// When it cannot answer now it calls `ctx.stop(...)` and returns 0: the generated
// wrapper around the import sees the request, the guest's whole stack is saved, and
// when the process is resumed the same import is called again with the same arguments
// (design: suspension by rewriting; nothing re-enters the guest from JavaScript).
// Only functions declared with `stops: true` may do that.

import type { Message } from '../actor/message.ts';
import type { Process } from '../actor/process.ts';
import { STOP_RECEIVE } from '../transform/injected_abi.ts';
import type { ImportForm } from '../transform/transform.ts';
import type { GuestMemory } from './guest_memory.ts';
import type { EngineServices } from './services.ts';

/**
 * One letter per value: `i` i32 (a signed JS number), `I` i64 (a bigint), `f` f32, `F` f64.
 * Results use the same letters; at most one.
 */
export type Signature = string;

/** What a host function asks for when it cannot answer now. */
export type StopRequest =
  /** Wait in the wait that `process` has begun (`receive`, `sleep`, `beginIo`), until it is over. */
  | typeof STOP_WAIT
  /** Go to the back of the run queue, then call again. */
  | typeof STOP_YIELD
  /** The process ends; `ctx.process.exitReason` has been set. Never called again. */
  | typeof STOP_EXIT
  /** Run a guest function first: `callExport` or `callTable` has said which. */
  | typeof STOP_CALL
  /**
   * Wait for a message in the wait that `Process.receive` has begun, in a function with the form `receive`. The engine may give it to the
   * guest as that call's answer without calling again: the message becomes the scratch message, its kind the result.
   */
  | typeof STOP_RECEIVE
  /** Go on at the main worker, and call again there. Only on other workers. */
  | typeof STOP_MAIN;

export const STOP_WAIT = 1;
export const STOP_YIELD = 2;
export const STOP_EXIT = 3;
export const STOP_CALL = 4;
export { STOP_RECEIVE };
export const STOP_MAIN = 5;

/** What a handler may see and do. One per instance; `process` changes with every turn. */
export interface HostContext {
  /** Who is running. */
  readonly process: Process;
  /** Memory 0 of the instance, with bounds checks that trap the guest. */
  readonly memory: GuestMemory;
  /** Spawning, modules, configurations. */
  readonly engine: EngineServices;
  /** Ask to stop after this call returns. Only for functions declared with `stops`. */
  stop(request: StopRequest): void;
  /** Abort the guest as a WebAssembly trap with this text: never returns; only `lunatic::trap::catch` can catch it. */
  trap(message: string): never;
  /** Whether `error` is what the last `trap` has raised. Where the code of others runs under a host function, an error may be anybody's. */
  hasRaised(error: unknown): boolean;
  /** The scratch message: the one that the process writes or reads. Null: there is none. It stays the process's. */
  scratch(): Message | null;
  /** The same; it is the caller's from now on, and the process has none. */
  takeScratch(): Message | null;
  /** Gives the process another scratch message and drops the one it has. */
  putScratch(message: Message): void;
  /**
   * Account for `bytes` of work done for this call (copies, hashing): ends the slice earlier.
   * The call itself is charged by the rewrite.
   */
  charge(bytes: number): void;
  /**
   * Ask that an exported function is run before this import is called again (implies STOP_CALL).
   * On the second call `takeCallResult` gives what it returned.
   */
  callExport(name: string, args: readonly (number | bigint)[], catchTrap: boolean): void;
  /** The same for an element of table 0. Returns the depth of the call: its `GuestCallResult` has the same. */
  callTable(index: number, params: Signature, results: Signature, args: readonly (number | bigint)[]): number;
  /**
   * undefined: this is the first call. Otherwise the guest function asked for has ended, and this call is the second:
   * its result (0 if it has none), or `trapped` if `catchTrap` was given and it trapped.
   */
  takeCallResult(): GuestCallResult | undefined;
}

export interface GuestCallResult {
  readonly trapped: boolean;
  readonly value: number | bigint;
  /**
   * Calls of guest functions that this one was made inside of. A trap that is caught gives up all calls inside the one that catches: no result
   * of theirs comes, and others take their depths.
   */
  readonly depth: number;
}

/** One import that the VM serves. */
export interface HostFunction {
  readonly module: string;
  readonly name: string;
  readonly params: Signature;
  readonly results: Signature;
  /** May stop the process (wait, yield, exit, call back), or may take longer than about a microsecond. */
  readonly stops: boolean;
  /** How guests call it. Default: as `params` says. With `split` `call` gets two signed 32-bit numbers, the low one first, for each `I`. */
  readonly form?: ImportForm;
  /** Processes that use it share something that lies on the main worker: they are never anywhere else. */
  readonly mainOnly?: boolean;
  readonly call: (ctx: HostContext, ...args: never[]) => number | bigint | void;
}
