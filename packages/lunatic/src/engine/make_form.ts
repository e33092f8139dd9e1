// From the bytes of a module to what V8 compiled of its rewrite, by the whole way or from what an earlier run has kept.

import { decodeResult, encodeResult } from '../transform/stored_result.ts';
import { importTraits, transformModule } from '../transform/transform.ts';
import { WasmError } from '../wasm/error.ts';
import { decodeModule } from '../wasm/module.ts';
import { inFunction } from '../wasm/names.ts';
import { type FuncType, I32, I64, type Imports, type ValType, type WasmModule } from '../wasm/types.ts';
import { TABLE_SIGNATURES } from './context.ts';
import type { HostFunction } from './host_function.ts';
import type { ModuleForm } from './loaded_module.ts';
import type { ModuleCache } from './module_cache.ts';

export interface FormOptions {
  /** The host function of every function import, in order; throws when one is not served. */
  readonly link: (module: Imports) => readonly HostFunction[];
  /** TransformOptions.tracked. */
  readonly tracked: boolean;
  /** null: nothing is kept. */
  readonly cache: ModuleCache | null;
}

export interface LinkedForm {
  readonly form: ModuleForm;
  readonly hostFunctions: readonly HostFunction[];
}

/** `source` must not be written to afterwards. Throws WasmError, and what `link` throws. */
export function makeForm(source: Uint8Array, { link, tracked, cache }: FormOptions): LinkedForm {
  const name = tracked ? 'tracked' : 'plain';
  const stored = cache?.load(source, name);
  const kept = stored === undefined ? undefined : formOf(stored, source, link);
  if (kept !== undefined) return kept;
  const decoded = decodeModule(source);
  validate(source);
  const hostFunctions = link(decoded);
  const result = rewrite(decoded, hostFunctions, tracked);
  const { bytes, ...transformed } = result;
  const compiled = compile(bytes);
  cache?.store(source, name, encodeResult(result));
  return { form: { transformed, rewrittenBytes: bytes.length, compiled }, hostFunctions };
}

/** undefined: it was made for another host. */
function formOf(stored: Uint8Array, source: Uint8Array, link: FormOptions['link']): LinkedForm | undefined {
  const { bytes, ...transformed } = decodeResult(stored, source);
  const hostFunctions = link(transformed);
  const same = hostFunctions.every(({ stops, form }, k) => importTraits(stops, form) === transformed.traits[k]);
  if (!same) return undefined;
  return { form: { transformed, rewrittenBytes: bytes.length, compiled: compile(bytes) }, hostFunctions };
}

function rewrite(decoded: WasmModule, hostFunctions: readonly HostFunction[], tracked: boolean) {
  const served = new Map<string, HostFunction>();
  let position = 0;
  for (const item of decoded.imports) {
    if (item.kind === 'func') served.set(`${item.module}\0${item.name}`, hostFunctions[position++]);
  }
  try {
    return transformModule(decoded, {
      stops: (module, field) => served.get(`${module}\0${field}`)?.stops ?? false,
      forms: (module, field) => served.get(`${module}\0${field}`)?.form,
      tracked,
      tableEntries: TABLE_TYPES,
    });
  } catch (error) {
    if (error instanceof WasmError && error.funcIndex !== undefined) throw inFunction(error, decoded, error.funcIndex);
    throw error;
  }
}

const TYPE_OF_LETTER: { readonly [letter: string]: ValType } = { i: I32, I: I64 };

/** Types of functions that are started by their index in table 0. */
export const TABLE_TYPES: readonly FuncType[] = TABLE_SIGNATURES.map(([params, results]) => ({
  params: [...params].map((letter) => TYPE_OF_LETTER[letter]),
  results: [...results].map((letter) => TYPE_OF_LETTER[letter]),
}));

/** V8 has accepted the module before the rewrite: what it refuses now has become too large for one of its bounds. */
function compile(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new WasmError(
      `unsupported: rewritten, the module passes a bound of V8: ${error.message.replace(/^WebAssembly\.Module\(\): /, '')}`,
      0,
    );
  }
}

function validate(bytes: Uint8Array): void {
  const source = bytes as Uint8Array<ArrayBuffer>;
  if (WebAssembly.validate(source)) return;
  try {
    new WebAssembly.Module(source);
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    const offset = /@\+(\d+)/.exec(error.message);
    throw new WasmError(
      error.message.replace(/^WebAssembly\.Module\(\): /, '').replace(/ @\+\d+$/, ''),
      Number(offset?.[1] ?? 0),
    );
  }
  throw new WasmError('the module is not valid', 0);
}
