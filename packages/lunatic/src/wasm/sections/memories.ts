/**
 * Memory section.
 *
 * Spec: core/binary/modules#memory-section.
 */

import { MAX_MEMORIES } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { type Limits, SECTION_MEMORY, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readMemoryLimits, writeLimits } from './value_types.ts';

export function decodeMemories(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('memories', MAX_MEMORIES, 2);
  for (let i = 0; i < count; i++) {
    module.memories.push(readMemoryLimits(reader));
  }
}

/** `memories`: the defined ones only. */
export function encodeMemories(writer: ByteWriter, memories: readonly Limits[]): void {
  writer.section(SECTION_MEMORY, (section) => {
    section.u32(memories.length);
    for (const memory of memories) {
      writeLimits(section, memory);
    }
  });
}
