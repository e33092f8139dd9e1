/** The opcode table against V8: an instruction with the stack effect we note is valid, with any other it is not. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACCESS_BYTES,
  fillOpcodeTables,
  IMM_4_BYTES,
  IMM_8_BYTES,
  IMM_16_BYTES,
  IMM_GC,
  IMM_INVALID,
  IMM_LANE,
  IMM_MEMARG,
  IMM_MEMARG_LANE,
  IMM_NONE,
  IMM_TWO_INDICES,
  IMMEDIATES,
  LANES,
  slotOf,
} from './opcode_table.ts';
import { isStore, OP_DATA_DROP, OP_MEMORY_INIT, OP_SELECT_T, opcodeName, opSignature, storeSize } from './opcodes.ts';
import { encodeMemories } from './sections/memories.ts';
import { disassemble, functionModule, rawSection, validateModule } from './test_modules.ts';
import { F32, F64, I32, I64, V128, type ValType } from './types.ts';
import { ByteWriter } from './writer.ts';

fillOpcodeTables();

const NUMBER_TYPES = [I32, I64, F32, F64, V128];
const PREFIXES = [0xfc, 0xfd, 0xfe];
const SUBS = 0x200;

function allOpcodes(): number[] {
  const opcodes: number[] = [];
  for (let op = 0; op < 0x100; op++) {
    if (op < 0xfb || op === 0xff) {
      opcodes.push(op);
    }
  }
  for (const prefix of PREFIXES) {
    for (let sub = 0; sub < SUBS; sub++) {
      opcodes.push((prefix << 12) | sub);
    }
  }
  return opcodes;
}

function opcodeBytes(op: number): number[] {
  const writer = new ByteWriter();
  if (op < 0x100) {
    writer.u8(op);
  } else {
    writer.u8(op >> 12);
    writer.u32(op & 0xfff);
  }
  return [...writer.finish()];
}

/** Immediates that are valid in the modules below, with the given alignment and lane where there is one. */
function immediateBytes(op: number, alignLog2: number, lane: number): number[] {
  switch (IMMEDIATES[slotOf(op)]) {
    case IMM_NONE:
      return [];
    case IMM_MEMARG:
      return [alignLog2, 0];
    case IMM_MEMARG_LANE:
      return [alignLog2, 0, lane];
    case IMM_LANE:
      return [lane];
    case IMM_TWO_INDICES:
      return [0, 0];
    case IMM_4_BYTES:
    case IMM_8_BYTES:
    case IMM_16_BYTES:
      return new Array(2 ** (IMMEDIATES[slotOf(op)] - IMM_4_BYTES + 2)).fill(0);
    default:
      return [0];
  }
}

/** A memory, a table, one passive segment of each kind. */
function between(writer: ByteWriter): void {
  rawSection(4, 1, 0x70, 0, 1)(writer);
  encodeMemories(writer, [{ min: 1, max: undefined, shared: false, is64: false }]);
  rawSection(7, 1, 1, 0x6d, 2, 0)(writer); // export "m"
  rawSection(9, 1, 1, 0, 0)(writer);
  rawSection(12, 1)(writer);
}

function plainModule(op: number, params: ValType[], results: ValType[], alignLog2: number, lane: number): Uint8Array {
  const gets = params.flatMap((_, index) => [0x20, index]);
  const module = functionModule(
    params,
    results,
    [...gets, ...opcodeBytes(op), ...immediateBytes(op, alignLog2, lane), 0x0b],
    [],
    between,
  );
  return Uint8Array.from([...module, 11, 3, 1, 1, 0]); // data section with a passive segment
}

/** V8's answer, after checking that ours is the same. */
function isValid(bytes: Uint8Array, what: string): boolean {
  const valid = WebAssembly.validate(Uint8Array.from(bytes));
  if (valid) {
    validateModule(bytes);
  } else {
    assert.throws(() => validateModule(bytes), { name: 'WasmError', code: 'ERR_WASM_INVALID' }, what);
  }
  return valid;
}

test('opSignature is what V8 takes, and nothing else is', () => {
  let checked = 0;
  for (const op of allOpcodes()) {
    const signature = opSignature(op);
    if (signature === undefined) {
      continue;
    }
    const { params, results } = signature;
    const name = opcodeName(op);
    const align = Math.max(0, Math.log2(ACCESS_BYTES[slotOf(op)]));
    assert.ok(isValid(plainModule(op, [...params], [...results], align, 0), name), name);
    for (let i = 0; i < params.length; i++) {
      for (const type of NUMBER_TYPES) {
        if (type !== params[i]) {
          const wrong = params.map((param, index) => (index === i ? type : param));
          assert.ok(!isValid(plainModule(op, wrong, [...results], align, 0), name), `${name} with parameter ${i}`);
        }
      }
    }
    assert.ok(!isValid(plainModule(op, [...params], [...results, I32], align, 0), name), `${name} with more results`);
    for (const type of NUMBER_TYPES) {
      if (results.length > 0 && type !== results[0]) {
        assert.ok(!isValid(plainModule(op, [...params], [type], align, 0), name), `${name} with another result`);
      }
    }
    checked++;
  }
  // 157 numeric, memory and constant instructions of one byte, 8 conversions, 7 bulk, 236 + 20 vector, 67 atomic.
  assert.equal(checked, 157 + 8 + 7 + 236 + 20 + 67);
});

test("access sizes and lanes are V8's: the next larger alignment or lane is invalid", () => {
  for (const op of allOpcodes()) {
    const slot = slotOf(op);
    const signature = opSignature(op);
    if (signature === undefined) {
      continue;
    }
    const params = [...signature.params];
    const results = [...signature.results];
    const name = opcodeName(op);
    const align = Math.max(0, Math.log2(ACCESS_BYTES[slot]));
    if (ACCESS_BYTES[slot] > 0) {
      assert.ok(!isValid(plainModule(op, params, results, align + 1, 0), name), `${name}: alignment`);
    }
    if (LANES[slot] > 0) {
      assert.ok(isValid(plainModule(op, params, results, align, LANES[slot] - 1), name), `${name}: last lane`);
      assert.ok(!isValid(plainModule(op, params, results, align, LANES[slot]), name), `${name}: lane`);
    }
  }
});

test('opcodeName is the name in the text format', () => {
  let checked = 0;
  for (const op of allOpcodes()) {
    const signature = opSignature(op);
    if (signature !== undefined) {
      const align = Math.max(0, Math.log2(ACCESS_BYTES[slotOf(op)]));
      const text = disassemble(plainModule(op, [...signature.params], [...signature.results], align, 0));
      assert.ok(text.match(/[\w.]+/g)?.includes(opcodeName(op)), `${opcodeName(op)} in ${text}`);
      checked++;
    }
  }
  assert.ok(checked > 400);
});

test('no instruction of V8 is missing', () => {
  for (const op of allOpcodes()) {
    const kind = IMMEDIATES[slotOf(op)];
    if (kind === IMM_INVALID) {
      // After `unreachable` any operands will do, and zeros are immediates or again `unreachable`.
      const code = [0, ...opcodeBytes(op), ...new Array(24).fill(0), 0x0b];
      assert.ok(!WebAssembly.validate(functionModule([], [], code, [], between)), `opcode 0x${op.toString(16)}`);
    } else if (kind !== IMM_GC) {
      assert.ok(!opcodeName(op).startsWith('opcode'), `0x${op.toString(16)}`);
    }
  }
  assert.equal(opcodeName(OP_SELECT_T), 'select_t');
  assert.equal(opcodeName(0xfd100), 'i8x16.relaxed_swizzle');
  assert.equal(opcodeName(0xfd1ff), 'opcode 0xfd1ff');
  assert.equal(opSignature(OP_SELECT_T), undefined);
  assert.equal(opSignature(0xabcde), undefined);
});

/** Instructions that push the value with all bytes zero, all bits set, or the number one. */
function constant(type: ValType, pattern: 'zero' | 'ones' | 'one'): number[] {
  const fill = (length: number) => {
    const bytes = new Array(length).fill(pattern === 'ones' ? 0xff : 0);
    bytes[0] |= pattern === 'one' ? 1 : 0;
    return bytes;
  };
  switch (type) {
    case I32:
    case I64:
      return [type === I32 ? 0x41 : 0x42, { zero: 0, ones: 0x7f, one: 1 }[pattern]];
    case F32:
      return [0x43, ...fill(4)];
    case F64:
      return [0x44, ...fill(8)];
    default:
      return [0xfd, 12, ...fill(16)];
  }
}

/** The most bytes of memory that one execution changes, over patterns of memory and operands. */
function observedStoreSize(op: number): number {
  const { params, results } = opSignature(op) ?? assert.fail(opcodeName(op));
  const patterns = ['zero', 'ones', 'one'] as const;
  const align = Math.log2(ACCESS_BYTES[slotOf(op)]);
  let most = 0;
  for (let choice = 0; choice < patterns.length ** (params.length - 1); choice++) {
    const operands = params
      .slice(1)
      .flatMap((type, index) =>
        constant(type, patterns[Math.floor(choice / patterns.length ** index) % patterns.length]),
      );
    const drops = results.map(() => 0x1a);
    const code = [0x41, 0, ...operands, ...opcodeBytes(op), ...immediateBytes(op, align, 0), ...drops, 0x0b];
    const exported = (writer: ByteWriter) => {
      encodeMemories(writer, [{ min: 1, max: undefined, shared: false, is64: false }]);
      rawSection(7, 2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0)(writer); // memory "m", function "f"
    };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(functionModule([], [], code, [], exported)));
    // The module above exports exactly these two.
    const { m, f } = instance.exports as { m: WebAssembly.Memory; f: () => void };
    for (const before of [0, 0xff]) {
      const view = new Uint8Array(m.buffer, 0, 64).fill(before);
      f();
      most = Math.max(most, view.filter((byte) => byte !== before).length);
    }
  }
  return most;
}

test('storeSize is what an execution writes', () => {
  let stores = 0;
  for (const op of allOpcodes()) {
    const signature = opSignature(op);
    if (ACCESS_BYTES[slotOf(op)] > 0 && signature !== undefined && signature.params.length > 1) {
      // The waiting ones would trap or block, and write nothing.
      const waits = op >= 0xfe000 && op <= 0xfe002;
      assert.equal(storeSize(op), waits ? 0 : observedStoreSize(op), opcodeName(op));
      assert.equal(isStore(op), storeSize(op) > 0, opcodeName(op));
      stores += isStore(op) ? 1 : 0;
    } else {
      assert.equal(storeSize(op), 0, opcodeName(op));
    }
  }
  // 9 numeric, 5 vector, 7 atomic stores, 7 * 7 read-modify-writes.
  assert.equal(stores, 70);
  assert.equal(storeSize(OP_MEMORY_INIT), 0);
  assert.equal(isStore(OP_DATA_DROP), false);
});
