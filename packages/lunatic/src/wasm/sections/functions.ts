/**
 * Function section (type indices of the defined functions) and start section.
 *
 * Spec: core/binary/modules#function-section, core/binary/modules#start-section.
 */

import { WasmError } from '../error.ts';
import { MAX_FUNCTIONS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { SECTION_FUNCTION, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readTypeIndex } from './imports.ts';

export function decodeFunctions(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('functions', MAX_FUNCTIONS);
  for (let i = 0; i < count; i++) {
    module.funcTypeIndices.push(readTypeIndex(reader, module));
  }
}

export function decodeStart(reader: ByteReader, module: WasmModule): void {
  const start = reader.pos;
  const funcIndex = readFuncIndex(reader, module);
  const type = module.types[module.funcTypeIndices[funcIndex]];
  if (type.params.length > 0 || type.results.length > 0) {
    throw new WasmError('the start function must have no parameters and no results', start);
  }
  module.start = funcIndex;
}

export function readFuncIndex(reader: ByteReader, module: WasmModule): number {
  const start = reader.pos;
  const funcIndex = reader.u32();
  if (funcIndex >= module.funcTypeIndices.length) {
    throw new WasmError(`function index ${funcIndex} is out of range`, start);
  }
  return funcIndex;
}

/** `typeIndices`: of the defined functions only. */
export function encodeFunctions(writer: ByteWriter, typeIndices: readonly number[]): void {
  writer.section(SECTION_FUNCTION, (section) => {
    section.u32(typeIndices.length);
    for (const typeIndex of typeIndices) {
      section.u32(typeIndex);
    }
  });
}
