import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WasmError } from './error.ts';
import { InstructionReader } from './instructions.ts';
import { isSubtype } from './matching.ts';
import { decodeModule } from './module.ts';
import { OP_BLOCK, OP_CATCH, OP_ELSE, OP_IF, OP_LOOP, opcodeName } from './opcodes.ts';
import { encodeTypes } from './sections/types.ts';
import { assemble, functionModule, moduleOf, rawSection, validateModule } from './test_modules.ts';
import {
  BOTTOM,
  EXNREF,
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  HEAP_EXTERN,
  HEAP_FUNC,
  I32,
  I64,
  makeRef,
  printValType,
  type ValType,
} from './types.ts';
import { FunctionValidator } from './validate.ts';

/** `opcode: operand types` after each instruction of the last function. */
function trace(bytes: Uint8Array): string[] {
  assert.ok(WebAssembly.validate(Uint8Array.from(bytes)));
  const module = decodeModule(bytes);
  const body = module.bodies[module.bodies.length - 1];
  const validator = new FunctionValidator(module, body);
  const reader = new InstructionReader(bytes, body.codeOffset, body.end);
  const lines: string[] = [];
  while (reader.next()) {
    validator.step(reader);
    lines.push(`${opcodeName(reader.op)}: ${validator.operands.map(printValType).join(' ')}`.trimEnd());
  }
  assert.equal(validator.controls.length, 0);
  return lines;
}

function refusal(
  params: ValType[],
  results: ValType[],
  code: number[],
  between?: Parameters<typeof functionModule>[4],
): string {
  const bytes = functionModule(params, results, code, [], between);
  assert.equal(WebAssembly.validate(bytes), false);
  try {
    validateModule(bytes);
  } catch (error) {
    assert.ok(error instanceof WasmError);
    assert.equal(error.funcIndex, 0);
    return error.reason;
  }
  return 'accepted';
}

test('operands are those after each instruction', () => {
  const code = assemble(`(module (func (param i32 f64) (result i64) (local f32)
    local.get 0 local.get 1 i32.trunc_f64_s i32.add local.tee 0
    (if (param) (result i64) (then i64.const 1) (else i64.const 2))
    local.get 2 drop))`);
  assert.deepEqual(trace(code), [
    'local.get: i32',
    'local.get: i32 f64',
    'i32.trunc_f64_s: i32 i32',
    'i32.add: i32',
    'local.tee: i32',
    'if:',
    'i64.const: i64',
    'else:',
    'i64.const: i64',
    'end: i64',
    'local.get: i64 f32',
    'drop: i64',
    'end: i64',
  ]);
});

test('blocks with parameters, branches with values, unreachable code', () => {
  const code = assemble(`(module (func (param i32) (result i32 i64)
    i32.const 7
    local.get 0
    loop (param i32) (result i64) drop i64.const 1 end
    br 0
    i64.add
    unreachable
    i32.const 1
    select))`);
  assert.deepEqual(trace(code), [
    'i32.const: i32',
    'local.get: i32 i32',
    'loop: i32 i32',
    'drop: i32',
    'i64.const: i32 i64',
    'end: i32 i64',
    'br:',
    'i64.add: i64',
    'unreachable:',
    'i32.const: i32',
    'select: unknown',
    'end: i32 i64',
  ]);
});

test('controls describe the open blocks', () => {
  const bytes = assemble(`(module (tag (param f32)) (func (param i32) (result i64)
    i32.const 1
    loop (param i32) (result i64)
      if (result i64) i64.const 1 else unreachable end
    end
    drop
    try (result i64) i64.const 5 catch 0 drop i64.const 2 end))`);
  const module = decodeModule(bytes);
  const validator = new FunctionValidator(module, module.bodies[0]);
  const reader = new InstructionReader(bytes, module.bodies[0].codeOffset, module.bodies[0].end);
  const seen: unknown[] = [];
  assert.deepEqual(validator.localTypes, [I32]);
  while (reader.next()) {
    validator.step(reader);
    if ([OP_LOOP, OP_IF, OP_ELSE, OP_CATCH].includes(reader.op) || validator.controls.at(-1)?.unreachable) {
      seen.push([opcodeName(reader.op), ...validator.controls.map((frame) => ({ ...frame }))]);
    }
  }
  const frame = (opcode: number, startTypes: ValType[], endTypes: ValType[], height: number, unreachable = false) => ({
    opcode,
    startTypes,
    endTypes,
    height,
    unreachable,
  });
  const func = frame(OP_BLOCK, [], [I64], 0);
  const loop = frame(OP_LOOP, [I32], [I64], 0);
  assert.deepEqual(seen, [
    ['loop', func, loop],
    ['if', func, loop, frame(OP_IF, [], [I64], 0)],
    ['else', func, loop, frame(OP_ELSE, [], [I64], 0)],
    ['unreachable', func, loop, frame(OP_ELSE, [], [I64], 0, true)],
    ['catch', func, frame(OP_CATCH, [], [I64], 0)],
  ]);
});

test('references keep their exact types', () => {
  // (func (param (ref null 0))): local.get 0, br_on_null 0, drop, ref.func 0, drop, ref.null func, drop
  const bytes = moduleOf(
    rawSection(1, 1, 0x60, 1, 0x63, 0, 0),
    rawSection(3, 1, 0),
    rawSection(9, 1, 3, 0, 1, 0),
    rawSection(10, 1, 15, 0, 0x20, 0, 0xd5, 0, 0x1a, 0xd2, 0, 0x1a, 0xd0, 0x70, 0xd1, 0x1a, 0x01, 0x0b),
  );
  assert.deepEqual(trace(bytes), [
    'local.get: (ref null 0)',
    'br_on_null: (ref 0)',
    'drop:',
    'ref.func: (ref 0)',
    'drop:',
    'ref.null: funcref',
    'ref.is_null: i32',
    'drop:',
    'nop:',
    'end:',
  ]);
});

test('br_if leaves the types of its label', () => {
  // (func (param (ref 0)) (result (ref null 0))) of type 1: local.get 0, i32.const 1, br_if 0
  const bytes = moduleOf(
    rawSection(1, 2, 0x60, 0, 0, 0x60, 1, 0x64, 0, 1, 0x63, 0),
    rawSection(3, 1, 1),
    rawSection(10, 1, 8, 0, 0x20, 0, 0x41, 1, 0x0d, 0, 0x0b),
  );
  assert.deepEqual(trace(bytes).slice(0, 3), ['local.get: (ref 0)', 'i32.const: (ref 0) i32', 'br_if: (ref null 0)']);
});

test('isSubtype compares references by nullability and by the equality of their types', () => {
  const empty = { params: [], results: [] };
  const module = decodeModule(
    moduleOf((writer) => encodeTypes(writer, [empty, { params: [I32], results: [] }, empty])),
  );
  const is = (sub: ValType, sup: ValType) => isSubtype(module, sub, sup);
  assert.ok(is(I32, I32) && is(BOTTOM, I32) && is(BOTTOM, FUNCREF));
  assert.ok(!is(I32, I64) && !is(I32, FUNCREF) && !is(FUNCREF, I32) && !is(I32, BOTTOM));
  assert.ok(is(makeRef(0, false), makeRef(2, false)) && is(makeRef(0, false), makeRef(2, true)));
  assert.ok(!is(makeRef(0, true), makeRef(0, false)) && !is(makeRef(0, false), makeRef(1, false)));
  assert.ok(is(makeRef(1, true), FUNCREF) && is(makeRef(1, false), makeRef(HEAP_FUNC, false)));
  assert.ok(!is(makeRef(1, true), makeRef(HEAP_FUNC, false)) && !is(FUNCREF, makeRef(1, true)));
  assert.ok(is(makeRef(HEAP_EXTERN, false), EXTERNREF) && !is(EXTERNREF, FUNCREF) && !is(EXNREF, EXTERNREF));
});

test('code that does not fit its types is refused, as V8 does', () => {
  assert.match(refusal([], [I32], [0x42, 0, 0x0b]), /type mismatch: i32 is expected, there is i64/);
  assert.match(refusal([], [], [0x41, 0, 0x0b]), /1 values too many at the end of a block/);
  assert.match(refusal([], [I32], [0x0b]), /not enough values/);
  assert.match(refusal([], [], [0x6a, 0x0b]), /not enough values/);
  assert.match(refusal([], [], [0x02, 0x40, 0x0b]), /the body ends inside a block/);
  assert.match(refusal([], [], [0x0b, 0x01, 0x0b]), /nop after the end of the function/);
  assert.match(refusal([], [], [0x05, 0x0b]), /else without if/);
  assert.match(refusal([I32], [I32], [0x20, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x0b]), /if without else/);
  assert.match(refusal([], [], [0x0c, 1, 0x0b]), /label 1 is out of range/);
  assert.match(refusal([], [], [0x20, 0, 0x1a, 0x0b]), /local index 0 is out of range/);
  assert.match(refusal([], [], [0x23, 0, 0x1a, 0x0b]), /global index 0 is out of range/);
  assert.match(refusal([], [], [0x10, 1, 0x0b]), /function index 1 is out of range/);
  assert.match(refusal([I32], [I32], [0x20, 0, 0x28, 2, 0, 0x0b]), /memory index 0 is out of range/);
  assert.match(refusal([F32, I64], [], [0x20, 0, 0x20, 1, 0x41, 0, 0x1b, 0x1a, 0x0b]), /type mismatch/);
  assert.match(refusal([FUNCREF], [], [0x20, 0, 0x20, 0, 0x41, 0, 0x1b, 0x1a, 0x0b]), /select of references/);
  assert.match(refusal([], [], [0x08, 0, 0x0b]), /tag index 0 is out of range/);
  assert.match(refusal([], [], [0x02, 0x40, 0x07, 0, 0x0b, 0x0b]), /tag index 0|catch without try/);
  assert.match(refusal([], [], [0x06, 0x40, 0x19, 0x19, 0x0b, 0x0b]), /catch_all without try/);
  assert.match(refusal([], [], [0x06, 0x40, 0x09, 0, 0x0b, 0x0b]), /rethrow names a block that is no catch/);
  assert.match(refusal([], [], [0x02, 0x40, 0x18, 0, 0x0b]), /delegate without try/);
  assert.match(refusal([], [], [0x1f, 0x7f, 1, 2, 1, 0x0b, 0x0b, 0x0b]), /label 1 is out of range/);
  assert.match(refusal([], [I32], [0x1f, 0x40, 1, 2, 0, 0x0b, 0x41, 0, 0x0b]), /another number of values/);
  assert.match(refusal([F64], [I32], [0x12, 0, 0x0b]), /not enough values/);
  assert.match(refusal([], [], [0xfc, 9, 0, 0x0b]), /needs a data count section/);
  assert.match(refusal([], [], [0xfc, 9, 0, 0x0b], rawSection(12, 0)), /data segment 0 is out of range/);
  assert.match(refusal([], [], [0xfc, 13, 0, 0x0b]), /element segment 0 is out of range/);
  const externTable = rawSection(4, 1, 0x6f, 0, 1);
  assert.match(refusal([], [], [0x41, 0, 0x11, 0, 0, 0x0b], externTable), /a table that holds no functions/);
  const shuffle = [0xfd, 13, ...new Array(15).fill(0), 32];
  const zero = [0xfd, 12, ...new Array(16).fill(0)];
  assert.match(refusal([], [], [...zero, ...zero, ...shuffle, 0x1a, 0x0b]), /lane 32 of i8x16.shuffle/);
  const constant = rawSection(6, 1, 0x7f, 0, 0x41, 0, 0x0b);
  assert.match(refusal([], [], [0x41, 0, 0x24, 0, 0x0b], constant), /global 0 is not mutable/);
});

test('types are compared where values cross a label, a catch clause or a tail call', () => {
  // br_table to a block of i32 and to the function of i64, with an i32 on the stack
  const table = [0x02, 0x7f, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a, 0x42, 0, 0x0b];
  assert.match(refusal([], [I64], table), /type mismatch: i64 is expected, there is i32/);
  // type 1: (func (param i32) (result i64)), used by an if without else
  const shared = (...code: number[]) =>
    moduleOf(
      rawSection(1, 3, 0x60, 1, 0x7d, 0, 0x60, 1, 0x7f, 1, 0x7e, 0x60, 0, 1, 0x7f), // f32 -> ; i32 -> i64; -> i32
      rawSection(3, 1, 2),
      rawSection(13, 1, 0, 0), // a tag with an f32
      rawSection(10, 1, code.length + 1, 0, ...code),
    );
  const wrong: [string, number[]][] = [
    ['if without else', [0x41, 1, 0x41, 0, 0x04, 1, 0x1a, 0x42, 0, 0x0b, 0x1a, 0x41, 0, 0x0b]],
    ['parameter of a catch', [0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0, 0x0b, 0x41, 0, 0x0b, 0x0b]],
    ['reference of a catch_all_ref', [0x02, 0x7f, 0x1f, 0x40, 1, 3, 0, 0x0b, 0x41, 0, 0x0b, 0x0b]],
  ];
  for (const [what, code] of wrong) {
    const bytes = shared(...code);
    assert.equal(WebAssembly.validate(bytes), false, what);
    assert.throws(() => validateModule(bytes), { reason: /type mismatch/ }, what);
  }
  // a function of i32 that tail-calls one of i64
  const tail = moduleOf(
    rawSection(1, 2, 0x60, 0, 1, 0x7f, 0x60, 0, 1, 0x7e),
    rawSection(3, 2, 0, 1),
    rawSection(10, 2, 4, 0, 0x12, 1, 0x0b, 4, 0, 0x42, 0, 0x0b),
  );
  assert.equal(WebAssembly.validate(tail), false);
  assert.throws(() => validateModule(tail), { reason: /type mismatch: i32 is expected, there is i64/ });
});

test('table.init takes a segment of function indices for references that are never null', () => {
  // a table of (ref func) filled with function 0, a passive segment, table.init
  const withSegment = (...segment: number[]) =>
    moduleOf(
      rawSection(1, 1, 0x60, 0, 0),
      rawSection(3, 1, 0),
      rawSection(4, 1, 0x40, 0, 0x64, 0x70, 0, 1, 0xd2, 0, 0x0b),
      rawSection(9, 1, ...segment),
      rawSection(10, 1, 12, 0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 12, 0, 0, 0x0b),
    );
  const indices = withSegment(1, 0, 1, 0);
  assert.equal(WebAssembly.validate(indices), true);
  validateModule(indices);
  const nullable = withSegment(5, 0x70, 1, 0xd2, 0, 0x0b);
  assert.equal(WebAssembly.validate(nullable), false);
  assert.throws(() => validateModule(nullable), { reason: /items of funcref for a table of \(ref func\)/ });
});

test('the operand stack is bounded: calls with a thousand results do not fill the heap', () => {
  const results = new Array(1000).fill(I32);
  const calls = new Array(10_000).fill([0x10, 0]).flat();
  const bytes = functionModule([], results, [...calls, 0x0b]);
  assert.throws(() => validateModule(bytes), { code: 'ERR_WASM_UNSUPPORTED', reason: /values on the stack/ });
});

test('LLVM itself, 75 MB of code, has types throughout', () => {
  const file = new URL('../../../../node_modules/@yowasp/clang/gen/llvm.core.wasm', import.meta.url);
  const module = validateModule(readFileSync(file));
  assert.ok(module.bodies.length > 100_000);
});
