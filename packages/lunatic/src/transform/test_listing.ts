// For golden tests: the code of one function as lines of text.

import { blockTypeOf, InstructionReader } from '../wasm/instructions.ts';
import { functionNames } from '../wasm/names.ts';
import { IMM_LANE, IMM_MEMARG, IMM_MEMARG_LANE, IMM_NONE, IMMEDIATES, slotOf } from '../wasm/opcode_table.ts';
import {
  OP_BR_TABLE,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_ELSE,
  OP_END,
  OP_F32_CONST,
  OP_F64_CONST,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_I32_CONST,
  OP_I64_CONST,
  OP_MEMORY_COPY,
  OP_MEMORY_INIT,
  OP_REF_FUNC,
  OP_RETURN_CALL,
  OP_TRY_TABLE,
  opcodeName,
} from '../wasm/opcodes.ts';
import { printValType, type WasmModule } from '../wasm/types.ts';
import type { RewriteContext } from './context.ts';

/** Locals and instructions, indented by nesting. Globals that were injected and appended functions have their names. */
export function listFunction(module: WasmModule, funcIndex: number, globals: RewriteContext['globals']): string {
  const body = module.bodies[funcIndex - module.importedFunctions];
  const lines = body.locals.map(({ count, type }) => `  local ${count} x ${printValType(type)}`);
  const reader = new InstructionReader(module.bytes, body.codeOffset, body.end);
  const names = functionNames(module);
  const globalNames = new Map(Object.entries(globals).map(([name, index]) => [index, name]));
  let depth = 1;
  while (reader.next()) {
    if (reader.op === OP_END || reader.op === OP_ELSE) depth--;
    if (depth > 0 || reader.op !== OP_END)
      lines.push('  '.repeat(depth) + printInstruction(module, reader, names, globalNames));
    if (reader.op === OP_ELSE || opens(reader.op)) depth++;
  }
  return lines.join('\n');
}

function opens(op: number): boolean {
  return op === 0x02 || op === 0x03 || op === 0x04 || op === OP_TRY_TABLE;
}

function printInstruction(
  module: WasmModule,
  reader: InstructionReader,
  names: ReadonlyMap<number, string>,
  globalNames: ReadonlyMap<number, string>,
): string {
  const { op, imm0, imm1, imm2 } = reader;
  const name = opcodeName(op);
  switch (op) {
    case OP_CALL:
    case OP_RETURN_CALL:
    case OP_REF_FUNC:
      return `${name} ${names.get(imm0) ?? imm0}`;
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET:
      return `${name} ${globalNames.get(imm0) ?? imm0}`;
    case OP_BR_TABLE:
      return `${name} ${reader.labels.join(' ')}`;
    case OP_I32_CONST:
      return `${name} ${imm0}`;
    case OP_I64_CONST:
    case OP_F32_CONST:
    case OP_F64_CONST:
      return `${name} ${[...module.bytes.subarray(reader.start + 1, reader.pos)].join(' ')}`;
    case OP_CALL_INDIRECT:
    case OP_MEMORY_COPY:
    case OP_MEMORY_INIT:
      return `${name} ${imm0} ${imm1}`;
    case OP_TRY_TABLE:
      return `${name} ${reader.catches.map((clause) => `${clause.kind}:${clause.tag}:${clause.label}`).join(' ')}`;
  }
  if (opens(op)) {
    const { params, results } = blockTypeOf(module, reader.blockType);
    const list = (types: readonly number[]): string => types.map(printValType).join(' ');
    return `${name}${params.length > 0 ? ` (param ${list(params)})` : ''}${results.length > 0 ? ` (result ${list(results)})` : ''}`;
  }
  switch (IMMEDIATES[slotOf(op)]) {
    case IMM_NONE:
      return name;
    case IMM_MEMARG:
    case IMM_MEMARG_LANE:
      return `${name} memory ${imm2} offset ${imm1}`;
    case IMM_LANE:
      return `${name} ${imm0}`;
    default:
      return `${name} ${imm0}`;
  }
}
