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
import {
  checkPlainImmediates,
  checkValType,
  functionType,
  globalGetType,
  globalSetType,
  tableElemType,
  tagParams,
  typeAt,
} from './immediates.ts';
import { blockTypeOf, type InstructionReader } from './instructions.ts';
import { isSubtype } from './matching.ts';
import { inFunction } from './names.ts';
import { ACCESS_BYTES, SIGNATURES, slotOf } from './opcode_table.ts';
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
  OP_DELEGATE,
  OP_DROP,
  OP_ELSE,
  OP_END,
  OP_GLOBAL_GET,
  OP_GLOBAL_SET,
  OP_IF,
  OP_LOCAL_GET,
  OP_LOCAL_SET,
  OP_LOCAL_TEE,
  OP_LOOP,
  OP_MEMORY_GROW,
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
  OP_TABLE_FILL,
  OP_TABLE_GET,
  OP_TABLE_GROW,
  OP_TABLE_SET,
  OP_TABLE_SIZE,
  OP_THROW,
  OP_THROW_REF,
  OP_TRY,
  OP_TRY_TABLE,
  OP_UNREACHABLE,
  opcodeName,
} from './opcodes.ts';
import { type ControlFrame, labelTypes, OperandStack } from './operand_stack.ts';
import {
  BOTTOM,
  EXNREF,
  FUNCREF,
  type FuncType,
  type FunctionBody,
  HEAP_EXN,
  heapTypeOf,
  I32,
  isRef,
  makeRef,
  type ValType,
  type WasmModule,
} from './types.ts';

const NO_TYPES: readonly ValType[] = [];
const EXN_NON_NULL = makeRef(HEAP_EXN, false);

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

/** Parameters, then the declared groups; filled at once, since eight bytes of a body can declare 50,000 locals. */
function localTypesOf(type: FuncType, body: FunctionBody): ValType[] {
  let total = type.params.length;
  for (const { count } of body.locals) {
    total += count;
  }
  const localTypes: ValType[] = new Array(total).fill(I32);
  for (let i = 0; i < type.params.length; i++) {
    localTypes[i] = type.params[i];
  }
  let next = type.params.length;
  for (const { count, type: localType } of body.locals) {
    if (localType !== I32) {
      localTypes.fill(localType, next, next + count);
    }
    next += count;
  }
  return localTypes;
}

// Hot: runs over every instruction of the functions that a rewriter changes.
export class FunctionValidator {
  readonly operands: ValType[];
  readonly controls: ControlFrame[];
  readonly localTypes: ValType[];
  private readonly module: WasmModule;
  private readonly funcIndex: number;
  private readonly results: readonly ValType[];
  private readonly stack: OperandStack;

  constructor(module: WasmModule, body: FunctionBody) {
    const type = module.types[module.funcTypeIndices[body.funcIndex]];
    this.module = module;
    this.funcIndex = body.funcIndex;
    this.results = type.results;
    this.stack = new OperandStack(module, type.results);
    this.stack.at = body.codeOffset;
    this.operands = this.stack.operands;
    this.controls = this.stack.controls;
    this.localTypes = localTypesOf(type, body);
  }

  /** Operands below the innermost control frame. */
  get frameHeight(): number {
    return this.stack.frame.height;
  }

  step(reader: InstructionReader): void {
    try {
      this.apply(reader);
    } catch (error) {
      throw error instanceof WasmError ? inFunction(error, this.module, this.funcIndex) : error;
    }
  }

  private apply(reader: InstructionReader): void {
    const op = reader.op;
    this.stack.at = reader.start;
    if (this.controls.length === 0) {
      throw this.stack.fail(`${opcodeName(op)} after the end of the function`);
    }
    const slot = slotOf(op);
    const signature = SIGNATURES[slot];
    if (signature !== undefined) {
      if (op > 0xff || ACCESS_BYTES[slot] > 0 || op === OP_MEMORY_SIZE || op === OP_MEMORY_GROW) {
        checkPlainImmediates(this.module, reader, slot);
      }
      const { params, results } = signature;
      for (let i = params.length - 1; i >= 0; i--) {
        this.stack.popExpect(params[i]);
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
        this.stack.popExpect(this.localType(reader.imm0));
        return;
      case OP_LOCAL_TEE:
        this.stack.popExpect(this.localType(reader.imm0));
        this.operands.push(this.localType(reader.imm0));
        return;
      case OP_GLOBAL_GET:
        this.operands.push(globalGetType(this.module, reader.imm0, this.stack.at));
        return;
      case OP_GLOBAL_SET:
        this.stack.popExpect(globalSetType(this.module, reader.imm0, this.stack.at));
        return;
      case OP_NOP:
        return;
      case OP_DROP:
        this.stack.popAny();
        return;
      case OP_SELECT:
        this.stepSelect();
        return;
      case OP_SELECT_T:
        checkValType(this.module, reader.imm0, this.stack.at);
        this.stack.popExpect(I32);
        this.stack.popExpect(reader.imm0);
        this.stack.popExpect(reader.imm0);
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
        this.stack.popExpect(I32);
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
        const { opcode, startTypes, endTypes } = this.stack.leaveFrame();
        if (opcode !== OP_IF) {
          throw this.stack.fail('else without if');
        }
        this.stack.enterFrame(OP_ELSE, startTypes, endTypes);
        this.stack.pushAll(startTypes);
        return true;
      }
      case OP_END:
        this.stepEnd();
        return true;
      case OP_BR:
        this.stack.popAll(labelTypes(this.stack.target(reader.imm0)));
        this.stack.markUnreachable();
        return true;
      case OP_BR_IF: {
        const types = labelTypes(this.stack.target(reader.imm0));
        this.stack.popExpect(I32);
        this.stack.passThrough(types);
        return true;
      }
      case OP_BR_TABLE:
        this.stepBrTable(reader.labels);
        return true;
      case OP_RETURN:
        this.stack.popAll(this.results);
        this.stack.markUnreachable();
        return true;
      case OP_UNREACHABLE:
        this.stack.markUnreachable();
        return true;
      default:
        return false;
    }
  }

  private stepCall(reader: InstructionReader): boolean {
    switch (reader.op) {
      case OP_CALL:
        this.applyCall(functionType(this.module, reader.imm0, this.stack.at));
        return true;
      case OP_RETURN_CALL:
        this.applyTailCall(functionType(this.module, reader.imm0, this.stack.at));
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
        this.stack.popAll(tagParams(this.module, reader.imm0, this.stack.at));
        this.stack.markUnreachable();
        return true;
      case OP_THROW_REF:
        this.stack.popExpect(EXNREF);
        this.stack.markUnreachable();
        return true;
      case OP_CATCH:
      case OP_CATCH_ALL: {
        const { opcode, startTypes, endTypes } = this.stack.leaveFrame();
        if (opcode !== OP_TRY && opcode !== OP_CATCH) {
          throw this.stack.fail(`${opcodeName(reader.op)} without try`);
        }
        this.stack.enterFrame(reader.op, startTypes, endTypes);
        if (reader.op === OP_CATCH) {
          this.stack.pushAll(tagParams(this.module, reader.imm0, this.stack.at));
        }
        return true;
      }
      case OP_DELEGATE: {
        const { opcode, endTypes } = this.stack.leaveFrame();
        if (opcode !== OP_TRY) {
          throw this.stack.fail('delegate without try');
        }
        this.stack.target(reader.imm0);
        this.stack.pushAll(endTypes);
        return true;
      }
      case OP_RETHROW: {
        const { opcode } = this.stack.target(reader.imm0);
        if (opcode !== OP_CATCH && opcode !== OP_CATCH_ALL) {
          throw this.stack.fail('rethrow names a block that is no catch');
        }
        this.stack.markUnreachable();
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
        checkValType(this.module, reader.imm0, this.stack.at);
        this.operands.push(reader.imm0);
        return;
      case OP_REF_IS_NULL:
        this.stack.popRef();
        this.operands.push(I32);
        return;
      case OP_REF_FUNC:
        functionType(this.module, reader.imm0, this.stack.at);
        this.operands.push(makeRef(this.module.funcTypeIndices[reader.imm0], false));
        return;
      case OP_REF_AS_NON_NULL:
        this.operands.push(this.nonNull(this.stack.popRef()));
        return;
      case OP_BR_ON_NULL: {
        const types = labelTypes(this.stack.target(reader.imm0));
        const type = this.stack.popRef();
        this.stack.passThrough(types);
        this.operands.push(this.nonNull(type));
        return;
      }
      case OP_BR_ON_NON_NULL:
        this.stepBrOnNonNull(labelTypes(this.stack.target(reader.imm0)));
        return;
      case OP_TABLE_GET:
        this.stack.popExpect(I32);
        this.operands.push(tableElemType(this.module, reader.imm0, this.stack.at));
        return;
      case OP_TABLE_SET:
        this.stack.popExpect(tableElemType(this.module, reader.imm0, this.stack.at));
        this.stack.popExpect(I32);
        return;
      case OP_TABLE_GROW:
        this.stack.popExpect(I32);
        this.stack.popExpect(tableElemType(this.module, reader.imm0, this.stack.at));
        this.operands.push(I32);
        return;
      case OP_TABLE_SIZE:
        tableElemType(this.module, reader.imm0, this.stack.at);
        this.operands.push(I32);
        return;
      case OP_TABLE_FILL:
        this.stack.popExpect(I32);
        this.stack.popExpect(tableElemType(this.module, reader.imm0, this.stack.at));
        this.stack.popExpect(I32);
        return;
      default:
        throw this.stack.fail(`${opcodeName(reader.op)} has no typing rule`);
    }
  }

  private stepEnd(): void {
    const { opcode, startTypes, endTypes } = this.stack.leaveFrame();
    if (opcode === OP_IF) {
      // Without else the parameters fall through as the results.
      if (startTypes.length !== endTypes.length) {
        throw this.stack.fail('an if without else must leave what it takes');
      }
      for (let i = 0; i < startTypes.length; i++) {
        this.stack.match(startTypes[i], endTypes[i]);
      }
    }
    this.stack.pushAll(endTypes);
  }

  private stepSelect(): void {
    this.stack.popExpect(I32);
    const second = this.stack.popAny();
    const first = this.stack.popAny();
    if (isRef(first) || isRef(second)) {
      throw this.stack.fail('select of references needs a type');
    }
    if (first !== second && first !== BOTTOM && second !== BOTTOM) {
      throw this.stack.mismatch(second, first);
    }
    this.operands.push(first === BOTTOM ? second : first);
  }

  private stepBrTable(labels: readonly number[]): void {
    this.stack.popExpect(I32);
    const defaultTypes = labelTypes(this.stack.target(labels[labels.length - 1]));
    let last: readonly ValType[] | undefined;
    for (let i = 0; i < labels.length; i++) {
      const types = labelTypes(this.stack.target(labels[i]));
      // Neighbours mostly share their types, and a hostile table has 65,520 targets of 1,000 types each.
      if (types === last) {
        continue;
      }
      last = types;
      if (types.length !== defaultTypes.length) {
        throw this.stack.fail('the targets of a br_table take different numbers of values');
      }
      this.stack.peekAll(types);
    }
    this.stack.markUnreachable();
  }

  private stepBrOnNonNull(types: readonly ValType[]): void {
    if (types.length === 0) {
      // V8 lets it pass and drops the reference; the specification does not, so no compiler writes it.
      throw unsupported('br_on_non_null to a label that takes no reference', this.stack.at);
    }
    if (!isRef(types[types.length - 1])) {
      throw this.stack.fail('the target of br_on_non_null must take a reference last');
    }
    this.operands.push(this.nonNull(this.stack.popRef()));
    this.stack.passThrough(types);
    this.operands.pop();
  }

  private enterBlock(reader: InstructionReader): void {
    const blockType = reader.blockType;
    if (blockType >= 0) {
      typeAt(this.module, blockType, this.stack.at);
    }
    const { params, results } = blockTypeOf(this.module, blockType);
    if (blockType < 0 && results.length > 0) {
      checkValType(this.module, results[0], this.stack.at);
    }
    this.stack.popAll(params);
    this.stack.enterFrame(reader.op, params, results);
    this.stack.pushAll(params);
  }

  private applyCall(type: FuncType): void {
    this.stack.popAll(type.params);
    this.stack.pushAll(type.results);
  }

  private applyTailCall(type: FuncType): void {
    if (type.results.length !== this.results.length) {
      throw this.stack.fail('a tail call returns another number of values than its function');
    }
    for (let i = 0; i < this.results.length; i++) {
      this.stack.match(type.results[i], this.results[i]);
    }
    this.stack.popAll(type.params);
    this.stack.markUnreachable();
  }

  private indirectType(reader: InstructionReader): FuncType {
    if (!isSubtype(this.module, tableElemType(this.module, reader.imm1, this.stack.at), FUNCREF)) {
      throw this.stack.fail(`${opcodeName(reader.op)} through a table that holds no functions`);
    }
    this.stack.popExpect(I32);
    return typeAt(this.module, reader.imm0, this.stack.at);
  }

  private refCallType(typeIndex: number): FuncType {
    const type = typeAt(this.module, typeIndex, this.stack.at);
    this.stack.popExpect(makeRef(typeIndex, true));
    return type;
  }

  private localType(localIndex: number): ValType {
    if (localIndex >= this.localTypes.length) {
      throw this.stack.fail(`local index ${localIndex} is out of range`);
    }
    return this.localTypes[localIndex];
  }

  private nonNull(type: ValType): ValType {
    return type === BOTTOM ? BOTTOM : makeRef(heapTypeOf(type), false);
  }

  /** What a clause of `try_table` hands to its label. */
  private checkCatches(reader: InstructionReader): void {
    for (const { kind, tag, label } of reader.catches) {
      const params = kind < CATCH_ALL ? tagParams(this.module, tag, this.stack.at) : NO_TYPES;
      const withRef = kind === CATCH_REF || kind === CATCH_ALL_REF;
      const types = labelTypes(this.stack.target(label));
      if (types.length !== params.length + (withRef ? 1 : 0)) {
        throw this.stack.fail('the label of a catch clause takes another number of values');
      }
      for (let i = 0; i < params.length; i++) {
        this.stack.match(params[i], types[i]);
      }
      if (withRef) {
        this.stack.match(EXN_NON_NULL, types[params.length]);
      }
    }
  }
}
