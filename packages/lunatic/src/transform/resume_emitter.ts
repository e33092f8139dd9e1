// Emits the resume version of a function: `() -> ()`, called by the driver with the function's frame on top of the chunk.
// It is the rest of the function from any of its resume points, with results left in the side memory.
//
// `pc` holds the resume point until it has been reached, then 0. Every sequence with resume points inside opens
// one block per target (a call that may stop, or a construct with points inside), so that a
// `br_table` at its head can jump there; code between targets falls through the same labels with pc = 0:
//
//   block $last ... block $first
//     dispatch on pc
//     code up to the first target; operands of this level to their shadow locals
//   end $first
//   if pc: load from the frame what this target needs
//   operands back on the stack; the target, or for a call its results
//   code up to the next target ...
//
// A loop that is entered in the middle finishes that turn in a dispatched copy of its body and then enters a plain copy of
// itself, so long-running loops are back in forward code after at most one turn. Where that would make the function
// too large (MAX_RESUME_GROWTH), outer loops run on in one dispatched copy.

import { BLOCK_EMPTY } from '../wasm/instructions.ts';
import {
  OP_BLOCK,
  OP_BR_TABLE,
  OP_I32_ADD,
  OP_I32_EQ,
  OP_I32_EQZ,
  OP_I32_GE_U,
  OP_I32_LE_U,
  OP_I32_SUB,
  OP_IF,
  OP_LOOP,
  OP_REF_IS_NULL,
  OP_SELECT,
  OP_THROW_REF,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
} from '../wasm/opcodes.ts';
import { EXNREF, I32, type ValType } from '../wasm/types.ts';
import type { RewriteContext } from './context.ts';
import { Emitter } from './emitter.ts';
import type { FrameLayout, FrameLayouts, Slot } from './frames.ts';
import type { FunctionIr } from './function_ir.ts';
import { CELL_RESULT_BYTES, FRAME_HEADER, RESULT_STRIDE, RESULTS } from './injected_abi.ts';
import { MAX_RESUME_GROWTH } from './limits.ts';
import type { MarkPlan } from './marks.ts';
import { emitLoadValue, emitStoreValue } from './references.ts';

const NO_TYPES: readonly ValType[] = [];
/** A dispatch table may have this many entries per target; sparser ones become a chain of comparisons. */
const TABLE_DENSITY = 4;

/** Body of the resume version, which is function `resumeIndex`, without its size. */
export function emitResumeVersion(
  context: RewriteContext,
  ir: FunctionIr,
  layouts: FrameLayouts,
  functionNumber: number,
  resumeIndex: number,
  marks: MarkPlan | undefined,
): Uint8Array {
  return new ResumeEmitter(context, ir, layouts, functionNumber, marks).emit(resumeIndex);
}

/** A step of the emission that may ask for others to be done first. */
type Step = Generator<Step, void, void>;

/** Emission follows the nesting of control frames, which may be too deep for JavaScript's stack: the stack of steps is an array. */
function runSteps(first: Step): void {
  const stack = [first];
  for (let step = stack.at(-1); step !== undefined; step = stack.at(-1)) {
    const { done, value } = step.next();
    if (done === true) stack.pop();
    else stack.push(value);
  }
}

class ResumeEmitter {
  readonly context: RewriteContext;
  readonly ir: FunctionIr;
  readonly frames: readonly FrameLayout[];
  /** The prelude has loaded the whole frame. */
  readonly shared: boolean;
  readonly emitter: Emitter;
  /** Local: end of the frame. */
  readonly frameEnd: number;
  /** Local: end of the frame less the largest frame, so that every value has a positive offset. */
  readonly frameBase: number;
  readonly largest: number;
  readonly pc: number;
  /** Loops that keep a dispatched copy apart from a plain one. */
  readonly copied: ReadonlySet<number>;

  constructor(
    context: RewriteContext,
    ir: FunctionIr,
    layouts: FrameLayouts,
    functionNumber: number,
    marks: MarkPlan | undefined,
  ) {
    const { frames } = layouts;
    this.context = context;
    this.ir = ir;
    this.frames = frames;
    this.shared = layouts.shared;
    this.emitter = new Emitter(context, ir, layouts, functionNumber, true, marks);
    this.frameEnd = this.emitter.local('frame end', I32);
    this.frameBase = this.emitter.local('frame base', I32);
    this.pc = this.emitter.local('pc', I32);
    this.largest = frames.reduce((largest, frame) => Math.max(largest, frame.sizeBytes), FRAME_HEADER);
    this.copied = chooseCopies(ir);
    // Outside loops this code runs once for each resume.
    this.emitter.writer.hints = false;
  }

  emit(resumeIndex: number): Uint8Array {
    const { emitter, context, ir } = this;
    const { writer } = emitter;
    writer.globalGet(context.globals.top);
    writer.localTee(this.frameEnd);
    writer.sub(this.largest);
    writer.localTee(this.frameBase);
    writer.load(I32, this.largest - FRAME_HEADER, context.side);
    writer.localSet(this.pc);
    if (emitter.fuelLocal >= 0) {
      writer.globalGet(context.globals.fuel);
      writer.localSet(emitter.fuelLocal);
    }
    emitter.beginSaved();
    if (this.shared) {
      for (const slot of this.frames[0].slots) this.loadSlot(slot);
      this.dropFrame(this.frames[0]);
    } else if (ir.entryPoint) {
      writer.localGet(this.pc);
      writer.op(OP_I32_EQZ);
      writer.if(BLOCK_EMPTY);
      this.loadFrame(ir.points.length - 1, 0);
      writer.end();
    }
    emitter.openBlock(emitter.resultBlockType(ir.type.results));
    emitter.labelDepths[0] = emitter.depth;
    runSteps(this.sequence(0, ir.count, 0, NO_TYPES, !ir.entryPoint));
    emitter.closeBlock();
    emitter.syncFuel();
    this.leaveResults();
    emitter.endSaved();
    writer.end();
    return emitter.body(ir.localTypes, resumeIndex);
  }

  /** Stores the function's results where the frame below looks for them. */
  private leaveResults(): void {
    const { emitter, context, ir } = this;
    const { writer } = emitter;
    const { results } = ir.type;
    const locals = results.map((type, k) => emitter.local(`result ${k} ${type}`, type));
    for (let k = results.length - 1; k >= 0; k--) writer.localSet(locals[k]);
    results.forEach((type, k) => {
      writer.i32(0);
      writer.localGet(locals[k]);
      emitStoreValue(writer, context, type, RESULTS + RESULT_STRIDE * k);
    });
    writer.i32(0);
    writer.i32(RESULT_STRIDE * results.length);
    writer.store(I32, CELL_RESULT_BYTES, context.side);
  }

  /**
   * Instructions [from, to) of one control frame whose operands begin at height `base`. `entry` are operands that the code
   * finds on the stack when it is entered from its start; they are in shadow locals. `startDead`: it is only entered by dispatch.
   */
  private *sequence(from: number, to: number, base: number, entry: readonly ValType[], startDead: boolean): Step {
    const { emitter } = this;
    const targets = this.targets(from, to);
    if (targets.length === 0) {
      this.plainSequence(from, to, base, entry, startDead);
      return;
    }
    for (let k = 0; k < targets.length; k++) emitter.openBlock(BLOCK_EMPTY);
    this.dispatch(targets);
    let at = from;
    if (startDead) {
      emitter.writer.op(OP_UNREACHABLE);
      at = targets[0];
    } else {
      emitter.pushShadows(base, entry);
    }
    for (const target of targets) {
      const reached = !(startDead && target === targets[0]);
      emitter.range(at, target);
      const construct = this.ir.match[target] > target;
      if (construct) yield this.construct(target, base, reached);
      else this.callTarget(target, base, reached);
      at = construct ? this.ir.match[target] + 1 : target + 1;
    }
    emitter.range(at, to);
  }

  /** A sequence without resume points. */
  private plainSequence(from: number, to: number, base: number, entry: readonly ValType[], startDead: boolean): void {
    const { emitter } = this;
    if (startDead) {
      emitter.flush();
      emitter.writer.op(OP_UNREACHABLE);
      return;
    }
    emitter.pushShadows(base, entry);
    emitter.range(from, to);
  }

  /** Calls that may stop, and constructs with resume points inside, of one sequence. */
  private targets(from: number, to: number): number[] {
    const { ir } = this;
    const targets: number[] = [];
    if (!this.hasPoints(from, to)) return targets;
    for (let at = from; at < to; at++) {
      const end = ir.match[at];
      if (end > at) {
        if (ir.pointsBefore[end] > ir.pointsBefore[at]) targets.push(at);
        at = end;
      } else if (ir.pointAt[at] > 0) {
        targets.push(at);
      }
    }
    return targets;
  }

  private hasPoints(from: number, to: number): boolean {
    return this.ir.pointsBefore[to] !== this.ir.pointsBefore[from];
  }

  /** First and last resume point of a target. */
  private firstPoint(target: number): number {
    return this.ir.pointsBefore[target] + 1;
  }

  private lastPoint(target: number): number {
    const end = this.ir.match[target];
    return end > target ? this.ir.pointsBefore[end] : this.ir.pointAt[target];
  }

  /** Jumps to the target that holds `pc`; pc = 0 falls through. The label of target k is k blocks out. */
  private dispatch(targets: readonly number[]): void {
    const { writer } = this.emitter;
    const first = this.firstPoint(targets[0]);
    const last = this.lastPoint(targets[targets.length - 1]);
    const span = last - first + 1;
    if (targets.length > 2 && span <= TABLE_DENSITY * targets.length) {
      this.emitter.openBlock(BLOCK_EMPTY);
      writer.localGet(this.pc);
      writer.i32(first);
      writer.op(OP_I32_SUB);
      writer.op(OP_BR_TABLE);
      writer.out.u32(span);
      targets.forEach((target, k) => {
        for (let point = this.firstPoint(target); point <= this.lastPoint(target); point++) writer.out.u32(k + 1);
      });
      writer.out.u32(0);
      this.emitter.closeBlock();
      return;
    }
    for (let k = targets.length - 1; k > 0; k--) {
      writer.localGet(this.pc);
      writer.i32(this.firstPoint(targets[k]));
      writer.op(OP_I32_GE_U);
      writer.brIf(k);
    }
    writer.localGet(this.pc);
    writer.brIf(0);
  }

  private callTarget(at: number, base: number, reached: boolean): void {
    const { emitter, ir } = this;
    const { writer } = emitter;
    const position = ir.pointAt[at] - 1;
    const below = ir.points[position].operands;
    const level = base === 0 ? below : below.slice(base);
    const results = this.callResults(at);
    if (reached) {
      emitter.call(at);
      emitter.popToShadows(below.length, results);
      emitter.popToShadows(base, level);
    }
    emitter.closeBlock();
    writer.localGet(this.pc);
    writer.if(BLOCK_EMPTY);
    this.loadFrame(position, base);
    this.rethrowPending();
    for (let k = 0; k < results.length; k++) {
      writer.i32(0);
      emitLoadValue(writer, this.context, results[k], RESULTS + RESULT_STRIDE * k);
      writer.localSet(emitter.shadow(below.length + k, results[k]));
    }
    writer.i32(0);
    writer.localSet(this.pc);
    writer.end();
    emitter.pushShadows(base, level);
    emitter.pushShadows(below.length, results);
  }

  private callResults(at: number): readonly ValType[] {
    return this.ir.resultTypes(at);
  }

  private *construct(at: number, base: number, reached: boolean): Step {
    const { emitter, ir } = this;
    const { writer } = emitter;
    const level = ir.levelTypes.get(at) ?? NO_TYPES;
    const params = emitter.blockParams(at);
    const op = ir.ops[at];
    const kept = level.length - params.length - (op === OP_IF ? 1 : 0);
    if (reached) emitter.popToShadows(base, level);
    emitter.closeBlock();
    if (op === OP_LOOP) this.landAtLoop(at, base, kept);
    else if (kept > 0 && !this.shared) {
      writer.localGet(this.pc);
      writer.if(BLOCK_EMPTY);
      this.loadOperands(this.firstPoint(at) - 1, base, base + kept);
      writer.end();
    }
    if (kept > 0) emitter.pushShadows(base, level.slice(0, kept));
    else emitter.flush();
    const inner = base + kept;
    if (op === OP_LOOP) yield this.loop(at, inner, params);
    else if (op === OP_IF) yield this.if(at, inner, params, reached);
    else {
      this.open(at);
      yield this.sequence(at + 1, ir.match[at], inner, params, !reached);
      this.close();
    }
    emitter.copyToShadows(ir.match[at]);
  }

  /** A construct without parameters: they are in shadow locals and pushed inside. */
  private open(at: number): void {
    const { emitter, ir } = this;
    const blockType = emitter.resultBlockType(emitter.blockResults(at));
    if (ir.ops[at] === OP_TRY_TABLE) {
      emitter.tryTable(at, blockType);
      return;
    }
    emitter.flush();
    emitter.writer.op(ir.ops[at] === OP_IF ? OP_IF : OP_BLOCK);
    emitter.writer.blockType(blockType);
    emitter.depth++;
    emitter.labelDepths.push(emitter.depth);
  }

  private close(): void {
    this.emitter.closeBlock();
    this.emitter.labelDepths.pop();
  }

  private *if(at: number, base: number, params: readonly ValType[], reached: boolean): Step {
    const { emitter, ir } = this;
    const { writer } = emitter;
    const end = ir.match[at];
    const elseAt = ir.elseAt.get(at);
    const thenEnd = elseAt ?? end;
    // On the way to a point: is it in the then arm? Else the guest's own condition.
    writer.localGet(emitter.shadow(base + params.length, I32));
    writer.localGet(this.pc);
    writer.i32(ir.pointsBefore[thenEnd]);
    writer.op(OP_I32_LE_U);
    writer.localGet(this.pc);
    writer.op(OP_I32_EQZ);
    writer.op(OP_SELECT);
    this.open(at);
    if (this.hasPoints(at + 1, thenEnd)) yield this.sequence(at + 1, thenEnd, base, params, !reached);
    else this.plainSequence(at + 1, thenEnd, base, params, !reached);
    if (elseAt !== undefined) {
      emitter.flush();
      writer.else();
      if (this.hasPoints(elseAt + 1, end)) yield this.sequence(elseAt + 1, end, base, params, !reached);
      else this.plainSequence(elseAt + 1, end, base, params, !reached);
    } else if (params.length > 0) {
      emitter.flush();
      writer.else();
      emitter.pushShadows(base, params);
    }
    this.close();
  }

  /** Loads what a landing at this loop needs: all of it at the header, else the operands of this level. */
  private landAtLoop(at: number, base: number, kept: number): void {
    const { emitter, ir } = this;
    const { writer } = emitter;
    const header = ir.pointAt[at];
    const inside = this.lastPoint(at) > header;
    writer.localGet(this.pc);
    if (inside) {
      writer.i32(header);
      writer.op(OP_I32_EQ);
    }
    writer.if(BLOCK_EMPTY);
    this.loadFrame(header - 1, base);
    writer.i32(0);
    writer.localSet(this.pc);
    this.payBack(ir.loopCost.get(at) as number);
    if (inside && kept > 0 && !this.shared) {
      writer.else();
      writer.localGet(this.pc);
      writer.if(BLOCK_EMPTY);
      this.loadOperands(header, base, base + kept);
      writer.end();
    }
    writer.end();
  }

  /** The check at the header was passed before the stop: it must not stop again, whatever the budget. */
  private payBack(cost: number): void {
    const { emitter, context } = this;
    const { writer } = emitter;
    if (emitter.fuelLocal >= 0) writer.localGet(emitter.fuelLocal);
    else writer.globalGet(context.globals.fuel);
    writer.i32(cost);
    writer.op(OP_I32_ADD);
    if (emitter.fuelLocal >= 0) writer.localSet(emitter.fuelLocal);
    else writer.globalSet(context.globals.fuel);
  }

  private *loop(at: number, base: number, params: readonly ValType[]): Step {
    const { emitter, ir } = this;
    const { writer } = emitter;
    const end = ir.match[at];
    if (this.lastPoint(at) === ir.pointAt[at]) {
      emitter.pushShadows(base, params);
      this.plainLoop(at, end);
      return;
    }
    if (!this.copied.has(at)) {
      yield this.sharedLoop(at, end, base, params);
      return;
    }
    emitter.openBlock(emitter.resultBlockType(emitter.blockResults(at)));
    const exit = emitter.depth;
    emitter.openBlock(emitter.resultBlockType(params));
    emitter.labelDepths.push(emitter.depth);
    emitter.pushShadows(base, params);
    writer.localGet(this.pc);
    writer.op(OP_I32_EQZ);
    writer.brIf(0);
    for (let k = 0; k < params.length; k++) writer.drop();
    yield this.sequence(at + 1, end, base, params, true);
    if (ir.falls[end] === 1) writer.br(emitter.depth - exit);
    this.close();
    this.plainLoop(at, end);
    emitter.closeBlock();
  }

  private plainLoop(at: number, end: number): void {
    const { emitter } = this;
    emitter.writer.hints = true;
    emitter.instruction(at);
    emitter.range(at + 1, end);
    emitter.endConstruct(end);
    emitter.flush();
    emitter.writer.hints = false;
  }

  /** One dispatched copy serves all turns. */
  private *sharedLoop(at: number, end: number, base: number, params: readonly ValType[]): Step {
    const { emitter, ir } = this;
    const { writer } = emitter;
    emitter.pushShadows(base, params);
    emitter.flush();
    writer.loop(ir.blockTypes[at]);
    emitter.depth++;
    emitter.labelDepths.push(emitter.depth);
    emitter.popToShadows(base, params);
    writer.localGet(this.pc);
    writer.op(OP_I32_EQZ);
    writer.if(BLOCK_EMPTY);
    emitter.depth++;
    emitter.loopCheck(at);
    emitter.depth--;
    writer.end();
    yield this.sequence(at + 1, end, base, params, false);
    this.close();
  }

  /** The callee ended with an exception: it goes on from here, inside the same handlers as the call. */
  private rethrowPending(): void {
    const { context, emitter } = this;
    if (!context.catches) return;
    const { writer } = emitter;
    const { exception } = context.globals;
    const thrown = emitter.local('thrown', EXNREF);
    writer.globalGet(exception);
    writer.localTee(thrown);
    writer.op(OP_REF_IS_NULL);
    writer.op(OP_I32_EQZ);
    writer.if(BLOCK_EMPTY);
    writer.dummy(EXNREF);
    writer.globalSet(exception);
    writer.i32(0);
    writer.localSet(this.pc);
    writer.localGet(thrown);
    writer.op(OP_THROW_REF);
    writer.end();
  }

  /** Takes the frame off the chunk: every value not loaded by an outer landing (operands below `base` were). */
  private loadFrame(position: number, base: number): void {
    if (this.shared) return;
    const layout = this.frames[position];
    for (const slot of layout.slots) if (slot.height < 0 || slot.height >= base) this.loadSlot(slot);
    this.dropFrame(layout);
  }

  private dropFrame(layout: FrameLayout): void {
    const { writer } = this.emitter;
    writer.localGet(this.frameEnd);
    writer.sub(layout.sizeBytes);
    writer.globalSet(this.context.globals.top);
  }

  /** Loads the operands at heights [from, to): at the same distance from the frame's end at every point inside. */
  private loadOperands(position: number, from: number, to: number): void {
    for (const slot of this.frames[position].slots) if (slot.height >= from && slot.height < to) this.loadSlot(slot);
  }

  private loadSlot(slot: Slot): void {
    const { writer } = this.emitter;
    writer.localGet(this.frameBase);
    emitLoadValue(writer, this.context, slot.type, this.largest - slot.fromEnd);
    writer.localSet(this.emitter.slotLocal(slot));
  }
}

/** Loops whose plain copy fits the growth budget, smallest first. */
function chooseCopies(ir: FunctionIr): ReadonlySet<number> {
  const loops: { at: number; sizeBytes: number }[] = [];
  for (const at of ir.loopCost.keys()) {
    const end = ir.match[at];
    loops.push({ at, sizeBytes: ir.starts[end] - ir.starts[at] });
  }
  loops.sort((a, b) => a.sizeBytes - b.sizeBytes);
  const whole = ir.count === 0 ? 0 : ir.ends[ir.count - 1] - ir.starts[0];
  let budget = MAX_RESUME_GROWTH * whole + 1024;
  const copied = new Set<number>();
  for (const loop of loops) {
    if (loop.sizeBytes > budget) break;
    budget -= loop.sizeBytes;
    copied.add(loop.at);
  }
  return copied;
}
