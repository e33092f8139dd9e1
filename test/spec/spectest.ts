// The module `spectest` that scripts may import. A WebAssembly module and not JavaScript functions, so that
// the types of its exports are checked when modules are linked.
// Spec: WebAssembly/spec, interpreter/README, "Spectest host module".

import type { ScriptParser } from './wat.ts';

const SOURCE = `(module
  (import "host" "called" (func $called))
  (func (export "print") (call $called))
  (func (export "print_i32") (param i32) (call $called))
  (func (export "print_i64") (param i64) (call $called))
  (func (export "print_f32") (param f32) (call $called))
  (func (export "print_f64") (param f64) (call $called))
  (func (export "print_i32_f32") (param i32 f32) (call $called))
  (func (export "print_f64_f64") (param f64 f64) (call $called))
  (global (export "global_i32") i32 (i32.const 666))
  (global (export "global_i64") i64 (i64.const 666))
  (global (export "global_f32") f32 (f32.const 666.6))
  (global (export "global_f64") f64 (f64.const 666.6))
  (table (export "table") 10 20 funcref)
  (table (export "table64") i64 10 20 funcref)
  (memory (export "memory") 1 2)
  (memory (export "shared_memory") 1 2 shared))`;

/** A fresh one for each script: its table and memory can be written. `called` is called by each of its functions. */
export async function makeSpectest(parser: ScriptParser, called: () => number): Promise<WebAssembly.Exports> {
  const bytes = await parser.parse(SOURCE);
  const { instance } = await WebAssembly.instantiate(bytes, { host: { called } });
  return instance.exports;
}
