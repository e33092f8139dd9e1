/**
 * Modules for the tests of this folder; nothing else imports it. Sources are text, assembled when a test asks for them,
 * or bytes put together by the encoders under test and judged by V8.
 */

import wabtInit from 'wabt';
import { InstructionReader } from './instructions.ts';
import { decodeModule, MODULE_HEADER } from './module.ts';
import { encodeCode, encodeLocals } from './sections/code.ts';
import { encodeFunctions } from './sections/functions.ts';
import { encodeTypes } from './sections/types.ts';
import type { LocalGroup, ValType, WasmModule } from './types.ts';
import { validateFunction } from './validate.ts';
import { ByteWriter } from './writer.ts';

const wabt = await wabtInit();

const FEATURES = {
  exceptions: true,
  tail_call: true,
  threads: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
};

/** Assembles text with debug names. wabt does not check types here: V8 is the judge. */
export function assemble(wat: string): Uint8Array<ArrayBuffer> {
  const parsed = wabt.parseWat('test.wat', wat, FEATURES);
  try {
    return new Uint8Array(parsed.toBinary({ write_debug_names: true }).buffer);
  } finally {
    parsed.destroy();
  }
}

export function disassemble(bytes: Uint8Array): string {
  const parsed = wabt.readWasm(bytes, { ...FEATURES, check: false });
  try {
    return parsed.toText({});
  } finally {
    parsed.destroy();
  }
}

export function moduleOf(...sections: ((writer: ByteWriter) => void)[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from(MODULE_HEADER));
  for (const section of sections) {
    section(writer);
  }
  return new Uint8Array(writer.finish());
}

export function rawSection(id: number, ...payload: number[]): (writer: ByteWriter) => void {
  return (writer) => writer.section(id, (section) => section.bytes(Uint8Array.from(payload)));
}

/** One function of type 0, with sections put before the code section and after the function section. */
export function functionModule(
  params: ValType[],
  results: ValType[],
  code: number[],
  locals: LocalGroup[] = [],
  between: (writer: ByteWriter) => void = () => {},
): Uint8Array<ArrayBuffer> {
  return moduleOf(
    (writer) => encodeTypes(writer, [{ params, results }]),
    (writer) => encodeFunctions(writer, [0]),
    between,
    (writer) =>
      encodeCode(writer, 1, (body) => {
        encodeLocals(body, locals);
        body.bytes(Uint8Array.from(code));
      }),
  );
}

/** Decodes and walks every body with its types. */
export function validateModule(bytes: Uint8Array): WasmModule {
  const module = decodeModule(bytes);
  for (const body of module.bodies) {
    validateFunction(module, body, new InstructionReader(bytes, body.codeOffset, body.end));
  }
  return module;
}

/** The core language: every section, bulk memory, references, several values, vectors, atomics, names. */
export const CORE_WAT = `(module $core
  (type $binary (func (param i32 i32) (result i32)))
  (type $pair (func (param i32) (result i32 i64)))
  (import "env" "log" (func $log (param i32)))
  (import "env" "base" (global $base i32))
  (import "env" "table" (table $shared 1 10 funcref))
  (memory $memory (export "memory") 1 4)
  (table $table 4 4 funcref)
  (table $externs 2 externref)
  (global $counter (mut i32) (i32.const 7))
  (global $offset i32 (i32.add (global.get $base) (i32.const 4)))
  (global $null externref (ref.null extern))
  (global $vector v128 (v128.const i32x4 1 2 3 4))
  (export "add" (func $add))
  (start $main)
  (elem $active (table $table) (i32.const 0) func $add $sub)
  (elem $passive funcref (ref.func $add) (ref.null func))
  (elem declare func $main)
  (data $greeting (i32.const 16) "hello")
  (data $late "late")
  (func $add (type $binary) local.get 0 local.get 1 i32.add)
  (func $sub (type $binary) (local $a i64) (local $b f64) (local $c f64)
    (i32.sub (local.get 0) (local.get 1)))
  (func $pair (type $pair)
    (local.get 0)
    (block (param i32) (result i32 i64) (i64.extend_i32_s (local.get 0))))
  (func $switch (param i32) (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $two $one (local.get 0)))
      (return (i32.const 100)))
      (return (i32.const -200)))
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
  (func $loop (param i32) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (i64.const -81985529216486896)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum))
  (func $bulk (param i32 i32)
    (memory.fill (local.get 0) (i32.const 0) (local.get 1))
    (memory.copy (i32.const 0) (i32.const 8) (i32.const 8))
    (memory.init $late (i32.const 0) (i32.const 0) (i32.const 4))
    (data.drop $late)
    (table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 1))
    (elem.drop $passive)
    (table.copy $table $shared (i32.const 0) (i32.const 0) (i32.const 1))
    (drop (table.grow $externs (ref.null extern) (i32.const 1)))
    (table.fill $externs (i32.const 0) (table.get $externs (i32.const 1)) (table.size $externs))
    (table.set $table (i32.const 0) (ref.func $main)))
  (func $numbers (param f64) (result i32)
    (f32.store offset=70000 (i32.const 4) (f32.demote_f64 (local.get 0)))
    (i64.store8 (i32.const 0) (i64.extend16_s (i64.trunc_sat_f64_u (local.get 0))))
    (drop (select (result externref) (ref.null extern) (ref.null extern) (i32.const 1)))
    (drop (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 1) (i32.const 2)))
    (select (i32.const 1) (i32.load16_u offset=2 align=1 (i32.const 3)) (ref.is_null (ref.null func))))
  (func $vectors (param v128) (result i32)
    (v128.store (i32.const 32) (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 (local.get 0) (global.get $vector)))
    (v128.store16_lane offset=4 5 (i32.const 0) (local.get 0))
    (i32x4.extract_lane 3 (f32x4.relaxed_madd (local.get 0) (local.get 0) (v128.load32_splat (i32.const 8)))))
  (func $main
    (global.set $counter (call_indirect $table (type $binary) (i32.const 1) (i32.const 2) (i32.const 0)))
    (call $log (memory.grow (memory.size)))
    (br 0)
    (drop) (unreachable)))`;

/** Tail calls, exceptions in their old form, several memories. */
export const EXTENDED_WAT = `(module $extended
  (type $unary (func (param i32) (result i32)))
  (tag $tag (param i32 i64))
  (memory $first 1)
  (memory $second 1 2)
  (table $table 1 funcref)
  (func $callee (type $unary) (local.get 0))
  (func $tail (type $unary)
    (if (local.get 0) (then (return_call $callee (i32.const 1))))
    (return_call_indirect $table (type $unary) (local.get 0) (i32.const 0)))
  (func $throwing (param i32) (throw $tag (local.get 0) (i64.const 9)))
  (func $catching (result i32)
    (try (result i32)
      (do (call $throwing (i32.const 3)) (i32.const 0))
      (catch $tag (drop))
      (catch_all (rethrow 0))))
  (func $delegating (try (do (try (do (call $throwing (i32.const 3))) (delegate 0))) (catch_all)))
  (func $memories
    (i32.store $second offset=8 (i32.const 0) (i32.load $first (i32.const 4)))
    (drop (memory.grow $second (memory.size $first)))))`;

/**
 * What the assembler cannot write: `try_table` with all four clauses, `throw_ref`, branches on null, a tail call through
 * a reference. Type 1 is the function's, type 0 the tag's, type 2 a block's.
 */
export function newerInstructions(): Uint8Array<ArrayBuffer> {
  return moduleOf(
    // (func (param i32)), (func (result i32)), (func (result i32 (ref null exn)))
    rawSection(1, 3, 0x60, 1, 0x7f, 0, 0x60, 0, 1, 0x7f, 0x60, 0, 2, 0x7f, 0x69),
    rawSection(3, 2, 1, 1),
    rawSection(13, 1, 0, 0),
    rawSection(9, 1, 3, 0, 1, 0), // declared segment with function 0
    (writer) =>
      encodeCode(writer, 2, (body, codeIndex) => {
        body.bytes(Uint8Array.from(codeIndex === 0 ? CATCHING_BODY : REFERENCES_BODY));
      }),
    rawSection(0, 4, 0x6e, 0x61, 0x6d, 0x65, 1, 5, 1, 1, 2, 0x72, 0x65), // name section: function 1 is "re"
  );
}

// biome-ignore format: one instruction a line
const CATCHING_BODY = [
  0, // no locals
  0x02, 0x69, // block (result exnref)
  0x02, 0x02, // block (type 2)
  0x02, 0x40, // block
  0x02, 0x7f, // block (result i32)
  0x1f, 0x40, 4, // try_table with four clauses
  0, 0, 0, // catch 0 0
  1, 0, 2, // catch_ref 0 2
  2, 1, // catch_all 1
  3, 3, // catch_all_ref 3
  0x41, 5, 0x08, 0, // i32.const 5, throw 0
  0x0b, // end
  0x41, 1, // i32.const 1
  0x0b, 0x0f, // end, return
  0x0b, 0x41, 2, 0x0f, // end, i32.const 2, return
  0x0b, 0x0a, // end, throw_ref
  0x0b, 0x0a, // end, throw_ref
  0x0b,
];

// biome-ignore format: one instruction a line
const REFERENCES_BODY = [
  1, 1, 0x63, 1, // one local of (ref null 1)
  0x02, 0x40, // block
  0x02, 0x64, 1, // block (result (ref 1))
  0xd2, 0, 0x21, 0, // ref.func 0, local.set 0
  0x20, 0, 0xd6, 0, // local.get 0, br_on_non_null 0
  0x20, 0, 0xd5, 1, // local.get 0, br_on_null 1
  0x1a, // drop
  0x20, 0, 0xd4, // local.get 0, ref.as_non_null
  0x0b, // end
  0x15, 1, // return_call_ref 1
  0x0b,
  0xd0, 1, 0x14, 1, // ref.null 1, call_ref 1
  0x0b,
];
