// Modules of one function from flat text: instruction after instruction, with their immediates, no folding. Text parsers recurse where
// code is nested and fail on what these tests need; this one has no depth.

import { MODULE_HEADER } from '../../packages/lunatic/src/wasm/module.ts';
import {
  fillOpcodeTables,
  IMM_BLOCK,
  IMM_BR_TABLE,
  IMM_I32,
  IMM_I64,
  IMM_INDEX,
  IMM_NONE,
  IMMEDIATES,
  NAMES,
} from '../../packages/lunatic/src/wasm/opcode_table.ts';
import { encodeCode, encodeLocals } from '../../packages/lunatic/src/wasm/sections/code.ts';
import { encodeExports } from '../../packages/lunatic/src/wasm/sections/exports.ts';
import { encodeFunctions } from '../../packages/lunatic/src/wasm/sections/functions.ts';
import { encodeImports } from '../../packages/lunatic/src/wasm/sections/imports.ts';
import { encodeTypes } from '../../packages/lunatic/src/wasm/sections/types.ts';
import { type FuncType, I32, I64, type ValType } from '../../packages/lunatic/src/wasm/types.ts';
import { ByteWriter } from '../../packages/lunatic/src/wasm/writer.ts';

export interface FlatFunction {
  readonly type?: FuncType;
  readonly locals?: readonly { readonly count: number; readonly type: ValType }[];
  /** `call $log` takes an i32, `call $sleep` two and gives one back. */
  readonly code: string;
}

const NO_TYPE: FuncType = { params: [], results: [] };
const I64_TO_I64: FuncType = { params: [I64], results: [I64] };
/** Types of the imports, then the one block type that has parameters, then the function's own. */
const TYPES: readonly FuncType[] = [{ params: [I32], results: [] }, { params: [I32, I32], results: [I32] }, I64_TO_I64];
const I64_TO_I64_INDEX = 2;
const IMPORTS = ['log-i32', 'sleep'] as const;
const INDICES: ReadonlyMap<string, number> = new Map([
  ['$log', 0],
  ['$sleep', 1],
]);
const EMPTY_BLOCK = 0x40;
const BLOCK_TYPES: ReadonlyMap<string, number> = new Map([
  ['', EMPTY_BLOCK],
  ['(result i32)', I32],
  ['(param i64)(result i64)', I64_TO_I64_INDEX],
]);
fillOpcodeTables();
const OPCODES: ReadonlyMap<string, number> = new Map(NAMES.slice(0, 0x100).map((name, op) => [name, op]));

/** The module exports the function as `f`. */
export function assembleFlat({ type = NO_TYPE, locals = [], code }: FlatFunction): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from(MODULE_HEADER));
  encodeTypes(writer, [...TYPES, type]);
  encodeImports(
    writer,
    IMPORTS.map((name, typeIndex) => ({ module: 'fuzzing-support', name, kind: 'func', typeIndex })),
  );
  encodeFunctions(writer, [TYPES.length]);
  encodeExports(writer, [{ name: 'f', kind: 'func', index: IMPORTS.length }]);
  encodeCode(writer, 1, (body) => {
    encodeLocals(body, locals);
    writeInstructions(body, code.match(/\([^)]*\)|[^\s()]+/g) ?? []);
  });
  return writer.finish().slice();
}

function writeInstructions(body: ByteWriter, tokens: readonly string[]): void {
  let at = 0;
  const number = (): number => {
    const token = tokens[at++] ?? '';
    const value = INDICES.get(token) ?? Number(token);
    if (!Number.isInteger(value)) throw new TypeError(`token ${at}: ${JSON.stringify(token)} is no number`);
    return value;
  };
  while (at < tokens.length) {
    const name = tokens[at++] as string;
    const op = OPCODES.get(name);
    if (op === undefined) throw new TypeError(`token ${at}: ${JSON.stringify(name)} is no instruction`);
    body.u8(op);
    switch (IMMEDIATES[op]) {
      case IMM_NONE:
        break;
      case IMM_INDEX:
        body.u32(number());
        break;
      case IMM_I32:
        body.s32(number());
        break;
      case IMM_I64:
        body.s64(BigInt(number()));
        break;
      case IMM_BLOCK: {
        let blockType = '';
        while (tokens[at]?.startsWith('(')) blockType += tokens[at++];
        const encoded = BLOCK_TYPES.get(blockType);
        if (encoded === undefined) throw new TypeError(`token ${at}: no block type ${blockType}`);
        body.u8(encoded);
        break;
      }
      case IMM_BR_TABLE: {
        const labels: number[] = [];
        while (INDICES.has(tokens[at] ?? '') || /^\d+$/.test(tokens[at] ?? '')) labels.push(number());
        body.u32(labels.length - 1);
        for (const label of labels) body.u32(label);
        break;
      }
      default:
        throw new TypeError(`${name} has immediates that this assembler does not know`);
    }
  }
  body.u8(OPCODES.get('end') as number);
}
