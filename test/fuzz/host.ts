// The imports of generated modules. What they log is part of their behaviour: it is written down bit by bit, by
// WebAssembly functions, since JavaScript would lose NaN payloads and cannot take a v128.

import wabt from 'wabt';
import { EXTERNREF, FUNCREF, I64, type Import, isRef, type WasmModule } from '../../packages/lunatic/src/wasm/types.ts';

const SUPPORT = 'fuzzing-support';
const LOG_BYTES = 4 * 65_536;
/** Of one entry: type, then the value. */
const ENTRY_BYTES = 32;

/** Which imports the rewrite treats as calls that may stop. */
export function mayStop(module: string, name: string): boolean {
  return module === SUPPORT && (name.startsWith('log-') || name === 'sleep');
}

function logFunction(type: string, store: string, id: number): string {
  return `(func (export "log-${type}") (param ${type})
    (if (call $called) (then (return)))
    (i32.store (global.get $at) (i32.const ${id}))
    (${store} offset=8 (global.get $at) (local.get 0))
    (global.set $at (i32.and (i32.add (global.get $at) (i32.const ${ENTRY_BYTES})) (i32.const ${LOG_BYTES - 1}))))`;
}

/** Old entries are overwritten in the end: the whole memory is compared after every call. */
const SOURCE = `(module
  (import "host" "called" (func $called (result i32)))
  (memory (export "log") ${LOG_BYTES / 65_536})
  (global $at (mut i32) (i32.const 0))
  ${logFunction('i32', 'i32.store', 1)}
  ${logFunction('i64', 'i64.store', 2)}
  ${logFunction('f32', 'f32.store', 3)}
  ${logFunction('f64', 'f64.store', 4)}
  ${logFunction('v128', 'v128.store', 5)}
  (func (export "sleep") (param i32 i32) (result i32)
    (if (call $called) (then (return (i32.const -1))))
    (local.get 1)))`;

let compiled: WebAssembly.Module | undefined;

async function supportModule(): Promise<WebAssembly.Module> {
  if (compiled === undefined) {
    const module = (await wabt()).parseWat('support.wat', SOURCE, { simd: true });
    compiled = new WebAssembly.Module(new Uint8Array(module.toBinary({}).buffer));
    module.destroy();
  }
  return compiled;
}

export interface FuzzHost {
  readonly imports: WebAssembly.Imports;
  readonly log: WebAssembly.Memory;
}

/** Imports for `module`, with a log of their own. `called`: see Adapter.hostCalled. */
export async function makeHost(module: WasmModule, called: () => number): Promise<FuzzHost> {
  const { exports } = new WebAssembly.Instance(await supportModule(), { host: { called } });
  const { log, ...functions } = exports;
  if (!(log instanceof WebAssembly.Memory)) throw new TypeError('the support module exports its log');
  const tag = new WebAssembly.Tag({ parameters: ['i32'] });
  const support: WebAssembly.ModuleImports = {
    ...functions,
    wasmtag: tag,
    // V8's own tag for values of JavaScript is not needed: nothing here throws any.
    jstag: new WebAssembly.Tag({ parameters: ['externref'] }),
    throw: (value: number) => {
      throw new WebAssembly.Exception(tag, [value]);
    },
  };
  const imports: WebAssembly.Imports = { [SUPPORT]: support };
  for (const entry of module.imports) {
    const namespace = (imports[entry.module] ??= {});
    namespace[entry.name] ??= defaultImport(module, entry);
  }
  return { imports, log };
}

/** Calls back into the module (`call-export` and its kind) do nothing here and answer zero. */
function defaultImport(module: WasmModule, entry: Import): WebAssembly.ImportValue {
  switch (entry.kind) {
    case 'func': {
      const results = module.types[entry.typeIndex ?? -1]?.results ?? [];
      const answers = results.map((type) => (isRef(type) ? null : type === I64 ? 0n : 0));
      return () => (answers.length > 1 ? answers : answers[0]);
    }
    case 'global':
      return defaultGlobal(entry);
    default:
      throw new TypeError(`a generated module imports a ${entry.kind} named ${entry.module}.${entry.name}`);
  }
}

function defaultGlobal({ global }: Import): WebAssembly.ImportValue {
  if (global === undefined) throw new TypeError('an imported global without a type');
  const { valType, mutable } = global;
  if (mutable) throw new TypeError('a generated module imports a mutable global');
  if (valType === EXTERNREF) return new WebAssembly.Global({ value: 'externref' }, null);
  if (valType === FUNCREF) return new WebAssembly.Global({ value: 'anyfunc' }, null);
  return valType === I64 ? 0n : 0;
}
