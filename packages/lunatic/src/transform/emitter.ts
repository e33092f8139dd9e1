// Emits reachable instructions of a function that may stop, as the forward version and the plain parts of the
// resume version have them: the guest's own bytes, plus
//
//   at a loop header        fuel -= cost of one turn;  negative: save a frame, return
//   after a call that may stop   fuel negative: save a frame, return
//   behind a producer of a shadowed operand   copy it to its local
//
// A function with a tight loop keeps fuel in a local: loaded at its entry, written back before calls that may stop
// and at its one exit (a block around the body, to which every return branches), loaded again after such calls.

import { WasmError } from '../wasm/error.ts';
import { BLOCK_EMPTY, blockTypeOf, singleResultBlockType } from '../wasm/instructions.ts';
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
  OP_ELSE,
  OP_END,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_GROW,
  OP_REF_AS_NON_NULL,
  OP_REF_FUNC,
  OP_RETURN,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_TABLE_GROW,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY_TABLE,
} from '../wasm/opcodes.ts';
import { I32, type ValType } from '../wasm/types.ts';
import { type CodeWriter, encodeBlockType } from './code_writer.ts';
import { encodeLocals, type RewriteContext } from './context.ts';
import type { CountedLoop } from './counted_loops.ts';
import { emitSave, type FrameLayout, type FrameLayouts, operandKey, type Slot } from './frames.ts';
import type { FunctionIr } from './function_ir.ts';
import { MAX_LOCALS } from './limits.ts';
import type { MarkPlan } from './marks.ts';
import { bulkHelper, growHelper } from './outlined.ts';
import { emitDummy, isStrict, nullable } from './references.ts';
import { emitStripBound, emitStripBranch, emitStripEnd, emitStripHeader, emitStripMark } from './strips.ts';
import { tableGrowHelper } from './table_grow.ts';
import { type ExtraLocals, emitTrackedWrite, writesMemory } from './tracked_writes.ts';

/** There is one at a time in a rewrite: it writes into the writers of the context, from its making to `body`. */
export class Emitter implements ExtraLocals {
  readonly context: RewriteContext;
  readonly ir: FunctionIr;
  readonly frames: readonly FrameLayout[];
  /** The local that tells the one save block where the function stopped, or -1: every point saves for itself. */
  readonly stoppedAt: number;
  readonly functionNumber: number;
  /** A stop in the resume version returns nothing; in the forward version, dummies. */
  readonly resuming: boolean;
  /** Which writes are marked otherwise; undefined: none is recorded. */
  readonly marks: MarkPlan | undefined;
  readonly writer: CodeWriter;
  /** The local that holds fuel, or -1. */
  readonly fuelLocal: number;
  /** Emitted blocks open now. */
  depth = 0;
  /** For each control frame of the guest that is open, the function's own first: `depth` inside the block its label belongs to. */
  readonly labelDepths: number[] = [0];
  readonly #extra: ValType[] = [];
  readonly #named = new Map<string, number>();
  /** By type and height. */
  readonly #shadows = new Map<number, number>();
  /** The loop that runs in strips, if inside one. */
  #strip: CountedLoop | undefined;
  #copyFrom = -1;
  #copyTo = -1;

  constructor(
    context: RewriteContext,
    ir: FunctionIr,
    layouts: FrameLayouts,
    functionNumber: number,
    resuming: boolean,
    marks: MarkPlan | undefined,
  ) {
    this.context = context;
    this.ir = ir;
    this.frames = layouts.frames;
    this.stoppedAt = layouts.shared ? this.local('stopped at', I32) : -1;
    this.functionNumber = functionNumber;
    this.resuming = resuming;
    this.marks = marks;
    this.writer = context.codeWriter;
    this.writer.clear();
    this.fuelLocal = keepsFuel(ir) ? this.local('fuel', I32) : -1;
  }

  /** The extra local called `name`. */
  local(name: string, type: ValType): number {
    let index = this.#named.get(name);
    if (index === undefined) {
      index = this.#addLocal(type);
      this.#named.set(name, index);
    }
    return index;
  }

  #addLocal(type: ValType): number {
    const index = this.ir.localTypes.length + this.#extra.length;
    if (index >= MAX_LOCALS)
      throw new WasmError(
        'unsupported: too many locals in a function that may stop',
        this.ir.starts[0] ?? 0,
        this.ir.funcIndex,
      );
    this.#extra.push(type);
    return index;
  }

  /** The shadow local of an operand. A local that dispatch may jump past has to be nullable. */
  shadow(height: number, type: ValType): number {
    const held = nullable(type);
    const key = operandKey(height, held);
    let index = this.#shadows.get(key);
    if (index === undefined) {
      index = this.#addLocal(held);
      this.#shadows.set(key, index);
    }
    return index;
  }

  /** Was this local of the guest declared nullable though its type is not? All but the forward version's parameters are. */
  private isRelaxed(local: number): boolean {
    return isStrict(this.ir.localTypes[local]) && (this.resuming || local >= this.ir.type.params.length);
  }

  /** What comes out of a nullable local is what the guest's type says. */
  private restrict(type: ValType): void {
    if (isStrict(type)) this.writer.op(OP_REF_AS_NON_NULL);
  }

  readonly slotLocal = (slot: Slot): number => (slot.height >= 0 ? this.shadow(slot.height, slot.type) : slot.local);

  /** The forward version: same index, same type. */
  forward(): Uint8Array {
    const { ir, writer, context } = this;
    this.beginSaved();
    if (ir.entryPoint) this.entryCheck();
    else if (this.fuelLocal >= 0) {
      writer.globalGet(context.globals.fuel);
      writer.localSet(this.fuelLocal);
    }
    if (this.fuelLocal >= 0) {
      this.openBlock(this.resultBlockType(ir.type.results));
      this.labelDepths[0] = this.depth;
    }
    this.range(0, ir.count);
    if (this.fuelLocal >= 0) {
      this.closeBlock();
      this.syncFuel();
    }
    this.endSaved();
    writer.end();
    return this.body(ir.localTypes.slice(ir.type.params.length), ir.funcIndex);
  }

  /** Opens the block behind which the one save block stands; every stop branches out of it. */
  beginSaved(): void {
    if (this.stoppedAt >= 0) this.openBlock(BLOCK_EMPTY);
  }

  /** The function's results are on the stack: returns them; and behind that, the save block. */
  endSaved(): void {
    if (this.stoppedAt < 0) return;
    const { writer } = this;
    this.flush();
    writer.return();
    this.closeBlock();
    emitSave(writer, this.context, this.frames[0], this.functionNumber, this.slotLocal, this.stoppedAt);
    if (!this.resuming) for (const type of this.ir.type.results) emitDummy(writer, this.context, type);
  }

  /** Locals and code of the emitted function `funcIndex`; `declared` come first, then the emitter's own. */
  body(declared: readonly ValType[], funcIndex: number): Uint8Array {
    this.flush();
    const { bodyWriter, bodyStore, unlikely } = this.context;
    bodyWriter.clear();
    encodeLocals(bodyWriter, [...declared.map(nullable), ...this.#extra]);
    const { length } = bodyWriter;
    unlikely.set(
      funcIndex,
      this.writer.unlikely.map((offset) => length + offset),
    );
    bodyWriter.append(this.writer.out);
    return bodyStore.keep(bodyWriter);
  }

  openBlock(blockType: number): void {
    this.flush();
    this.writer.block(blockType);
    this.depth++;
  }

  closeBlock(): void {
    this.flush();
    this.writer.end();
    this.depth--;
  }

  resultBlockType(results: readonly ValType[]): number {
    if (results.length === 0) return BLOCK_EMPTY;
    if (results.length === 1) return singleResultBlockType(results[0]);
    return this.context.typeIndex([], results);
  }

  /** Emits instructions [from, to), whole constructs only, with plain loops. */
  range(from: number, to: number): void {
    const { verbatim, starts, ends } = this.ir;
    for (let at = from; at < to; at++) {
      if (verbatim[at] === 0) {
        this.instruction(at);
        continue;
      }
      const first = at;
      while (at + 1 < to && verbatim[at + 1] === 1 && starts[at + 1] === ends[at]) at++;
      this.copyRun(first, at);
    }
    this.flush();
  }

  instruction(at: number): void {
    const { ir } = this;
    const op = ir.ops[at];
    if (at === this.#strip?.limitAt || at === this.#strip?.compareAt) return;
    switch (op) {
      case OP_BLOCK:
      case OP_IF:
        this.copy(at);
        this.depth++;
        this.labelDepths.push(this.depth);
        return;
      case OP_TRY_TABLE:
        this.tryTable(at, ir.blockTypes[at]);
        return;
      case OP_LOOP:
        this.copy(at);
        this.depth++;
        this.labelDepths.push(this.depth);
        this.copyToShadows(at);
        this.loopHeader(at);
        return;
      case OP_ELSE:
        this.copy(at);
        return;
      case OP_END:
        this.endConstruct(at);
        break;
      case OP_BR_IF:
        if (at === this.#strip?.branchAt) {
          this.flush();
          emitStripBranch(this);
          return;
        }
        this.flush();
        this.writer.op(op);
        this.writer.out.u32(this.label(ir.imm0[at]));
        break;
      case OP_BR:
      case OP_BR_ON_NULL:
      case OP_BR_ON_NON_NULL:
        this.flush();
        this.writer.op(op);
        this.writer.out.u32(this.label(ir.imm0[at]));
        break;
      case OP_BR_TABLE: {
        const labels = ir.labels.get(at) as readonly number[];
        this.flush();
        this.writer.op(op);
        this.writer.out.u32(labels.length - 1);
        for (const label of labels) this.writer.out.u32(this.label(label));
        return;
      }
      case OP_RETURN:
        this.flush();
        if (this.labelDepths[0] === 0) this.writer.return();
        else this.writer.br(this.depth - this.labelDepths[0]);
        return;
      case OP_CALL:
      case OP_CALL_INDIRECT:
      case OP_CALL_REF:
      case OP_MEMORY_GROW:
        this.call(at);
        break;
      case OP_RETURN_CALL:
      case OP_RETURN_CALL_INDIRECT:
      case OP_RETURN_CALL_REF:
        this.tailCall(at);
        return;
      case OP_THROW:
      case OP_THROW_REF:
        this.syncFuel();
        this.copy(at);
        return;
      case OP_REF_FUNC:
        this.flush();
        this.writer.op(op);
        this.writer.out.u32(this.context.target(ir.imm0[at]));
        break;
      case OP_LOCAL_GET:
      case OP_LOCAL_TEE:
        this.copy(at);
        if (this.isRelaxed(ir.imm0[at])) {
          this.flush();
          this.restrict(ir.localTypes[ir.imm0[at]]);
        }
        break;
      default:
        if (ir.outlined.has(at)) this.call(at);
        else if (this.context.tracked && writesMemory(op)) this.trackedWrite(at);
        else this.copy(at);
    }
    this.copyToShadows(at);
  }

  /** The `end` of a block or loop, without what its results need. */
  endConstruct(at: number): void {
    const strip = this.#strip;
    if (strip !== undefined && strip.branchAt === at - 1) {
      this.closeBlock();
      emitStripEnd(this, strip);
      this.#strip = undefined;
    }
    this.copy(at);
    this.depth--;
    this.labelDepths.pop();
  }

  /** Relative label for a branch that the guest wrote with `label`. */
  label(label: number): number {
    return this.depth - this.labelDepths[this.labelDepths.length - 1 - label];
  }

  /** The results of instruction `at` stay on the stack; shadowed ones are copied. */
  copyToShadows(at: number): void {
    const results = this.ir.shadowed.get(at);
    if (results === undefined) return;
    this.flush();
    const { height, types } = results;
    if (types.length === 1) {
      this.writer.localTee(this.shadow(height, types[0]));
      this.restrict(types[0]);
      return;
    }
    this.popToShadows(height, types);
    this.pushShadows(height, types);
  }

  /** Moves the operands at `height` and above, of these types, to their shadow locals. */
  popToShadows(height: number, types: readonly ValType[]): void {
    this.flush();
    for (let k = types.length - 1; k >= 0; k--) this.writer.localSet(this.shadow(height + k, types[k]));
  }

  pushShadows(height: number, types: readonly ValType[]): void {
    this.flush();
    for (let k = 0; k < types.length; k++) {
      this.writer.localGet(this.shadow(height + k, types[k]));
      this.restrict(types[k]);
    }
  }

  /** A call (or outlined instruction), and behind one that may stop the check. */
  call(at: number): void {
    const { ir, writer, context } = this;
    const point = ir.pointAt[at];
    if (point > 0 || context.throws) this.syncFuel();
    this.flush();
    this.callInstruction(at);
    if (point === 0) return;
    writer.globalGet(context.globals.fuel);
    if (this.fuelLocal >= 0) writer.localTee(this.fuelLocal);
    writer.isNegative();
    writer.unlikelyIf(BLOCK_EMPTY);
    this.stop(point - 1);
    writer.end();
  }

  callInstruction(at: number): void {
    const { ir, writer, context } = this;
    const op = ir.ops[at];
    if (op === OP_CALL) writer.call(context.target(ir.imm0[at]));
    else if (op === OP_MEMORY_GROW) writer.call(growHelper(context, ir.imm0[at]));
    else if (op === OP_TABLE_GROW) writer.call(tableGrowHelper(context, ir.imm0[at]));
    else if (ir.outlined.has(at)) writer.call(bulkHelper(context, op, ir.imm0[at], ir.imm1[at]));
    else writer.out.bytes(context.module.bytes, ir.starts[at], ir.ends[at]);
  }

  /** Saves the frame of this point and returns; the code behind it is not reached. */
  stop(position: number): void {
    const { writer } = this;
    if (this.stoppedAt >= 0) {
      writer.i32(this.frames[position].resumePoint);
      writer.localSet(this.stoppedAt);
      // Every stop is written inside an `if`, which `depth` does not count.
      writer.br(this.depth);
      return;
    }
    emitSave(writer, this.context, this.frames[position], this.functionNumber, this.slotLocal);
    if (!this.resuming) for (const type of this.ir.type.results) emitDummy(writer, this.context, type);
    writer.return();
  }

  /** What stands at the head of a plain copy of a loop. */
  private loopHeader(at: number): void {
    const counted = this.fuelLocal >= 0 ? this.ir.counted.get(at) : undefined;
    if (counted === undefined) {
      this.loopCheck(at);
      return;
    }
    this.flush();
    emitStripHeader(this, counted, this.ir.loopCost.get(at) as number, () => {
      this.syncFuel();
      // Written inside two `if`s; `stop` knows of one.
      this.depth++;
      this.stop(this.ir.pointAt[at] - 1);
      this.depth--;
    });
    for (const range of this.marks?.ranges.get(at) ?? []) emitStripMark(this, this.context, range);
    emitStripBound(this, counted);
    this.writer.loop(BLOCK_EMPTY);
    this.depth++;
    this.labelDepths[this.labelDepths.length - 1] = this.depth;
    this.#strip = counted;
  }

  /** One turn of a loop is paid for; out of fuel: stop here. */
  loopCheck(at: number): void {
    const cost = this.ir.loopCost.get(at) as number;
    this.charge(cost, this.ir.pointAt[at] - 1);
  }

  private entryCheck(): void {
    this.charge(Math.max(1, this.context.graph.cost[this.ir.funcIndex]), this.ir.points.length - 1);
  }

  private charge(cost: number, position: number): void {
    const { writer, context } = this;
    const { fuel } = context.globals;
    this.flush();
    const atEntry = this.frames[position].resumePoint === 0;
    const held = this.fuelLocal >= 0 ? this.fuelLocal : this.local('left', I32);
    if (this.fuelLocal >= 0 && !atEntry) writer.localGet(held);
    else writer.globalGet(fuel);
    writer.sub(cost);
    writer.localTee(held);
    if (this.fuelLocal < 0) {
      writer.globalSet(fuel);
      writer.localGet(held);
    }
    writer.isNegative();
    writer.unlikelyIf(BLOCK_EMPTY);
    if (this.fuelLocal >= 0) this.syncFuel();
    this.stop(position);
    writer.end();
  }

  /** Writes fuel back from its local. */
  syncFuel(): void {
    if (this.fuelLocal < 0) return;
    this.flush();
    this.writer.localGet(this.fuelLocal);
    this.writer.globalSet(this.context.globals.fuel);
  }

  tryTable(at: number, blockType: number): void {
    const { ir, writer } = this;
    this.flush();
    writer.op(OP_TRY_TABLE);
    encodeBlockType(writer.out, blockType);
    const clauses = ir.catches.get(at) ?? [];
    writer.out.u32(clauses.length);
    for (const clause of clauses) {
      writer.out.u8(clause.kind);
      if (clause.kind < 2) writer.out.u32(clause.tag);
      writer.out.u32(this.label(clause.label));
    }
    this.depth++;
    this.labelDepths.push(this.depth);
  }

  /** A tail call leaves no frame. The resume version returns nothing, so there it becomes a call whose results are the function's. */
  private tailCall(at: number): void {
    const { ir, writer, context } = this;
    const op = ir.ops[at];
    this.syncFuel();
    this.flush();
    if (!this.resuming) {
      if (op === OP_RETURN_CALL) {
        writer.op(op);
        writer.out.u32(context.target(ir.imm0[at]));
      } else {
        writer.out.bytes(context.module.bytes, ir.starts[at], ir.ends[at]);
      }
      return;
    }
    writer.op(op === OP_RETURN_CALL ? OP_CALL : op === OP_RETURN_CALL_INDIRECT ? OP_CALL_INDIRECT : OP_CALL_REF);
    writer.out.u32(op === OP_RETURN_CALL ? context.target(ir.imm0[at]) : ir.imm0[at]);
    if (op === OP_RETURN_CALL_INDIRECT) writer.out.u32(ir.imm1[at]);
    writer.globalGet(context.globals.fuel);
    if (this.fuelLocal >= 0) writer.localTee(this.fuelLocal);
    writer.isNegative();
    writer.unlikelyIf(BLOCK_EMPTY);
    writer.return();
    writer.end();
    writer.br(this.depth - this.labelDepths[0]);
  }

  private trackedWrite(at: number): void {
    if (this.marks?.covered.has(at) === true) {
      this.copy(at);
      return;
    }
    this.flush();
    const { ir, writer } = this;
    emitTrackedWrite(writer, this.context, ir.ops[at], ir.imm1[at], ir.starts[at], ir.ends[at], this);
  }

  /** Adds the guest's own bytes of one instruction; neighbours are copied together. */
  copy(at: number): void {
    this.copyRun(at, at);
  }

  /** The same for instructions that lie side by side, from `first` to `last`. */
  private copyRun(first: number, last: number): void {
    const { starts, ends } = this.ir;
    if (this.#copyTo !== starts[first]) {
      this.flush();
      this.#copyFrom = starts[first];
    }
    this.#copyTo = ends[last];
  }

  flush(): void {
    if (this.#copyFrom < 0) return;
    this.writer.out.bytes(this.context.module.bytes, this.#copyFrom, this.#copyTo);
    this.#copyFrom = -1;
    this.#copyTo = -1;
  }

  blockResults(at: number): readonly ValType[] {
    return blockTypeOf(this.context.module, this.ir.blockTypes[at]).results;
  }

  blockParams(at: number): readonly ValType[] {
    return blockTypeOf(this.context.module, this.ir.blockTypes[at]).params;
  }
}

/** Does the function hold fuel in a local? Then its counted loops run in strips. */
export function keepsFuel(ir: FunctionIr): boolean {
  return ir.hasTightLoop && !ir.hasTryTable;
}
