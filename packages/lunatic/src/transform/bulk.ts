// Which bulk instructions run in outlined helpers, and which stay inline.
//
// A bulk instruction's time is its length, so it is charged by length, and a long one runs in
// pieces with a resume point between them. Only one whose length is a small constant is left as it is: its fixed
// price is small. Where writes are tracked it is followed by its marks. `table.grow` is always outlined: what tables may
// grow to is a matter of the whole thread.

import {
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

/** `length`: the constant that the instruction before has pushed, or -1. */
export function bulkVerdict(op: number, length: number): BulkVerdict {
  if (isMemoryBulk(op)) return length >= 0 && length <= INLINE_BULK_LENGTH ? 'inline' : 'outlined';
  if (isTableBulk(op)) return length >= 0 && length <= INLINE_TABLE_LENGTH ? 'inline' : 'outlined';
  return op === OP_TABLE_GROW ? 'outlined' : 'none';
}

/** Fuel for a bulk instruction; an outlined one charges its length itself. */
export function bulkCost(op: number, length: number): number {
  if (bulkVerdict(op, length) === 'outlined') return COST_OUTLINED;
  return isMemoryBulk(op) ? 1 + (length >> BULK_SHIFT) : 1 + length * COST_TABLE_ELEMENT;
}

/** Does it write to a memory? */
export function isMemoryBulk(op: number): boolean {
  return op === OP_MEMORY_FILL || op === OP_MEMORY_COPY || op === OP_MEMORY_INIT;
}

function isTableBulk(op: number): boolean {
  return op === OP_TABLE_FILL || op === OP_TABLE_COPY || op === OP_TABLE_INIT;
}
