// What the rewrite promises of a whole module.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { WasmError } from '../wasm/error.ts';
import { decodeModule } from '../wasm/module.ts';
import { functionName } from '../wasm/names.ts';
import { assemble } from '../wasm/test_modules.ts';
import { I32, printValType } from '../wasm/types.ts';
import { EXPORT_COLLECT, EXPORT_GROWN, EXPORT_RUN, EXPORT_SET_MARKS, INJECTED_MODULE } from './injected_abi.ts';
import { type TransformOptions, type TransformResult, transform } from './transform.ts';

const OPTIONS: TransformOptions = {
  stops: (_module, name) => name.startsWith('wait'),
  tracked: false,
  tableEntries: [],
};

function rewrite(wat: string, options: Partial<TransformOptions> = {}): TransformResult {
  const result = transform(assemble(wat), { ...OPTIONS, ...options });
  assert.ok(WebAssembly.validate(result.bytes as Uint8Array<ArrayBuffer>));
  return result;
}

function bodyBytes(bytes: Uint8Array, funcIndex: number): Uint8Array {
  const module = decodeModule(bytes);
  const body = module.bodies[funcIndex - module.importedFunctions];
  return bytes.slice(body.offset, body.end);
}

/** A module of random functions: loops, calls of each other and of imports, stores, some of it recursive. */
function randomModule(seed: number, functions: number): string {
  const random = new SeededRandom(seed);
  const statement = (depth: number): string => {
    const callee = randomBelow(random, functions);
    switch (randomBelow(random, depth > 4 ? 4 : 8)) {
      case 0:
        return `(call $f${callee} (local.get 0))`;
      case 1:
        return '(call $wait)';
      case 2:
        return '(i32.store offset=3 (local.get 0) (local.get 1))';
      case 3:
        return `(local.set 1 (i32.add (local.get 1) (i32.const ${callee})))`;
      case 4:
        return `(loop ${statement(depth + 1)} (br_if 0 (local.get 1)))`;
      case 5:
        return `(if (local.get 1) (then ${statement(depth + 1)} ${statement(depth + 1)}) (else ${statement(depth + 1)}))`;
      case 6:
        return `(block ${statement(depth + 1)} (br_if 0 (local.get 1)) ${statement(depth + 1)})`;
      default:
        return `(memory.fill (local.get 0) (i32.const 1) (local.get 1))`;
    }
  };
  const bodies = Array.from(
    { length: functions },
    (_, k) => `(func $f${k} (export "f${k}") (param i32) (local i32) ${statement(0)} ${statement(0)})`,
  );
  return `(module (import "env" "wait" (func $wait)) (memory 1) ${bodies.join('\n')})`;
}

test('a TransformResult is plain data: a structured clone is the same', () => {
  const result = transform(assemble(randomModule(1, 20)), OPTIONS);
  assert.deepEqual(structuredClone(result), result);
  assert.equal(result.functionCount, decodeModule(result.source).bodies.length);
});

test('functions that cannot stop stay byte for byte', () => {
  const wat = `(module (import "env" "wait" (func $wait)) (import "env" "peek" (func $peek)) (memory 1)
    (func (param i32 f64) (result i32) (local i64 i64 f32) (call $peek) (i32.store (local.get 0) (i32.const -1)) (if (result i32) (local.get 0)
      (then (i32.const 0x0fffffff)) (else (br_table 0 0 (i32.const 1) (local.get 0)))))
    (func (block (br 0)) (drop (i64.const -1)) (unreachable) (loop (br 0)))
    (func (call $wait)) (func (call 2 (i32.const 1) (f64.const 2)) (drop)))`;
  const before = assemble(wat);
  const result = rewrite(wat);
  for (const funcIndex of [2, 3, 5]) assert.deepEqual(bodyBytes(result.bytes, funcIndex), bodyBytes(before, funcIndex));
  assert.notDeepEqual(bodyBytes(result.bytes, 4), bodyBytes(before, 4));
  assert.deepEqual(
    result.functions.map((report) => report.funcIndex),
    [4],
  );
});

test('the same bytes give the same bytes; the two forms agree in frames and function numbers', () => {
  for (let seed = 0; seed < 20; seed++) {
    const wat = randomModule(seed, 12);
    const [one, again, tracked] = [rewrite(wat), rewrite(wat), rewrite(wat, { tracked: true })];
    assert.deepEqual(one.bytes, again.bytes);
    assert.deepEqual(one.frameSizes, tracked.frameSizes);
    assert.deepEqual(one.resumeEntries.length, tracked.resumeEntries.length);
    assert.deepEqual([...one.entries], [...tracked.entries]);
    assert.deepEqual([...one.resumedFunctions.values()], [...tracked.resumedFunctions.values()]);
    assert.equal(one.globalsBytes, tracked.globalsBytes);
  }
});

test('output grows linearly with the module', () => {
  const sizes = [100, 200, 400].map((functions) => {
    const wat = randomModule(5, functions);
    return rewrite(wat).bytes.length / assemble(wat).length;
  });
  assert.ok(Math.max(...sizes) < 1.3 * Math.min(...sizes), `growth ${sizes.map((size) => size.toFixed(2)).join(', ')}`);
});

test('names that are reserved are refused, with their place', () => {
  const refuse = (wat: string, text: RegExp): void => {
    assert.throws(
      () => transform(assemble(wat), OPTIONS),
      (error) => {
        assert.ok(error instanceof WasmError && error.offset > 0);
        assert.match(error.message, text);
        return true;
      },
    );
  };
  refuse('(module (func (export "lunatic$")))', /the export name "lunatic\$" is reserved/);
  refuse('(module (memory 1) (export "lunatic$collect" (memory 0)))', /the export name "lunatic\$collect" is reserved/);
  refuse('(module (import "lunatic$" "side" (memory 1)))', /the import module "lunatic\$" is reserved/);
  rewrite('(module (func (export "lunatic")) (func (export "run lunatic$")))');
});

test('what is not supported is named with the function and the place', () => {
  const refuse = (wat: string, text: RegExp, funcIndex: number): void => {
    assert.throws(
      () => transform(assemble(wat), OPTIONS),
      (error) => {
        assert.ok(error instanceof WasmError);
        assert.equal(error.code, 'ERR_WASM_UNSUPPORTED');
        assert.equal(error.funcIndex, funcIndex);
        assert.ok(error.offset > 0);
        assert.match(error.message, text);
        return true;
      },
    );
  };
  const wait = '(import "env" "wait" (func $wait))';
  refuse(`(module ${wait} (func (nop)) (func (try (do (call $wait)) (catch_all))))`, /legacy exception handling/, 2);
  rewrite(`(module ${wait} (func (try (do (nop)) (catch_all))))`);
});

test('imports keep their places; memories become imports; injected ones follow', () => {
  const { bytes, memories } = rewrite('(module (import "env" "wait" (func)) (memory (export "m") 1 7) (memory 2))');
  const { imports, exports } = decodeModule(bytes);
  assert.deepEqual(
    imports.map((item) => [item.module, item.name, item.kind]),
    [
      ['env', 'wait', 'func'],
      [INJECTED_MODULE, 'memory0', 'memory'],
      [INJECTED_MODULE, 'memory1', 'memory'],
      [INJECTED_MODULE, 'side', 'memory'],
    ],
  );
  assert.deepEqual(
    memories.map(({ limits }) => [limits.min, limits.max]),
    [
      [1, 7],
      [2, undefined],
    ],
  );
  assert.equal(exports.find((entry) => entry.name === 'm')?.index, 0);
});

test('the start function is not run by instantiation', () => {
  const result = rewrite('(module (start 0) (func (unreachable)) (func (export "f")))');
  assert.equal(decodeModule(result.bytes).start, undefined);
  assert.ok(result.start !== undefined && result.entries.has('f'));
  const side = new WebAssembly.Memory({ initial: 1_024 });
  new WebAssembly.Instance(new WebAssembly.Module(result.bytes as Uint8Array<ArrayBuffer>), {
    [INJECTED_MODULE]: { side },
  });
});

test('exports: what the guest has, and what the engine needs', () => {
  const names = (wat: string, tracked = false): string[] =>
    decodeModule(rewrite(wat, { tracked }).bytes).exports.map((entry) => entry.name);
  assert.ok(!names('(module)').includes(EXPORT_COLLECT));
  assert.ok(names('(module (memory 1))').includes(EXPORT_COLLECT));
  assert.ok(!names('(module (memory 1))').includes(EXPORT_SET_MARKS));
  assert.ok(names('(module (memory 1))', true).includes(EXPORT_SET_MARKS));
  assert.ok(
    !names('(module (memory 1) (memory 1))', true).includes(EXPORT_SET_MARKS),
    'several memories are never tracked',
  );
  assert.ok(!names('(module (table 1 funcref))').includes(EXPORT_GROWN));
  assert.ok(
    names('(module (table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1)))))').includes(EXPORT_GROWN),
  );
  assert.ok(names('(module (func (export "")) (func (export "\\c3\\bc")))').includes(EXPORT_RUN));
});

test('entries: exported functions by name, but for references', () => {
  const { entries } = rewrite(`(module (import "env" "wait" (func $wait (param i64)))
    (func $f (export "f") (export "g") (param i32) (result f64 v128) (f64.const 1) (v128.const i64x2 0 0))
    (func (export "takes") (param externref)) (func (export "gives") (result funcref) (ref.null func)) (export "wait" (func $wait)))`);
  assert.deepEqual([...entries.keys()].sort(), ['f', 'g', 'wait']);
  assert.deepEqual(entries.get('f')?.type.results.map(printValType), ['f64', 'v128']);
  assert.equal(entries.get('f')?.calleeIndex, entries.get('g')?.calleeIndex);
});

test('table entries are there if a table is', () => {
  const tableEntries = [
    { params: [I32], results: [] },
    { params: [], results: [I32] },
  ];
  assert.equal(rewrite('(module (table 1 funcref))', { tableEntries }).tableEntries.length, 2);
  assert.equal(rewrite('(module)', { tableEntries }).tableEntries.length, 0);
});

test('why instances cannot be shared', () => {
  const reason = (body: string): string | undefined =>
    rewrite(`(module (import "env" "wait" (func $wait)) ${body})`).unshared;
  assert.equal(reason('(memory 1) (table 1 funcref) (global (mut i64) (i64.const 1))'), undefined);
  assert.equal(reason('(global (mut funcref) (ref.null func))'), 'a mutable global that holds a reference');
  assert.equal(reason('(global funcref (ref.null func))'), undefined);
  assert.equal(reason('(memory 1) (memory 1)'), 'more than one memory');
  assert.equal(reason('(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))'), 'table.set in function 1');
  assert.equal(
    reason('(func (param externref) (call $wait) (drop (local.get 0)))'),
    'references alive across resume points',
  );
  assert.equal(reason('(func (param externref) (drop (local.get 0)) (call $wait))'), undefined);
});

test('globals: mutable ones of every type have their place', () => {
  const wat =
    '(module (global (mut i32) (i32.const 1)) (global i32 (i32.const 1)) (global (mut v128) (v128.const i64x2 1 2)) (global (mut f64) (f64.const 1)))';
  assert.equal(rewrite(wat).globalsBytes, 4 + 16 + 8);
});

test('names: guest functions keep theirs, and both versions have the same', () => {
  const { bytes, resumedFunctions } = rewrite(
    '(module (import "env" "wait" (func $wait)) (func $first (call $wait)) (func (nop)) (func $third (call $first)))',
  );
  const module = decodeModule(bytes);
  assert.equal(functionName(module, 1), 'first');
  assert.equal(functionName(module, 2), undefined);
  for (const [resume, funcIndex] of resumedFunctions)
    assert.equal(functionName(module, resume), functionName(module, funcIndex));
});

test('reports count resume points and bytes', () => {
  const { functions, bytes } = rewrite(
    '(module (import "env" "wait" (func $wait)) (func (call $wait) (loop (call $wait))) (func (nop)))',
  );
  assert.equal(functions.length, 1);
  assert.equal(functions[0].funcIndex, 1);
  assert.equal(functions[0].resumePoints, 3);
  assert.ok(functions[0].bytesAfter > functions[0].bytesBefore && functions[0].bytesAfter < bytes.length);
});

test('bytes that are no module are refused as such', () => {
  assert.throws(() => transform(new Uint8Array(3), OPTIONS), WasmError);
  assert.throws(() => transform(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5), OPTIONS), WasmError);
});
