// What a VM may put into V8's heap. A full heap ends the whole OS process without a word to anybody, so the bounds on what lives in it
// are fixed at the start, from the size that V8 says it may have (`--max-old-space-size`, or a share of the machine's memory).
//
// Three parts: what processes hold (messages, links, tables: actor/held_memory.ts), the records of the processes themselves, and the rest
// for everything else: modules, the embedder's own program, and room without which V8 would only collect.

import { getHeapStatistics } from 'node:v8';
import type { ActorLimits } from '../actor/limits.ts';
import { completeLimits, DEFAULT_ACTOR_LIMITS } from '../actor/limits.ts';
import {
  HELD_SHARE,
  MIN_HEAP_BYTES,
  PROCESS_RECORD_BYTES,
  PROCESS_RECORDS_SHARE,
  RUNTIME_HEAP_BYTES,
  YOUNG_GENERATION_BYTES,
} from './limits.ts';

/** Throws RangeError for limits that are none. The limits given, and for those not given what the heap has room for. Nobody can have more processes than their records have room. */
export function limitsForHeap(
  given: Partial<ActorLimits>,
  heapSizeLimit = getHeapStatistics().heap_size_limit,
): Partial<ActorLimits> {
  completeLimits(given); // throws for what is none, before it is compared
  const heapBytes = Math.max(MIN_HEAP_BYTES, heapSizeLimit - YOUNG_GENERATION_BYTES - RUNTIME_HEAP_BYTES);
  const room = Math.max(1, Math.floor((heapBytes * PROCESS_RECORDS_SHARE) / PROCESS_RECORD_BYTES));
  return {
    maxHeldBytes: Math.min(DEFAULT_ACTOR_LIMITS.maxHeldBytes, Math.floor(heapBytes * HELD_SHARE)),
    ...given,
    maxProcesses: Math.min(given.maxProcesses ?? room, room),
  };
}
