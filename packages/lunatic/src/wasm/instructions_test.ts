import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WasmError } from './error.ts';
import { BLOCK_EMPTY, blockTypeOf, InstructionReader, singleResultBlockType } from './instructions.ts';
import { decodeModule } from './module.ts';
import {
  OP_BR_TABLE,
  OP_CALL_INDIRECT,
  OP_I32_CONST,
  OP_MEMORY_COPY,
  OP_SELECT_T,
  OP_V128_STORE16_LANE,
} from './opcodes.ts';
import { functionModule } from './test_modules.ts';
import { EXNREF, EXTERNREF, F32, FUNCREF, HEAP_FUNC, I32, makeRef } from './types.ts';

function readOne(...bytes: number[]): InstructionReader {
  const reader = new InstructionReader(Uint8Array.from(bytes), 0, bytes.length);
  assert.equal(reader.next(), true);
  assert.equal(reader.start, 0);
  assert.equal(reader.pos, bytes.length);
  return reader;
}

function failure(...bytes: number[]): string {
  const reader = new InstructionReader(Uint8Array.from(bytes), 0, bytes.length);
  try {
    reader.next();
  } catch (error) {
    assert.ok(error instanceof WasmError);
    assert.equal(error.offset, 0);
    return error.reason;
  }
  return 'none';
}

test('next moves over instructions and answers false at the end', () => {
  // i32.const -1, nop, memory.copy 1 0
  const bytes = Uint8Array.from([0xee, 0x41, 0x7f, 0x01, 0xfc, 0x0a, 1, 0, 0xee]);
  const reader = new InstructionReader(bytes, 1, 8);
  assert.equal(reader.next(), true);
  assert.deepEqual([reader.op, reader.imm0, reader.start, reader.pos], [OP_I32_CONST, -1, 1, 3]);
  assert.equal(reader.next(), true);
  assert.deepEqual([reader.start, reader.pos], [3, 4]);
  assert.equal(reader.next(), true);
  assert.deepEqual([reader.op, reader.imm0, reader.imm1, reader.start, reader.pos], [OP_MEMORY_COPY, 1, 0, 4, 8]);
  assert.equal(reader.next(), false);
  assert.equal(reader.next(), false);
});

test('immediates of every kind', () => {
  const indirect = readOne(0x11, 0x83, 0x01, 2);
  assert.deepEqual([indirect.op, indirect.imm0, indirect.imm1], [OP_CALL_INDIRECT, 131, 2]);

  const load = readOne(0x28, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f);
  assert.deepEqual([load.imm0, load.imm1, load.imm2], [2, 0xffff_ffff, 0]);

  const otherMemory = readOne(0x28, 0x41, 3, 8); // bit 6: a memory index follows
  assert.deepEqual([otherMemory.imm0, otherMemory.imm1, otherMemory.imm2], [1, 8, 3]);

  const lane = readOne(0xfd, 0x59, 1, 4, 7);
  assert.deepEqual([lane.op, lane.imm0, lane.imm1, lane.imm2, lane.imm3], [OP_V128_STORE16_LANE, 1, 4, 0, 7]);

  const table = readOne(0x0e, 2, 5, 0x80, 0x01, 1);
  assert.deepEqual([table.op, table.labels], [OP_BR_TABLE, [5, 128, 1]]);

  const select = readOne(0x1c, 1, 0x6f);
  assert.deepEqual([select.op, select.imm0], [OP_SELECT_T, EXTERNREF]);

  assert.equal(readOne(0xd0, 0x70).imm0, FUNCREF);
  assert.equal(readOne(0xd0, 0x69).imm0, EXNREF);
  assert.equal(readOne(0xd0, 0x85, 0x01).imm0, makeRef(133, true));
  assert.equal(readOne(0xd0, 0xf0, 0x7f).imm0, FUNCREF); // the same in two bytes

  const tryTable = readOne(0x1f, 0x40, 4, 0, 9, 1, 1, 8, 2, 2, 3, 3, 4);
  assert.equal(tryTable.blockType, BLOCK_EMPTY);
  assert.deepEqual(tryTable.catches, [
    { kind: 0, tag: 9, label: 1 },
    { kind: 1, tag: 8, label: 2 },
    { kind: 2, tag: 0, label: 3 },
    { kind: 3, tag: 0, label: 4 },
  ]);

  readOne(0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f); // i64.const of ten bytes
  readOne(0x44, 1, 2, 3, 4, 5, 6, 7, 8);
  readOne(0xfd, 0x0c, ...new Array(16).fill(9));
  readOne(0xfe, 0x03, 0);
});

test('block types: empty, one result, a type index', () => {
  const module = decodeModule(functionModule([I32, F32], [I32], [0x00, 0x0b]));
  assert.equal(readOne(0x02, 0x40).blockType, BLOCK_EMPTY);
  assert.deepEqual(blockTypeOf(module, BLOCK_EMPTY), { params: [], results: [] });
  assert.equal(readOne(0x03, 0x7d).blockType, singleResultBlockType(F32));
  assert.deepEqual(blockTypeOf(module, singleResultBlockType(F32)), { params: [], results: [F32] });
  assert.equal(blockTypeOf(module, singleResultBlockType(F32)), blockTypeOf(module, singleResultBlockType(F32)));
  const funcRef = readOne(0x04, 0x64, 0x70).blockType;
  assert.equal(funcRef, singleResultBlockType(makeRef(HEAP_FUNC, false)));
  assert.deepEqual(blockTypeOf(module, funcRef).results, [makeRef(HEAP_FUNC, false)]);
  assert.equal(readOne(0x02, 0x63, 0x70).blockType, singleResultBlockType(FUNCREF));
  assert.equal(readOne(0x02, 0xc0, 0x00).blockType, 64);
  assert.deepEqual(blockTypeOf(module, 0), module.types[0]);
});

test('a memory offset may take up to ten bytes and must stay below 2^32', () => {
  assert.equal(readOne(0x28, 0, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00).imm1, 1);
  assert.match(failure(0x28, 0, 0x80, 0x80, 0x80, 0x80, 0x10), /does not fit into 32 bits/);
  assert.match(failure(0x28, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), /does not fit into 32 bits/);
  assert.match(failure(0x28, 0, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02), /does not fit into u64/);
});

test('encodings that are not valid are refused with the offset of the instruction', () => {
  assert.match(failure(0x41), /unexpected end/);
  assert.match(failure(0x44, 1, 2, 3), /unexpected end/);
  assert.match(failure(0x20, 0xff, 0xff, 0xff, 0xff, 0x1f), /does not fit into u32/);
  assert.match(failure(0x41, 0xff, 0xff, 0xff, 0xff, 0x0f), /does not fit into s32/);
  assert.match(failure(0x42, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), /does not fit into s64/);
  assert.match(failure(0x28, 0x80, 0x01, 0), /invalid alignment flags/);
  assert.match(failure(0x1c, 2, 0x7f, 0x7f), /select with 2 types/);
  assert.match(failure(0x1f, 0x40, 1, 4, 0), /invalid kind of catch clause/);
  assert.match(failure(0x1f, 0x40, 0xff, 0xff, 0xff, 0xff, 0x0f), /4294967295 catch clauses do not fit/);
  assert.match(failure(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f), /targets of br_table/);
  assert.match(failure(0xfe, 0x03, 1), /must be zero/);
  assert.match(failure(0x27), /unknown opcode 0x27/);
  assert.match(failure(0xff), /unknown opcode 0xff/);
  assert.match(failure(0xfd, 0xff, 0x3f), /unknown opcode 0xfd/);
  assert.match(failure(0xfd, 0x80, 0x80, 0x04), /unknown opcode/); // a sub opcode of 0x10000
  assert.match(failure(0xfb, 0x02), /^unsupported: gc instruction 0xfb 2/);
  assert.match(failure(0xd3), /^unsupported: gc instruction ref.eq/);
});

test('any bytes are walked to the end or refused, never read past it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (bytes, cut) => {
      const end = Math.min(cut, bytes.length);
      const reader = new InstructionReader(bytes, 0, end);
      try {
        for (let last = 0; reader.next(); last = reader.pos) {
          assert.ok(reader.start === last && reader.pos > last && reader.pos <= end);
        }
        assert.equal(reader.pos, end);
      } catch (error) {
        assert.ok(error instanceof WasmError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});
