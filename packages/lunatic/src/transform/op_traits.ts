// What the passes over code ask of every instruction, as one look-up by `slotOf(op)`. Nine of ten instructions are plain: no pass has
// anything to do for them but to count them.

import { IMM_INVALID, IMMEDIATES, SIGNATURES, slotOf, WRITES } from '../wasm/opcode_table.ts';
import {
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_TABLE,
  OP_DATA_DROP,
  OP_DROP,
  OP_ELEM_DROP,
  OP_ELSE,
  OP_END,
  OP_F32_DIV,
  OP_F32_SQRT,
  OP_F64_DIV,
  OP_F64_SQRT,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_I32_DIV_S,
  OP_I32_DIV_U,
  OP_I32_REM_S,
  OP_I32_REM_U,
  OP_I64_DIV_S,
  OP_I64_DIV_U,
  OP_I64_REM_S,
  OP_I64_REM_U,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_GROW,
  OP_MEMORY_INIT,
  OP_NOP,
  OP_RETHROW,
  OP_RETURN,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_SELECT,
  OP_SELECT_T,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
  OP_TABLE_INIT,
  OP_TABLE_SET,
  OP_THROW,
  OP_THROW_REF,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { COST_DIVISION, COST_GROW } from './limits.ts';

/** Computes: takes operands, leaves some, reads or writes a local, a global or a fixed number of bytes of a memory. */
export const PLAIN = 1;
/** Leaves one value of its own. Branches leave what was there; calls and blocks are counted by their types. */
export const LEAVES_VALUE = 2;
/** Control never reaches the next instruction of the same sequence. */
export const ENDS_FLOW = 4;
/** Writes a fixed number of bytes to a memory (`storeSize`). */
export const STORES = 8;

const SLOTS = SIGNATURES.length;

/** By slot: the sum of what is true of it. */
export const TRAITS = new Uint8Array(SLOTS);
/** By slot: the price of an instruction that is not a call. */
export const COSTS = new Uint16Array(SLOTS);

/** Of the instructions with a stack effect of their own: those that do more than compute. */
const NOT_PLAIN: readonly number[] = [
  OP_MEMORY_GROW,
  OP_MEMORY_INIT,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_TABLE_INIT,
  OP_TABLE_COPY,
  OP_DATA_DROP,
  OP_ELEM_DROP,
];

const PLAIN_WITHOUT_SIGNATURE: readonly number[] = [
  OP_NOP,
  OP_DROP,
  OP_SELECT,
  OP_SELECT_T,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
];

const LEAVES_NOTHING: readonly number[] = [
  OP_NOP,
  OP_DROP,
  OP_LOCAL_SET,
  OP_GLOBAL_SET,
  OP_TABLE_SET,
  OP_TABLE_FILL,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
];

const ENDING: readonly number[] = [
  OP_UNREACHABLE,
  OP_BR,
  OP_BR_TABLE,
  OP_RETURN,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_THROW,
  OP_THROW_REF,
  OP_RETHROW,
];

const FREE: readonly number[] = [OP_BLOCK, OP_LOOP, OP_ELSE, OP_END];

const DIVISIONS: readonly number[] = [
  OP_I32_DIV_S,
  OP_I32_DIV_U,
  OP_I32_REM_S,
  OP_I32_REM_U,
  OP_I64_DIV_S,
  OP_I64_DIV_U,
  OP_I64_REM_S,
  OP_I64_REM_U,
  OP_F32_DIV,
  OP_F64_DIV,
  OP_F32_SQRT,
  OP_F64_SQRT,
];

export function traitsOf(op: number): number {
  return TRAITS[slotOf(op)];
}

export function endsFlow(op: number): boolean {
  return (TRAITS[slotOf(op)] & ENDS_FLOW) !== 0;
}

/** The price of one instruction that is not a call. */
export function instructionCost(op: number): number {
  return COSTS[slotOf(op)];
}

/** Once, and after the opcode tables: whoever walks over code sees to it. */
export function fillOpTraits(): void {
  if (COSTS[slotOf(OP_NOP)] !== 0) return;
  for (let slot = 0; slot < SLOTS; slot++) {
    if (IMMEDIATES[slot] === IMM_INVALID) continue;
    const signature = SIGNATURES[slot];
    TRAITS[slot] = signature === undefined ? LEAVES_VALUE : PLAIN | (signature.results.length > 0 ? LEAVES_VALUE : 0);
    if (WRITES[slot] === 1) TRAITS[slot] |= STORES;
    COSTS[slot] = 1;
  }
  for (const op of PLAIN_WITHOUT_SIGNATURE) TRAITS[slotOf(op)] |= PLAIN;
  for (const op of NOT_PLAIN) TRAITS[slotOf(op)] &= ~PLAIN;
  for (const op of LEAVES_NOTHING) TRAITS[slotOf(op)] &= ~LEAVES_VALUE;
  for (const op of ENDING) TRAITS[slotOf(op)] = ENDS_FLOW;
  for (const op of FREE) COSTS[slotOf(op)] = 0;
  for (const op of DIVISIONS) COSTS[slotOf(op)] = COST_DIVISION;
  COSTS[slotOf(OP_MEMORY_GROW)] = COST_GROW;
}
