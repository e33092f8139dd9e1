/**
 * Section headers, and custom sections, which only have a name.
 *
 * Spec: core/binary/modules#sections, core/binary/modules#custom-section.
 */

import { WasmError } from '../error.ts';
import { ByteReader } from '../reader.ts';
import {
  SECTION_CODE,
  SECTION_CUSTOM,
  SECTION_DATA,
  SECTION_DATA_COUNT,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_START,
  SECTION_TABLE,
  SECTION_TAG,
  SECTION_TYPE,
  type SectionRange,
} from '../types.ts';
import type { ByteWriter } from '../writer.ts';

/** Sections stand in this order, each at most once; custom ones anywhere. */
const ORDER = [
  SECTION_TYPE,
  SECTION_IMPORT,
  SECTION_FUNCTION,
  SECTION_TABLE,
  SECTION_MEMORY,
  SECTION_TAG,
  SECTION_GLOBAL,
  SECTION_EXPORT,
  SECTION_START,
  SECTION_ELEMENT,
  SECTION_DATA_COUNT,
  SECTION_CODE,
  SECTION_DATA,
];

/** Adds the ranges of all sections in file order; ids, order and lengths are checked, contents are not. */
export function readSectionRanges(reader: ByteReader, sections: SectionRange[]): void {
  let lastRank = -1;
  while (reader.remaining() > 0) {
    const start = reader.pos;
    const id = reader.u8();
    const size = reader.u32();
    const payloadStart = reader.pos;
    reader.skip(size, `section ${id}`);
    const end = reader.pos;
    if (id === SECTION_CUSTOM) {
      const name = new ByteReader(reader.bytes, payloadStart, end).name();
      sections.push({ id, name, start, payloadStart, end });
      continue;
    }
    const rank = ORDER.indexOf(id);
    if (rank < 0) {
      throw new WasmError(`unknown section id ${id}`, start);
    }
    if (rank <= lastRank) {
      throw new WasmError(`section ${id} is out of order or appears twice`, start);
    }
    lastRank = rank;
    sections.push({ id, name: undefined, start, payloadStart, end });
  }
}

export function encodeCustomSection(writer: ByteWriter, name: string, payload: Uint8Array): void {
  writer.section(SECTION_CUSTOM, (section) => {
    section.name(name);
    section.bytes(payload);
  });
}
