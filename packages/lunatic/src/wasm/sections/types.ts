/**
 * Type section: function types, and which of them are equal.
 *
 * A type may refer to itself and to earlier types. Two types are equal if they are the same after such references are
 * resolved: `typeIds` gives each type the index of the first equal one, so equality is a comparison of two numbers.
 *
 * Spec: core/binary/modules#type-section, core/valid/matching (each type is a recursion group of its own).
 */

import { unsupported, WasmError } from '../error.ts';
import { MAX_PARAMS, MAX_RESULTS, MAX_TYPES } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import {
  type FuncType,
  heapTypeOf,
  isNullable,
  isTypeIndex,
  makeRef,
  SECTION_TYPE,
  type ValType,
  type WasmModule,
} from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readValType, writeValType } from './value_types.ts';

const FORM_FUNC = 0x60;
const GC_FORMS = new Map<number, string>([
  [0x4d, 'descriptor type'],
  [0x4c, 'descriptor type'],
  [0x4e, 'rec group'],
  [0x4f, 'sub final type'],
  [0x50, 'sub type'],
  [0x5e, 'array type'],
  [0x5f, 'struct type'],
]);

export function decodeTypes(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('types', MAX_TYPES, 3);
  const idOfKey = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const type = decodeFuncType(reader, index + 1);
    module.types.push(type);
    const key = `${keyOf(type.params, module.typeIds, index)}:${keyOf(type.results, module.typeIds, index)}`;
    const id = idOfKey.get(key) ?? index;
    idOfKey.set(key, id);
    module.typeIds.push(id);
  }
}

function decodeFuncType(reader: ByteReader, typeCount: number): FuncType {
  const start = reader.pos;
  const form = reader.u8();
  if (form !== FORM_FUNC) {
    const gcForm = GC_FORMS.get(form);
    throw gcForm === undefined
      ? new WasmError(`invalid type form 0x${form.toString(16)}`, start)
      : unsupported(`gc ${gcForm}`, start);
  }
  const params = decodeResultType(reader, 'parameters', MAX_PARAMS, typeCount);
  return { params, results: decodeResultType(reader, 'results', MAX_RESULTS, typeCount) };
}

function decodeResultType(reader: ByteReader, what: string, limit: number, typeCount: number): ValType[] {
  const count = reader.count(what, limit);
  const types: ValType[] = [];
  for (let i = 0; i < count; i++) {
    types.push(readValType(reader, typeCount));
  }
  return types;
}

/** A reference to the type itself is a word of its own, as its index would tell equal types apart. */
function keyOf(types: readonly ValType[], typeIds: readonly number[], self: number): string {
  let key = '';
  for (const type of types) {
    const heapType = heapTypeOf(type);
    if (type <= 0xff || !isTypeIndex(heapType)) {
      key += `${type},`;
    } else if (heapType === self) {
      key += isNullable(type) ? 'self?,' : 'self,';
    } else {
      key += `${makeRef(typeIds[heapType], isNullable(type))},`;
    }
  }
  return key;
}

export function encodeTypes(writer: ByteWriter, types: readonly FuncType[]): void {
  writer.section(SECTION_TYPE, (section) => {
    section.u32(types.length);
    for (const type of types) {
      section.u8(FORM_FUNC);
      encodeResultType(section, type.params);
      encodeResultType(section, type.results);
    }
  });
}

function encodeResultType(writer: ByteWriter, types: readonly ValType[]): void {
  writer.u32(types.length);
  for (const type of types) {
    writeValType(writer, type);
  }
}
