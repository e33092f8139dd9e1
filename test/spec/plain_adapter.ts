// The baseline: modules as they are, on this V8.

import { WasmError } from '../../packages/lunatic/src/wasm/error.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import type { FuncType, GlobalType, WasmModule } from '../../packages/lunatic/src/wasm/types.ts';
import { type Adapter, type Outcome, outcomeOf, RefusedError, type TestInstance } from './adapter.ts';
import { callExactly, canPass, readGlobalExactly } from './glue.ts';
import { toNumber, type Value } from './values.ts';

/** What our decoder says of a module; undefined where it does not serve it (garbage collection, 64-bit memories). */
export function tryDecode(bytes: Uint8Array): WasmModule | undefined {
  try {
    return decodeModule(bytes);
  } catch (error) {
    if (error instanceof WasmError && error.code === 'ERR_WASM_UNSUPPORTED') return undefined;
    throw error;
  }
}

export function exportedFunctionType(module: WasmModule, name: string): FuncType | undefined {
  const found = module.exports.find((entry) => entry.kind === 'func' && entry.name === name);
  return found && module.types[module.funcTypeIndices[found.index]];
}

export function exportedGlobalType(module: WasmModule, name: string): GlobalType | undefined {
  const found = module.exports.find((entry) => entry.kind === 'global' && entry.name === name);
  return found && module.globals[found.index].type;
}

/** Calls an exported function directly or through glue, whichever can pass its values. */
export function invokeExport(
  exports: WebAssembly.Exports,
  module: WasmModule | undefined,
  name: string,
  args: readonly Value[],
): Outcome {
  const target = exports[name];
  if (typeof target !== 'function') throw new TypeError(`there is no exported function "${name}"`);
  const type = module && exportedFunctionType(module, name);
  try {
    if (type !== undefined && canPass(type.params) && canPass(type.results)) {
      return { kind: 'values', values: callExactly(target, type, args) };
    }
    const result: unknown = target(...args.map(toJavaScript));
    return { kind: 'values', values: type?.results.length === 0 ? [] : fromJavaScript(result) };
  } catch (error) {
    if (error instanceof TypeError) throw new RefusedError('a value that cannot pass to JavaScript', { cause: error });
    return outcomeOf(error);
  }
}

export function readExport(exports: WebAssembly.Exports, module: WasmModule | undefined, name: string): Value {
  const global = exports[name];
  if (!(global instanceof WebAssembly.Global)) throw new TypeError(`there is no exported global "${name}"`);
  const type = module && exportedGlobalType(module, name);
  if (type !== undefined && canPass([type.valType])) return readGlobalExactly(global, type);
  return fromJavaScript(global.value)[0];
}

/** Only where glue cannot pass a reference among them: exact for integers and references. */
function toJavaScript(value: Value): unknown {
  switch (value.type) {
    case 'ref':
      return value.ref;
    case 'i64':
      return BigInt.asIntN(64, value.bits);
    case 'v128':
      throw new TypeError('a v128 cannot pass through JavaScript');
    default:
      return toNumber(value.type, value.bits);
  }
}

/** A number says nothing of its type: it is handed on as it is, see `Value`. */
function fromJavaScript(result: unknown): Value[] {
  if (result === undefined) return [];
  if (Array.isArray(result)) return result.flatMap(fromJavaScript);
  if (typeof result === 'bigint') return [{ type: 'i64', bits: BigInt.asUintN(64, result) }];
  return [{ type: 'ref', ref: result }];
}

export class PlainAdapter implements Adapter {
  readonly name = 'plain V8';

  readonly hostCalled = (): number => 0;

  instantiate(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports): TestInstance {
    const module = new WebAssembly.Module(bytes);
    const decoded = tryDecode(bytes);
    const { exports } = new WebAssembly.Instance(module, imports);
    return {
      exports,
      invoke: (name, args) => invokeExport(exports, decoded, name, args),
      read: (name) => readExport(exports, decoded, name),
    };
  }

  summary(): string {
    return '';
  }
}
