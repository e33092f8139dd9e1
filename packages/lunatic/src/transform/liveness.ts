// Which locals a function still needs at each of its resume points.
//
// Backward over the instruction list. A label's live set is what is live where a branch to it lands: for a block
// that is known when its `end` has been passed, for a loop it is the set at its header, which takes another round
// until nothing changes (rounds <= loop nesting + 2). A call inside `try_table` may also land in the handlers.

import {
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_ON_NULL,
  OP_BR_TABLE,
  OP_ELSE,
  OP_END,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_TRY_TABLE,
} from '../wasm/opcodes.ts';
import type { FunctionIr } from './function_ir.ts';
import { MAX_LIVE_ENTRIES, MAX_LIVENESS_WORDS, MAX_LIVENESS_WORK } from './limits.ts';
import { endsFlow } from './op_traits.ts';

/** Live locals of every resume point, ascending. `null`: too large to compute, every local counts as live. */
export function livePoints(ir: FunctionIr): Int32Array[] | null {
  const words = (ir.localTypes.length + 31) >> 5;
  let sets = 2;
  // Sets that one round goes over: at every label, and wherever control may go elsewhere.
  let visited = 2;
  for (let i = 0; i < ir.count; i++) {
    if (ir.verbatim[i] === 1) continue;
    if (ir.match[i] > i) sets += 2;
    if (ir.match[i] >= 0) visited++;
    else if (ir.ops[i] === OP_BR_TABLE) visited += (ir.labels.get(i) as readonly number[]).length;
    else if (ir.ops[i] === OP_BR_IF || endsFlow(ir.ops[i]) || ir.mayThrow(ir.ops[i])) visited++;
  }
  if (words * sets > MAX_LIVENESS_WORDS) return null;
  return new Liveness(ir, words).solve(Math.max(3, Math.floor(MAX_LIVENESS_WORK / (words * visited))));
}

class Liveness {
  readonly ir: FunctionIr;
  readonly words: number;
  readonly result: Int32Array[];
  /** Live at each loop's header, so far as is known. */
  readonly #headers = new Map<number, Int32Array>();
  #changed = false;
  /** Is what this round finds for the points to be kept? */
  #recording = false;
  /** Entries of `result`. */
  #total = 0;
  /** Live before the instruction that was visited last. */
  readonly #live: Int32Array;
  // Control frames that are open, by depth, the function's own first. The sets are kept for the next frame of the same depth.
  #depth = 0;
  /** Live after the construct. */
  readonly #after: Int32Array[];
  /** Live where a branch to the label lands: behind the construct, or a loop's header. */
  readonly #label: Int32Array[];
  /** Live at the head of the else arm. */
  readonly #else: (Int32Array | undefined)[];
  readonly #hasElse: boolean[];
  /** Live at the handlers of this and of all enclosing `try_table`s; null: none. */
  readonly #handlers: (Int32Array | null)[];

  constructor(ir: FunctionIr, words: number) {
    this.ir = ir;
    this.words = words;
    this.result = new Array<Int32Array>(ir.points.length);
    this.#live = new Int32Array(words);
    const nothing = new Int32Array(words);
    this.#after = [nothing];
    this.#label = [nothing];
    this.#else = [undefined];
    this.#hasElse = [false];
    this.#handlers = [null];
  }

  /** null: not done after `maxRounds`, or too many locals live at too many points. */
  solve(maxRounds: number): Int32Array[] | null {
    const hasLoops = this.ir.loopCost.size > 0;
    for (let round = 0; round < maxRounds; round++) {
      // The first round sees no loop's header before its body.
      this.#recording = round > 0 || !hasLoops;
      this.#changed = false;
      this.#total = 0;
      this.#round();
      if (this.#total > MAX_LIVE_ENTRIES) return null;
      if (this.#recording && !this.#changed) return this.result;
    }
    return null;
  }

  // Hot: a function's instructions, as often as its loops are nested and twice more (`npm run bench -- rewrite`).
  #round(): void {
    const { ir, words } = this;
    const { ops, imm0, verbatim, pointAt } = ir;
    const live = this.#live;
    live.fill(0);
    this.#depth = 0;
    for (let i = ir.count - 1; i >= 0; i--) {
      const op = ops[i];
      switch (op) {
        case OP_LOCAL_GET:
          live[imm0[i] >> 5] |= 1 << (imm0[i] & 31);
          continue;
        case OP_LOCAL_SET:
        case OP_LOCAL_TEE:
          live[imm0[i] >> 5] &= ~(1 << (imm0[i] & 31));
          continue;
      }
      if (verbatim[i] === 1) continue;
      switch (op) {
        case OP_END:
          this.#open(ir.match[i]);
          break;
        case OP_ELSE:
          // Going up we leave the else arm: the then arm ends where the construct ends.
          this.#hasElse[this.#depth] = true;
          copy((this.#else[this.#depth] ??= new Int32Array(words)), live);
          copy(live, this.#after[this.#depth]);
          break;
        case OP_IF:
          or(live, this.#hasElse[this.#depth] ? (this.#else[this.#depth] as Int32Array) : this.#after[this.#depth]);
          this.#depth--;
          break;
        case OP_BLOCK:
        case OP_TRY_TABLE:
          this.#depth--;
          break;
        case OP_LOOP:
          this.#depth--;
          this.#settleHeader(i);
          break;
        case OP_BR:
          copy(live, this.#labelAt(imm0[i]));
          break;
        case OP_BR_IF:
        case OP_BR_ON_NULL:
        case OP_BR_ON_NON_NULL:
          or(live, this.#labelAt(imm0[i]));
          break;
        case OP_BR_TABLE:
          live.fill(0);
          for (const depth of ir.labels.get(i) as number[]) or(live, this.#labelAt(depth));
          break;
        default: {
          if (endsFlow(op)) live.fill(0);
          const handlers = this.#handlers[this.#depth];
          if (handlers !== null && ir.mayThrow(op)) or(live, handlers);
        }
      }
      // A call resumes behind itself, but its locals before and after are the same; a loop at its header.
      if (pointAt[i] > 0) this.#settlePoint(pointAt[i] - 1);
    }
    if (ir.entryPoint) this.#settlePoint(ir.points.length - 1);
  }

  #settlePoint(position: number): void {
    if (!this.#recording || this.#total > MAX_LIVE_ENTRIES) return;
    const locals = setBits(this.#live);
    this.#total += locals.length;
    this.result[position] = locals;
  }

  /** Going up, a construct begins at its `end`. */
  #open(start: number): void {
    const { ir, words } = this;
    const op = ir.ops[start];
    const outer = this.#depth++;
    const depth = this.#depth;
    if (depth === this.#after.length) this.#after.push(new Int32Array(words));
    const after = this.#after[depth];
    copy(after, this.#live);
    this.#label[depth] = op === OP_LOOP ? this.#header(start) : after;
    this.#hasElse[depth] = false;
    this.#handlers[depth] = this.#handlers[outer];
    if (op !== OP_TRY_TABLE) return;
    const handlers = this.#handlers[outer]?.slice() ?? new Int32Array(words);
    for (const { label } of ir.catches.get(start) ?? []) or(handlers, this.#label[outer - label]);
    this.#handlers[depth] = handlers;
  }

  #labelAt(depth: number): Int32Array {
    return this.#label[this.#depth - depth];
  }

  #header(loop: number): Int32Array {
    let header = this.#headers.get(loop);
    if (header === undefined) {
      header = new Int32Array(this.words);
      this.#headers.set(loop, header);
    }
    return header;
  }

  #settleHeader(loop: number): void {
    const header = this.#header(loop);
    const live = this.#live;
    for (let w = 0; w < this.words; w++) {
      if ((live[w] & ~header[w]) === 0) continue;
      header[w] |= live[w];
      this.#changed = true;
    }
  }
}

function or(into: Int32Array, other: Int32Array): void {
  for (let w = 0; w < into.length; w++) into[w] |= other[w];
}

/** The sets are mostly of one or two words: for those a loop is faster than `set`. */
function copy(into: Int32Array, other: Int32Array): void {
  for (let w = 0; w < into.length; w++) into[w] = other[w];
}

function setBits(set: Int32Array): Int32Array {
  let count = 0;
  for (let w = 0; w < set.length; w++) for (let word = set[w]; word !== 0; word &= word - 1) count++;
  const bits = new Int32Array(count);
  let next = 0;
  for (let w = 0; w < set.length; w++) {
    for (let word = set[w]; word !== 0; word &= word - 1) bits[next++] = (w << 5) + (31 - Math.clz32(word & -word));
  }
  return bits;
}
