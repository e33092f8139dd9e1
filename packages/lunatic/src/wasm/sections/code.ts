/**
 * Code section: where each body is and what locals it declares. Instructions are read by instructions.ts.
 *
 * Spec: core/binary/modules#code-section.
 */

import { WasmError } from '../error.ts';
import { MAX_BODY_BYTES, MAX_FUNCTIONS, MAX_LOCALS } from '../limits.ts';
import { inFunction } from '../names.ts';
import { OP_END } from '../opcodes.ts';
import { ByteReader } from '../reader.ts';
import { type FunctionBody, type LocalGroup, SECTION_CODE, type WasmModule } from '../types.ts';
import { type ByteWriter, u32Length } from '../writer.ts';
import { readValType, writeValType } from './value_types.ts';

export function decodeCode(reader: ByteReader, module: WasmModule): void {
  const start = reader.pos;
  const count = reader.count('bodies', MAX_FUNCTIONS, 3);
  const expected = module.funcTypeIndices.length - module.importedFunctions;
  if (count !== expected) {
    throw new WasmError(`${count} bodies for ${expected} functions`, start);
  }
  for (let i = 0; i < count; i++) {
    const funcIndex = module.importedFunctions + i;
    try {
      module.bodies.push(decodeBody(reader, module, funcIndex));
    } catch (error) {
      if (error instanceof WasmError) {
        throw inFunction(error, module, funcIndex);
      }
      throw error;
    }
  }
}

function decodeBody(reader: ByteReader, module: WasmModule, funcIndex: number): FunctionBody {
  const sizeStart = reader.pos;
  const size = reader.u32();
  if (size > MAX_BODY_BYTES) {
    throw new WasmError(`a body of ${size} bytes, more than the limit of ${MAX_BODY_BYTES}`, sizeStart);
  }
  const offset = reader.pos;
  reader.skip(size, 'a body');
  const end = reader.pos;
  const body = new ByteReader(reader.bytes, offset, end);
  const locals = decodeLocals(body, module, funcIndex);
  if (body.pos === end || body.bytes[end - 1] !== OP_END) {
    throw new WasmError('a body must finish with the end opcode', end);
  }
  return { funcIndex, locals, offset, codeOffset: body.pos, end };
}

function decodeLocals(reader: ByteReader, module: WasmModule, funcIndex: number): LocalGroup[] {
  const groupCount = reader.count('groups of locals', MAX_LOCALS, 2);
  const locals: LocalGroup[] = [];
  let total = module.types[module.funcTypeIndices[funcIndex]].params.length;
  for (let i = 0; i < groupCount; i++) {
    const start = reader.pos;
    const count = reader.u32();
    total += count;
    if (total > MAX_LOCALS) {
      throw new WasmError(`more than ${MAX_LOCALS} locals`, start);
    }
    locals.push({ count, type: readValType(reader, module.types.length) });
  }
  return locals;
}

/** The locals vector that opens a body. */
export function encodeLocals(writer: ByteWriter, locals: readonly LocalGroup[]): void {
  writer.u32(locals.length);
  for (const group of locals) {
    writer.u32(group.count);
    writeValType(writer, group.type);
  }
}

/** `writeBody` writes body number `codeIndex`, locals first, without its size. */
export function encodeCode(
  writer: ByteWriter,
  count: number,
  writeBody: (writer: ByteWriter, codeIndex: number) => void,
): void {
  writer.section(SECTION_CODE, (section) => {
    section.u32(count);
    for (let codeIndex = 0; codeIndex < count; codeIndex++) {
      section.sized((body) => writeBody(body, codeIndex));
    }
  });
}

/** The same for bodies that are there already, each with its locals and without its size. */
export function encodeBodies(writer: ByteWriter, bodies: readonly Uint8Array[]): void {
  let sizeBytes = u32Length(bodies.length);
  for (const body of bodies) {
    sizeBytes += u32Length(body.length) + body.length;
  }
  writer.u8(SECTION_CODE);
  writer.u32(sizeBytes);
  writer.reserve(sizeBytes);
  writer.u32(bodies.length);
  for (const body of bodies) {
    writer.u32(body.length);
    writer.bytes(body);
  }
}
