/**
 * Function names from the custom section `name`, decoded when first asked for and kept with the module's bytes.
 *
 * Names are for people: a malformed section is never an error. What was decoded before the fault is used.
 *
 * Spec: core/appendix/custom#name-section.
 */

import { WasmError } from './error.ts';
import { MAX_FUNCTIONS } from './limits.ts';
import { ByteReader } from './reader.ts';
import { readSectionRanges } from './sections/custom.ts';
import { SECTION_CUSTOM, type SectionRange, type WasmModule } from './types.ts';

const SUBSECTION_FUNCTIONS = 1;
/** Magic and version. */
const HEADER_BYTES = 8;

/** What names are read from. */
type NamedModule = Pick<WasmModule, 'bytes' | 'sections'>;

const cache = new WeakMap<Uint8Array, Map<number, string>>();

/** By index in the function index space. */
export function functionNames(module: NamedModule): Map<number, string> {
  let names = cache.get(module.bytes);
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
    cache.set(module.bytes, names);
  }
  return names;
}

export function functionName(module: NamedModule, funcIndex: number): string | undefined {
  return functionNames(module).get(funcIndex);
}

/** The same from the bytes of a module, which must be a valid one: nothing but its section headers and its names are decoded. */
export function nameInBinary(bytes: Uint8Array, funcIndex: number): string | undefined {
  const known = cache.get(bytes);
  if (known !== undefined) return known.get(funcIndex);
  const sections: SectionRange[] = [];
  readSectionRanges(new ByteReader(bytes, HEADER_BYTES, bytes.length), sections);
  return functionName({ bytes, sections }, funcIndex);
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
