// Which bulk instructions run in outlined helpers, and which stay inline.
//
// A bulk instruction's time is its length, so it is charged by length, and a long one runs in
// pieces with a resume point between them. Only one whose length is a small constant is left as it is: its fixed
// price is small. Where writes are tracked it is followed by its marks. `table.grow` is always outlined: what tables may
// grow to is a matter of the whole thread.

import type { InstructionReader } from '../wasm/instructions.ts';
import {
  OP_I32_CONST,
  OP_MEMORY_COPY,
  OP_MEMORY_FILL,
  OP_MEMORY_INIT,
  OP_TABLE_COPY,
  OP_TABLE_FILL,
  OP_TABLE_GROW,
  OP_TABLE_INIT,
} from '../wasm/opcodes.ts';
import { BULK_SHIFT, COST_OUTLINED, COST_TABLE_ELEMENT, INLINE_BULK_LENGTH, INLINE_TABLE_LENGTH } from './limits.ts';

export type BulkVerdict = 'none' | 'inline' | 'outlined';

/** Feed it every instruction of a body in order. */
export class BulkScan {
  #constant = -1;
  /** Fuel for the last instruction, if it was a bulk one; an outlined one charges its length itself. */
  cost = 0;

  step(reader: InstructionReader): BulkVerdict {
    const { op } = reader;
    const length = this.#constant;
    this.#constant = op === OP_I32_CONST ? reader.imm0 : -1;
    if (isMemoryBulk(op) && length >= 0 && length <= INLINE_BULK_LENGTH) {
      this.cost = 1 + (length >> BULK_SHIFT);
      return 'inline';
    }
    if (isTableBulk(op) && length >= 0 && length <= INLINE_TABLE_LENGTH) {
      this.cost = 1 + length * COST_TABLE_ELEMENT;
      return 'inline';
    }
    this.cost = COST_OUTLINED;
    return isMemoryBulk(op) || isTableBulk(op) || op === OP_TABLE_GROW ? 'outlined' : 'none';
  }
}

/** Does it write to a memory? */
export function isMemoryBulk(op: number): boolean {
  return op === OP_MEMORY_FILL || op === OP_MEMORY_COPY || op === OP_MEMORY_INIT;
}

function isTableBulk(op: number): boolean {
  return op === OP_TABLE_FILL || op === OP_TABLE_COPY || op === OP_TABLE_INIT;
}
