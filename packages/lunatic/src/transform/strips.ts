// A counted loop (counted_loops.ts) runs in strips: at its header fuel is charged for as many turns as are known to come and can be paid,
// and an inner loop makes just these, with nothing to check but its own counter.
//
//   loop $strip                          the guest's loop header, and its resume point
//     fuel -= cost                       of the first turn
//     turns = those known to come after it
//     if (turns * cost > fuel)           hardly ever
//       if (fuel < 0) stop here
//       turns = fuel / cost
//     fuel -= turns * cost
//     bound = counter + (turns + 1) * step
//     loop $turn  ... body ...  br_if $turn (counter != bound)  end
//     br_if $strip (the guest's condition)
//   end
//
// `turns` is exact or too small, whatever the counter holds: behind all turns of a strip but the last the guest's condition is known to
// hold. So nothing is changed when the counter wraps around, when the limit is never met, or when the step is 0.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_I32_ADD,
  OP_I32_DIV_U,
  OP_I32_EQZ,
  OP_I32_GE_S,
  OP_I32_GE_U,
  OP_I32_LE_S,
  OP_I32_LE_U,
  OP_I32_LT_U,
  OP_I32_MUL,
  OP_I32_NE,
  OP_I32_OR,
  OP_I32_SHR_U,
  OP_I32_STORE8,
  OP_I32_SUB,
  OP_I32_WRAP_I64,
  OP_I64_ADD,
  OP_I64_EXTEND_I32_S,
  OP_I64_EXTEND_I32_U,
  OP_I64_GE_S,
  OP_I64_LT_S,
  OP_I64_MUL,
  OP_I64_SHL,
  OP_I64_SUB,
  OP_SELECT,
} from '../wasm/opcodes.ts';
import { I32, I64 } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, type RewriteContext } from './context.ts';
import type { CountedLoop, Invariant } from './counted_loops.ts';
import { BLOCK_SHIFT } from './injected_abi.ts';
import { MAX_SINGLE_MARKS } from './limits.ts';
import type { MarkRange } from './marks.ts';

/** What strips need of an emitter. */
export interface StripEmitter {
  readonly writer: CodeWriter;
  readonly fuelLocal: number;
  local(name: string, type: number): number;
}

/** Fuel and bound of the next strip. `stop` emits what stops the function at this loop, fuel being negative. */
export function emitStripHeader(emitter: StripEmitter, loop: CountedLoop, cost: number, stop: () => void): void {
  const { writer, fuelLocal } = emitter;
  const turns = emitter.local('turns', I32);
  writer.localGet(fuelLocal);
  writer.sub(cost);
  writer.localTee(fuelLocal);
  writer.op(OP_I64_EXTEND_I32_S);
  emitTurns(writer, loop);
  writer.localTee(turns);
  writer.op(OP_I64_EXTEND_I32_U);
  writer.i64(cost);
  writer.op(OP_I64_MUL);
  writer.op(OP_I64_LT_S);
  writer.unlikelyIf(BLOCK_EMPTY);
  writer.localGet(fuelLocal);
  writer.isNegative();
  writer.if(BLOCK_EMPTY);
  stop();
  writer.end();
  writer.localGet(fuelLocal);
  writer.i32(cost);
  writer.op(OP_I32_DIV_U);
  writer.localSet(turns);
  writer.end();
  writer.localGet(fuelLocal);
  writer.localGet(turns);
  writer.i32(cost);
  writer.op(OP_I32_MUL);
  writer.op(OP_I32_SUB);
  writer.localSet(fuelLocal);
}

/** Where the strip ends. */
export function emitStripBound(emitter: StripEmitter, loop: CountedLoop): void {
  emitBound(emitter.writer, loop, emitter.local('turns', I32));
  emitter.writer.localSet(emitter.local('bound', I32));
}

/** Marks what the strip will write there. */
export function emitStripMark(emitter: StripEmitter, context: RewriteContext, range: MarkRange): void {
  const { writer } = emitter;
  const { locals, first, stride, sizeBytes } = range;
  writer.i32(first | 0);
  for (const local of locals) {
    writer.localGet(local);
    writer.op(OP_I32_ADD);
  }
  writer.localGet(emitter.local('turns', I32));
  writer.op(OP_I64_EXTEND_I32_U);
  writer.i64(stride);
  writer.op(OP_I64_MUL);
  writer.i32(sizeBytes);
  writer.call(stripMarkHelper(context));
}

/**
 * `(i32 first, i64 span, i32 size)`: marks the blocks between first and first + span, and `size` bytes on. What lies outside the memory is left
 * out: there the strip traps, or its first turn has an address just below 0 (as an i32: just below 2^32) and another one above.
 */
function stripMarkHelper(context: RewriteContext): number {
  return context.helper('strip mark', () => {
    const helper = context.append([I32, I64, I32], [], 'lunatic$mark');
    const writer = new CodeWriter();
    const [first, span, size, from, to] = [0, 1, 2, 3, 4];
    const [block, last] = [5, 6];
    encodeLocals(writer.out, [I64, I64, I32, I32]);
    // The page at the end of the address space is in no memory: addresses in it stand for negative ones.
    writer.localGet(first);
    writer.op(OP_I64_EXTEND_I32_U);
    writer.localGet(first);
    writer.i32(-0x1_0000);
    writer.op(OP_I32_GE_U);
    writer.op(OP_I64_EXTEND_I32_U);
    writer.i64(32);
    writer.op(OP_I64_SHL);
    writer.op(OP_I64_SUB);
    writer.localTee(from);
    writer.localGet(span);
    writer.op(OP_I64_ADD);
    writer.localSet(to);
    writer.localGet(span);
    writer.i64(0);
    writer.op(OP_I64_LT_S);
    writer.if(BLOCK_EMPTY);
    writer.localGet(to);
    writer.localGet(from);
    writer.localSet(to);
    writer.localSet(from);
    writer.end();
    // [from, to): less what is below 0 and above the memory.
    writer.localGet(to);
    writer.localGet(size);
    writer.op(OP_I64_EXTEND_I32_U);
    writer.op(OP_I64_ADD);
    writer.localTee(to);
    writer.memorySize(0);
    writer.op(OP_I64_EXTEND_I32_U);
    writer.i64(16);
    writer.op(OP_I64_SHL);
    writer.localTee(span);
    writer.localGet(to);
    writer.localGet(span);
    writer.op(OP_I64_LT_S);
    writer.op(OP_SELECT);
    writer.localSet(to);
    writer.localGet(from);
    writer.i64(0);
    writer.localGet(from);
    writer.i64(0);
    writer.op(OP_I64_GE_S);
    writer.op(OP_SELECT);
    writer.localTee(from);
    writer.localGet(to);
    writer.op(OP_I64_GE_S);
    writer.if(BLOCK_EMPTY);
    writer.return();
    writer.end();
    writer.localGet(from);
    emitMarkOf(writer, context, 0);
    writer.localSet(block);
    writer.localGet(to);
    emitMarkOf(writer, context, 1);
    writer.localTee(last);
    writer.localGet(block);
    writer.op(OP_I32_SUB);
    writer.i32(MAX_SINGLE_MARKS);
    writer.op(OP_I32_GE_U);
    writer.if(BLOCK_EMPTY);
    writer.localGet(block);
    writer.i32(1);
    writer.localGet(last);
    writer.localGet(block);
    writer.op(OP_I32_SUB);
    writer.add(1);
    writer.memoryFill(context.side);
    writer.return();
    writer.end();
    writer.loop(BLOCK_EMPTY);
    writer.localGet(block);
    writer.i32(1);
    writer.access(OP_I32_STORE8, 0, context.side);
    writer.localGet(block);
    writer.localGet(last);
    writer.op(OP_I32_LT_U);
    writer.localGet(block);
    writer.add(1);
    writer.localSet(block);
    writer.brIf(0);
    writer.end();
    writer.end();
    helper.body = writer.out.finish();
    return helper.index;
  });
}

/** An i64 address is on the stack: leaves where the mark of the block `back` bytes before it is. */
function emitMarkOf(writer: CodeWriter, context: RewriteContext, back: number): void {
  if (back > 0) {
    writer.i64(back);
    writer.op(OP_I64_SUB);
  }
  writer.op(OP_I32_WRAP_I64);
  writer.i32(BLOCK_SHIFT);
  writer.op(OP_I32_SHR_U);
  writer.globalGet(context.globals.marks);
  writer.op(OP_I32_ADD);
}

/** The branch of the inner loop; the counter is on the stack. */
export function emitStripBranch(emitter: StripEmitter): void {
  const { writer } = emitter;
  writer.localGet(emitter.local('bound', I32));
  writer.op(OP_I32_NE);
  writer.brIf(0);
}

/** Behind the inner loop: goes on with the next strip while the guest's condition holds. */
export function emitStripEnd(emitter: StripEmitter, loop: CountedLoop): void {
  const { writer } = emitter;
  writer.localGet(loop.counter);
  pushInvariant(writer, loop.limit);
  writer.op(loop.condition);
  writer.brIf(0);
}

/** Leaves the number of turns, from here on, behind which the guest's condition is known to hold. */
function emitTurns(writer: CodeWriter, loop: CountedLoop): void {
  const { counter, condition, limit, step } = loop;
  const falling = step.local < 0 && step.constant < 0;
  // The way from the counter to the limit, less `short`.
  const difference = (short: number): void => {
    if (falling) {
      writer.localGet(counter);
      if (limit.local >= 0) writer.localGet(limit.local);
      else writer.i32((limit.constant + short) | 0);
    } else {
      if (limit.local >= 0) writer.localGet(limit.local);
      else writer.i32((limit.constant - short) | 0);
      writer.localGet(counter);
    }
    writer.op(OP_I32_SUB);
    if (limit.local >= 0 && short > 0) writer.sub(short);
  };
  if (condition === OP_I32_NE) {
    // Met for the first time after difference / step turns, if at all, taken modulo 2^32; at once means after 2^32 / step.
    difference(Math.abs(step.constant));
    emitDivide(writer, step);
    return;
  }
  const inclusive =
    condition === OP_I32_LE_S || condition === OP_I32_LE_U || condition === OP_I32_GE_S || condition === OP_I32_GE_U;
  difference(inclusive ? 0 : 1);
  emitDivide(writer, step);
  writer.i32(0);
  writer.localGet(counter);
  pushInvariant(writer, limit);
  writer.op(condition);
  writer.op(OP_SELECT);
}

function emitDivide(writer: CodeWriter, step: Invariant): void {
  if (step.local >= 0) {
    // By 1 if the step is 0: the condition holds for ever then.
    writer.localGet(step.local);
    writer.localGet(step.local);
    writer.op(OP_I32_EQZ);
    writer.op(OP_I32_OR);
    writer.op(OP_I32_DIV_U);
    return;
  }
  const size = Math.abs(step.constant);
  if (size === 1) return;
  const shift = Math.log2(size);
  writer.i32(Number.isInteger(shift) ? shift : size);
  writer.op(Number.isInteger(shift) ? OP_I32_SHR_U : OP_I32_DIV_U);
}

/** counter + (turns + 1) * step. */
function emitBound(writer: CodeWriter, loop: CountedLoop, turns: number): void {
  const { counter, step } = loop;
  writer.localGet(counter);
  pushInvariant(writer, step);
  writer.op(OP_I32_ADD);
  writer.localGet(turns);
  if (step.local >= 0 || Math.abs(step.constant) !== 1) {
    pushInvariant(writer, step);
    writer.op(OP_I32_MUL);
  }
  writer.op(step.local < 0 && step.constant === -1 ? OP_I32_SUB : OP_I32_ADD);
}

function pushInvariant(writer: CodeWriter, { local, constant }: Invariant): void {
  if (local >= 0) writer.localGet(local);
  else writer.i32(constant);
}
