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
    if (ir.match[i] > i) sets += 2;
    if (ir.match[i] >= 0) visited++;
    else if (ir.ops[i] === OP_BR_TABLE) visited += (ir.labels.get(i) as readonly number[]).length;
    else if (ir.ops[i] === OP_BR_IF || endsFlow(ir.ops[i]) || ir.mayThrow(ir.ops[i])) visited++;
  }
  if (words * sets > MAX_LIVENESS_WORDS) return null;
  return new Liveness(ir, words).solve(Math.max(3, Math.floor(MAX_LIVENESS_WORK / (words * visited))));
}

interface Frame {
  /** Index of the opening instruction, -1 for the function itself. */
  readonly start: number;
  /** Live where a branch to this label lands. */
  readonly label: Int32Array;
  /** Live after the construct. */
  readonly after: Int32Array;
  /** Live at the handlers of this and of all enclosing `try_table`s; null: none. */
  readonly handlers: Int32Array | null;
}

class Liveness {
  readonly ir: FunctionIr;
  readonly words: number;
  readonly headers = new Map<number, Int32Array>();
  readonly result: Int32Array[];
  changed = true;
  /** Entries of `result`. */
  total = 0;

  constructor(ir: FunctionIr, words: number) {
    this.ir = ir;
    this.words = words;
    this.result = new Array<Int32Array>(ir.points.length);
  }

  /** null: not done after `maxRounds`, or too many locals live at too many points. */
  solve(maxRounds: number): Int32Array[] | null {
    for (let round = 0; this.changed; round++) {
      if (round === maxRounds) return null;
      this.changed = false;
      this.total = 0;
      this.round();
      if (this.total > MAX_LIVE_ENTRIES) return null;
    }
    return this.result;
  }

  private round(): void {
    const { ir, words } = this;
    const nothing = new Int32Array(words);
    let live: Int32Array = new Int32Array(words);
    const frames: Frame[] = [{ start: -1, label: nothing, after: nothing, handlers: null }];
    for (let i = ir.count - 1; i >= 0; i--) {
      const op = ir.ops[i];
      const frame = frames[frames.length - 1];
      switch (op) {
        case OP_END:
          frames.push(this.open(ir.match[i], live, frame, frames));
          break;
        case OP_ELSE: {
          // Going up we leave the else arm: the then arm ends where the construct ends.
          this.elseLive.set(ir.match[i], live);
          live = frame.after.slice();
          break;
        }
        case OP_IF: {
          const other = this.elseLive.get(i);
          or(live, other ?? frame.after);
          frames.pop();
          break;
        }
        case OP_BLOCK:
        case OP_TRY_TABLE:
          frames.pop();
          break;
        case OP_LOOP:
          frames.pop();
          this.settleHeader(i, live);
          break;
        case OP_BR:
          live = this.label(frames, ir.imm0[i]).slice();
          break;
        case OP_BR_IF:
        case OP_BR_ON_NULL:
        case OP_BR_ON_NON_NULL:
          or(live, this.label(frames, ir.imm0[i]));
          break;
        case OP_BR_TABLE:
          live = new Int32Array(words);
          for (const depth of ir.labels.get(i) as number[]) or(live, this.label(frames, depth));
          break;
        case OP_LOCAL_GET:
          live[ir.imm0[i] >> 5] |= 1 << (ir.imm0[i] & 31);
          break;
        case OP_LOCAL_SET:
        case OP_LOCAL_TEE:
          live[ir.imm0[i] >> 5] &= ~(1 << (ir.imm0[i] & 31));
          break;
        default:
          if (endsFlow(op)) live = new Int32Array(words);
          if (frame.handlers !== null && ir.mayThrow(op)) or(live, frame.handlers);
      }
      const point = ir.pointAt[i];
      // A call resumes behind itself, but its locals before and after are the same; a loop at its header.
      if (point > 0) this.settlePoint(point - 1, live);
    }
    if (ir.entryPoint) this.settlePoint(ir.points.length - 1, live);
  }

  private settlePoint(position: number, live: Int32Array): void {
    if (this.total > MAX_LIVE_ENTRIES) return;
    const locals = setBits(live);
    this.total += locals.length;
    this.result[position] = locals;
  }

  private readonly elseLive = new Map<number, Int32Array>();

  private open(start: number, after: Int32Array, outer: Frame, frames: Frame[]): Frame {
    const op = this.ir.ops[start];
    let label: Int32Array = after.slice();
    if (op === OP_LOOP) {
      const known = this.headers.get(start);
      label = known ?? new Int32Array(this.words);
      if (known === undefined) this.headers.set(start, label);
    }
    let handlers = outer.handlers;
    if (op === OP_TRY_TABLE) {
      handlers = handlers === null ? new Int32Array(this.words) : handlers.slice();
      for (const entry of this.ir.catches.get(start) ?? []) or(handlers, this.label(frames, entry.label));
    }
    return { start, label, after: after.slice(), handlers };
  }

  private label(frames: Frame[], depth: number): Int32Array {
    return frames[frames.length - 1 - depth].label;
  }

  private settleHeader(loop: number, live: Int32Array): void {
    const header = this.headers.get(loop) as Int32Array;
    for (let w = 0; w < this.words; w++) {
      if ((live[w] & ~header[w]) === 0) continue;
      header[w] |= live[w];
      this.changed = true;
    }
  }
}

function or(into: Int32Array, other: Int32Array): void {
  for (let w = 0; w < into.length; w++) into[w] |= other[w];
}

function setBits(set: Int32Array): Int32Array {
  const bits: number[] = [];
  for (let w = 0; w < set.length; w++) {
    for (let word = set[w]; word !== 0; word &= word - 1) bits.push((w << 5) + (31 - Math.clz32(word & -word)));
  }
  return Int32Array.from(bits);
}
