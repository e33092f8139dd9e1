// How the runner of scripts and the comparison of generated modules drive an implementation: plain V8, or V8 after
// the rewrite under a policy of stops. One interface, so that the same assertions judge both.

import type { Value } from './values.ts';

export type Outcome =
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'trap'; readonly message: string }
  /** Out of stack. */
  | { readonly kind: 'exhaustion' }
  /** An exception left the function. */
  | { readonly kind: 'exception' };

/** The implementation refuses a valid module, or cannot do what was asked; `message` begins with the reason to count under. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

export interface TestInstance {
  /** What other instances may import, under the names of the module. */
  readonly exports: WebAssembly.Exports;
  /** Calls an exported function. Throws RefusedError where the implementation cannot. */
  invoke(name: string, args: readonly Value[]): Outcome;
  /** The value of an exported global. */
  read(name: string): Value;
}

export interface Adapter {
  readonly name: string;
  /**
   * Whoever offers host functions to the modules calls this first in each of their calls. 1: this call stops the process and will be
   * made again, so it must do nothing now. 0: go on.
   */
  readonly hostCalled: () => number;
  /**
   * Compiles, links and starts. Throws `WebAssembly.CompileError` (no valid module), `LinkError` or `TypeError` (imports do not fit),
   * `RefusedError`, or whatever the start function or an active segment threw.
   */
  instantiate(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports): TestInstance;
  /** What the adapter counted, for the report. */
  summary(): string;
}

/** What an exception out of guest code means. Rethrows what is not the guest's. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof WebAssembly.RuntimeError) return { kind: 'trap', message: error.message };
  if (error instanceof WebAssembly.Exception) return { kind: 'exception' };
  if (error instanceof RangeError && error.message.includes('call stack')) return { kind: 'exhaustion' };
  throw error;
}
