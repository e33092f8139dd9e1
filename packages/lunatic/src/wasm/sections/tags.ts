/**
 * Tag section.
 *
 * Spec: core/binary/modules#tag-section.
 */

import { WasmError } from '../error.ts';
import { MAX_TAGS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { SECTION_TAG, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';

export function decodeTags(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('tags', MAX_TAGS, 2);
  for (let i = 0; i < count; i++) {
    module.tags.push(readTagType(reader, module));
  }
}

/** The attribute (always an exception) and the type index, whose type must have no results. */
export function readTagType(reader: ByteReader, module: WasmModule): number {
  const start = reader.pos;
  if (reader.u8() !== 0) {
    throw new WasmError('invalid attribute of a tag', start);
  }
  const typeIndex = reader.u32();
  if (typeIndex >= module.types.length) {
    throw new WasmError(`type index ${typeIndex} is out of range`, start);
  }
  if (module.types[typeIndex].results.length > 0) {
    throw new WasmError('the type of a tag must have no results', start);
  }
  return typeIndex;
}

/** `typeIndices`: of the defined tags only. */
export function encodeTags(writer: ByteWriter, typeIndices: readonly number[]): void {
  writer.section(SECTION_TAG, (section) => {
    section.u32(typeIndices.length);
    for (const typeIndex of typeIndices) {
      section.u8(0);
      section.u32(typeIndex);
    }
  });
}
