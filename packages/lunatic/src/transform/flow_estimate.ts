// How often an instruction runs, by a guess from the structure: once per turn of the loop around it (or per call), shared out at branches. An
// `if` and a `br_if` go either way half the time, a `br_table` to each target equally often.
//
// Fuel is charged at loop headers for a whole turn. Charging every arm of a `switch` there would cost an interpreter a thousand times
// what it does, and with the clock read after so much fuel its slices would be a thousand times too short. The guess only has to
// be near; callers bound how far below the sum of all arms it may lie, and slices are corrected by time.

import type { InstructionReader } from '../wasm/instructions.ts';
import {
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_ON_NULL,
  OP_BR_TABLE,
  OP_CATCH,
  OP_CATCH_ALL,
  OP_DELEGATE,
  OP_ELSE,
  OP_END,
  OP_IF,
  OP_LOOP,
  OP_RETHROW,
  OP_RETURN,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';

/** How often a handler is entered. */
const RARE = 1 / 16;
/** The product of shares ends here: a thousand levels down it would be 0, and quotients of two of them no numbers. */
const MIN_BASIS = 2 ** -500;

/** Open control frames that there is room for at first. */
const FIRST_FRAMES = 64;

/** After `begin`, feed it every instruction of a body in order, unreachable ones too; those that are no control instructions may be left out. */
export class FlowEstimate {
  /** How often the next instruction runs in a turn of the innermost loop; 0: it is unreachable. */
  share = 1;
  /** The share of that loop's entry, and of those around it, multiplied. */
  #basis = 1;
  /** Open control frames. */
  #depth = 0;
  // Per open control frame.
  #ops = new Int32Array(FIRST_FRAMES);
  #entry = new Float64Array(FIRST_FRAMES);
  #incoming = new Float64Array(FIRST_FRAMES);
  #bases = new Float64Array(FIRST_FRAMES);
  #hasElse = new Uint8Array(FIRST_FRAMES);

  /** Of a body, whatever was before. */
  begin(): void {
    this.share = 1;
    this.#basis = 1;
    this.#depth = 0;
  }

  // Hot: every instruction of a module, twice.
  step(reader: InstructionReader): void {
    const { op } = reader;
    switch (op) {
      case OP_BLOCK:
      case OP_TRY:
        this.#open(op);
        return;
      case OP_TRY_TABLE:
        for (const clause of reader.catches) this.#branch(clause.label, this.share * RARE);
        this.#open(op);
        return;
      case OP_LOOP:
        this.#open(op);
        this.#basis = Math.max(this.#basis * this.share, MIN_BASIS);
        this.share = this.share > 0 ? 1 : 0;
        return;
      case OP_IF:
        this.#open(op);
        this.share /= 2;
        return;
      case OP_ELSE:
        this.#leaveArm();
        this.share = this.#entry[this.#depth - 1] / 2;
        this.#hasElse[this.#depth - 1] = 1;
        return;
      case OP_CATCH:
      case OP_CATCH_ALL:
        this.#leaveArm();
        this.share = this.#entry[this.#depth - 1] * RARE;
        return;
      case OP_END:
      case OP_DELEGATE:
        this.#close();
        return;
      case OP_BR:
        this.#branch(reader.imm0, this.share);
        this.share = 0;
        return;
      case OP_BR_IF:
      case OP_BR_ON_NULL:
      case OP_BR_ON_NON_NULL:
        this.share /= 2;
        this.#branch(reader.imm0, this.share);
        return;
      case OP_BR_TABLE: {
        const { labels } = reader;
        for (const label of labels) this.#branch(label, this.share / labels.length);
        this.share = 0;
        return;
      }
      case OP_UNREACHABLE:
      case OP_RETURN:
      case OP_RETURN_CALL:
      case OP_RETURN_CALL_INDIRECT:
      case OP_RETURN_CALL_REF:
      case OP_THROW:
      case OP_THROW_REF:
      case OP_RETHROW:
        this.share = 0;
    }
  }

  #open(op: number): void {
    if (this.#depth === this.#ops.length) this.#grow();
    const frame = this.#depth++;
    this.#ops[frame] = op;
    this.#entry[frame] = this.share;
    this.#incoming[frame] = 0;
    this.#bases[frame] = this.#basis;
    this.#hasElse[frame] = 0;
  }

  #grow(): void {
    const former = [this.#ops, this.#entry, this.#incoming, this.#bases, this.#hasElse];
    const frames = 2 * this.#depth;
    this.#ops = new Int32Array(frames);
    this.#entry = new Float64Array(frames);
    this.#incoming = new Float64Array(frames);
    this.#bases = new Float64Array(frames);
    this.#hasElse = new Uint8Array(frames);
    [this.#ops, this.#entry, this.#incoming, this.#bases, this.#hasElse].forEach((larger, k) => {
      larger.set(former[k]);
    });
  }

  #close(): void {
    // The end of the function.
    if (this.#depth === 0) return;
    const frame = --this.#depth;
    const op = this.#ops[frame];
    const entry = this.#entry[frame];
    this.#basis = this.#bases[frame];
    if (op === OP_LOOP) {
      this.share = this.share > 0 ? entry : 0;
      return;
    }
    const skipped = op === OP_IF && this.#hasElse[frame] === 0 ? entry / 2 : 0;
    this.share = Math.min(this.share + this.#incoming[frame] + skipped, entry);
  }

  #leaveArm(): void {
    this.#incoming[this.#depth - 1] += this.share;
  }

  /** Control goes to a label `share` times; back to a loop's head is another turn of it. */
  #branch(label: number, share: number): void {
    const frame = this.#depth - 1 - label;
    if (frame < 0 || share === 0 || this.#ops[frame] === OP_LOOP) return;
    this.#incoming[frame] += (share * this.#basis) / this.#bases[frame];
  }
}

/** What is charged for code of this expected cost, whose parts add up to `sum`: a guess may be wrong by MAX_UNDERCHARGE at most. */
export function chargeFor(expected: number, sum: number, maxUndercharge: number): number {
  return Math.ceil(Math.max(1, expected, sum / maxUndercharge));
}
