// Which stores of a function need no mark of their own (context.tracked), because every way to them has marked their blocks already.
//
// A mark at an address covers the bytes from it to MARK_REACH further on: readers of marks look at the block behind a marked one too.
// Two things make a mark for several stores:
//
//   an earlier store   to the same address but for a constant, with no merge of control flow and no resume point between: where a process
//                      stops its marks are read and forgotten
//   a strip (strips.ts)   of a counted loop: stores that run in every turn, to addresses that move by a constant, are marked as a range
//                      before the strip begins. It may be marked in vain, if the strip traps; that costs time, no more
//
// Addresses are followed as sums of locals and a constant, modulo 2^32. That two valid addresses differ by a small constant modulo 2^32
// means that they do differ by it, for no tracked memory reaches into the last 64 KiB of the address space (MAX_TRACKED_PAGES).

import { blockTypeOf } from '../wasm/instructions.ts';
import type { OpSignature } from '../wasm/opcode_table.ts';
import {
  OP_BLOCK,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_CALL_REF,
  OP_ELSE,
  OP_END,
  OP_I32_ADD,
  OP_I32_CONST,
  OP_I32_SUB,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_TRY_TABLE,
  opSignature,
  storeSize,
} from '../wasm/opcodes.ts';
import type { FuncType, WasmModule } from '../wasm/types.ts';
import { stepAt } from './counted_loops.ts';
import type { FunctionIr } from './function_ir.ts';
import { BLOCK_BYTES, MARK_REACH } from './injected_abi.ts';
import { MAX_ADDRESS_TERMS, MAX_MARK_RANGES } from './limits.ts';

/** Written by one or more stores during a strip: `sizeBytes` from `first`, and again every `stride` bytes on, turn by turn. */
export interface MarkRange {
  /** Added up, as they are at the loop's header, with the constant: the first address. */
  readonly locals: readonly number[];
  first: number;
  sizeBytes: number;
  readonly stride: number;
  readonly value: number;
}

export interface MarkPlan {
  /** Instructions that need no mark of their own. */
  readonly covered: ReadonlySet<number>;
  /** By counted loop. */
  readonly ranges: ReadonlyMap<number, readonly MarkRange[]>;
}

/** `strips`: counted loops run in strips. */
export function planMarks(module: WasmModule, ir: FunctionIr, strips: boolean, known: AddressValues): MarkPlan {
  return new Planner(module, ir, strips, known).run();
}

/** Values are numbered; an operand or local holds one of them plus a constant. */
const UNKNOWN = -1;
const CONSTANT = 0;

const NO_PARTS: readonly number[] = [];

interface OpenLoop {
  readonly at: number;
  readonly epoch: number;
  /** What each local that the body sets gains in a turn; NaN: something else. */
  readonly gains: ReadonlyMap<number, number>;
  readonly ranges: MarkRange[];
  depth: number;
}

/** The values of the function in hand. The functions of a rewrite use one table after another: it is as large as the largest needs it. */
export class AddressValues {
  // By value: the local that held it when its epoch began or -1, that epoch, and of which values it is the sum.
  readonly homes: number[] = [-1];
  readonly epochs: number[] = [0];
  readonly sums: (readonly number[])[] = [NO_PARTS];
  // By value: where it was marked last, and in which generation of marks.
  readonly marked: number[] = [0];
  readonly generations: number[] = [0];
  readonly sumOf = new Map<number, number>();
  /** Rises where control flow merges: locals hold values of their own from there on. */
  epoch = 0;
  /** Rises where marks are forgotten. */
  generation = 0;
  // By local: what it holds, if that is known in this epoch.
  localEpoch = new Int32Array(0);
  localValue = new Int32Array(0);
  localOffset = new Int32Array(0);
  #count = 1;

  begin(localCount: number): void {
    this.#count = 1;
    this.epoch++;
    this.generation++;
    if (this.sumOf.size > 0) this.sumOf.clear();
    if (localCount <= this.localEpoch.length) return;
    this.localEpoch = new Int32Array(2 * localCount);
    this.localValue = new Int32Array(2 * localCount);
    this.localOffset = new Int32Array(2 * localCount);
  }

  add(home: number, parts: readonly number[]): number {
    const value = this.#count++;
    this.homes[value] = home;
    this.epochs[value] = this.epoch;
    this.sums[value] = parts;
    this.generations[value] = 0;
    return value;
  }
}

class Planner {
  readonly module: WasmModule;
  readonly ir: FunctionIr;
  readonly strips: boolean;
  readonly known: AddressValues;
  readonly covered = new Set<number>();
  readonly ranges = new Map<number, readonly MarkRange[]>();
  // By operand height.
  readonly values: number[] = [];
  readonly offsets: number[] = [];
  loop: OpenLoop | null = null;

  constructor(module: WasmModule, ir: FunctionIr, strips: boolean, known: AddressValues) {
    this.module = module;
    this.ir = ir;
    this.strips = strips;
    this.known = known;
    known.begin(ir.localTypes.length);
  }

  run(): MarkPlan {
    const { ir } = this;
    for (let at = 0; at < ir.count; at++) this.step(at, ir.ops[at]);
    return { covered: this.covered, ranges: this.ranges };
  }

  // Hot: every instruction of a function that may stop (`npm run bench -- rewrite`).
  private step(at: number, op: number): void {
    const { ir, values, offsets } = this;
    const height = ir.heights[at];
    switch (op) {
      case OP_LOCAL_GET:
        this.readLocal(ir.imm0[at], height);
        return;
      case OP_I32_CONST:
        values[height] = CONSTANT;
        offsets[height] = ir.imm0[at];
        return;
      case OP_LOCAL_SET:
      case OP_LOCAL_TEE:
        this.setLocal(ir.imm0[at], height - 1);
        return;
      case OP_I32_ADD:
        this.add(height - 2, height - 1);
        return;
      case OP_I32_SUB:
        if (values[height - 1] === CONSTANT) offsets[height - 2] = (offsets[height - 2] - offsets[height - 1]) | 0;
        else values[height - 2] = UNKNOWN;
        return;
      case OP_LOOP:
        this.merge();
        // Parameters are others in every turn.
        this.forget(height - this.typeOf(at).params.length, height);
        if (this.strips && ir.counted.has(at)) this.openLoop(at);
        return;
      case OP_BLOCK:
      case OP_IF:
      case OP_TRY_TABLE:
        if (this.loop !== null) this.loop.depth++;
        return;
      case OP_ELSE:
      case OP_END:
        this.merge();
        this.forgetTop(at, this.typeOf(ir.match[at])[op === OP_ELSE ? 'params' : 'results'].length);
        if (op === OP_END) this.closeConstruct(at);
        return;
      case OP_CALL:
      case OP_CALL_INDIRECT:
      case OP_CALL_REF:
        this.forgetTop(at, ir.resultTypes(at).length);
        break;
      default:
        if (storeSize(op) > 0) this.store(at, op, height);
        if (opSignature(op)?.results.length !== 0) this.forgetTop(at, 1);
    }
    if (ir.pointAt[at] > 0) this.known.generation++;
  }

  private typeOf(construct: number): FuncType {
    return blockTypeOf(this.module, this.ir.blockTypes[construct]);
  }

  private forget(from: number, to: number): void {
    for (let height = from; height < to; height++) this.values[height] = UNKNOWN;
  }

  /** Of what instruction `at` has left on top; an instruction that leaves nothing may take a value with it. */
  private forgetTop(at: number, count: number): void {
    const height = this.ir.heights[at + 1] ?? 0;
    this.forget(Math.max(0, height - count), height);
  }

  private readLocal(local: number, height: number): void {
    const { known } = this;
    if (known.localEpoch[local] !== known.epoch) {
      known.localEpoch[local] = known.epoch;
      known.localValue[local] = known.add(local, NO_PARTS);
      known.localOffset[local] = 0;
    }
    this.values[height] = known.localValue[local];
    this.offsets[height] = known.localOffset[local];
  }

  private setLocal(local: number, height: number): void {
    const { values, offsets, known } = this;
    if (values[height] === UNKNOWN) {
      values[height] = known.add(-1, NO_PARTS);
      offsets[height] = 0;
    }
    known.localEpoch[local] = known.epoch;
    known.localValue[local] = values[height];
    known.localOffset[local] = offsets[height];
  }

  private add(a: number, b: number): void {
    const { values, offsets } = this;
    const offset = (offsets[a] + offsets[b]) | 0;
    if (values[a] === UNKNOWN || values[b] === UNKNOWN) values[a] = UNKNOWN;
    else if (values[a] === CONSTANT) values[a] = values[b];
    else if (values[b] !== CONSTANT)
      values[a] = this.sum(Math.min(values[a], values[b]), Math.max(values[a], values[b]));
    offsets[a] = offset;
  }

  private sum(a: number, b: number): number {
    const key = a * 2 ** 26 + b;
    const found = this.known.sumOf.get(key);
    if (found !== undefined) return found;
    const parts = [...this.parts(a), ...this.parts(b)];
    const value = this.known.add(-1, parts.length > MAX_ADDRESS_TERMS ? NO_PARTS : parts);
    this.known.sumOf.set(key, value);
    return value;
  }

  private parts(value: number): readonly number[] {
    const parts = this.known.sums[value];
    return parts.length > 0 || value === CONSTANT ? parts : [value];
  }

  private merge(): void {
    this.known.epoch++;
    this.known.generation++;
  }

  private openLoop(at: number): void {
    const { ir } = this;
    const gains = new Map<number, number>();
    let depth = 0;
    for (let k = at + 1; k < ir.match[at]; k++) {
      const op = ir.ops[k];
      if (op === OP_BLOCK || op === OP_IF) depth++;
      else if (op === OP_END) depth--;
      else if (op === OP_LOCAL_SET || op === OP_LOCAL_TEE) {
        const step = depth > 0 || gains.has(ir.imm0[k]) ? null : stepAt(ir, k, at);
        gains.set(ir.imm0[k], step === null || step.local >= 0 ? Number.NaN : step.constant);
      }
    }
    this.loop = { at, epoch: this.known.epoch, gains, ranges: [], depth: 0 };
  }

  private closeConstruct(at: number): void {
    const { loop } = this;
    if (loop === null) return;
    if (this.ir.match[at] !== loop.at) {
      loop.depth--;
      return;
    }
    if (loop.ranges.length > 0) this.ranges.set(loop.at, loop.ranges);
    this.loop = null;
  }

  private store(at: number, op: number, height: number): void {
    const { ir, values, offsets } = this;
    const address = height - (opSignature(op) as OpSignature).params.length;
    const value = values[address];
    if (value === UNKNOWN) return;
    const from = (offsets[address] + ir.imm1[at]) >>> 0;
    const size = storeSize(op);
    if (this.addToRange(value, from, size)) {
      this.covered.add(at);
      return;
    }
    const { known } = this;
    const isMarked = known.generations[value] === known.generation;
    if (isMarked && ((from - known.marked[value]) >>> 0) + size - 1 <= MARK_REACH) {
      this.covered.add(at);
      return;
    }
    known.marked[value] = from;
    known.generations[value] = known.generation;
  }

  /** Is this a store that a strip can mark in advance? */
  private addToRange(value: number, from: number, size: number): boolean {
    const { loop } = this;
    if (loop === null || loop.depth > 0) return false;
    const locals: number[] = [];
    let stride = 0;
    for (const part of this.parts(value)) {
      const home = this.known.homes[part];
      if (home < 0 || this.known.epochs[part] !== loop.epoch) return false;
      locals.push(home);
      stride += loop.gains.get(home) ?? 0;
    }
    // Farther apart it would mark blocks that nobody writes.
    if (!(Math.abs(stride) <= BLOCK_BYTES)) return false;
    for (const range of loop.ranges) {
      if (range.value !== value) continue;
      const distance = (from - range.first) | 0;
      const end = Math.max(distance + size, range.sizeBytes);
      if (end - Math.min(distance, 0) > BLOCK_BYTES) continue;
      if (distance < 0) range.first = from;
      range.sizeBytes = end - Math.min(distance, 0);
      return true;
    }
    if (loop.ranges.length >= MAX_MARK_RANGES) return false;
    loop.ranges.push({ value, locals, first: from, sizeBytes: size, stride });
    return true;
  }
}
