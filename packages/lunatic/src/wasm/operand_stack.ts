/**
 * Operand stack and control frames of one function: the part of the validation algorithm that knows no instructions.
 * Owned by one `FunctionValidator`, which sets `at` before each instruction; errors carry that offset.
 *
 * I1: `operands` never shrinks below the height of the innermost frame.
 *
 * Spec: core/appendix/algorithm#data-structures.
 */

import { unsupported, WasmError } from './error.ts';
import { MAX_CONTROL_DEPTH, MAX_OPERANDS } from './limits.ts';
import { isSubtype } from './matching.ts';
import { OP_BLOCK, OP_LOOP } from './opcodes.ts';
import { BOTTOM, isRef, printValType, type ValType, type WasmModule } from './types.ts';

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

export function labelTypes(frame: ControlFrame): readonly ValType[] {
  return frame.opcode === OP_LOOP ? frame.startTypes : frame.endTypes;
}

// Hot: every operand of every instruction passes here.
export class OperandStack {
  readonly operands: ValType[];
  readonly controls: ControlFrame[];
  /** The innermost frame; the outermost stays here after the function's end. */
  frame: ControlFrame;
  /** Offset of the instruction in hand. */
  at: number;
  private readonly module: WasmModule;

  constructor(module: WasmModule, results: readonly ValType[]) {
    this.module = module;
    this.operands = [];
    this.frame = { opcode: OP_BLOCK, startTypes: [], endTypes: results, height: 0, unreachable: false };
    this.controls = [this.frame];
    this.at = 0;
  }

  enterFrame(opcode: number, startTypes: readonly ValType[], endTypes: readonly ValType[]): void {
    if (this.controls.length >= MAX_CONTROL_DEPTH) {
      throw unsupported(`more than ${MAX_CONTROL_DEPTH} nested blocks`, this.at);
    }
    this.frame = { opcode, startTypes, endTypes, height: this.operands.length, unreachable: false };
    this.controls.push(this.frame);
  }

  /** Pops what the block leaves; the caller pushes what the next one starts with. */
  leaveFrame(): ControlFrame {
    const frame = this.frame;
    this.popAll(frame.endTypes);
    if (this.operands.length !== frame.height) {
      throw this.fail(`${this.operands.length - frame.height} values too many at the end of a block`);
    }
    this.controls.pop();
    this.frame = this.controls.length > 0 ? this.controls[this.controls.length - 1] : frame;
    return frame;
  }

  markUnreachable(): void {
    this.operands.length = this.frame.height;
    this.frame.unreachable = true;
  }

  popAny(): ValType {
    if (this.operands.length === this.frame.height) {
      if (this.frame.unreachable) {
        return BOTTOM;
      }
      throw this.fail('not enough values on the stack');
    }
    // The height of a frame is never negative, so there is one.
    return this.operands.pop() as ValType;
  }

  popExpect(expected: ValType): ValType {
    const actual = this.popAny();
    if (actual !== expected) {
      this.match(actual, expected);
    }
    return actual;
  }

  popRef(): ValType {
    const type = this.popAny();
    if (type !== BOTTOM && !isRef(type)) {
      throw this.fail(`a reference is expected, there is ${printValType(type)}`);
    }
    return type;
  }

  popAll(types: readonly ValType[]): void {
    for (let i = types.length - 1; i >= 0; i--) {
      this.popExpect(types[i]);
    }
  }

  pushAll(types: readonly ValType[]): void {
    if (this.operands.length + types.length > MAX_OPERANDS) {
      throw unsupported(`more than ${MAX_OPERANDS} values on the stack`, this.at);
    }
    for (let i = 0; i < types.length; i++) {
      this.operands.push(types[i]);
    }
  }

  /** `popAll` and `pushAll` of the same types, which mostly changes nothing. */
  passThrough(types: readonly ValType[]): void {
    const base = this.operands.length - types.length;
    if (base < this.frame.height) {
      this.popAll(types);
      this.pushAll(types);
      return;
    }
    for (let i = types.length - 1; i >= 0; i--) {
      if (this.operands[base + i] !== types[i]) {
        this.match(this.operands[base + i], types[i]);
        this.operands[base + i] = types[i];
      }
    }
  }

  /** Like `popAll`, and leaves everything as it is. */
  peekAll(types: readonly ValType[]): void {
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

  target(labelDepth: number): ControlFrame {
    if (labelDepth >= this.controls.length) {
      throw this.fail(`label ${labelDepth} is out of range`);
    }
    return this.controls[this.controls.length - 1 - labelDepth];
  }

  match(actual: ValType, expected: ValType): void {
    if (actual !== expected && !isSubtype(this.module, actual, expected)) {
      throw this.mismatch(actual, expected);
    }
  }

  mismatch(actual: ValType, expected: ValType): WasmError {
    return this.fail(`type mismatch: ${printValType(expected)} is expected, there is ${printValType(actual)}`);
  }

  fail(reason: string): WasmError {
    return new WasmError(reason, this.at);
  }
}
