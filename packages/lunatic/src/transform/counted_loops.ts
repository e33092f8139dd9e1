// Innermost loops whose number of turns is known at their header: one local changes by the same amount in every turn, and the loop goes
// on while it compares in some way with something that the loop does not change. Fuel for many turns can be charged at once
// (strips.ts) instead of turn by turn.
//
//   loop  ...  (local.tee $i (i32.add (local.get $i) (i32.const 8)))  (local.get $end)  i32.ne  br_if 0  end
//
// Recognized is what compilers make: the branch back is the last instruction, the only one to the loop's header, and the only
// way on; the step is a constant, or a local that the loop does not change; it is added anywhere in the body, but in every turn.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_ON_NULL,
  OP_BR_TABLE,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_CALL_REF,
  OP_END,
  OP_I32_ADD,
  OP_I32_CONST,
  OP_I32_GE_S,
  OP_I32_GE_U,
  OP_I32_GT_S,
  OP_I32_GT_U,
  OP_I32_LE_S,
  OP_I32_LE_U,
  OP_I32_LT_S,
  OP_I32_LT_U,
  OP_I32_NE,
  OP_I32_SUB,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { endsFlow } from './op_traits.ts';

/** A constant, or the local that holds it. */
export interface Invariant {
  /** -1: a constant. */
  readonly local: number;
  readonly constant: number;
}

export interface CountedLoop {
  readonly counter: number;
  /** Added to the counter in every turn; as a constant not 0, and negative where the condition needs that. */
  readonly step: Invariant;
  /** The loop goes on while `counter condition limit` holds behind a turn: an i32 comparison other than `eq`. */
  readonly condition: number;
  readonly limit: Invariant;
  /** Instructions of the condition other than the counter's: positions, or -1. */
  readonly limitAt: number;
  readonly compareAt: number;
  readonly branchAt: number;
}

/** Reachable instructions in flat arrays, as in `FunctionIr`. */
export interface Instructions {
  readonly ops: Int32Array;
  readonly imm0: Int32Array;
  readonly blockTypes: Int32Array;
  readonly labels: ReadonlyMap<number, readonly number[]>;
}

/** What a piece of the condition is: something invariant so far as one can see, or the counter itself. */
interface Piece {
  readonly start: number;
  readonly value: Invariant;
  /** The piece is where the counter is changed. */
  readonly changes: boolean;
}

const ZERO: Invariant = { local: -1, constant: 0 };

/** Looks at the loop from `at` to its `end`, which has no loop and no resume point inside. `throws`: calls may leave it by an exception. */
export function findCountedLoop(code: Instructions, at: number, end: number, throws: boolean): CountedLoop | null {
  const { ops, imm0 } = code;
  const branchAt = end - 1;
  if (code.blockTypes[at] !== BLOCK_EMPTY || ops[branchAt] !== OP_BR_IF || imm0[branchAt] !== 0) return null;
  const compareAt = branchAt - 1;
  const mirrored = MIRRORED[ops[compareAt]];
  if (mirrored === undefined) {
    const counter = pieceEndingAt(code, compareAt, at);
    if (counter === null || counter.value.local < 0) return null;
    return settle(code, at, counter.value.local, OP_I32_NE, ZERO, [-1, -1, branchAt], throws);
  }
  const right = pieceEndingAt(code, compareAt - 1, at);
  const left = right === null ? null : pieceEndingAt(code, right.start - 1, at);
  if (right === null || left === null) return null;
  const condition = ops[compareAt];
  if (!right.changes && left.value.local >= 0) {
    const found = settle(
      code,
      at,
      left.value.local,
      condition,
      right.value,
      [right.start, compareAt, branchAt],
      throws,
    );
    if (found !== null) return found;
  }
  if (left.changes || right.value.local < 0) return null;
  return settle(code, at, right.value.local, mirrored, left.value, [left.start, compareAt, branchAt], throws);
}

/** A constant, a local, or a local that is changed and left on the stack. */
function pieceEndingAt(code: Instructions, last: number, loop: number): Piece | null {
  const { ops, imm0 } = code;
  if (last <= loop) return null;
  switch (ops[last]) {
    case OP_I32_CONST:
      return { start: last, value: { local: -1, constant: imm0[last] }, changes: false };
    case OP_LOCAL_GET:
      return { start: last, value: { local: imm0[last], constant: 0 }, changes: false };
    case OP_LOCAL_TEE:
      if (stepAt(code, last, loop) === null) return null;
      return { start: last - 3, value: { local: imm0[last], constant: 0 }, changes: true };
    default:
      return null;
  }
}

/** What the `local.set` or `local.tee` at `at` adds to its local, if that is what it does. */
export function stepAt(code: Instructions, at: number, loop: number): Invariant | null {
  const { ops, imm0 } = code;
  if (at - 3 <= loop) return null;
  const local = imm0[at];
  const isCounter = (k: number): boolean => ops[k] === OP_LOCAL_GET && imm0[k] === local;
  const [first, second] = [at - 3, at - 2];
  if (ops[at - 1] === OP_I32_SUB) {
    if (!isCounter(first) || ops[second] !== OP_I32_CONST) return null;
    return { local: -1, constant: -imm0[second] | 0 };
  }
  if (ops[at - 1] !== OP_I32_ADD) return null;
  const step = isCounter(first) ? second : isCounter(second) ? first : -1;
  if (step < 0) return null;
  if (ops[step] === OP_I32_CONST) return { local: -1, constant: imm0[step] };
  return ops[step] === OP_LOCAL_GET && imm0[step] !== local ? { local: imm0[step], constant: 0 } : null;
}

/** Checks the whole body: the counter changes once in every turn, the rest not at all, and nothing leaves the loop half-way. */
function settle(
  code: Instructions,
  at: number,
  counter: number,
  condition: number,
  limit: Invariant,
  [limitAt, compareAt, branchAt]: readonly [number, number, number],
  throws: boolean,
): CountedLoop | null {
  const { ops, imm0 } = code;
  let depth = 0;
  let step: Invariant | null = null;
  let setLimit = false;
  const sets = new Set<number>();
  for (let k = at + 1; k < branchAt; k++) {
    switch (ops[k]) {
      case OP_BLOCK:
      case OP_IF:
        depth++;
        break;
      case OP_END:
        depth--;
        break;
      case OP_LOCAL_SET:
      case OP_LOCAL_TEE:
        if (imm0[k] === limit.local) setLimit = true;
        if (imm0[k] !== counter) {
          sets.add(imm0[k]);
          break;
        }
        if (step !== null || depth > 0) return null;
        step = stepAt(code, k, at);
        if (step === null) return null;
        break;
      case OP_BR:
      case OP_BR_IF:
      case OP_BR_ON_NULL:
      case OP_BR_ON_NON_NULL:
        if (imm0[k] >= depth) return null;
        break;
      case OP_BR_TABLE:
        if (code.labels.get(k)?.some((label) => label >= depth) !== false) return null;
        break;
      case OP_CALL:
      case OP_CALL_INDIRECT:
      case OP_CALL_REF:
        if (throws) return null;
        break;
      case OP_LOOP:
      case OP_TRY_TABLE:
        return null;
      default:
        if (endsFlow(ops[k]) && ops[k] !== OP_UNREACHABLE) return null;
    }
  }
  if (step === null || setLimit || limit.local === counter || sets.has(step.local)) return null;
  if (!goesTowards(condition, step)) return null;
  return { counter, step, condition, limit, limitAt, compareAt, branchAt };
}

/** Does this step lead to where the condition ends? */
function goesTowards(condition: number, step: Invariant): boolean {
  const { local, constant } = step;
  switch (condition) {
    case OP_I32_NE:
      return local < 0 && constant !== 0;
    case OP_I32_LT_S:
    case OP_I32_LT_U:
    case OP_I32_LE_S:
    case OP_I32_LE_U:
      return local >= 0 || constant > 0;
    case OP_I32_GT_S:
    case OP_I32_GT_U:
    case OP_I32_GE_S:
    case OP_I32_GE_U:
      return local < 0 && constant < 0;
    default:
      return false;
  }
}

/** The comparison that holds of (b, a) when this one holds of (a, b). */
const MIRRORED: { readonly [op: number]: number } = {
  [OP_I32_NE]: OP_I32_NE,
  [OP_I32_LT_S]: OP_I32_GT_S,
  [OP_I32_LT_U]: OP_I32_GT_U,
  [OP_I32_GT_S]: OP_I32_LT_S,
  [OP_I32_GT_U]: OP_I32_LT_U,
  [OP_I32_LE_S]: OP_I32_GE_S,
  [OP_I32_LE_U]: OP_I32_GE_U,
  [OP_I32_GE_S]: OP_I32_LE_S,
  [OP_I32_GE_U]: OP_I32_LE_U,
};
