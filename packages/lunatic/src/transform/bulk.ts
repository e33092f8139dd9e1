// Which bulk-memory instructions run in outlined helpers, and which stay inline.
//
// A bulk instruction's time is its length, so it is charged by length, and a long one runs in
// pieces with a resume point between them. Only one whose length is a small constant is left as it is: its fixed
// price is small. Where writes are tracked it is followed by its marks.

import {
  OP_I32_CONST, OP_MEMORY_COPY, OP_MEMORY_FILL, OP_MEMORY_INIT,
} from '../wasm/opcodes.ts';
import type { InstructionReader } from '../wasm/instructions.ts';
import { INLINE_BULK_LENGTH } from './limits.ts';

export type BulkVerdict = 'none' | 'inline' | 'outlined';

/** Feed it every instruction of a body in order. */
export class BulkScan {
  #constant = -1;

  step(reader: InstructionReader): BulkVerdict {
    const length = this.#constant;
    this.#constant = reader.op === OP_I32_CONST ? reader.imm0 : -1;
    if (!isOutlinable(reader.op)) return 'none';
    return length >= 0 && length <= INLINE_BULK_LENGTH ? 'inline' : 'outlined';
  }
}

export function isOutlinable(op: number): boolean {
  return op === OP_MEMORY_FILL || op === OP_MEMORY_COPY || op === OP_MEMORY_INIT;
}
