// A function that may stop, as the emitters need it: its reachable instructions in flat arrays, the structure of its
// control frames, its resume points with the operand types below them, and which operands need a local of their own.
//
// Unreachable code is dropped here, so nothing later has to think of it. Code after an `end` counts as reachable.
//
// Operands alive across a resume point ("shadowed" operands) are copied to a fresh local by the instruction that produces
// them: `local.tee` right behind it. The operand stack itself stays as it is, so forward code pays
// nothing in SSA form, and a frame is saved from locals only. A shadow local is keyed by the operand's absolute height and its type: two
// operands that share both are never alive together.

import { WasmError } from '../wasm/error.ts';
import { blockTypeOf, type CatchClause, InstructionReader } from '../wasm/instructions.ts';
import {
  OP_BLOCK,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_TABLE,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_CALL_REF,
  OP_CATCH,
  OP_CATCH_ALL,
  OP_DATA_DROP,
  OP_DELEGATE,
  OP_DROP,
  OP_ELEM_DROP,
  OP_ELSE,
  OP_END,
  OP_GLOBAL_SET,
  OP_IF,
  OP_LOCAL_SET,
  OP_LOOP,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_GROW,
  OP_MEMORY_INIT,
  OP_NOP,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
  OP_TABLE_GROW,
  OP_TABLE_INIT,
  OP_TABLE_SET,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY,
  OP_TRY_TABLE,
  opSignature,
} from '../wasm/opcodes.ts';

import { type FuncType, type FunctionBody, I32, type ValType, type WasmModule } from '../wasm/types.ts';
import { FunctionValidator } from '../wasm/validate.ts';
import { BulkScan, type BulkVerdict } from './bulk.ts';
import { type CallGraph, callCost, endsFlow, instructionCost } from './call_graph.ts';
import { type CountedLoop, findCountedLoop } from './counted_loops.ts';
import { chargeFor, FlowEstimate } from './flow_estimate.ts';
import { MAX_COPIED_OPERANDS, MAX_COST, MAX_NESTING, MAX_RECORDED_OPERANDS, MAX_UNDERCHARGE } from './limits.ts';

/** A call that may stop, outlined instructions included. */
export const POINT_CALL = 0;
export const POINT_LOOP = 1;
export const POINT_ENTRY = 2;

export interface ResumePoint {
  readonly kind: typeof POINT_CALL | typeof POINT_LOOP | typeof POINT_ENTRY;
  /** Index of the call or loop in the instruction arrays; -1 for the entry. */
  readonly at: number;
  /** Types of the operands alive across the point, by height: below the arguments of a call, including the parameters of a loop. */
  readonly operands: readonly ValType[];
}

export interface FunctionIr {
  readonly funcIndex: number;
  readonly type: FuncType;
  /** Parameters, then declared locals. */
  readonly localTypes: readonly ValType[];
  readonly count: number;
  readonly ops: readonly number[];
  /** Byte range of each instruction in the module. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly imm0: readonly number[];
  readonly imm1: readonly number[];
  readonly blockTypes: readonly number[];
  /** Opening instruction: index of its `end`. `end`, `else`: index of their opening instruction. Others: -1. */
  readonly match: readonly number[];
  /** `if`: index of its `else`, or -1. */
  readonly elseAt: ReadonlyMap<number, number>;
  readonly labels: ReadonlyMap<number, readonly number[]>;
  readonly catches: ReadonlyMap<number, readonly CatchClause[]>;
  /** Operand height of the innermost control frame around each instruction (for `end`: around the construct). */
  readonly frameBase: readonly number[];
  /** Operand height before each instruction. */
  readonly heights: readonly number[];
  /** Is the `end` of this construct, or the function's, reached by falling into it? */
  readonly falls: Uint8Array;
  /** 1 + position in `points` for instructions that are resume points, else 0. */
  readonly pointAt: readonly number[];
  /** Number of resume points at instructions before this one; `count + 1` entries. */
  readonly pointsBefore: readonly number[];
  /** In instruction order; the entry's, if there is one, comes last. */
  readonly points: readonly ResumePoint[];
  readonly entryPoint: boolean;
  /** Fuel charged at each loop header, by instruction index. */
  readonly loopCost: ReadonlyMap<number, number>;
  /** Operand types from the frame's base up to the operands of a construct with resume points inside (its condition and parameters included). */
  readonly levelTypes: ReadonlyMap<number, readonly ValType[]>;
  /** Results of an instruction that must be copied to shadow locals: [height, types]. */
  readonly shadowed: ReadonlyMap<number, { readonly height: number; readonly types: readonly ValType[] }>;
  /** Does a loop without resume points inside exist: worth keeping fuel in a local. */
  readonly hasTightLoop: boolean;
  readonly hasTryTable: boolean;
  /** Loops whose turns are charged in strips, by instruction index. */
  readonly counted: ReadonlyMap<number, CountedLoop>;
  /** Instructions that run in outlined helpers. */
  readonly outlined: ReadonlySet<number>;
  mayThrow(op: number): boolean;
  /** Types of the values that a call leaves. */
  resultTypes(at: number): readonly ValType[];
}

/** Of outlined instructions: sizes of memories and tables. */
const ONE_I32: readonly ValType[] = [I32];
const NO_TYPES: readonly ValType[] = [];

/** Types of the values an instruction leaves, for those that can be shadowed. */
type Results = { height: number; types: ValType[] };

export function buildFunctionIr(module: WasmModule, graph: CallGraph, body: FunctionBody): FunctionIr {
  return new Builder(module, graph, body).build();
}

const MAX_RECORDED_TEXT = 'too many operands alive across resume points and blocks';
const MAX_NESTING_TEXT = `control frames nested deeper than ${MAX_NESTING} in a function that may stop`;

class Builder {
  readonly module: WasmModule;
  readonly graph: CallGraph;
  readonly body: FunctionBody;
  readonly validator: FunctionValidator;
  readonly reader: InstructionReader;
  readonly bulk: BulkScan;
  readonly ops: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly imm0: number[] = [];
  readonly imm1: number[] = [];
  readonly blockTypes: number[] = [];
  readonly match: number[] = [];
  readonly frameBase: number[] = [];
  readonly heights: number[] = [];
  readonly pointAt: number[] = [];
  readonly pointsBefore: number[] = [];
  readonly elseAt = new Map<number, number>();
  readonly labels = new Map<number, readonly number[]>();
  readonly catches = new Map<number, readonly CatchClause[]>();
  readonly points: ResumePoint[] = [];
  readonly loopCost = new Map<number, number>();
  /** Of one turn of each loop: everything in it, and what is expected to run. */
  readonly loopSum = new Map<number, number>();
  readonly loopExpected = new Map<number, number>();
  readonly levelTypes = new Map<number, ValType[]>();
  readonly levelProducers = new Map<number, number[]>();
  readonly shadowed = new Map<number, Results>();
  readonly outlined = new Set<number>();
  readonly falls: number[] = [];
  /** The instruction that produced each operand; parallel to the validator's operands. */
  readonly producers: number[] = [];
  /** Results of instructions that leave more than one. */
  readonly results = new Map<number, Results>();
  /** Open constructs. */
  readonly open: number[] = [];
  readonly openLoops: number[] = [];
  /** Points at calls so far, and how many there were when each open loop began. */
  callPoints = 0;
  readonly callsBefore: number[] = [];
  hasTightLoop = false;
  readonly counted = new Map<number, CountedLoop>();
  /** The loop that ended last. */
  lastLoop = -1;
  /** Entries of the operand stack kept, and copied, so far. */
  recorded = 0;
  copied = 0;
  hasTryTable = false;

  constructor(module: WasmModule, graph: CallGraph, body: FunctionBody) {
    this.module = module;
    this.graph = graph;
    this.body = body;
    this.validator = new FunctionValidator(module, body);
    this.reader = new InstructionReader(module.bytes, body.codeOffset, body.end);
    this.bulk = new BulkScan();
  }

  build(): FunctionIr {
    const { reader, validator, body, module, graph } = this;
    // Nesting of the whole body, and how deep the unreachable part began (-1: reachable).
    let depth = 0;
    let dead = -1;
    const flow = new FlowEstimate();
    while (reader.next()) {
      const op = reader.op;
      const { share } = flow;
      flow.step(reader);
      const verdict = this.bulk.step(reader);
      const before = validator.operands.length;
      const base = validator.controls[validator.controls.length - 1].height;
      if (opensFrame(op)) depth++;
      const closes = op === OP_END || op === OP_DELEGATE;
      const middle = op === OP_ELSE || op === OP_CATCH || op === OP_CATCH_ALL;
      if (closes) depth--;
      if (depth < 0) {
        validator.step(reader);
        this.falls.push(dead < 0 ? 1 : 0);
        break;
      }
      const revives = dead >= 0 && ((closes && depth < dead) || (middle && depth === dead));
      const wasDead = dead >= 0;
      if (revives) dead = -1;
      if (dead >= 0) {
        validator.step(reader);
        continue;
      }
      this.record(op, before, base, verdict, wasDead, share);
      if (endsFlow(op)) dead = depth;
    }
    const entry = graph.entryCheck[body.funcIndex] === 1;
    if (entry) this.points.push({ kind: POINT_ENTRY, at: -1, operands: [] });
    this.pointsBefore.push(this.points.length - (entry ? 1 : 0));
    return {
      funcIndex: body.funcIndex,
      type: module.types[module.funcTypeIndices[body.funcIndex]],
      localTypes: validator.localTypes,
      count: this.ops.length,
      ops: this.ops,
      starts: this.starts,
      ends: this.ends,
      imm0: this.imm0,
      imm1: this.imm1,
      blockTypes: this.blockTypes,
      match: this.match,
      elseAt: this.elseAt,
      labels: this.labels,
      catches: this.catches,
      frameBase: this.frameBase,
      heights: this.heights,
      falls: Uint8Array.from(this.falls),
      pointAt: this.pointAt,
      pointsBefore: this.pointsBefore,
      points: this.points,
      entryPoint: entry,
      loopCost: this.loopCost,
      levelTypes: this.levelTypes,
      shadowed: this.shadowed,
      hasTightLoop: this.hasTightLoop,
      counted: this.counted,
      hasTryTable: this.hasTryTable,
      outlined: this.outlined,
      mayThrow,
      resultTypes: (at) => this.callResults(at),
    };
  }

  /** Takes in one reachable instruction. */
  private record(
    op: number,
    before: number,
    base: number,
    verdict: BulkVerdict,
    wasDead: boolean,
    share: number,
  ): void {
    const { reader, validator } = this;
    const at = this.ops.length;
    this.ops.push(op);
    this.starts.push(reader.start);
    this.ends.push(reader.pos);
    this.imm0.push(reader.imm0);
    this.imm1.push(reader.imm1);
    this.blockTypes.push(reader.blockType);
    this.match.push(-1);
    this.heights.push(before);
    this.pointAt.push(0);
    this.pointsBefore.push(this.points.length);
    this.falls.push(wasDead ? 0 : 1);
    if (op === OP_BR_TABLE) this.labels.set(at, reader.labels.slice());
    if (op === OP_TRY_TABLE) {
      this.catches.set(at, reader.catches.slice());
      this.hasTryTable = true;
    }
    if (op === OP_TRY || op === OP_CATCH || op === OP_CATCH_ALL || op === OP_DELEGATE) {
      this.refuse('unsupported: legacy exception handling in a function that may stop');
    }
    const outlined = verdict === 'outlined';
    if (outlined) this.outlined.add(at);
    this.charge(op, at, verdict === 'none' ? 0 : this.bulk.cost, share);
    if (this.isCallPoint(op, outlined)) this.addCallPoint(op, at);
    if (op === OP_BLOCK || op === OP_IF || op === OP_TRY_TABLE || op === OP_LOOP) this.openConstruct(op, at, base);
    validator.step(reader);
    this.frameBase.push(op === OP_END ? validator.controls[validator.controls.length - 1].height : base);
    this.updateProducers(op, at);
    if (op === OP_LOOP) this.addLoopPoint(at);
    if (op === OP_END) this.closeConstruct(at);
    if (op === OP_ELSE) {
      const start = this.open[this.open.length - 1];
      this.match[at] = start;
      this.elseAt.set(start, at);
    }
  }

  private refuse(message: string): never {
    throw new WasmError(message, this.reader.start, this.body.funcIndex);
  }

  private charge(op: number, at: number, bulkCost: number, share: number): void {
    if (this.openLoops.length === 0) return;
    const loop = this.openLoops[this.openLoops.length - 1];
    let cost = instructionCost(op);
    if (op === OP_CALL || op === OP_RETURN_CALL) cost = callCost(this.graph, this.imm0[at]);
    else if (isTypedCall(op)) cost = this.graph.typeCost[this.imm0[at]];
    else if (bulkCost > 0) cost = bulkCost;
    this.loopSum.set(loop, Math.min((this.loopSum.get(loop) as number) + cost, MAX_COST));
    this.loopExpected.set(loop, (this.loopExpected.get(loop) as number) + cost * share);
  }

  private isCallPoint(op: number, outlined: boolean): boolean {
    if (outlined || op === OP_MEMORY_GROW) return true;
    if (op === OP_CALL) return this.graph.mayStop[this.reader.imm0] === 1;
    if (op === OP_CALL_INDIRECT || op === OP_CALL_REF) return this.graph.typeMayStop[this.reader.imm0] === 1;
    return false;
  }

  private addCallPoint(op: number, at: number): void {
    const { validator } = this;
    const height = validator.operands.length - this.argumentCount(op);
    this.addPoint(POINT_CALL, at, height);
    this.callPoints++;
  }

  private argumentCount(op: number): number {
    const { module, reader } = this;
    if (op === OP_CALL) return module.types[module.funcTypeIndices[reader.imm0]].params.length;
    if (op === OP_CALL_INDIRECT || op === OP_CALL_REF) return module.types[reader.imm0].params.length + 1;
    if (op === OP_MEMORY_GROW) return 1;
    return op === OP_TABLE_GROW ? 2 : 3;
  }

  private addPoint(kind: typeof POINT_CALL | typeof POINT_LOOP, at: number, height: number): void {
    this.recorded += height;
    if (this.recorded > MAX_RECORDED_OPERANDS) this.refuse(`unsupported: ${MAX_RECORDED_TEXT}`);
    this.points.push({ kind, at, operands: this.validator.operands.slice(0, height) });
    this.pointAt[at] = this.points.length;
    for (let h = 0; h < height; h++) this.shadow(this.producers[h], h, this.validator.operands[h]);
  }

  private addLoopPoint(at: number): void {
    this.addPoint(POINT_LOOP, at, this.validator.operands.length);
  }

  /** Asks that the results of instruction `producer`, of which this operand is one, go to shadow locals. */
  private shadow(producer: number, height: number, type: ValType): void {
    if (this.shadowed.has(producer)) return;
    this.shadowed.set(producer, this.results.get(producer) ?? { height, types: [type] });
  }

  private openConstruct(op: number, at: number, base: number): void {
    if (this.open.length >= MAX_NESTING) this.refuse(`unsupported: ${MAX_NESTING_TEXT}`);
    this.open.push(at);
    const { validator } = this;
    if (validator.operands.length > base) {
      this.recorded += validator.operands.length - base;
      this.copied += validator.operands.length - base;
      if (this.recorded > MAX_RECORDED_OPERANDS || this.copied > MAX_COPIED_OPERANDS)
        this.refuse(`unsupported: ${MAX_RECORDED_TEXT}`);
      this.levelTypes.set(at, validator.operands.slice(base));
      this.levelProducers.set(at, this.producers.slice(base));
    }
    if (op === OP_LOOP) {
      this.openLoops.push(at);
      this.loopSum.set(at, 1);
      this.loopExpected.set(at, 1);
      this.callsBefore.push(this.callPoints);
    }
  }

  private closeConstruct(at: number): void {
    const start = this.open.pop() as number;
    this.match[start] = at;
    this.match[at] = start;
    if (this.ops[start] === OP_LOOP) {
      this.openLoops.pop();
      const [expected, sum] = [this.loopExpected.get(start) as number, this.loopSum.get(start) as number];
      this.loopCost.set(start, Math.min(chargeFor(expected, sum, MAX_UNDERCHARGE), MAX_COST));
      if (this.callsBefore.pop() === this.callPoints) {
        this.hasTightLoop = true;
        if (this.lastLoop < start) this.findCounted(start, at);
      }
      this.lastLoop = start;
    }
    if (this.points.length > this.pointsBefore[start]) {
      const types = this.levelTypes.get(start) ?? [];
      const base = this.frameBase[start];
      this.levelProducers.get(start)?.forEach((producer, k) => {
        this.shadow(producer, base + k, types[k]);
      });
    } else {
      this.recorded -= this.levelTypes.get(start)?.length ?? 0;
      this.levelTypes.delete(start);
    }
    this.levelProducers.delete(start);
  }

  /** Loops end in rising order of nesting, so one that began behind the last loop that ended is an innermost one. */
  private findCounted(start: number, end: number): void {
    const loop = findCountedLoop(this, start, end, this.module.tags.length > 0);
    if (loop !== null) this.counted.set(start, loop);
  }

  /** Brings `producers` in step with the validator's operands after instruction `at`. */
  private updateProducers(op: number, at: number): void {
    const { validator, producers } = this;
    const height = validator.operands.length;
    const made = this.resultCount(op);
    // Parameters of a block stay what they were; those of a loop change with every turn.
    if (op === OP_BLOCK || op === OP_IF || op === OP_TRY_TABLE) {
      producers.length = height;
      return;
    }
    if (op === OP_ELSE) {
      // The then arm's operands are gone; the parameters are the same values as at the `if`.
      const start = this.open[this.open.length - 1];
      const base = validator.controls[validator.controls.length - 1].height;
      const atIf = this.levelProducers.get(start) ?? [];
      const levelBase = this.frameBase[start];
      producers.length = base;
      for (let h = base; h < height; h++) producers.push(atIf[h - levelBase]);
      return;
    }
    producers.length = height - made;
    for (let k = 0; k < made; k++) producers.push(at);
    if (made > 1) this.results.set(at, { height: height - made, types: validator.operands.slice(height - made) });
  }

  private resultCount(op: number): number {
    const { module, reader } = this;
    switch (op) {
      case OP_CALL:
        return module.types[module.funcTypeIndices[reader.imm0]].results.length;
      case OP_CALL_INDIRECT:
      case OP_CALL_REF:
        return module.types[reader.imm0].results.length;
      case OP_LOOP:
        return blockTypeOf(module, reader.blockType).params.length;
      case OP_END: {
        const start = this.open[this.open.length - 1];
        return blockTypeOf(module, this.blockTypes[start]).results.length;
      }
      default:
        return leavesValue(op) ? 1 : 0;
    }
  }

  private callResults(at: number): readonly ValType[] {
    const { module } = this;
    switch (this.ops[at]) {
      case OP_CALL:
        return module.types[module.funcTypeIndices[this.imm0[at]]].results;
      case OP_CALL_INDIRECT:
      case OP_CALL_REF:
        return module.types[this.imm0[at]].results;
      default:
        return leavesValue(this.ops[at]) ? ONE_I32 : NO_TYPES;
    }
  }
}

/** Does a plain instruction leave a value of its own? Branches leave what was there; calls and blocks are counted by type. */
function leavesValue(op: number): boolean {
  switch (op) {
    case OP_NOP:
    case OP_DROP:
    case OP_LOCAL_SET:
    case OP_GLOBAL_SET:
    case OP_TABLE_SET:
    case OP_BR_IF:
    case OP_BR_ON_NON_NULL:
    case OP_MEMORY_FILL:
    case OP_MEMORY_COPY:
    case OP_MEMORY_INIT:
    case OP_DATA_DROP:
    case OP_ELEM_DROP:
    case OP_TABLE_COPY:
    case OP_TABLE_INIT:
    case OP_TABLE_FILL:
      return false;
    default:
      if (endsFlow(op)) return false;
      return opSignature(op)?.results.length !== 0;
  }
}

function mayThrow(op: number): boolean {
  return op === OP_CALL || isTypedCall(op) || op === OP_RETURN_CALL || op === OP_THROW || op === OP_THROW_REF;
}

function isTypedCall(op: number): boolean {
  return op === OP_CALL_INDIRECT || op === OP_CALL_REF || op === OP_RETURN_CALL_INDIRECT || op === OP_RETURN_CALL_REF;
}

function opensFrame(op: number): boolean {
  return op === OP_BLOCK || op === OP_LOOP || op === OP_IF || op === OP_TRY || op === OP_TRY_TABLE;
}
