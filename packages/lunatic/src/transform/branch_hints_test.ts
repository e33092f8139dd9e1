import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstructionReader } from '../wasm/instructions.ts';
import { decodeModule } from '../wasm/module.ts';
import { OP_IF } from '../wasm/opcodes.ts';
import { ByteReader } from '../wasm/reader.ts';
import { assemble } from '../wasm/test_modules.ts';
import { SECTION_CODE, SECTION_CUSTOM } from '../wasm/types.ts';
import { transform } from './transform.ts';

const NAME = 'metadata.code.branch_hint';

const BODY = `(func $costly (export "f") (param i32) (result i32) (local i32)
  (loop (call $wait)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (br_if 0 (local.get 1)))
  (if (result i32) (local.get 0) (then (call $costly (local.get 0))) (else (i32.const 1))))`;

/** By function index: offsets in the body that are hinted, all of them as unlikely. */
function hints(bytes: Uint8Array): Map<number, number[]> {
  const module = decodeModule(bytes);
  const found = new Map<number, number[]>();
  for (const { id, start, end } of module.sections) {
    if (id !== SECTION_CUSTOM) continue;
    const reader = new ByteReader(bytes, start, end);
    reader.u8();
    reader.u32();
    if (reader.name() !== NAME) continue;
    assert.ok(start < (module.sections.find((section) => section.id === SECTION_CODE)?.start ?? 0));
    let last = -1;
    for (let functions = reader.u32(); functions > 0; functions--) {
      const funcIndex = reader.u32();
      assert.ok(funcIndex > last, 'functions in rising order');
      last = funcIndex;
      const offsets: number[] = [];
      for (let count = reader.u32(); count > 0; count--) {
        offsets.push(reader.u32());
        assert.deepEqual([reader.u32(), reader.u8()], [1, 0]);
      }
      found.set(funcIndex, offsets);
    }
    assert.equal(reader.pos, end);
  }
  return found;
}

test('stops are behind branches that are hinted as unlikely: all of the forward version, in loops of the resume version', () => {
  const bytes = assemble(`(module (import "env" "wait" (func $wait)) ${BODY})`);
  const result = transform(bytes, { stops: (_module, name) => name === 'wait', tracked: false, tableEntries: [] });
  const module = decodeModule(result.bytes);
  const found = hints(result.bytes);
  const functions = [1, ...result.resumedFunctions.keys()];
  assert.equal(functions.length, 2);
  for (const funcIndex of functions) {
    const body = module.bodies[funcIndex - module.importedFunctions];
    const offsets = found.get(funcIndex) ?? [];
    // The outer loop, a call and the inner loop in both; the entry and the other call in the forward version.
    assert.equal(offsets.length, funcIndex === 1 ? 5 : 4);
    const reader = new InstructionReader(result.bytes, body.codeOffset, body.end);
    const ifs = new Set<number>();
    while (reader.next()) if (reader.op === OP_IF) ifs.add(reader.start - body.offset);
    for (const offset of offsets) assert.ok(ifs.has(offset), `an if at ${offset} of function ${funcIndex}`);
  }
});

test('a module in which nothing may stop has no hints', () => {
  const bytes = assemble('(module (func (export "f") (if (i32.const 1) (then))))');
  const result = transform(bytes, { stops: () => false, tracked: false, tableEntries: [] });
  assert.equal(hints(result.bytes).size, 0);
});
