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
  OP_BR_TABLE,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_CALL_REF,
  OP_CATCH,
  OP_CATCH_ALL,
  OP_DELEGATE,
  OP_ELSE,
  OP_END,
  OP_I32_CONST,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_GROW,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_TABLE_GROW,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY,
  OP_TRY_TABLE,
} from '../wasm/opcodes.ts';

import { type FuncType, type FunctionBody, I32, type ValType, type WasmModule } from '../wasm/types.ts';
import { FunctionValidator } from '../wasm/validate.ts';
import { bulkCost, bulkVerdict } from './bulk.ts';
import { type CallGraph, callCost } from './call_graph.ts';
import { type CountedLoop, findCountedLoop } from './counted_loops.ts';
import { chargeFor } from './flow_estimate.ts';
import { IrWorkspace, rowsOf } from './ir_workspace.ts';
import { MAX_COPIED_OPERANDS, MAX_COST, MAX_NESTING, MAX_RECORDED_OPERANDS, MAX_UNDERCHARGE } from './limits.ts';
import { ENDS_FLOW, instructionCost, LEAVES_VALUE, PLAIN, STORES, traitsOf } from './op_traits.ts';
import { isStrict } from './references.ts';

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
  /** This and the other arrays by instruction are columns of the rewrite: the next function overwrites them. */
  readonly ops: Int32Array;
  /** Byte range of each instruction in the module. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** The immediates as the reader has them, from 2^31 on less 2^32. */
  readonly imm0: Int32Array;
  readonly imm1: Int32Array;
  /** Of instructions that open a construct. */
  readonly blockTypes: Int32Array;
  /** Opening instruction: index of its `end`. `end`, `else`: index of their opening instruction. Others: -1. */
  readonly match: Int32Array;
  /** `if`: index of its `else`, or -1. */
  readonly elseAt: ReadonlyMap<number, number>;
  readonly labels: ReadonlyMap<number, readonly number[]>;
  readonly catches: ReadonlyMap<number, readonly CatchClause[]>;
  /** Operand height before each instruction. */
  readonly heights: Int32Array;
  /** Is the `end` of this construct, or the function's, reached by falling into it? */
  readonly falls: Uint8Array;
  /** 1 + position in `points` for instructions that are resume points, else 0. */
  readonly pointAt: Int32Array;
  /** Number of resume points at instructions before this one; `count + 1` entries. */
  readonly pointsBefore: Int32Array;
  /** 1: nothing is ever added to this instruction or changed in it, where writes are not tracked or it does not write. */
  readonly verbatim: Uint8Array;
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

/** The answer is good until the workspace is given for another function. */
export function buildFunctionIr(
  module: WasmModule,
  graph: CallGraph,
  body: FunctionBody,
  workspace: IrWorkspace = new IrWorkspace(),
): FunctionIr {
  return new Builder(module, graph, body, workspace).build();
}

const MAX_RECORDED_TEXT = 'too many operands alive across resume points and blocks';
const MAX_NESTING_TEXT = `control frames nested deeper than ${MAX_NESTING} in a function that may stop`;

class Builder {
  readonly module: WasmModule;
  readonly graph: CallGraph;
  readonly body: FunctionBody;
  readonly validator: FunctionValidator;
  readonly reader: InstructionReader;
  readonly columns: IrWorkspace;
  // Three of the columns, as findCountedLoop wants them.
  readonly ops: Int32Array;
  readonly imm0: Int32Array;
  readonly blockTypes: Int32Array;
  /** Rows filled. */
  count = 0;
  readonly elseAt = new Map<number, number>();
  readonly labels = new Map<number, readonly number[]>();
  readonly catches = new Map<number, readonly CatchClause[]>();
  readonly points: ResumePoint[] = [];
  readonly loopCost = new Map<number, number>();
  /** Of one turn of the innermost loop: everything in it, and what is expected to run. Below it those of the loops around. */
  turnSum = 0;
  turnExpected = 0;
  readonly outerSums: number[] = [];
  readonly outerExpected: number[] = [];
  readonly levelTypes = new Map<number, ValType[]>();
  readonly levelProducers = new Map<number, Int32Array>();
  readonly shadowed = new Map<number, Results>();
  readonly outlined = new Set<number>();
  /** The instruction that produced each operand, by height; as many count as the validator has operands. */
  producers = new Int32Array(64);
  /** Results of instructions that leave more than one. */
  readonly results = new Map<number, Results>();
  /** Open constructs, and the operand height of the control frame around each. */
  readonly open: number[] = [];
  readonly bases: number[] = [];
  loopDepth = 0;
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
  /** A local has a type without a null. */
  readonly strictLocals: boolean;

  constructor(module: WasmModule, graph: CallGraph, body: FunctionBody, columns: IrWorkspace) {
    this.module = module;
    this.graph = graph;
    this.body = body;
    this.validator = new FunctionValidator(module, body);
    this.reader = new InstructionReader(module.bytes, body.codeOffset, body.end);
    columns.reserve(rowsOf(body));
    this.columns = columns;
    this.ops = columns.ops;
    this.imm0 = columns.imm0;
    this.blockTypes = columns.blockTypes;
    this.strictLocals = this.validator.localTypes.some(isStrict);
  }

  build(): FunctionIr {
    const { reader, validator, body, graph, columns } = this;
    // Nesting of the whole body, and how deep the unreachable part began (-1: reachable).
    let depth = 0;
    let dead = -1;
    const { flow } = columns;
    flow.begin();
    while (reader.next()) {
      const op = reader.op;
      const traits = traitsOf(op);
      if ((traits & PLAIN) !== 0) {
        if (dead < 0) this.recordPlain(op, traits, flow.share);
        else validator.step(reader);
        continue;
      }
      const { share } = flow;
      flow.step(reader);
      if (opensFrame(op)) depth++;
      const closes = op === OP_END || op === OP_DELEGATE;
      const middle = op === OP_ELSE || op === OP_CATCH || op === OP_CATCH_ALL;
      if (closes) depth--;
      if (depth < 0) {
        validator.step(reader);
        columns.falls[this.count] = dead < 0 ? 1 : 0;
        break;
      }
      const revives = dead >= 0 && ((closes && depth < dead) || (middle && depth === dead));
      const wasDead = dead >= 0;
      if (revives) dead = -1;
      if (dead >= 0) {
        validator.step(reader);
        continue;
      }
      this.record(op, traits, wasDead, share);
      if ((traits & ENDS_FLOW) !== 0) dead = depth;
    }
    const entry = graph.entryCheck[body.funcIndex] === 1;
    columns.pointsBefore[this.count] = this.points.length;
    if (entry) this.points.push({ kind: POINT_ENTRY, at: -1, operands: [] });
    return this.finish(entry);
  }

  private finish(entryPoint: boolean): FunctionIr {
    const { module, body, columns, count } = this;
    return {
      funcIndex: body.funcIndex,
      type: module.types[module.funcTypeIndices[body.funcIndex]],
      localTypes: this.validator.localTypes,
      count,
      ops: columns.ops.subarray(0, count),
      starts: columns.starts.subarray(0, count),
      ends: columns.ends.subarray(0, count),
      imm0: columns.imm0.subarray(0, count),
      imm1: columns.imm1.subarray(0, count),
      blockTypes: columns.blockTypes.subarray(0, count),
      match: columns.match.subarray(0, count),
      elseAt: this.elseAt,
      labels: this.labels,
      catches: this.catches,
      heights: columns.heights.subarray(0, count),
      falls: columns.falls.subarray(0, count + 1),
      pointAt: columns.pointAt.subarray(0, count),
      pointsBefore: columns.pointsBefore.subarray(0, count + 1),
      verbatim: columns.verbatim.subarray(0, count),
      points: this.points,
      entryPoint,
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

  /** A new row for the instruction that the reader has, about to be made; returns its number. */
  private append(op: number): number {
    const { reader, columns } = this;
    const at = this.count++;
    columns.ops[at] = op;
    columns.starts[at] = reader.start;
    columns.ends[at] = reader.pos;
    columns.imm0[at] = reader.imm0;
    columns.imm1[at] = reader.imm1;
    columns.match[at] = -1;
    columns.heights[at] = this.validator.operands.length;
    columns.pointAt[at] = 0;
    columns.pointsBefore[at] = this.points.length;
    return at;
  }

  // Hot: nine of ten instructions (`npm run bench -- rewrite`).
  /** Takes in a reachable instruction that only computes. */
  private recordPlain(op: number, traits: number, share: number): void {
    const { reader, validator, columns } = this;
    const at = this.append(op);
    columns.verbatim[at] = this.isVerbatim(op, traits) ? 1 : 0;
    if (this.loopDepth > 0) {
      const cost = instructionCost(op);
      this.turnSum += cost;
      this.turnExpected += cost * share;
    }
    validator.step(reader);
    if ((traits & LEAVES_VALUE) !== 0) this.setProducer(validator.operands.length - 1, at);
  }

  /** Of a plain instruction: stores may need a mark, and what comes out of a local that is nullable here has to be narrowed. */
  private isVerbatim(op: number, traits: number): boolean {
    if ((traits & STORES) !== 0) return false;
    if (!this.strictLocals || (op !== OP_LOCAL_GET && op !== OP_LOCAL_TEE)) return true;
    return !isStrict(this.validator.localTypes[this.reader.imm0]);
  }

  /** Takes in any other reachable instruction. */
  private record(op: number, traits: number, wasDead: boolean, share: number): void {
    const { reader, validator, columns } = this;
    const base = validator.frameHeight;
    const at = this.append(op);
    columns.blockTypes[at] = reader.blockType;
    columns.falls[at] = wasDead ? 0 : 1;
    columns.verbatim[at] = 0;
    if (op === OP_BR_TABLE) this.labels.set(at, reader.labels.slice());
    if (op === OP_TRY_TABLE) {
      this.catches.set(at, reader.catches.slice());
      this.hasTryTable = true;
    }
    if (op === OP_TRY || op === OP_CATCH || op === OP_CATCH_ALL || op === OP_DELEGATE) {
      this.refuse('unsupported: legacy exception handling in a function that may stop');
    }
    const length = at > 0 && columns.ops[at - 1] === OP_I32_CONST ? columns.imm0[at - 1] : -1;
    const verdict = bulkVerdict(op, length);
    const outlined = verdict === 'outlined';
    if (outlined) this.outlined.add(at);
    if (this.loopDepth > 0) this.charge(op, at, verdict === 'none' ? 0 : bulkCost(op, length), share);
    if (this.isCallPoint(op, outlined)) this.addCallPoint(op, at);
    if (op === OP_BLOCK || op === OP_IF || op === OP_TRY_TABLE || op === OP_LOOP) this.openConstruct(op, at, base);
    validator.step(reader);
    this.updateProducers(op, traits, at);
    if (op === OP_LOOP) this.addLoopPoint(at);
    if (op === OP_END) this.closeConstruct(at);
    if (op === OP_ELSE) {
      const start = this.open[this.open.length - 1];
      columns.match[at] = start;
      this.elseAt.set(start, at);
    }
  }

  private refuse(message: string): never {
    throw new WasmError(message, this.reader.start, this.body.funcIndex);
  }

  private charge(op: number, at: number, bulkCost: number, share: number): void {
    let cost = instructionCost(op);
    if (op === OP_CALL || op === OP_RETURN_CALL) cost = callCost(this.graph, this.imm0[at]);
    else if (isTypedCall(op)) cost = this.graph.typeCost[this.imm0[at]];
    else if (bulkCost > 0) cost = bulkCost;
    this.turnSum += cost;
    this.turnExpected += cost * share;
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
    this.columns.pointAt[at] = this.points.length;
    for (let h = 0; h < height; h++) this.shadow(this.producers[h], h, this.validator.operands[h]);
  }

  private addLoopPoint(at: number): void {
    this.addPoint(POINT_LOOP, at, this.validator.operands.length);
  }

  /** Asks that the results of instruction `producer`, of which this operand is one, go to shadow locals. */
  private shadow(producer: number, height: number, type: ValType): void {
    if (this.shadowed.has(producer)) return;
    this.columns.verbatim[producer] = 0;
    this.shadowed.set(producer, this.results.get(producer) ?? { height, types: [type] });
  }

  private openConstruct(op: number, at: number, base: number): void {
    if (this.open.length >= MAX_NESTING) this.refuse(`unsupported: ${MAX_NESTING_TEXT}`);
    this.open.push(at);
    this.bases.push(base);
    const { validator } = this;
    if (validator.operands.length > base) {
      this.recorded += validator.operands.length - base;
      this.copied += validator.operands.length - base;
      if (this.recorded > MAX_RECORDED_OPERANDS || this.copied > MAX_COPIED_OPERANDS)
        this.refuse(`unsupported: ${MAX_RECORDED_TEXT}`);
      this.levelTypes.set(at, validator.operands.slice(base));
      this.levelProducers.set(at, this.producers.slice(base, validator.operands.length));
    }
    if (op === OP_LOOP) {
      this.loopDepth++;
      this.outerSums.push(this.turnSum);
      this.outerExpected.push(this.turnExpected);
      this.turnSum = 1;
      this.turnExpected = 1;
      this.callsBefore.push(this.callPoints);
    }
  }

  private closeConstruct(at: number): void {
    const { columns } = this;
    const start = this.open.pop() as number;
    const base = this.bases.pop() as number;
    columns.match[start] = at;
    columns.match[at] = start;
    if (columns.ops[start] === OP_LOOP) this.closeLoop(start, at);
    if (this.points.length > columns.pointsBefore[start]) {
      const types = this.levelTypes.get(start) ?? [];
      this.levelProducers.get(start)?.forEach((producer, k) => {
        this.shadow(producer, base + k, types[k]);
      });
    } else {
      this.recorded -= this.levelTypes.get(start)?.length ?? 0;
      this.levelTypes.delete(start);
    }
    this.levelProducers.delete(start);
  }

  private closeLoop(start: number, at: number): void {
    const sum = Math.min(this.turnSum, MAX_COST);
    this.loopCost.set(start, Math.min(chargeFor(this.turnExpected, sum, MAX_UNDERCHARGE), MAX_COST));
    this.loopDepth--;
    this.turnSum = this.outerSums.pop() as number;
    this.turnExpected = this.outerExpected.pop() as number;
    if (this.callsBefore.pop() === this.callPoints) {
      this.hasTightLoop = true;
      if (this.lastLoop < start) this.findCounted(start, at);
    }
    this.lastLoop = start;
  }

  /** Loops end in rising order of nesting, so one that began behind the last loop that ended is an innermost one. */
  private findCounted(start: number, end: number): void {
    const loop = findCountedLoop(this, start, end, this.module.tags.length > 0);
    if (loop === null) return;
    this.counted.set(start, loop);
    // In a strip there is another condition.
    if (loop.limitAt >= 0) this.columns.verbatim[loop.limitAt] = 0;
    if (loop.compareAt >= 0) this.columns.verbatim[loop.compareAt] = 0;
  }

  /** Brings `producers` in step with the validator's operands after instruction `at`. */
  private updateProducers(op: number, traits: number, at: number): void {
    const { validator } = this;
    // Parameters of a block stay what they were; those of a loop change with every turn.
    if (op === OP_BLOCK || op === OP_IF || op === OP_TRY_TABLE) return;
    const height = validator.operands.length;
    if (op === OP_ELSE) {
      // The then arm's operands are gone; the parameters are the same values as at the `if`.
      const start = this.open[this.open.length - 1];
      const atIf = this.levelProducers.get(start);
      const levelBase = this.bases[this.bases.length - 1];
      if (atIf !== undefined)
        for (let h = validator.frameHeight; h < height; h++) this.setProducer(h, atIf[h - levelBase]);
      return;
    }
    const made = this.resultCount(op, traits);
    for (let h = height - made; h < height; h++) this.setProducer(h, at);
    if (made > 1) this.results.set(at, { height: height - made, types: validator.operands.slice(height - made) });
  }

  private setProducer(height: number, at: number): void {
    if (height >= this.producers.length) {
      const larger = new Int32Array(2 * height);
      larger.set(this.producers);
      this.producers = larger;
    }
    this.producers[height] = at;
  }

  private resultCount(op: number, traits: number): number {
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
        return (traits & LEAVES_VALUE) !== 0 ? 1 : 0;
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
        return (traitsOf(this.ops[at]) & LEAVES_VALUE) !== 0 ? ONE_I32 : NO_TYPES;
    }
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
