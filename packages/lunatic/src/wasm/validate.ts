/**
 * The operand stack and the control frames of one function, instruction by instruction.
 *
 * The caller walks the body with an `InstructionReader` and calls `step` after each `next`; the fields then describe
 * the stack after that instruction: `operands` from bottom to top, `controls` from the outermost (the function itself)
 * to the innermost. The caller may read them and must not change them. After the function's `end` `controls` is empty
 * and `operands` holds the results.
 *
 * - I1: `step` either applies the instruction's typing rule or throws `WasmError` with the function's index and name;
 *   it ends for any bytes, and the stacks stay within limits.ts.
 * - I2: what V8 accepts is accepted. The reverse holds but for checks on which no typing depends, left to V8 since
 *   code reaches us validated: locals that must be set before they are read, `ref.func` of undeclared functions, and
 *   the narrower typing of unknown references in unreachable code (here `BOTTOM`).
 *
 * Spec: core/appendix/algorithm; legacy exceptions from the draft of their proposal.
 */

import { unsupported, WasmError } from './error.ts';
import { blockTypeOf, type InstructionReader } from './instructions.ts';
import { MAX_CONTROL_DEPTH, MAX_OPERANDS } from './limits.ts';
import { inFunction } from './names.ts';
import { ACCESS_BYTES, LANES, SIGNATURES, slotOf } from './opcode_table.ts';
import {
  CATCH_ALL,
  CATCH_ALL_REF,
  CATCH_REF,
  OP_BLOCK,
  OP_BR,
  OP_BR_IF,
  OP_BR_ON_NON_NULL,
  OP_BR_ON_NULL,
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
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_I8X16_SHUFFLE,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_GROW,
  OP_MEMORY_INIT,
  OP_MEMORY_SIZE,
  OP_NOP,
  OP_REF_AS_NON_NULL,
  OP_REF_FUNC,
  OP_REF_IS_NULL,
  OP_REF_NULL,
  OP_RETHROW,
  OP_RETURN,
  OP_RETURN_CALL,
  OP_RETURN_CALL_INDIRECT,
  OP_RETURN_CALL_REF,
  OP_SELECT,
  OP_SELECT_T,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
  OP_TABLE_GET,
  OP_TABLE_GROW,
  OP_TABLE_INIT,
  OP_TABLE_SET,
  OP_TABLE_SIZE,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
  opcodeName,
} from './opcodes.ts';
import {
  BOTTOM,
  EXNREF,
  type FunctionBody,
  type FuncType,
  FUNCREF,
  HEAP_EXN,
  HEAP_FUNC,
  heapTypeOf,
  I32,
  isNullable,
  isRef,
  isTypeIndex,
  makeRef,
  printValType,
  type ValType,
  type WasmModule,
} from './types.ts';

/**
 * `opcode`: of the instruction that opened or last divided the block (`else`, `catch`, `catch_all`); `OP_BLOCK` for the
 * function itself. `height`: operands below the block. `unreachable`: the rest of the block cannot run, and pops below
 * `height` yield `BOTTOM`.
 */
export interface ControlFrame {
  readonly opcode: number;
  readonly startTypes: readonly ValType[];
  readonly endTypes: readonly ValType[];
  readonly height: number;
  unreachable: boolean;
}

const NO_TYPES: readonly ValType[] = [];
const EXN_NON_NULL = makeRef(HEAP_EXN, false);
const FUNC_NON_NULL = makeRef(HEAP_FUNC, false);
const FIRST_ATOMIC = 0xfe000;
const SHUFFLE_LANES = 32;

/** Walks a whole body, and checks that it ends where it should. */
export function validateFunction(module: WasmModule, body: FunctionBody, reader: InstructionReader): void {
  const validator = new FunctionValidator(module, body);
  try {
    while (reader.next()) {
      validator.step(reader);
    }
  } catch (error) {
    // The reader's own errors lack the function.
    throw error instanceof WasmError ? inFunction(error, module, body.funcIndex) : error;
  }
  if (validator.controls.length > 0) {
    throw inFunction(new WasmError('the body ends inside a block', body.end), module, body.funcIndex);
  }
}

/** Spec: core/valid/matching. */
export function isSubtype(module: WasmModule, sub: ValType, sup: ValType): boolean {
  if (sub === sup || sub === BOTTOM) {
    return true;
  }
  if (!isRef(sub) || !isRef(sup) || (isNullable(sub) && !isNullable(sup))) {
    return false;
  }
  const subHeap = heapTypeOf(sub);
  const supHeap = heapTypeOf(sup);
  if (subHeap === supHeap) {
    return true;
  }
  if (!isTypeIndex(subHeap)) {
    return false;
  }
  return isTypeIndex(supHeap) ? module.typeIds[subHeap] === module.typeIds[supHeap] : supHeap === HEAP_FUNC;
}

function labelTypes(frame: ControlFrame): readonly ValType[] {
  return frame.opcode === OP_LOOP ? frame.startTypes : frame.endTypes;
}

// Hot: runs over every instruction of the functions that a rewriter changes.
export class FunctionValidator {
  readonly operands: ValType[];
  readonly controls: ControlFrame[];
  readonly localTypes: ValType[];
  private readonly module: WasmModule;
  private readonly funcIndex: number;
  private readonly results: readonly ValType[];
  private frame: ControlFrame;
  /** Offset of the instruction in hand, for errors. */
  private at: number;

  constructor(module: WasmModule, body: FunctionBody) {
    const type = module.types[module.funcTypeIndices[body.funcIndex]];
    this.module = module;
    this.funcIndex = body.funcIndex;
    this.results = type.results;
    this.operands = [];
    this.localTypes = [...type.params];
    for (const { count, type: localType } of body.locals) {
      for (let i = 0; i < count; i++) {
        this.localTypes.push(localType);
      }
    }
    this.at = body.codeOffset;
    this.frame = { opcode: OP_BLOCK, startTypes: NO_TYPES, endTypes: type.results, height: 0, unreachable: false };
    this.controls = [this.frame];
  }

  step(reader: InstructionReader): void {
    const op = reader.op;
    this.at = reader.start;
    if (this.controls.length === 0) {
      throw this.fail(`${opcodeName(op)} after the end of the function`);
    }
    const slot = slotOf(op);
    const signature = SIGNATURES[slot];
    if (signature !== undefined) {
      if (op > 0xff || ACCESS_BYTES[slot] > 0 || op === OP_MEMORY_SIZE || op === OP_MEMORY_GROW) {
        this.checkImmediates(reader, slot);
      }
      const { params, results } = signature;
      for (let i = params.length - 1; i >= 0; i--) {
        this.popExpect(params[i]);
      }
      if (results.length > 0) {
        this.operands.push(results[0]);
      }
      return;
    }
    switch (op) {
      case OP_LOCAL_GET:
        this.operands.push(this.localType(reader.imm0));
        return;
      case OP_LOCAL_SET:
        this.popExpect(this.localType(reader.imm0));
        return;
      case OP_LOCAL_TEE:
        this.popExpect(this.localType(reader.imm0));
        this.operands.push(this.localType(reader.imm0));
        return;
      case OP_GLOBAL_GET:
        this.operands.push(this.globalType(reader.imm0, false));
        return;
      case OP_GLOBAL_SET:
        this.popExpect(this.globalType(reader.imm0, true));
        return;
      case OP_NOP:
        return;
      case OP_DROP:
        this.popAny();
        return;
      case OP_SELECT:
        this.stepSelect();
        return;
      case OP_SELECT_T:
        this.checkType(reader.imm0);
        this.popExpect(I32);
        this.popExpect(reader.imm0);
        this.popExpect(reader.imm0);
        this.operands.push(reader.imm0);
        return;
      default:
        if (!this.stepControl(reader) && !this.stepCall(reader) && !this.stepException(reader)) {
          this.stepReference(reader);
        }
    }
  }

  /** Blocks and branches; false if the instruction is none of them. */
  private stepControl(reader: InstructionReader): boolean {
    switch (reader.op) {
      case OP_IF:
        this.popExpect(I32);
        this.enterBlock(reader);
        return true;
      case OP_BLOCK:
      case OP_LOOP:
      case OP_TRY:
        this.enterBlock(reader);
        return true;
      case OP_TRY_TABLE:
        this.checkCatches(reader);
        this.enterBlock(reader);
        return true;
      case OP_ELSE: {
        const { opcode, startTypes, endTypes } = this.leaveFrame();
        if (opcode !== OP_IF) {
          throw this.fail('else without if');
        }
        this.enterFrame(OP_ELSE, startTypes, endTypes);
        this.pushAll(startTypes);
        return true;
      }
      case OP_END:
        this.stepEnd();
        return true;
      case OP_BR:
        this.popAll(labelTypes(this.target(reader.imm0)));
        this.markUnreachable();
        return true;
      case OP_BR_IF: {
        const types = labelTypes(this.target(reader.imm0));
        this.popExpect(I32);
        this.popAll(types);
        this.pushAll(types);
        return true;
      }
      case OP_BR_TABLE:
        this.stepBrTable(reader.labels);
        return true;
      case OP_RETURN:
        this.popAll(this.results);
        this.markUnreachable();
        return true;
      case OP_UNREACHABLE:
        this.markUnreachable();
        return true;
      default:
        return false;
    }
  }

  private stepCall(reader: InstructionReader): boolean {
    switch (reader.op) {
      case OP_CALL:
        this.applyCall(this.functionType(reader.imm0));
        return true;
      case OP_RETURN_CALL:
        this.applyTailCall(this.functionType(reader.imm0));
        return true;
      case OP_CALL_INDIRECT:
        this.applyCall(this.indirectType(reader));
        return true;
      case OP_RETURN_CALL_INDIRECT:
        this.applyTailCall(this.indirectType(reader));
        return true;
      case OP_CALL_REF:
        this.applyCall(this.refCallType(reader.imm0));
        return true;
      case OP_RETURN_CALL_REF:
        this.applyTailCall(this.refCallType(reader.imm0));
        return true;
      default:
        return false;
    }
  }

  private stepException(reader: InstructionReader): boolean {
    switch (reader.op) {
      case OP_THROW:
        this.popAll(this.tagParams(reader.imm0));
        this.markUnreachable();
        return true;
      case OP_THROW_REF:
        this.popExpect(EXNREF);
        this.markUnreachable();
        return true;
      case OP_CATCH:
      case OP_CATCH_ALL: {
        const { opcode, startTypes, endTypes } = this.leaveFrame();
        if (opcode !== OP_TRY && opcode !== OP_CATCH) {
          throw this.fail(`${opcodeName(reader.op)} without try`);
        }
        this.enterFrame(reader.op, startTypes, endTypes);
        if (reader.op === OP_CATCH) {
          this.pushAll(this.tagParams(reader.imm0));
        }
        return true;
      }
      case OP_DELEGATE: {
        const { opcode, endTypes } = this.leaveFrame();
        if (opcode !== OP_TRY) {
          throw this.fail('delegate without try');
        }
        this.target(reader.imm0);
        this.pushAll(endTypes);
        return true;
      }
      case OP_RETHROW: {
        const { opcode } = this.target(reader.imm0);
        if (opcode !== OP_CATCH && opcode !== OP_CATCH_ALL) {
          throw this.fail('rethrow names a block that is no catch');
        }
        this.markUnreachable();
        return true;
      }
      default:
        return false;
    }
  }

  /** References and tables; anything else left is an opcode that the reader knows and we do not. */
  private stepReference(reader: InstructionReader): void {
    switch (reader.op) {
      case OP_REF_NULL:
        this.checkType(reader.imm0);
        this.operands.push(reader.imm0);
        return;
      case OP_REF_IS_NULL:
        this.popRef();
        this.operands.push(I32);
        return;
      case OP_REF_FUNC:
        this.functionType(reader.imm0);
        this.operands.push(makeRef(this.module.funcTypeIndices[reader.imm0], false));
        return;
      case OP_REF_AS_NON_NULL:
        this.operands.push(this.nonNull(this.popRef()));
        return;
      case OP_BR_ON_NULL: {
        const types = labelTypes(this.target(reader.imm0));
        const type = this.popRef();
        this.popAll(types);
        this.pushAll(types);
        this.operands.push(this.nonNull(type));
        return;
      }
      case OP_BR_ON_NON_NULL:
        this.stepBrOnNonNull(labelTypes(this.target(reader.imm0)));
        return;
      case OP_TABLE_GET:
        this.popExpect(I32);
        this.operands.push(this.tableType(reader.imm0));
        return;
      case OP_TABLE_SET:
        this.popExpect(this.tableType(reader.imm0));
        this.popExpect(I32);
        return;
      case OP_TABLE_GROW:
        this.popExpect(I32);
        this.popExpect(this.tableType(reader.imm0));
        this.operands.push(I32);
        return;
      case OP_TABLE_SIZE:
        this.tableType(reader.imm0);
        this.operands.push(I32);
        return;
      case OP_TABLE_FILL:
        this.popExpect(I32);
        this.popExpect(this.tableType(reader.imm0));
        this.popExpect(I32);
        return;
      default:
        throw this.fail(`${opcodeName(reader.op)} has no typing rule`);
    }
  }

  private stepEnd(): void {
    const { opcode, startTypes, endTypes } = this.leaveFrame();
    if (opcode === OP_IF) {
      // Without else the parameters fall through as the results.
      if (startTypes.length !== endTypes.length) {
        throw this.fail('an if without else must leave what it takes');
      }
      for (let i = 0; i < startTypes.length; i++) {
        this.match(startTypes[i], endTypes[i]);
      }
    }
    this.pushAll(endTypes);
  }

  private stepSelect(): void {
    this.popExpect(I32);
    const second = this.popAny();
    const first = this.popAny();
    if (isRef(first) || isRef(second)) {
      throw this.fail('select of references needs a type');
    }
    if (first !== second && first !== BOTTOM && second !== BOTTOM) {
      throw this.mismatch(second, first);
    }
    this.operands.push(first === BOTTOM ? second : first);
  }

  private stepBrTable(labels: readonly number[]): void {
    this.popExpect(I32);
    const defaultTypes = labelTypes(this.target(labels[labels.length - 1]));
    let last: readonly ValType[] | undefined;
    for (let i = 0; i < labels.length; i++) {
      const types = labelTypes(this.target(labels[i]));
      // Neighbours mostly share their types, and a hostile table has 65,520 targets of 1,000 types each.
      if (types === last) {
        continue;
      }
      last = types;
      if (types.length !== defaultTypes.length) {
        throw this.fail('the targets of a br_table take different numbers of values');
      }
      this.peekAll(types);
    }
    this.markUnreachable();
  }

  private stepBrOnNonNull(types: readonly ValType[]): void {
    if (types.length === 0 || !isRef(types[types.length - 1])) {
      throw this.fail('the target of br_on_non_null must take a reference last');
    }
    this.operands.push(this.nonNull(this.popRef()));
    this.popAll(types);
    this.pushAll(types);
    this.operands.pop();
  }

  private enterBlock(reader: InstructionReader): void {
    const blockType = reader.blockType;
    if (blockType >= this.module.types.length) {
      throw this.fail(`type index ${blockType} is out of range`);
    }
    const { params, results } = blockTypeOf(this.module, blockType);
    if (blockType < 0 && results.length > 0) {
      this.checkType(results[0]);
    }
    this.popAll(params);
    this.enterFrame(reader.op, params, results);
    this.pushAll(params);
  }

  private enterFrame(opcode: number, startTypes: readonly ValType[], endTypes: readonly ValType[]): void {
    if (this.controls.length >= MAX_CONTROL_DEPTH) {
      throw this.located(unsupported(`more than ${MAX_CONTROL_DEPTH} nested blocks`, this.at));
    }
    this.frame = { opcode, startTypes, endTypes, height: this.operands.length, unreachable: false };
    this.controls.push(this.frame);
  }

  /** Pops what the block leaves; the caller pushes what the next one starts with. */
  private leaveFrame(): ControlFrame {
    const frame = this.frame;
    this.popAll(frame.endTypes);
    if (this.operands.length !== frame.height) {
      throw this.fail(`${this.operands.length - frame.height} values too many at the end of a block`);
    }
    this.controls.pop();
    // The last frame stays in hand after the function's end; `step` refuses to go on from there.
    this.frame = this.controls.length > 0 ? this.controls[this.controls.length - 1] : frame;
    return frame;
  }

  private markUnreachable(): void {
    this.operands.length = this.frame.height;
    this.frame.unreachable = true;
  }

  private popAny(): ValType {
    if (this.operands.length === this.frame.height) {
      if (this.frame.unreachable) {
        return BOTTOM;
      }
      throw this.fail('not enough values on the stack');
    }
    // The height of a frame is never negative, so there is one.
    return this.operands.pop() as ValType;
  }

  private popExpect(expected: ValType): ValType {
    const actual = this.popAny();
    if (actual !== expected) {
      this.match(actual, expected);
    }
    return actual;
  }

  private popRef(): ValType {
    const type = this.popAny();
    if (type !== BOTTOM && !isRef(type)) {
      throw this.fail(`a reference is expected, there is ${printValType(type)}`);
    }
    return type;
  }

  private popAll(types: readonly ValType[]): void {
    for (let i = types.length - 1; i >= 0; i--) {
      this.popExpect(types[i]);
    }
  }

  private pushAll(types: readonly ValType[]): void {
    if (this.operands.length + types.length > MAX_OPERANDS) {
      throw this.located(unsupported(`more than ${MAX_OPERANDS} values on the stack`, this.at));
    }
    for (let i = 0; i < types.length; i++) {
      this.operands.push(types[i]);
    }
  }

  /** Like `popAll`, and leaves everything as it is. */
  private peekAll(types: readonly ValType[]): void {
    let top = this.operands.length;
    for (let i = types.length - 1; i >= 0; i--) {
      if (top > this.frame.height) {
        top--;
        this.match(this.operands[top], types[i]);
      } else if (!this.frame.unreachable) {
        throw this.fail('not enough values on the stack');
      } else {
        return;
      }
    }
  }

  private applyCall(type: FuncType): void {
    this.popAll(type.params);
    this.pushAll(type.results);
  }

  private applyTailCall(type: FuncType): void {
    if (type.results.length !== this.results.length) {
      throw this.fail('a tail call returns another number of values than its function');
    }
    for (let i = 0; i < this.results.length; i++) {
      this.match(type.results[i], this.results[i]);
    }
    this.popAll(type.params);
    this.markUnreachable();
  }

  private functionType(funcIndex: number): FuncType {
    if (funcIndex >= this.module.funcTypeIndices.length) {
      throw this.fail(`function index ${funcIndex} is out of range`);
    }
    return this.module.types[this.module.funcTypeIndices[funcIndex]];
  }

  private typeAt(typeIndex: number): FuncType {
    if (typeIndex >= this.module.types.length) {
      throw this.fail(`type index ${typeIndex} is out of range`);
    }
    return this.module.types[typeIndex];
  }

  private indirectType(reader: InstructionReader): FuncType {
    if (!isSubtype(this.module, this.tableType(reader.imm1), FUNCREF)) {
      throw this.fail(`${opcodeName(reader.op)} through a table that holds no functions`);
    }
    this.popExpect(I32);
    return this.typeAt(reader.imm0);
  }

  private refCallType(typeIndex: number): FuncType {
    const type = this.typeAt(typeIndex);
    this.popExpect(makeRef(typeIndex, true));
    return type;
  }

  private tableType(tableIndex: number): ValType {
    if (tableIndex >= this.module.tables.length) {
      throw this.fail(`table index ${tableIndex} is out of range`);
    }
    return this.module.tables[tableIndex].elemType;
  }

  private localType(localIndex: number): ValType {
    if (localIndex >= this.localTypes.length) {
      throw this.fail(`local index ${localIndex} is out of range`);
    }
    return this.localTypes[localIndex];
  }

  private globalType(globalIndex: number, toSet: boolean): ValType {
    if (globalIndex >= this.module.globals.length) {
      throw this.fail(`global index ${globalIndex} is out of range`);
    }
    const { valType, mutable } = this.module.globals[globalIndex].type;
    if (toSet && !mutable) {
      throw this.fail(`global ${globalIndex} is not mutable`);
    }
    return valType;
  }

  private tagParams(tagIndex: number): readonly ValType[] {
    if (tagIndex >= this.module.tags.length) {
      throw this.fail(`tag index ${tagIndex} is out of range`);
    }
    return this.module.types[this.module.tags[tagIndex]].params;
  }

  private target(labelDepth: number): ControlFrame {
    if (labelDepth >= this.controls.length) {
      throw this.fail(`label ${labelDepth} is out of range`);
    }
    return this.controls[this.controls.length - 1 - labelDepth];
  }

  private nonNull(type: ValType): ValType {
    return type === BOTTOM ? BOTTOM : makeRef(heapTypeOf(type), false);
  }

  /** What a clause of `try_table` hands to its label. */
  private checkCatches(reader: InstructionReader): void {
    for (const { kind, tag, label } of reader.catches) {
      const params = kind < CATCH_ALL ? this.tagParams(tag) : NO_TYPES;
      const withRef = kind === CATCH_REF || kind === CATCH_ALL_REF;
      const types = labelTypes(this.target(label));
      if (types.length !== params.length + (withRef ? 1 : 0)) {
        throw this.fail('the label of a catch clause takes another number of values');
      }
      for (let i = 0; i < params.length; i++) {
        this.match(params[i], types[i]);
      }
      if (withRef) {
        this.match(EXN_NON_NULL, types[params.length]);
      }
    }
  }

  /** The immediates of instructions that have a signature in the table. */
  private checkImmediates(reader: InstructionReader, slot: number): void {
    const accessBytes = ACCESS_BYTES[slot];
    if (LANES[slot] > 0) {
      const lane = accessBytes > 0 ? reader.imm3 : reader.imm0;
      if (lane >= LANES[slot]) {
        throw this.fail(`lane ${lane} of ${opcodeName(reader.op)} is out of range`);
      }
    }
    if (accessBytes > 0) {
      this.checkMemory(reader.imm2);
      const isAtomic = reader.op >= FIRST_ATOMIC;
      const alignment = 2 ** reader.imm0;
      if (alignment > accessBytes || (isAtomic && alignment !== accessBytes)) {
        throw this.fail(`alignment ${alignment} of ${opcodeName(reader.op)}`);
      }
      return;
    }
    switch (reader.op) {
      case OP_MEMORY_SIZE:
      case OP_MEMORY_GROW:
      case OP_MEMORY_FILL:
        this.checkMemory(reader.imm0);
        return;
      case OP_MEMORY_COPY:
        this.checkMemory(reader.imm0);
        this.checkMemory(reader.imm1);
        return;
      case OP_MEMORY_INIT:
        this.checkDataIndex(reader.imm0);
        this.checkMemory(reader.imm1);
        return;
      case OP_DATA_DROP:
        this.checkDataIndex(reader.imm0);
        return;
      case OP_ELEM_DROP:
        this.segmentType(reader.imm0);
        return;
      case OP_TABLE_INIT:
        this.match(this.segmentType(reader.imm0), this.tableType(reader.imm1));
        return;
      case OP_TABLE_COPY:
        this.match(this.tableType(reader.imm1), this.tableType(reader.imm0));
        return;
      case OP_I8X16_SHUFFLE:
        for (let i = reader.pos - 16; i < reader.pos; i++) {
          if (reader.bytes[i] >= SHUFFLE_LANES) {
            throw this.fail(`lane ${reader.bytes[i]} of i8x16.shuffle is out of range`);
          }
        }
    }
  }

  private checkMemory(memoryIndex: number): void {
    if (memoryIndex >= this.module.memories.length) {
      throw this.fail(`memory index ${memoryIndex} is out of range`);
    }
  }

  private checkDataIndex(dataIndex: number): void {
    if (this.module.dataCount === undefined) {
      throw this.fail('an instruction on data segments needs a data count section');
    }
    if (dataIndex >= this.module.dataCount) {
      throw this.fail(`data segment ${dataIndex} is out of range`);
    }
  }

  private segmentType(elemIndex: number): ValType {
    if (elemIndex >= this.module.elements.length) {
      throw this.fail(`element segment ${elemIndex} is out of range`);
    }
    const { expressions, elemType } = this.module.elements[elemIndex];
    return expressions === undefined ? FUNC_NON_NULL : elemType;
  }

  /** A type that stands in an instruction: the reader cannot tell how many types there are. */
  private checkType(type: ValType): void {
    if (type > 0xff && isTypeIndex(heapTypeOf(type))) {
      this.typeAt(heapTypeOf(type));
    }
  }

  private match(actual: ValType, expected: ValType): void {
    if (actual !== expected && !isSubtype(this.module, actual, expected)) {
      throw this.mismatch(actual, expected);
    }
  }

  private mismatch(actual: ValType, expected: ValType): WasmError {
    return this.fail(`type mismatch: ${printValType(expected)} is expected, there is ${printValType(actual)}`);
  }

  private fail(reason: string): WasmError {
    return this.located(new WasmError(reason, this.at));
  }

  private located(error: WasmError): WasmError {
    return inFunction(error, this.module, this.funcIndex);
  }
}
