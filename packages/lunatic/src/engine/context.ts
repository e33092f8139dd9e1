// What host functions see of an instance (`HostContext`), and the closures that V8 calls for its imports.

import type { Message } from '../actor/message.ts';
import type { Process } from '../actor/process.ts';
import { CELL_MAILBOX_EMPTY, CELL_STOP } from '../transform/injected_abi.ts';
import { I32, I64, printValType, type ValType } from '../wasm/types.ts';
import type { GuestMemory } from './guest_memory.ts';
import type { GuestCallResult, HostContext, HostFunction, Signature, StopRequest } from './host_function.ts';
import { STOP_CALL, STOP_YIELD } from './host_function.ts';
import type { GuestInstance } from './instance.ts';
import { MAX_CALL_DEPTH, MAX_HOST_WORK_BYTES } from './limits.ts';
import { closeWindow, emptyWindow, isWindowOpen, putInWindow, takeFromWindow } from './message_window.ts';
import type { EngineServices } from './services.ts';
import type { SideMemory } from './side_memory.ts';
import type { GuestCall, WasmProcess } from './wasm_process.ts';

/** A host function as V8 calls it. */
type ImportFunction = (...args: (number | bigint)[]) => number | bigint | void;

export class InstanceContext implements HostContext {
  process!: Process;
  readonly memory: GuestMemory;
  readonly engine: EngineServices;
  /** Bytes that host calls of this slice have moved. */
  hostWork = 0;
  /** What `trap` has raised last, and its text. */
  #trap: unknown = null;
  #trapMessage: string | null = null;
  readonly #instance: GuestInstance;
  readonly #side: SideMemory;
  readonly #probe: (never: number) => void;

  constructor(
    instance: GuestInstance,
    side: SideMemory,
    engine: EngineServices,
    memory: GuestMemory,
    probe: (never: number) => void,
  ) {
    this.#instance = instance;
    this.#side = side;
    this.engine = engine;
    this.memory = memory;
    this.#probe = probe;
  }

  stop(request: StopRequest): void {
    this.#side.cells[CELL_STOP >> 2] = request;
  }

  trap(message: string): never {
    try {
      this.#instance.injected.trap();
    } catch (error) {
      this.#trap = error;
      this.#trapMessage = message;
      throw error;
    }
    throw new Error('a trap does not return');
  }

  hasRaised(error: unknown): boolean {
    return this.#trap !== null && this.#trap === error;
  }

  /** The text that `trap` was given when it raised `error`; null: it did not. An embedder's function may have caught what it raised before. */
  takeTrapMessage(error: unknown): string | null {
    const message = this.hasRaised(error) ? this.#trapMessage : null;
    this.#trap = null;
    this.#trapMessage = null;
    return message;
  }

  charge(bytes: number): void {
    this.hostWork += bytes;
  }

  scratch(): Message | null {
    const owner = this.#instance.owner as WasmProcess;
    if (isWindowOpen(this.#side)) owner.scratch = closeWindow(this.#side);
    return owner.scratch;
  }

  takeScratch(): Message | null {
    if (isWindowOpen(this.#side)) return takeFromWindow(this.#side);
    const owner = this.#instance.owner as WasmProcess;
    const { scratch } = owner;
    owner.scratch = null;
    emptyWindow(this.#side);
    return scratch;
  }

  putScratch(message: Message): void {
    const owner = this.#instance.owner as WasmProcess;
    this.#side.cells[CELL_MAILBOX_EMPTY >> 2] = this.process.mailHead === null ? 1 : 0;
    if (owner.scratch !== null) owner.scratch.release();
    owner.scratch = putInWindow(this.#side, message) ? null : message;
  }

  callExport(name: string, args: readonly (number | bigint)[], catchTrap: boolean): void {
    const entry = this.#instance.form.transformed.entries.get(name);
    if (entry === undefined) this.trap(`the module has no export ${JSON.stringify(name)} that could be called`);
    // The guest chose this type: a frame that does not fit it would be read past its beginning.
    const { params, results } = entry.type;
    if (
      params.length !== args.length ||
      !params.every((type, k) => type === (typeof args[k] === 'bigint' ? I64 : I32))
    ) {
      this.trap(
        `the export ${JSON.stringify(name)} takes (${params.map(printValType).join(', ')}), which is not what the host calls it with`,
      );
    }
    if (results.length > 1 || !results.every((type) => type === I32 || type === I64)) {
      this.trap(
        `the export ${JSON.stringify(name)} returns (${results.map(printValType).join(', ')}); the host takes one integer at most`,
      );
    }
    this.#call({
      functionNumber: entry.functionNumber,
      calleeIndex: entry.calleeIndex,
      args,
      params: letters(params),
      results: letters(results),
      catchTrap,
    });
  }

  callTable(index: number, params: Signature, results: Signature, args: readonly (number | bigint)[]): number {
    const functionNumber = this.#instance.form.transformed.tableEntries[tableEntry(params, results)];
    if (functionNumber === undefined) this.trap('the module has no table to call through');
    return this.#call({ functionNumber, calleeIndex: index >>> 0, args, params, results, catchTrap: false });
  }

  /** Returns its depth. */
  #call(call: Omit<GuestCall, 'height' | 'ended' | 'trapped' | 'value'>): number {
    const owner = this.#instance.owner as WasmProcess;
    if (owner.calls.length >= MAX_CALL_DEPTH)
      this.trap(`more than ${MAX_CALL_DEPTH} host calls that call back inside each other`);
    owner.pushCall({ ...call, height: -1, ended: false, trapped: false, value: 0 });
    this.stop(STOP_CALL);
    return owner.calls.length - 1;
  }

  takeCallResult(): GuestCallResult | undefined {
    const owner = this.#instance.owner as WasmProcess;
    const call = owner.calls[owner.calls.length - 1];
    // Nothing runs between the end of the guest function and the second call of the import that asked for it.
    if (call === undefined || !call.ended) return undefined;
    owner.calls.pop();
    return { trapped: call.trapped, value: call.value, depth: owner.calls.length };
  }

  /**
   * The import for one host function. Hot: bench/actors.ts. The probe throws before the handler begins if
   * the guest has left too little stack for it.
   */
  bind(host: HostFunction): ImportFunction {
    const call = host.call as (ctx: HostContext, ...args: (number | bigint)[]) => number | bigint | void;
    const probe = this.#probe;
    const zero = host.results === 'I' ? 0n : 0;
    const limit = host.stops ? MAX_HOST_WORK_BYTES : Number.POSITIVE_INFINITY;
    // One closure per arity: collecting arguments costs more than most handlers do.
    const arity = host.form?.split === true ? host.params.replaceAll('I', 'II').length : host.params.length;
    switch (arity) {
      case 0:
        return () => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this) ?? zero);
        };
      case 1:
        return (a) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, a) ?? zero);
        };
      case 2:
        return (a, b) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, a, b) ?? zero);
        };
      case 3:
        return (a, b, c) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, a, b, c) ?? zero);
        };
      case 4:
        return (a, b, c, d) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, a, b, c, d) ?? zero);
        };
      case 8:
        return (a, b, c, d, e, f, g, h) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, a, b, c, d, e, f, g, h) ?? zero);
        };
      case 11:
        return (a, b, c, d, e, f, g, h, i, j, k) => {
          probe(0);
          return this.hostWork >= limit
            ? this.#yieldFirst(zero)
            : (call(this, a, b, c, d, e, f, g, h, i, j, k) ?? zero);
        };
      default:
        return (...args) => {
          probe(0);
          return this.hostWork >= limit ? this.#yieldFirst(zero) : (call(this, ...args) ?? zero);
        };
    }
  }

  /** The slice has moved enough bytes: this call is made again in the next one. */
  #yieldFirst(zero: number | bigint): number | bigint {
    this.stop(STOP_YIELD);
    return zero;
  }
}

/** The types that table entries are made for, in the order of `TransformOptions.tableEntries`. */
export const TABLE_SIGNATURES: readonly (readonly [params: Signature, results: Signature])[] = [
  ['iI', ''],
  ['i', 'i'],
  ['', ''],
];

function tableEntry(params: Signature, results: Signature): number {
  return TABLE_SIGNATURES.findIndex((signature) => signature[0] === params && signature[1] === results);
}

function letters(types: readonly ValType[]): Signature {
  return types.map((type) => (type === I64 ? 'I' : 'i')).join('');
}
