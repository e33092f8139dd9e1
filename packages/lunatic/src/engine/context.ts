// What host functions see of an instance (`HostContext`), and the closures that V8 calls for its imports.

import type { Process } from '../actor/process.ts';
import { CELL_STOP, RESULTS } from '../transform/injected_abi.ts';
import type { GuestMemory } from './guest_memory.ts';
import type { GuestCallResult, HostContext, HostFunction, Signature, StopRequest } from './host_function.ts';
import { STOP_CALL, STOP_YIELD } from './host_function.ts';
import type { GuestInstance } from './instance.ts';
import { MAX_CALL_DEPTH, MAX_HOST_WORK_BYTES } from './limits.ts';
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
  /** The text of the trap that `trap` is raising. */
  trapMessage: string | null = null;
  readonly #instance: GuestInstance;
  readonly #side: SideMemory;
  readonly #probe: (never: number) => void;

  constructor(instance: GuestInstance, side: SideMemory, engine: EngineServices, memory: GuestMemory, probe: (never: number) => void) {
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
    this.trapMessage = message;
    this.#instance.injected.trap();
    throw new Error('a trap does not return');
  }

  charge(bytes: number): void {
    this.hostWork += bytes;
  }

  callExport(name: string, args: readonly (number | bigint)[], catchTrap: boolean): void {
    const entry = this.#instance.form.transformed.entries.get(name);
    if (entry === undefined) this.trap(`the module has no export ${JSON.stringify(name)} that could be called`);
    this.#call({ functionNumber: entry.functionNumber, calleeIndex: entry.calleeIndex, args, params: letters(entry.type.params), results: letters(entry.type.results), catchTrap });
  }

  callTable(index: number, params: Signature, results: Signature, args: readonly (number | bigint)[]): void {
    const functionNumber = this.#instance.form.transformed.tableEntries[tableEntry(params, results)];
    if (functionNumber === undefined) this.trap('the module has no table to call through');
    this.#call({ functionNumber, calleeIndex: index >>> 0, args, params, results, catchTrap: false });
  }

  #call(call: Omit<GuestCall, 'height' | 'trapped'>): void {
    const owner = this.#instance.owner as WasmProcess;
    if (owner.calls.length >= MAX_CALL_DEPTH) this.trap(`more than ${MAX_CALL_DEPTH} host calls that call back inside each other`);
    owner.pushCall({ ...call, height: -1, trapped: false });
    this.stop(STOP_CALL);
  }

  takeCallResult(): GuestCallResult | undefined {
    const owner = this.#instance.owner as WasmProcess;
    const call = owner.calls[owner.calls.length - 1];
    // On the second call the wrapper's frame, the top one when the stop was made, has been taken off the chunk.
    if (call === undefined || call.height < 0 || this.#instance.injected.top() >= call.height) return undefined;
    owner.calls.pop();
    if (call.trapped || call.results === '') return { trapped: call.trapped, value: 0 };
    const { view } = this.#side;
    return { trapped: false, value: call.results === 'I' ? view.getBigInt64(RESULTS, true) : view.getInt32(RESULTS, true) };
  }

  /**
   * The import for one host function. Hot: bench/actors.ts. The probe throws before the handler begins if
   * the guest has left too little stack for it.
   */
  bind(host: HostFunction): ImportFunction {
    const call = host.call as (ctx: HostContext, ...args: (number | bigint)[]) => number | bigint | void;
    const probe = this.#probe;
    const zero = host.results === 'I' ? 0n : 0;
    const mustYield = (): boolean => {
      if (this.hostWork < MAX_HOST_WORK_BYTES) return false;
      this.stop(STOP_YIELD);
      return true;
    };
    const { stops } = host;
    switch (host.params.length) {
      case 0:
        return () => { probe(0); return stops && mustYield() ? zero : call(this) ?? zero; };
      case 1:
        return (a) => { probe(0); return stops && mustYield() ? zero : call(this, a) ?? zero; };
      case 2:
        return (a, b) => { probe(0); return stops && mustYield() ? zero : call(this, a, b) ?? zero; };
      case 3:
        return (a, b, c) => { probe(0); return stops && mustYield() ? zero : call(this, a, b, c) ?? zero; };
      default:
        return (...args) => { probe(0); return stops && mustYield() ? zero : call(this, ...args) ?? zero; };
    }
  }
}

/** The types that table entries are made for, in the order of `TransformOptions.tableEntries`. */
export const TABLE_SIGNATURES: readonly (readonly [params: Signature, results: Signature])[] = [['iI', ''], ['i', 'i'], ['', '']];

function tableEntry(params: Signature, results: Signature): number {
  return TABLE_SIGNATURES.findIndex((signature) => signature[0] === params && signature[1] === results);
}

const LETTERS: { readonly [type: number]: string } = { 0x7f: 'i', 0x7e: 'I', 0x7d: 'f', 0x7c: 'F', 0x7b: 'v' };

function letters(types: readonly number[]): Signature {
  return types.map((type) => LETTERS[type] ?? '?').join('');
}
