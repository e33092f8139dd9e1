import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WasmError } from './error.ts';
import { decodeModule } from './module.ts';
import { encodeCustomSection } from './sections/custom.ts';
import { encodeTypes } from './sections/types.ts';
import {
  assemble,
  CORE_WAT,
  EXTENDED_WAT,
  functionModule,
  moduleOf,
  newerInstructions,
  rawSection,
  validateModule,
} from './test_modules.ts';
import { EXNREF, EXTERNREF, F64, FUNCREF, I32, I64, makeRef, SECTION_CUSTOM, V128, type WasmModule } from './types.ts';

const core = assemble(CORE_WAT);
const extended = assemble(EXTENDED_WAT);
const newer = newerInstructions();

function refusal(...sections: Parameters<typeof moduleOf>): string {
  try {
    decodeModule(moduleOf(...sections));
  } catch (error) {
    assert.ok(error instanceof WasmError);
    return error.message;
  }
  return 'accepted';
}

test('decodeModule fills every index space, imports first', () => {
  const module = decodeModule(core);
  assert.deepEqual(
    module.imports.map(({ module: from, name, kind }) => `${from}.${name} ${kind}`),
    ['env.log func', 'env.base global', 'env.table table'],
  );
  assert.deepEqual(module.imports[2].table, {
    elemType: FUNCREF,
    limits: { min: 1, max: 10, shared: false, is64: false },
  });
  assert.equal(module.importedFunctions, 1);
  assert.equal(module.bodies.length, module.funcTypeIndices.length - 1);
  assert.deepEqual([module.tables.length, module.importedTables, module.importedMemories], [3, 1, 0]);
  assert.deepEqual(module.memories, [{ min: 1, max: 4, shared: false, is64: false }]);
  assert.deepEqual(
    module.globals.map(({ type }) => [type.valType, type.mutable]),
    [
      [I32, false],
      [I32, true],
      [I32, false],
      [EXTERNREF, false],
      [V128, false],
    ],
  );
  assert.deepEqual(
    module.exports.map(({ name, kind, index }) => [name, kind, index]),
    [
      ['memory', 'memory', 0],
      ['add', 'func', 1],
    ],
  );
  assert.equal(module.start, module.funcTypeIndices.length - 1);
  assert.equal(module.dataCount, 2);
  const { valType } = module.globals[2].type;
  assert.equal(valType, I32);
  const init = module.globals[2].init ?? assert.fail();
  assert.deepEqual([...core.subarray(init.start, init.end)], [0x23, 0, 0x41, 4, 0x6a, 0x0b]);
  assert.equal(module.globals[0].init, undefined);
});

test('segments keep their mode, their items and their bytes', () => {
  const { elements, data } = decodeModule(core);
  assert.deepEqual(
    elements.map(({ mode, tableIndex, elemType, funcIndices }) => ({ mode, tableIndex, elemType, funcIndices })),
    [
      { mode: 'active', tableIndex: 1, elemType: FUNCREF, funcIndices: [1, 2] },
      { mode: 'passive', tableIndex: 0, elemType: FUNCREF, funcIndices: [1] },
      { mode: 'declared', tableIndex: 0, elemType: FUNCREF, funcIndices: [9] },
    ],
  );
  assert.deepEqual(
    elements.map(({ expressions }) => expressions?.map(({ start, end }) => [...core.subarray(start, end)])),
    [
      undefined,
      [
        [0xd2, 1, 0x0b],
        [0xd0, 0x70, 0x0b],
      ],
      undefined,
    ],
  );
  const texts = data.map(({ dataStart, dataEnd }) => new TextDecoder().decode(core.subarray(dataStart, dataEnd)));
  assert.deepEqual(texts, ['hello', 'late']);
  assert.deepEqual([data[0].mode, data[1].mode, data[1].offset], ['active', 'passive', undefined]);
  assert.equal(data[1].start, data[0].end);
});

test('bodies give their locals in groups and the place of their code', () => {
  const { bodies } = decodeModule(core);
  const sub = bodies[1];
  assert.deepEqual(sub.locals, [
    { count: 1, type: I64 },
    { count: 2, type: F64 },
  ]);
  assert.equal(sub.codeOffset - sub.offset, 5);
  assert.deepEqual([...core.subarray(sub.codeOffset, sub.end)], [0x20, 0, 0x20, 1, 0x6b, 0x0b]);
});

test('sections cover the file from the header to the end', () => {
  for (const bytes of [core, extended, newer]) {
    const { sections } = decodeModule(bytes);
    let last = 8;
    for (const { start, payloadStart, end } of sections) {
      assert.ok(start === last && payloadStart >= start + 2 && end >= payloadStart);
      last = end;
    }
    assert.equal(last, bytes.length);
    const custom = sections.filter(({ id }) => id === SECTION_CUSTOM);
    assert.deepEqual(
      custom.map(({ name }) => name),
      ['name'],
    );
  }
});

test('typeIds makes equal types one, through references to themselves and to others', () => {
  // 0: (ref null 0) -> 1: (ref null 1) -> 2: (ref 2) ; 3: (ref 0) ; 4: (ref 1) ; 5: (ref 2)
  const type = (refer: number, nullable: boolean) => ({ params: [makeRef(refer, nullable)], results: [] });
  const types = [type(0, true), type(1, true), type(2, false), type(0, false), type(1, false), type(2, false)];
  const bytes = moduleOf((writer) => encodeTypes(writer, types));
  assert.ok(WebAssembly.validate(bytes));
  const module = decodeModule(bytes);
  assert.deepEqual(module.types, types);
  assert.deepEqual(module.typeIds, [0, 0, 2, 3, 3, 5]);
});

test('what is not served is named', () => {
  const memory = (...limits: number[]) => rawSection(5, 1, ...limits);
  assert.match(refusal(memory(3, 1, 2)), /^unsupported: shared memory, at offset 0xb/);
  assert.match(refusal(memory(4, 1)), /^unsupported: memory64, /);
  assert.match(refusal(memory(8, 1, 0)), /^unsupported: custom page sizes, /);
  assert.match(refusal(rawSection(4, 1, 0x70, 4, 1)), /^unsupported: table64, /);
  assert.match(refusal(rawSection(1, 1, 0x5f, 0, 0)), /^unsupported: gc struct type, at offset 0xb/);
  assert.match(refusal(rawSection(1, 1, 0x5e, 0x7f, 0)), /^unsupported: gc array type, /);
  assert.match(refusal(rawSection(1, 1, 0x4e, 0, 0)), /^unsupported: gc rec group, /);
  assert.match(refusal(rawSection(1, 1, 0x50, 0, 0x60, 0, 0)), /^unsupported: gc sub type, /);
  assert.match(refusal(rawSection(1, 1, 0x60, 1, 0x6e, 0)), /^unsupported: gc reference type any, /);
  assert.match(refusal(rawSection(6, 1, 0x63, 0x6c, 0, 0x0b)), /^unsupported: gc reference type i31, /);
});

test('an error in a body names the function', () => {
  const name = (writer: Parameters<typeof encodeCustomSection>[0]) =>
    encodeCustomSection(writer, 'name', Uint8Array.from([1, 4, 1, 0, 1, 0x66]));
  const bytes = functionModule([], [], [0x0b], [{ count: 1, type: 0x6e }], name);
  assert.throws(() => decodeModule(bytes), {
    code: 'ERR_WASM_UNSUPPORTED',
    reason: 'unsupported: gc reference type any',
    funcIndex: 0,
    funcName: 'f',
    message: /in function 0 \(f\)$/,
  });
});

test('malformed sections are refused with a reason', () => {
  const types = rawSection(1, 1, 0x60, 0, 0);
  assert.match(refusal(rawSection(1, 1, 0x60, 0, 0, 9)), /section 1 has 1 bytes too many/);
  assert.match(refusal(types, types), /out of order or appears twice/);
  assert.match(refusal(rawSection(3, 0), types), /out of order/);
  assert.match(refusal(rawSection(14, 0)), /unknown section id 14/);
  assert.match(refusal(types, rawSection(3, 1, 0)), /0 bodies for 1 functions/);
  assert.match(refusal(types, rawSection(3, 1, 1)), /type index 1 is out of range/);
  assert.match(refusal(types, rawSection(3, 1, 0), rawSection(10, 1, 1, 0, 0)), /must finish with the end opcode/);
  assert.match(refusal(types, rawSection(3, 1, 0), rawSection(10, 1, 2, 0, 1)), /must finish with the end opcode/);
  assert.match(refusal(rawSection(12, 1)), /0 data segments, announced were 1/);
  assert.match(refusal(rawSection(5, 1, 0, 0x81, 0x80, 4)), /the minimum of a memory, 65537/);
  assert.match(refusal(rawSection(5, 1, 1, 2, 1)), /limits of a memory are reversed/);
  assert.match(refusal(rawSection(8, 0)), /function index 0 is out of range/);
  assert.match(refusal(rawSection(7, 1, 1, 0x61, 2, 0)), /the export "a" names memory 0/);
  assert.match(refusal(rawSection(5, 1, 0, 1), rawSection(7, 2, 1, 0x61, 2, 0, 1, 0x61, 2, 0)), /"a" appears twice/);
  assert.match(refusal(rawSection(9, 1, 0, 0x41, 0, 0x0b, 0)), /table 0, which does not exist/);
  assert.match(refusal(rawSection(11, 1, 0, 0x41, 0, 0x0b, 0)), /memory 0, which does not exist/);
  assert.match(refusal(rawSection(6, 1, 0x7f, 0, 0x23, 0, 0x0b)), /global index 0 is out of range/);
  assert.match(refusal(rawSection(6, 1, 0x7f, 0, 0x01, 0x0b)), /nop is not allowed in a const expr/);
  assert.match(refusal(rawSection(6, 1, 0x7f, 2, 0x41, 0, 0x0b)), /invalid mutability/);
  assert.match(refusal(rawSection(1, 1, 0x60, 0, 1, 0x12)), /invalid value type 0x12/);
  assert.throws(() => decodeModule(Uint8Array.from([1, 2, 3])), /not a WebAssembly module/);
  assert.throws(() => decodeModule(Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])), /not a core module/);
});

test('counts that do not fit are refused before anything is allocated', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13]) {
    assert.match(refusal(rawSection(id, ...huge)), /more than the limit|do not fit/, `section ${id}`);
    assert.match(refusal(rawSection(id, 0xa0, 0x8d, 0x06)), /do not fit|more than the limit/, `section ${id}`);
  }
});

/** Ours and V8's answer for the same bytes: whatever V8 accepts we accept or name as unsupported. */
function compare(bytes: Uint8Array<ArrayBuffer>, what: string): 'accepted' | 'unsupported' | 'refused' {
  try {
    validateModule(bytes);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof WasmError, `${what}: ${error instanceof Error ? error.stack : error}`);
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, what);
    if (error.code === 'ERR_WASM_UNSUPPORTED') {
      return 'unsupported';
    }
    assert.equal(WebAssembly.validate(bytes), false, `${what}: V8 accepts, we say: ${error.message}`);
    return 'refused';
  }
}

test('every truncation of a valid module decodes or is refused', () => {
  for (const bytes of [core, extended, newer]) {
    assert.equal(WebAssembly.validate(bytes), true);
    assert.equal(compare(bytes, 'whole'), 'accepted');
    for (let length = 0; length < bytes.length; length++) {
      compare(bytes.slice(0, length), `truncated to ${length}`);
    }
  }
});

/** xorshift32: the seed is printed with a failure, so it can be replayed. */
function randomSource(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

test('10,000 seeded byte flips: no other error than ours, nothing refused that V8 accepts', () => {
  const seed = Number(process.env.LUNATIC_TEST_SEED ?? 0x1d2c3b4a);
  const random = randomSource(seed);
  const counts = { accepted: 0, unsupported: 0, refused: 0 };
  for (let round = 0; round < 10_000; round++) {
    const bytes = [core, core, extended, newer][round % 4].slice();
    for (let flips = 1 + random(2); flips > 0; flips--) {
      const at = 8 + random(bytes.length - 8);
      bytes[at] = random(2) === 0 ? bytes[at] ^ (1 << random(8)) : random(256);
    }
    counts[compare(bytes, `seed ${seed}, round ${round}`)]++;
  }
  // A comparison that only ever goes one way would prove nothing.
  assert.ok(counts.accepted > 500 && counts.refused > 500 && counts.unsupported > 10, JSON.stringify(counts));
});

test('exnref is a type of its own', () => {
  const module: WasmModule = decodeModule(newer);
  assert.deepEqual(module.types[2].results, [I32, EXNREF]);
});
