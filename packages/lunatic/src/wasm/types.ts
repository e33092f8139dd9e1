/**
 * The data of a decoded module: value types as numbers, types, index spaces, segments, byte ranges.
 *
 * Plain data and the few functions over value types; nothing here reads bytes. A `WasmModule` is filled by
 * `decodeModule` and never changed afterwards; it keeps the module's bytes and refers to them by offset, so whoever
 * holds one keeps the bytes alive and must not write to them.
 *
 * Value types are numbers: the encoding byte for the types that have one, and for any other reference type
 * `heapType + 1 << 8 | 0x63` (nullable) or `… | 0x64` (not), so at least 0x100, where a heap type is a type index or an
 * abstract one (`HEAP_FUNC` …, above every type index). Each type has exactly one number (I1), since `makeRef` gives the
 * nullable abstract ones their short form: equal numbers are equal types, and different numbers are different types
 * except for references to equal function types, which `isSubtype` in matching.ts settles.
 *
 * Spec: WebAssembly 3.0 (2025-09-17) core/binary/types, without the types of garbage collection.
 */

/** One page of a memory (core specification 4.2.8). */
export const PAGE_BYTES = 65_536;

export type ValType = number;

/** No type: what the validator pops from an unreachable stack. Never in a decoded module. */
export const BOTTOM = 0;
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;
export const EXNREF = 0x69;

/** Above the largest type index (limits.ts, `MAX_TYPES`), so that a heap type is one number. */
const HEAP_ABSTRACT = 0x100000;
export const HEAP_FUNC = HEAP_ABSTRACT | FUNCREF;
export const HEAP_EXTERN = HEAP_ABSTRACT | EXTERNREF;
export const HEAP_EXN = HEAP_ABSTRACT | EXNREF;

/** Encoding bytes of `(ref null ht)` and `(ref ht)`, also the low byte of their packed numbers. */
export const REF_NULLABLE = 0x63;
export const REF_NON_NULL = 0x64;

export const SECTION_CUSTOM = 0;
export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_FUNCTION = 3;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_GLOBAL = 6;
export const SECTION_EXPORT = 7;
export const SECTION_START = 8;
export const SECTION_ELEMENT = 9;
export const SECTION_CODE = 10;
export const SECTION_DATA = 11;
export const SECTION_DATA_COUNT = 12;
export const SECTION_TAG = 13;

export interface FuncType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/** Pages of 64 KiB for a memory, elements for a table. */
export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
  readonly shared: boolean;
  readonly is64: boolean;
}

export interface TableType {
  readonly elemType: ValType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly valType: ValType;
  readonly mutable: boolean;
}

/** Bytes `[start, end)` of the module. For a const expr that includes its final `end` opcode. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type ExternKind = 'func' | 'table' | 'memory' | 'global' | 'tag';

/** `typeIndex` is set for `func` and `tag`, the others for the kind of their name. `offset`: the first byte. */
export interface Import {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  readonly typeIndex?: number;
  readonly table?: TableType;
  readonly memory?: Limits;
  readonly global?: GlobalType;
  readonly offset: number;
}

/** `init` only where the definition has its own const expr (never for an import). */
export interface TableDef extends TableType {
  readonly init: ByteRange | undefined;
}

/** `init` is undefined for an import and only then. */
export interface GlobalDef {
  readonly type: GlobalType;
  readonly init: ByteRange | undefined;
}

export interface Export {
  readonly name: string;
  readonly kind: ExternKind;
  readonly index: number;
  readonly offset: number;
}

/**
 * `tableIndex` and `offset` matter for the active mode only (0 and undefined otherwise). With `expressions` undefined
 * the items are `funcIndices`, in order; otherwise the items are the expressions, and `funcIndices` lists the targets
 * of every `ref.func` among them. `start` and `end` hold the whole segment with its flags.
 */
export interface ElementSegment {
  readonly mode: 'active' | 'passive' | 'declared';
  readonly tableIndex: number;
  readonly offset: ByteRange | undefined;
  readonly elemType: ValType;
  readonly funcIndices: readonly number[];
  readonly expressions: readonly ByteRange[] | undefined;
  readonly start: number;
  readonly end: number;
}

/** The contents are the bytes `[dataStart, dataEnd)`; `start` and `end` hold the whole segment with its flags. */
export interface DataSegment {
  readonly mode: 'active' | 'passive';
  readonly memoryIndex: number;
  readonly offset: ByteRange | undefined;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly start: number;
  readonly end: number;
}

export interface LocalGroup {
  readonly count: number;
  readonly type: ValType;
}

/** `offset`: first byte of the body (the vector of locals); `codeOffset`: first instruction; `end`: after the last. */
export interface FunctionBody {
  readonly funcIndex: number;
  readonly locals: readonly LocalGroup[];
  readonly offset: number;
  readonly codeOffset: number;
  readonly end: number;
}

/** `start` is the id byte, the payload is `[payloadStart, end)`; a custom section's payload starts with its name. */
export interface SectionRange {
  readonly id: number;
  readonly name: string | undefined;
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
}

/** What a module imports, with the types that its imports name. */
export interface Imports {
  readonly imports: readonly Import[];
  readonly types: readonly FuncType[];
}

/** Every index space holds the imports first. `typeIds[i]` is the first type index with a type equal to type `i`. */
export interface WasmModule {
  readonly bytes: Uint8Array;
  readonly sections: SectionRange[];
  readonly types: FuncType[];
  readonly typeIds: number[];
  readonly imports: Import[];
  readonly funcTypeIndices: number[];
  importedFunctions: number;
  readonly tables: TableDef[];
  importedTables: number;
  readonly memories: Limits[];
  importedMemories: number;
  readonly globals: GlobalDef[];
  importedGlobals: number;
  readonly tags: number[];
  importedTags: number;
  readonly exports: Export[];
  start: number | undefined;
  readonly elements: ElementSegment[];
  dataCount: number | undefined;
  readonly data: DataSegment[];
  readonly bodies: FunctionBody[];
}

export function makeRef(heapType: number, nullable: boolean): ValType {
  if (nullable && heapType >= HEAP_ABSTRACT) {
    return heapType & 0xff;
  }
  return ((heapType + 1) << 8) | (nullable ? REF_NULLABLE : REF_NON_NULL);
}

export function isRef(type: ValType): boolean {
  return type > 0xff || type === FUNCREF || type === EXTERNREF || type === EXNREF;
}

/** Whether null is a value of this type; false for types that are no reference. */
export function isNullable(type: ValType): boolean {
  return type > 0xff ? (type & 0xff) === REF_NULLABLE : isRef(type);
}

/** The heap type of a reference type: a type index, or one of the `HEAP_` numbers. */
export function heapTypeOf(type: ValType): number {
  return type > 0xff ? (type >> 8) - 1 : HEAP_ABSTRACT | type;
}

/** Whether a heap type is a type index. */
export function isTypeIndex(heapType: number): boolean {
  return heapType < HEAP_ABSTRACT;
}

const TYPE_NAMES = new Map<number, string>([
  [BOTTOM, 'unknown'],
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
  [FUNCREF, 'funcref'],
  [EXTERNREF, 'externref'],
  [EXNREF, 'exnref'],
  [HEAP_FUNC, 'func'],
  [HEAP_EXTERN, 'extern'],
  [HEAP_EXN, 'exn'],
]);

/** As in the text format, with type indices for names: `i32`, `funcref`, `(ref null 3)`. */
export function printValType(type: ValType): string {
  if (type <= 0xff) {
    return TYPE_NAMES.get(type) ?? `type 0x${type.toString(16)}`;
  }
  const heapType = heapTypeOf(type);
  const heapName = isTypeIndex(heapType) ? heapType : TYPE_NAMES.get(heapType);
  return `(ref ${isNullable(type) ? 'null ' : ''}${heapName})`;
}
