/**
 * Bytes in, `WasmModule` out: all sections, with every index that a rewriter follows checked against its space.
 *
 * For any bytes `decodeModule` returns or throws `WasmError`; it allocates no more than a constant times the number of
 * bytes (I1). It accepts every module that V8 accepts, except for the features it names as `unsupported: ` (I2). The
 * types of code and const exprs are not looked at here: `FunctionValidator` does that for code.
 *
 * Spec: core/binary/modules.
 */

import { WasmError } from './error.ts';
import { MAX_MODULE_BYTES } from './limits.ts';
import { fillOpcodeTables } from './opcode_table.ts';
import { ByteReader } from './reader.ts';
import { decodeCode } from './sections/code.ts';
import { readSectionRanges } from './sections/custom.ts';
import { decodeData, decodeDataCount } from './sections/data.ts';
import { decodeElements } from './sections/elements.ts';
import { decodeExports } from './sections/exports.ts';
import { decodeFunctions, decodeStart } from './sections/functions.ts';
import { decodeGlobals } from './sections/globals.ts';
import { decodeImports } from './sections/imports.ts';
import { decodeMemories } from './sections/memories.ts';
import { decodeTables } from './sections/tables.ts';
import { decodeTags } from './sections/tags.ts';
import { decodeTypes } from './sections/types.ts';
import {
  SECTION_CODE,
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
  type WasmModule,
} from './types.ts';

/** Magic and version. */
export const MODULE_HEADER: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

const DECODERS = new Map<number, (reader: ByteReader, module: WasmModule) => void>([
  [SECTION_TYPE, decodeTypes],
  [SECTION_IMPORT, decodeImports],
  [SECTION_FUNCTION, decodeFunctions],
  [SECTION_TABLE, decodeTables],
  [SECTION_MEMORY, decodeMemories],
  [SECTION_TAG, decodeTags],
  [SECTION_GLOBAL, decodeGlobals],
  [SECTION_EXPORT, decodeExports],
  [SECTION_START, decodeStart],
  [SECTION_ELEMENT, decodeElements],
  [SECTION_DATA_COUNT, decodeDataCount],
  [SECTION_CODE, decodeCode],
  [SECTION_DATA, decodeData],
]);

export function decodeModule(bytes: Uint8Array): WasmModule {
  if (bytes.length > MAX_MODULE_BYTES) {
    throw new WasmError(`a module of ${bytes.length} bytes, more than the limit of ${MAX_MODULE_BYTES}`, 0);
  }
  fillOpcodeTables();
  const reader = new ByteReader(bytes, 0, bytes.length);
  readHeader(reader);
  const module = emptyModule(bytes);
  readSectionRanges(reader, module.sections);
  for (const section of module.sections) {
    const decode = DECODERS.get(section.id);
    if (decode !== undefined) {
      const payload = new ByteReader(bytes, section.payloadStart, section.end);
      decode(payload, module);
      if (payload.remaining() > 0) {
        throw new WasmError(`section ${section.id} has ${payload.remaining()} bytes too many`, payload.pos);
      }
    }
  }
  checkAgreement(module);
  return module;
}

function readHeader(reader: ByteReader): void {
  for (let i = 0; i < MODULE_HEADER.length; i++) {
    if (reader.remaining() === 0 || reader.u8() !== MODULE_HEADER[i]) {
      throw i < 4
        ? new WasmError('not a WebAssembly module: it does not start with the bytes 00 61 73 6d', 0)
        : new WasmError('not a core module of version 1 (a component?)', 4);
    }
  }
}

function emptyModule(bytes: Uint8Array): WasmModule {
  return {
    bytes,
    sections: [],
    types: [],
    typeIds: [],
    imports: [],
    funcTypeIndices: [],
    importedFunctions: 0,
    tables: [],
    importedTables: 0,
    memories: [],
    importedMemories: 0,
    globals: [],
    importedGlobals: 0,
    tags: [],
    importedTags: 0,
    exports: [],
    start: undefined,
    elements: [],
    dataCount: undefined,
    data: [],
    bodies: [],
  };
}

/** What two sections say about the same thing. */
function checkAgreement(module: WasmModule): void {
  const expected = module.funcTypeIndices.length - module.importedFunctions;
  if (module.bodies.length !== expected) {
    throw new WasmError(`${module.bodies.length} bodies for ${expected} functions`, module.bytes.length);
  }
  if (module.dataCount !== undefined && module.dataCount !== module.data.length) {
    throw new WasmError(`${module.data.length} data segments, announced were ${module.dataCount}`, module.bytes.length);
  }
}
