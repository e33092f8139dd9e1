/** Round trip: a module put together again by the encoders is valid, means the same, and comes out the same twice. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../module.ts';
import { assemble, CORE_WAT, EXTENDED_WAT, moduleOf, newerInstructions, rawSection } from '../test_modules.ts';
import {
  type ByteRange,
  SECTION_CODE,
  SECTION_CUSTOM,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_TABLE,
  SECTION_TAG,
  SECTION_TYPE,
  type SectionRange,
  type WasmModule,
} from '../types.ts';
import { ByteWriter } from '../writer.ts';
import { encodeBodies, encodeCode, encodeLocals } from './code.ts';
import { encodeCustomSection } from './custom.ts';
import { encodeElements } from './elements.ts';
import { encodeExports } from './exports.ts';
import { encodeFunctions } from './functions.ts';
import { encodeGlobals } from './globals.ts';
import { encodeImports } from './imports.ts';
import { encodeMemories } from './memories.ts';
import { encodeTables } from './tables.ts';
import { encodeTags } from './tags.ts';
import { encodeTypes } from './types.ts';

function reencodeSection(writer: ByteWriter, module: WasmModule, section: SectionRange): void {
  const { bytes } = module;
  switch (section.id) {
    case SECTION_CUSTOM: {
      const name = section.name ?? assert.fail();
      const nameBytes = 1 + new TextEncoder().encode(name).length;
      encodeCustomSection(writer, name, bytes.subarray(section.payloadStart + nameBytes, section.end));
      return;
    }
    case SECTION_TYPE:
      encodeTypes(writer, module.types);
      return;
    case SECTION_IMPORT:
      encodeImports(writer, module.imports);
      return;
    case SECTION_FUNCTION:
      encodeFunctions(writer, module.funcTypeIndices.slice(module.importedFunctions));
      return;
    case SECTION_TABLE:
      encodeTables(writer, module.tables.slice(module.importedTables), bytes);
      return;
    case SECTION_MEMORY:
      encodeMemories(writer, module.memories.slice(module.importedMemories));
      return;
    case SECTION_TAG:
      encodeTags(writer, module.tags.slice(module.importedTags));
      return;
    case SECTION_GLOBAL: {
      const defined = module.globals.slice(module.importedGlobals);
      const expression = ({ start, end }: ByteRange) => bytes.subarray(start, end);
      encodeGlobals(
        writer,
        defined.map(({ type, init }) => ({ type, init: expression(init ?? assert.fail()) })),
      );
      return;
    }
    case SECTION_EXPORT:
      encodeExports(writer, module.exports);
      return;
    case SECTION_ELEMENT:
      encodeElements(writer, module.elements, bytes);
      return;
    case SECTION_CODE:
      encodeCode(writer, module.bodies.length, (body, codeIndex) => {
        const { locals, codeOffset, end } = module.bodies[codeIndex];
        encodeLocals(body, locals);
        body.bytes(bytes, codeOffset, end);
      });
      return;
    default:
      writer.bytes(bytes, section.start, section.end);
  }
}

function reencode(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  return moduleOf((writer) => {
    for (const section of module.sections) {
      reencodeSection(writer, module, section);
    }
  });
}

/** What a module says, without where it says it. */
function meaning(module: WasmModule): unknown {
  const text = (range: ByteRange | undefined) =>
    range && Buffer.from(module.bytes.subarray(range.start, range.end)).toString('hex');
  return {
    types: module.types,
    imports: module.imports.map((entry) => ({ ...entry, offset: 0 })),
    funcTypeIndices: module.funcTypeIndices,
    tables: module.tables.map(({ init, ...table }) => ({ ...table, init: text(init) })),
    memories: module.memories,
    globals: module.globals.map(({ type, init }) => ({ type, init: text(init) })),
    tags: module.tags,
    exports: module.exports.map((entry) => ({ ...entry, offset: 0 })),
    elements: module.elements.map(({ offset, expressions, start: _start, end: _end, ...segment }) => ({
      ...segment,
      offset: text(offset),
      expressions: expressions?.map(text),
    })),
    bodies: module.bodies.map(({ funcIndex, locals, codeOffset, end }) => ({
      funcIndex,
      locals,
      code: text({ start: codeOffset, end }),
    })),
  };
}

/** Imports of every kind, tables with initial values and of typed references, all eight forms of element segments. */
function everyForm(): Uint8Array<ArrayBuffer> {
  return moduleOf(
    rawSection(1, 2, 0x60, 0, 0, 0x60, 1, 0x64, 0, 1, 0x63, 1), // (func), (func (param (ref 0)) (result (ref null 1)))
    rawSection(
      ...[2, 5, 1, 0x61, 1, 0x66, 0, 0], // "a" "f" function of type 0
      ...[1, 0x61, 1, 0x74, 1, 0x64, 0x70, 1, 1, 5], // "a" "t" table 1 to 5 of (ref func)
      ...[1, 0x61, 1, 0x6d, 2, 0, 1], // "a" "m" memory from 1
      ...[1, 0x61, 1, 0x67, 3, 0x63, 0, 1], // "a" "g" mutable global of (ref null 0)
      ...[1, 0x61, 1, 0x65, 4, 0, 0], // "a" "e" tag of type 0
    ),
    rawSection(4, 2, 0x40, 0, 0x64, 0, 0, 1, 0xd2, 0, 0x0b, 0x70, 0, 9), // table of (ref 0) filled with function 0; funcrefs
    rawSection(5, 1, 1, 1, 2),
    rawSection(13, 1, 0, 0),
    rawSection(6, 1, 0x63, 0, 0, 0xd2, 0, 0x0b), // global (ref null 0) = ref.func 0
    rawSection(7, 2, 1, 0x65, 4, 1, 3, 0xc3, 0xa4, 0x74, 1, 2), // tag 1 as "e", table 2 as "ät"
    rawSection(
      ...[9, 9],
      ...[0, 0x41, 0, 0x0b, 1, 0],
      ...[1, 0, 1, 0],
      ...[2, 2, 0x41, 1, 0x0b, 0, 2, 0, 0],
      ...[3, 0, 0],
      ...[5, 0x64, 0, 1, 0xd2, 0, 0x0b],
      ...[6, 2, 0x41, 2, 0x0b, 0x70, 1, 0xd0, 0x70, 0x0b],
      ...[6, 1, 0x41, 0, 0x0b, 0x64, 0, 1, 0xd2, 0, 0x0b],
      ...[7, 0x6f, 1, 0xd0, 0x6f, 0x0b],
      ...[6, 0, 0x41, 0, 0x0b, 0x64, 0x70, 1, 0xd2, 0, 0x0b],
    ),
  );
}

test('every section survives decoding and encoding', () => {
  for (const bytes of [assemble(CORE_WAT), assemble(EXTENDED_WAT), newerInstructions(), everyForm()]) {
    assert.ok(WebAssembly.validate(bytes));
    const again = reencode(bytes);
    assert.deepEqual(meaning(decodeModule(again)), meaning(decodeModule(bytes)));
    assert.ok(WebAssembly.validate(again));
    assert.deepEqual(reencode(again), again);
  }
});

test('an import without a type cannot be encoded', () => {
  const untyped = { module: 'a', name: 'b', kind: 'func' } as const;
  assert.throws(() => moduleOf((writer) => encodeImports(writer, [untyped])), /import a.b has no type/);
});

test('encodeBodies writes what encodeCode does', () => {
  const bodies = [0, 2, 127, 128, 20_000].map((size) => new Uint8Array(size).fill(0xab));
  const [one, other] = [new ByteWriter(), new ByteWriter()];
  encodeBodies(one, bodies);
  encodeCode(other, bodies.length, (writer, codeIndex) => writer.bytes(bodies[codeIndex]));
  assert.deepEqual(one.finish(), other.finish());
});
