/**
 * Function names from the custom section `name`, decoded when first asked for and kept with the module.
 *
 * Names are for people: a malformed section is never an error. What was decoded before the fault is used.
 *
 * Spec: core/appendix/custom#name-section.
 */

import { WasmError } from './error.ts';
import { MAX_FUNCTIONS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { SECTION_CUSTOM, type WasmModule } from './types.ts';

const SUBSECTION_FUNCTIONS = 1;

const cache = new WeakMap<WasmModule, Map<number, string>>();

/** By index in the function index space. */
export function functionNames(module: WasmModule): Map<number, string> {
  let names = cache.get(module);
  if (names === undefined) {
    names = new Map();
    const section = module.sections.find(({ id, name }) => id === SECTION_CUSTOM && name === 'name');
    if (section !== undefined) {
      const reader = new ByteReader(module.bytes, section.payloadStart, section.end);
      try {
        reader.name();
        decodeSubsections(reader, names);
      } catch (error) {
        if (!(error instanceof WasmError)) {
          throw error;
        }
      }
    }
    cache.set(module, names);
  }
  return names;
}

export function functionName(module: WasmModule, funcIndex: number): string | undefined {
  return functionNames(module).get(funcIndex);
}

/** The same error with the function it happened in: what reads a body by itself does not know. */
export function inFunction(error: WasmError, module: WasmModule, funcIndex: number): WasmError {
  return new WasmError(error.reason, error.offset, funcIndex, functionName(module, funcIndex));
}

function decodeSubsections(reader: ByteReader, names: Map<number, string>): void {
  while (reader.remaining() > 0) {
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.pos;
    reader.skip(size, 'a subsection of names');
    if (id === SUBSECTION_FUNCTIONS) {
      const entries = new ByteReader(reader.bytes, start, reader.pos);
      const count = entries.count('names', MAX_FUNCTIONS, 2);
      for (let i = 0; i < count; i++) {
        const funcIndex = entries.u32();
        names.set(funcIndex, entries.name());
      }
    }
  }
}
