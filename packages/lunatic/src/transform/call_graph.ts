// Which functions may stop, which check the turn at their entry, and what a call costs.
//
// Nodes are functions (by index) and, for indirect calls, one node per structural function type
// that leads to every function of that type whose reference is taken: the graph stays linear in the module.
//
// A function may stop if it has a loop, lies on a cycle, calls an import that may stop, grows a memory or moves
// memory in bulk, calls (directly or by type) a function that may stop, or costs more than
// ENTRY_CHECK_COST without passing a check.
//
// Every cycle passes a check. A call inside a loop comes behind the check at the loop's header; of the calls outside loops a
// depth-first walk finds the back edges, and their targets get a check at their entry. Without what is behind those checks
// the graph has no cycle, so costs add up bottom-up; a function whose cost passes the bound gets a check too,
// and then costs its callers only the call. Without the last rule n functions that each call the next one
// twice would run 2^n steps unchecked.

import { InstructionReader } from '../wasm/instructions.ts';
import { slotOf } from '../wasm/opcode_table.ts';
import {
  OP_BLOCK,
  OP_CALL,
  OP_CALL_INDIRECT,
  OP_CALL_REF,
  OP_CATCH,
  OP_CATCH_ALL,
  OP_DATA_DROP,
  OP_DELEGATE,
  OP_ELEM_DROP,
  OP_ELSE,
  OP_END,
  OP_I32_CONST,
  OP_IF,
  OP_LOOP,
  OP_MEMORY_GROW,
  OP_REF_FUNC,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
  OP_TABLE_GROW,
  OP_TABLE_INIT,
  OP_TABLE_SET,
  OP_TRY,
  OP_TRY_TABLE,
  opcodeName,
} from '../wasm/opcodes.ts';
import type { WasmModule } from '../wasm/types.ts';
import { bulkCost, bulkVerdict } from './bulk.ts';
import { chargeFor, FlowEstimate } from './flow_estimate.ts';
import {
  COST_CALL,
  COST_HOST_CALL,
  COST_INDIRECT_CALL,
  COST_STOPPING_CALL,
  ENTRY_CHECK_COST,
  MAX_COST,
  MAX_UNDERCHARGE,
} from './limits.ts';
import { COSTS, endsFlow, fillOpTraits, PLAIN, TRAITS } from './op_traits.ts';

export interface CallGraph {
  /** By function index, imports included: may a call of it end in a stop? */
  readonly mayStop: Uint8Array;
  /** By function index: it charges its cost at its entry and may stop there. */
  readonly entryCheck: Uint8Array;
  /** By function index: fuel to charge for its straight-line code at its entry, or by its caller if it has no check. */
  readonly cost: Int32Array;
  /** By type index: may an indirect call with this type stop, and what does the dearest target cost. */
  readonly typeMayStop: Uint8Array;
  readonly typeCost: Int32Array;
  /** Why an instance of this module cannot be reset by undoing its memory and globals; undefined: it can. */
  readonly unshared: string | undefined;
  readonly hasTryTable: boolean;
  readonly hasTableGrow: boolean;
}

/** `stops(module, name)`: may this imported function stop the process? */
export function analyseCalls(module: WasmModule, stops: (module: string, name: string) => boolean): CallGraph {
  return new Analysis(module, stops).run();
}

/** What a call costs its caller: the callee's straight-line code too, unless the callee charges that itself. */
export function callCost(graph: CallGraph, funcIndex: number): number {
  return graph.entryCheck[funcIndex] ? COST_CALL : Math.min(COST_CALL + graph.cost[funcIndex], MAX_COST);
}

const WHITE = 0;
const GREY = 1;
const BLACK = 2;

class Analysis {
  readonly module: WasmModule;
  readonly functionCount: number;
  readonly nodeCount: number;
  /** Successors of every node; type nodes follow the functions. */
  readonly edges: number[][];
  /** Calls in straight-line code (outside loops), with repetition, and how often each is made: what a function's cost adds up. */
  readonly straightCalls: number[][];
  readonly straightShares: number[][];
  readonly ownCost: Float64Array;
  /** As `ownCost` and `cost`, with every instruction counted as often as it is expected to run. */
  readonly ownExpected: Float64Array;
  readonly expected: Float64Array;
  readonly seed: Uint8Array;
  readonly entryCheck: Uint8Array;
  readonly cost: Float64Array;
  readonly color: Uint8Array;
  readonly cutTypes = new Set<number>();
  /** By function index: may an indirect call reach it? */
  readonly taken: Uint8Array;
  readonly flow = new FlowEstimate();
  unshared: string | undefined;
  hasTryTable = false;
  hasTableGrow = false;

  constructor(module: WasmModule, stops: (module: string, name: string) => boolean) {
    this.module = module;
    this.functionCount = module.funcTypeIndices.length;
    this.nodeCount = this.functionCount + module.types.length;
    this.edges = Array.from({ length: this.nodeCount }, () => []);
    this.straightCalls = Array.from({ length: this.nodeCount }, () => []);
    this.straightShares = Array.from({ length: this.nodeCount }, () => []);
    this.ownCost = new Float64Array(this.nodeCount);
    this.ownExpected = new Float64Array(this.nodeCount);
    this.expected = new Float64Array(this.nodeCount);
    this.seed = new Uint8Array(this.nodeCount);
    this.entryCheck = new Uint8Array(this.nodeCount);
    this.cost = new Float64Array(this.nodeCount);
    this.color = new Uint8Array(this.nodeCount);
    this.taken = new Uint8Array(this.functionCount);
    fillOpTraits();
    let funcIndex = 0;
    for (const entry of module.imports) {
      if (entry.kind !== 'func') continue;
      const stopping = stops(entry.module, entry.name);
      this.seed[funcIndex] = stopping ? 1 : 0;
      this.ownCost[funcIndex] = stopping ? COST_STOPPING_CALL : COST_HOST_CALL;
      this.ownExpected[funcIndex] = this.ownCost[funcIndex];
      funcIndex++;
    }
  }

  run(): CallGraph {
    takeReferences(this.module, this.taken);
    for (const body of this.module.bodies) this.scanBody(body.funcIndex, body.codeOffset, body.end);
    for (let f = 0; f < this.functionCount; f++) {
      if (this.taken[f]) this.edges[this.typeNode(this.module.funcTypeIndices[f])].push(f);
    }
    for (let node = 0; node < this.nodeCount; node++) if (this.color[node] === WHITE) this.walk(node);
    const reach = this.propagate();
    const count = this.functionCount;
    const typeCount = this.module.types.length;
    const typeMayStop = new Uint8Array(typeCount);
    const typeCost = new Int32Array(typeCount);
    for (let t = 0; t < typeCount; t++) {
      const node = this.typeNode(t);
      typeMayStop[t] = reach[node];
      typeCost[t] = Math.min(this.charge(node) + COST_INDIRECT_CALL, MAX_COST);
    }
    return {
      mayStop: reach.slice(0, count),
      entryCheck: this.entryCheck.slice(0, count),
      cost: Int32Array.from({ length: count }, (_, f) => this.charge(f)),
      typeMayStop,
      typeCost,
      unshared: this.unshared,
      hasTryTable: this.hasTryTable,
      hasTableGrow: this.hasTableGrow,
    };
  }

  private charge(node: number): number {
    return Math.min(chargeFor(this.expected[node], this.cost[node], MAX_UNDERCHARGE), MAX_COST);
  }

  private typeNode(typeIndex: number): number {
    return this.functionCount + this.module.typeIds[typeIndex];
  }

  // Hot: every instruction of a module (`npm run bench -- rewrite`).
  /** One pass over a body: its calls, whether it loops, what its straight-line code costs. */
  private scanBody(funcIndex: number, start: number, end: number): void {
    const reader = new InstructionReader(this.module.bytes, start, end);
    const frames: number[] = [];
    let loopDepth = 0;
    // Depth of the frame whose rest is unreachable, or -1. Code after an `end` counts as reachable again.
    let dead = -1;
    let own = 0;
    let expected = 0;
    // What the last instruction has pushed, if that was a constant; else -1.
    let constant = -1;
    const { flow } = this;
    flow.begin();
    while (reader.next()) {
      const op = reader.op;
      const { share } = flow;
      const slot = slotOf(op);
      if ((TRAITS[slot] & PLAIN) !== 0) {
        constant = op === OP_I32_CONST ? reader.imm0 : -1;
        if (dead < 0 && loopDepth === 0) {
          own += COSTS[slot];
          expected += COSTS[slot] * share;
        }
        continue;
      }
      const length = constant;
      constant = -1;
      flow.step(reader);
      if (op === OP_REF_FUNC) this.taken[reader.imm0] = 1;
      switch (op) {
        case OP_BLOCK:
        case OP_IF:
        case OP_TRY:
        case OP_TRY_TABLE:
          frames.push(op);
          break;
        case OP_LOOP:
          frames.push(op);
          loopDepth++;
          if (dead < 0) this.seed[funcIndex] = 1;
          break;
        case OP_END:
        case OP_DELEGATE:
          if (frames.pop() === OP_LOOP) loopDepth--;
          if (dead > frames.length) dead = -1;
          break;
        case OP_ELSE:
        case OP_CATCH:
        case OP_CATCH_ALL:
          if (dead === frames.length) dead = -1;
          break;
      }
      if (dead >= 0) continue;
      const verdict = bulkVerdict(op, length);
      if (verdict === 'outlined') this.seed[funcIndex] = 1;
      if (loopDepth === 0) {
        const cost = verdict === 'none' ? COSTS[slot] : bulkCost(op, length);
        own += cost;
        expected += cost * share;
      }
      switch (op) {
        case OP_CALL:
        case OP_RETURN_CALL:
          this.addCall(funcIndex, reader.imm0, loopDepth, share);
          break;
        case OP_CALL_INDIRECT:
        case OP_RETURN_CALL_INDIRECT:
        case OP_CALL_REF:
        case OP_RETURN_CALL_REF:
          if (loopDepth === 0) {
            own += COST_INDIRECT_CALL;
            expected += COST_INDIRECT_CALL * share;
          }
          this.addCall(funcIndex, this.typeNode(reader.imm0), loopDepth, share);
          break;
        case OP_MEMORY_GROW:
          this.seed[funcIndex] = 1;
          break;
      }
      if (op === OP_TRY_TABLE) this.hasTryTable = true;
      if (op === OP_TABLE_GROW) this.hasTableGrow = true;
      if (changesInstance(op)) this.unshared ??= `${opcodeName(op)} in function ${funcIndex}`;
      if (endsFlow(op)) dead = frames.length;
    }
    this.ownCost[funcIndex] = own;
    this.ownExpected[funcIndex] = expected;
  }

  private addCall(caller: number, node: number, loopDepth: number, share: number): void {
    this.edges[caller].push(node);
    if (loopDepth > 0) return;
    this.straightCalls[caller].push(node);
    this.straightShares[caller].push(share);
  }

  /** Depth-first from `root`, without recursion: cuts back edges with entry checks, adds up costs on the way out. */
  private walk(root: number): void {
    const stack = [root];
    const next = [0];
    this.color[root] = GREY;
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const position = next[next.length - 1]++;
      // A type leads to all its functions; a function to those that it calls outside its loops.
      const targets = node >= this.functionCount ? this.edges[node] : this.straightCalls[node];
      if (position < targets.length) {
        const target = targets[position];
        if (this.color[target] === WHITE) {
          this.color[target] = GREY;
          stack.push(target);
          next.push(0);
        } else if (this.color[target] === GREY) {
          this.cut(target);
        }
        continue;
      }
      stack.pop();
      next.pop();
      this.color[node] = BLACK;
      this.settleCost(node);
    }
  }

  private cut(node: number): void {
    if (node < this.functionCount) {
      this.addEntryCheck(node);
      return;
    }
    // Once for all: every function of the type may lead back to it.
    if (this.cutTypes.has(node)) return;
    this.cutTypes.add(node);
    for (const f of this.edges[node]) this.addEntryCheck(f);
  }

  private addEntryCheck(node: number): void {
    if (node < this.module.importedFunctions) return;
    this.entryCheck[node] = 1;
    this.seed[node] = 1;
  }

  private settleCost(node: number): void {
    if (node >= this.functionCount) {
      let dearest = 0;
      let expected = 0;
      for (const f of this.edges[node]) {
        if (this.entryCheck[f]) continue;
        dearest = Math.max(dearest, this.cost[f]);
        expected = Math.max(expected, this.expected[f]);
      }
      this.cost[node] = dearest;
      this.expected[node] = expected;
      return;
    }
    let total = this.ownCost[node];
    let expected = this.ownExpected[node];
    const shares = this.straightShares[node];
    for (let k = 0; k < shares.length && total <= MAX_COST; k++) {
      const callee = this.straightCalls[node][k];
      total += COST_CALL;
      expected += COST_CALL * shares[k];
      // A callee still grey was just cut: it charges itself.
      if (this.color[callee] !== BLACK || this.entryCheck[callee]) continue;
      total += this.cost[callee];
      expected += this.expected[callee] * shares[k];
    }
    this.cost[node] = Math.min(total, MAX_COST);
    this.expected[node] = Math.min(expected, MAX_COST);
    if (total > ENTRY_CHECK_COST) this.addEntryCheck(node);
  }

  /** Everything from which a seed can be reached by calls. */
  private propagate(): Uint8Array {
    const callers: number[][] = Array.from({ length: this.nodeCount }, () => []);
    for (let node = 0; node < this.nodeCount; node++) for (const target of this.edges[node]) callers[target].push(node);
    const reach = this.seed.slice();
    const work: number[] = [];
    for (let node = 0; node < this.nodeCount; node++) if (reach[node]) work.push(node);
    for (let node = work.pop(); node !== undefined; node = work.pop()) {
      for (const caller of callers[node]) {
        if (reach[caller]) continue;
        reach[caller] = 1;
        work.push(caller);
      }
    }
    return reach;
  }
}

/** State of an instance that is neither memory nor a global. */
function changesInstance(op: number): boolean {
  switch (op) {
    case OP_TABLE_SET:
    case OP_TABLE_GROW:
    case OP_TABLE_INIT:
    case OP_TABLE_COPY:
    case OP_TABLE_FILL:
    case OP_ELEM_DROP:
    case OP_DATA_DROP:
      return true;
    default:
      return false;
  }
}

/** Adds the functions that an indirect call may reach though no body names them: in element segments, constant expressions, exports. */
function takeReferences(module: WasmModule, taken: Uint8Array): void {
  for (const segment of module.elements) for (const f of segment.funcIndices) taken[f] = 1;
  const scan = (start: number, end: number): void => {
    const reader = new InstructionReader(module.bytes, start, end);
    while (reader.next()) if (reader.op === OP_REF_FUNC) taken[reader.imm0] = 1;
  };
  for (const global of module.globals) if (global.init !== undefined) scan(global.init.start, global.init.end);
  for (const table of module.tables) if (table.init !== undefined) scan(table.init.start, table.init.end);
  // A table that the embedder can reach may come to hold any exported function.
  const open = module.importedTables > 0 || module.exports.some((e) => e.kind === 'table');
  if (open) for (const e of module.exports) if (e.kind === 'func') taken[e.index] = 1;
}
