// Calls a WebAssembly function, and reads a global, without losing a bit: the JavaScript API cannot pass v128, and
// may change the payload of a NaN. A small generated module imports the function and a memory; it loads the arguments from
// the memory, calls, and stores the results there. References travel through tables.

import { CodeWriter } from '../../packages/lunatic/src/transform/code_writer.ts';
import { encodeLocals } from '../../packages/lunatic/src/transform/context.ts';
import { OP_TABLE_GET, OP_TABLE_SET } from '../../packages/lunatic/src/wasm/opcodes.ts';
import { encodeCode } from '../../packages/lunatic/src/wasm/sections/code.ts';
import { encodeExports } from '../../packages/lunatic/src/wasm/sections/exports.ts';
import { encodeFunctions } from '../../packages/lunatic/src/wasm/sections/functions.ts';
import { encodeImports } from '../../packages/lunatic/src/wasm/sections/imports.ts';
import { encodeTypes } from '../../packages/lunatic/src/wasm/sections/types.ts';
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  type FuncType,
  type GlobalType,
  I32,
  I64,
  type Import,
  V128,
  type ValType,
} from '../../packages/lunatic/src/wasm/types.ts';
import { ByteWriter } from '../../packages/lunatic/src/wasm/writer.ts';
import { type NumericType, type Value, WIDTHS } from './values.ts';

/** Bytes between two values in memory; both lists begin at 0, arguments are read before results are written. */
export const STRIDE = 16;
/** V8's bound on parameters and on results. */
const MAX_VALUES = 1000;

const NAMES = new Map<ValType, NumericType>([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
]);

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const view = new DataView(memory.buffer);
const externs = new WebAssembly.Table({ element: 'externref', initial: MAX_VALUES });
const functions = new WebAssembly.Table({ element: 'anyfunc', initial: MAX_VALUES });
const ENVIRONMENT = { memory, externs, functions };

/** Whether values of all these types can pass. */
export function canPass(types: readonly ValType[]): boolean {
  return types.length <= MAX_VALUES && types.every((type) => NAMES.has(type) || type === EXTERNREF || type === FUNCREF);
}

export function readValue(from: DataView, offset: number, type: ValType): Value {
  const name = NAMES.get(type);
  if (name === undefined) throw new TypeError('a reference is not in memory');
  if (WIDTHS[name] === 32) return { type: name, bits: BigInt(from.getUint32(offset, true)) };
  const low = from.getBigUint64(offset, true);
  return { type: name, bits: WIDTHS[name] === 64 ? low : low | (from.getBigUint64(offset + 8, true) << 64n) };
}

export function writeValue(to: DataView, offset: number, value: Value): void {
  if (value.type === 'ref') throw new TypeError('a reference cannot stand in memory');
  const width = WIDTHS[value.type];
  if (width === 32) {
    to.setUint32(offset, Number(value.bits), true);
  } else {
    to.setBigUint64(offset, BigInt.asUintN(64, value.bits), true);
    if (width === 128) to.setBigUint64(offset + 8, value.bits >> 64n, true);
  }
}

/** Calls `target`, an exported function of this type. What it throws comes through. */
export function callExactly(target: unknown, type: FuncType, args: readonly Value[]): Value[] {
  args.forEach((value, i) => {
    if (value.type !== 'ref') writeValue(view, i * STRIDE, value);
    else if (type.params[i] === EXTERNREF) externs.set(i, value.ref);
    else functions.set(i, value.ref);
  });
  callerOf(target, type)();
  return type.results.map((result, i) => resultAt(i, result));
}

/** The value of `global`, an exported global of this type. */
export function readGlobalExactly(global: WebAssembly.Global, type: GlobalType): Value {
  const imported: Omit<Import, 'offset'> = { module: 'target', name: 'target', kind: 'global', global: type };
  const module = build({ params: [], results: [type.valType] }, [imported], (code) => code.globalGet(0));
  instantiate(module, global)();
  return resultAt(0, type.valType);
}

function resultAt(index: number, type: ValType): Value {
  if (type === EXTERNREF) return { type: 'ref', ref: externs.get(index) };
  if (type === FUNCREF) return { type: 'ref', ref: functions.get(index) };
  return readValue(view, index * STRIDE, type);
}

const modules = new Map<string, WebAssembly.Module>();
const callers = new WeakMap<object, () => void>();

function callerOf(target: unknown, type: FuncType): () => void {
  if (typeof target !== 'function') throw new TypeError('the target of a call is no function');
  let caller = callers.get(target);
  if (caller === undefined) {
    const key = `${type.params.join()}>${type.results.join()}`;
    let module = modules.get(key);
    if (module === undefined) {
      const imported: Omit<Import, 'offset'> = { module: 'target', name: 'target', kind: 'func', typeIndex: 1 };
      module = build(type, [imported], (code) => {
        type.params.forEach((param, i) => {
          pushArgument(code, param, i);
        });
        code.call(0);
      });
      modules.set(key, module);
    }
    caller = instantiate(module, target);
    callers.set(target, caller);
  }
  return caller;
}

function instantiate(module: WebAssembly.Module, target: WebAssembly.ExportValue): () => void {
  const instance = new WebAssembly.Instance(module, { target: { target }, environment: ENVIRONMENT });
  // `build` exports exactly this.
  return instance.exports.call as () => void;
}

function pushArgument(code: CodeWriter, type: ValType, index: number): void {
  if (type === EXTERNREF || type === FUNCREF) {
    code.i32(index);
    code.op(OP_TABLE_GET);
    code.out.u32(type === EXTERNREF ? 0 : 1);
  } else {
    code.i32(0);
    code.load(type, index * STRIDE, 0);
  }
}

/** A module that imports `target`, leaves `type.results` by `body` and stores them. */
function build(
  type: FuncType,
  target: readonly Omit<Import, 'offset'>[],
  body: (code: CodeWriter) => void,
): WebAssembly.Module {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  encodeTypes(writer, [{ params: [], results: [] }, type]);
  const limits = { min: 0, max: undefined, shared: false, is64: false };
  const environment = { module: 'environment' };
  encodeImports(writer, [
    ...target,
    { ...environment, name: 'memory', kind: 'memory', memory: limits },
    { ...environment, name: 'externs', kind: 'table', table: { elemType: EXTERNREF, limits } },
    { ...environment, name: 'functions', kind: 'table', table: { elemType: FUNCREF, limits } },
  ]);
  encodeFunctions(writer, [0]);
  encodeExports(writer, [
    { name: 'call', kind: 'func', index: target.filter((entry) => entry.kind === 'func').length },
  ]);
  const code = new CodeWriter();
  encodeLocals(code.out, type.results);
  body(code);
  for (let i = type.results.length - 1; i >= 0; i--) code.localSet(i);
  type.results.forEach((result, i) => {
    storeResult(code, result, i);
  });
  code.end();
  encodeCode(writer, 1, (out) => out.bytes(code.out.finish()));
  return new WebAssembly.Module(new Uint8Array(writer.finish()));
}

function storeResult(code: CodeWriter, type: ValType, index: number): void {
  if (type === EXTERNREF || type === FUNCREF) {
    code.i32(index);
    code.localGet(index);
    code.op(OP_TABLE_SET);
    code.out.u32(type === EXTERNREF ? 0 : 1);
  } else {
    code.i32(0);
    code.localGet(index);
    code.store(type, index * STRIDE, 0);
  }
}
