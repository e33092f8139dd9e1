/**
 * One row per run of opcodes: code, immediates, stack effect, bytes of memory touched, names. Expanded once, when
 * first needed, into flat tables that the other files of this folder index by `slotOf(op)`. The public face is opcodes.ts.
 *
 * A signature reads `params:results` in the letters i (i32), l (i64), f (f32), d (f64), v (v128). An empty string marks
 * the instructions whose effect depends on their immediates or on the stack; validate.ts has those one by one.
 *
 * Spec: core/binary/instructions; core/valid/instructions for signatures. Legacy exceptions and threads from their
 * proposals' last drafts.
 */

import { F32, F64, I32, I64, V128, type ValType } from './types.ts';

export const IMM_INVALID = 0;
export const IMM_NONE = 1;
/** One index: local, global, function, label, tag, type, table, memory or segment. */
export const IMM_INDEX = 2;
export const IMM_TWO_INDICES = 3;
export const IMM_MEMARG = 4;
export const IMM_MEMARG_LANE = 5;
export const IMM_I32 = 6;
export const IMM_I64 = 7;
export const IMM_BLOCK = 8;
export const IMM_BR_TABLE = 9;
export const IMM_TRY_TABLE = 10;
export const IMM_SELECT = 11;
export const IMM_HEAP_TYPE = 12;
export const IMM_4_BYTES = 13;
export const IMM_8_BYTES = 14;
export const IMM_16_BYTES = 15;
/** One lane index in a byte. */
export const IMM_LANE = 16;
/** A byte that must be zero. */
export const IMM_ZERO = 17;
export const IMM_GC = 18;
/** The byte opens an opcode of two parts. */
export const IMM_PREFIX = 19;

/** Opcodes of two parts have `prefix << 12 | sub`; all known `sub` are below this. */
const SUBS_PER_PREFIX = 0x200;
const FIRST_PREFIX = 0xfc;
const SLOTS = 0x100 + 3 * SUBS_PER_PREFIX;

/** The place of an opcode in the tables; slot 0xff (never an opcode) for what no table holds. */
export function slotOf(op: number): number {
  if (op < 0x100) {
    return op;
  }
  const prefix = (op >> 12) - FIRST_PREFIX;
  const sub = op & 0xfff;
  return prefix >= 0 && prefix < 3 && sub < SUBS_PER_PREFIX ? 0x100 + prefix * SUBS_PER_PREFIX + sub : 0xff;
}

export interface OpSignature {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

export const IMMEDIATES = new Uint8Array(SLOTS);
export const NAMES: string[] = new Array(SLOTS).fill('');
export const SIGNATURES: (OpSignature | undefined)[] = new Array(SLOTS).fill(undefined);
/** Bytes of memory read or written through the memarg; 0 without one. */
export const ACCESS_BYTES = new Uint8Array(SLOTS);
/** 1 where the access writes. */
export const WRITES = new Uint8Array(SLOTS);
/** Number of lanes an immediate lane index chooses from, 0 without one. */
export const LANES = new Uint8Array(SLOTS);

const TYPE_LETTERS: Record<string, ValType> = { i: I32, l: I64, f: F32, d: F64, v: V128 };
const signatureCache = new Map<string, OpSignature>();

function parseSignature(text: string): OpSignature | undefined {
  if (text === '') {
    return undefined;
  }
  let signature = signatureCache.get(text);
  if (signature === undefined) {
    const [params, results] = text.split(':').map((side) => [...side].map((letter) => TYPE_LETTERS[letter]));
    signature = { params, results };
    signatureCache.set(text, signature);
  }
  return signature;
}

/** Consecutive opcodes from `first`, names separated by spaces, `-` for a hole. */
function row(first: number, immediates: number, signature: string, names: string): void {
  const list = names.trim().split(/\s+/);
  for (let i = 0; i < list.length; i++) {
    if (list[i] !== '-') {
      const slot = slotOf(first + i);
      NAMES[slot] = list[i];
      IMMEDIATES[slot] = immediates;
      SIGNATURES[slot] = parseSignature(signature);
    }
  }
}

function access(first: number, writes: 0 | 1, signature: string, bytes: readonly number[], names: string): void {
  row(first, IMM_MEMARG, signature, names);
  for (let i = 0; i < bytes.length; i++) {
    const slot = slotOf(first + i);
    ACCESS_BYTES[slot] = bytes[i];
    WRITES[slot] = writes;
  }
}

function lane(op: number, signature: string, lanes: number, name: string): void {
  row(op, IMM_LANE, signature, name);
  LANES[slotOf(op)] = lanes;
}

/** `shape.name` for each of the names, so that the tables below repeat no shape. */
function each(shape: string, names: string): string {
  return names
    .split(' ')
    .map((name) => (name === '-' ? name : `${shape}.${name}`))
    .join(' ');
}

function controlRows(): void {
  row(0x00, IMM_NONE, '', 'unreachable nop');
  row(0x02, IMM_BLOCK, '', 'block loop if');
  row(0x05, IMM_NONE, '', 'else');
  row(0x06, IMM_BLOCK, '', 'try');
  row(0x07, IMM_INDEX, '', 'catch throw rethrow');
  row(0x0a, IMM_NONE, '', 'throw_ref end');
  row(0x0c, IMM_INDEX, '', 'br br_if');
  row(0x0e, IMM_BR_TABLE, '', 'br_table');
  row(0x0f, IMM_NONE, '', 'return');
  row(0x10, IMM_INDEX, '', 'call');
  row(0x11, IMM_TWO_INDICES, '', 'call_indirect');
  row(0x12, IMM_INDEX, '', 'return_call');
  row(0x13, IMM_TWO_INDICES, '', 'return_call_indirect');
  row(0x14, IMM_INDEX, '', 'call_ref return_call_ref');
  row(0x18, IMM_INDEX, '', 'delegate');
  row(0x19, IMM_NONE, '', 'catch_all drop select');
  row(0x1c, IMM_SELECT, '', 'select_t');
  row(0x1f, IMM_TRY_TABLE, '', 'try_table');
  row(0x20, IMM_INDEX, '', 'local.get local.set local.tee global.get global.set table.get table.set');
  row(0xd0, IMM_HEAP_TYPE, '', 'ref.null');
  row(0xd1, IMM_NONE, '', 'ref.is_null');
  row(0xd2, IMM_INDEX, '', 'ref.func');
  row(0xd3, IMM_GC, '', 'ref.eq');
  row(0xd4, IMM_NONE, '', 'ref.as_non_null');
  row(0xd5, IMM_INDEX, '', 'br_on_null br_on_non_null');
  row(0xfb, IMM_GC, '', 'gc');
  row(0xfc, IMM_PREFIX, '', '0xfc 0xfd 0xfe');
}

function memoryRows(): void {
  access(0x28, 0, 'i:i', [4], 'i32.load');
  access(0x29, 0, 'i:l', [8], 'i64.load');
  access(0x2a, 0, 'i:f', [4], 'f32.load');
  access(0x2b, 0, 'i:d', [8], 'f64.load');
  access(0x2c, 0, 'i:i', [1, 1, 2, 2], each('i32', 'load8_s load8_u load16_s load16_u'));
  access(0x30, 0, 'i:l', [1, 1, 2, 2, 4, 4], each('i64', 'load8_s load8_u load16_s load16_u load32_s load32_u'));
  access(0x36, 1, 'ii:', [4], 'i32.store');
  access(0x37, 1, 'il:', [8], 'i64.store');
  access(0x38, 1, 'if:', [4], 'f32.store');
  access(0x39, 1, 'id:', [8], 'f64.store');
  access(0x3a, 1, 'ii:', [1, 2], 'i32.store8 i32.store16');
  access(0x3c, 1, 'il:', [1, 2, 4], 'i64.store8 i64.store16 i64.store32');
  row(0x3f, IMM_INDEX, ':i', 'memory.size');
  row(0x40, IMM_INDEX, 'i:i', 'memory.grow');
  row(0xfc008, IMM_TWO_INDICES, 'iii:', 'memory.init');
  row(0xfc009, IMM_INDEX, ':', 'data.drop');
  row(0xfc00a, IMM_TWO_INDICES, 'iii:', 'memory.copy');
  row(0xfc00b, IMM_INDEX, 'iii:', 'memory.fill');
  row(0xfc00c, IMM_TWO_INDICES, 'iii:', 'table.init');
  row(0xfc00d, IMM_INDEX, ':', 'elem.drop');
  row(0xfc00e, IMM_TWO_INDICES, 'iii:', 'table.copy');
  row(0xfc00f, IMM_INDEX, '', 'table.grow table.size table.fill');
}

function numericRows(): void {
  row(0x41, IMM_I32, ':i', 'i32.const');
  row(0x42, IMM_I64, ':l', 'i64.const');
  row(0x43, IMM_4_BYTES, ':f', 'f32.const');
  row(0x44, IMM_8_BYTES, ':d', 'f64.const');
  const intCompare = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
  const intBinary = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
  const floatCompare = 'eq ne lt gt le ge';
  const floatUnary = 'abs neg ceil floor trunc nearest sqrt';
  const floatBinary = 'add sub mul div min max copysign';
  row(0x45, IMM_NONE, 'i:i', 'i32.eqz');
  row(0x46, IMM_NONE, 'ii:i', each('i32', intCompare));
  row(0x50, IMM_NONE, 'l:i', 'i64.eqz');
  row(0x51, IMM_NONE, 'll:i', each('i64', intCompare));
  row(0x5b, IMM_NONE, 'ff:i', each('f32', floatCompare));
  row(0x61, IMM_NONE, 'dd:i', each('f64', floatCompare));
  row(0x67, IMM_NONE, 'i:i', each('i32', 'clz ctz popcnt'));
  row(0x6a, IMM_NONE, 'ii:i', each('i32', intBinary));
  row(0x79, IMM_NONE, 'l:l', each('i64', 'clz ctz popcnt'));
  row(0x7c, IMM_NONE, 'll:l', each('i64', intBinary));
  row(0x8b, IMM_NONE, 'f:f', each('f32', floatUnary));
  row(0x92, IMM_NONE, 'ff:f', each('f32', floatBinary));
  row(0x99, IMM_NONE, 'd:d', each('f64', floatUnary));
  row(0xa0, IMM_NONE, 'dd:d', each('f64', floatBinary));
  row(0xa7, IMM_NONE, 'l:i', 'i32.wrap_i64');
  row(0xa8, IMM_NONE, 'f:i', 'i32.trunc_f32_s i32.trunc_f32_u');
  row(0xaa, IMM_NONE, 'd:i', 'i32.trunc_f64_s i32.trunc_f64_u');
  row(0xac, IMM_NONE, 'i:l', 'i64.extend_i32_s i64.extend_i32_u');
  row(0xae, IMM_NONE, 'f:l', 'i64.trunc_f32_s i64.trunc_f32_u');
  row(0xb0, IMM_NONE, 'd:l', 'i64.trunc_f64_s i64.trunc_f64_u');
  row(0xb2, IMM_NONE, 'i:f', 'f32.convert_i32_s f32.convert_i32_u');
  row(0xb4, IMM_NONE, 'l:f', 'f32.convert_i64_s f32.convert_i64_u');
  row(0xb6, IMM_NONE, 'd:f', 'f32.demote_f64');
  row(0xb7, IMM_NONE, 'i:d', 'f64.convert_i32_s f64.convert_i32_u');
  row(0xb9, IMM_NONE, 'l:d', 'f64.convert_i64_s f64.convert_i64_u');
  row(0xbb, IMM_NONE, 'f:d', 'f64.promote_f32');
  row(0xbc, IMM_NONE, 'f:i', 'i32.reinterpret_f32');
  row(0xbd, IMM_NONE, 'd:l', 'i64.reinterpret_f64');
  row(0xbe, IMM_NONE, 'i:f', 'f32.reinterpret_i32');
  row(0xbf, IMM_NONE, 'l:d', 'f64.reinterpret_i64');
  row(0xc0, IMM_NONE, 'i:i', 'i32.extend8_s i32.extend16_s');
  row(0xc2, IMM_NONE, 'l:l', 'i64.extend8_s i64.extend16_s i64.extend32_s');
  row(0xfc000, IMM_NONE, 'f:i', 'i32.trunc_sat_f32_s i32.trunc_sat_f32_u');
  row(0xfc002, IMM_NONE, 'd:i', 'i32.trunc_sat_f64_s i32.trunc_sat_f64_u');
  row(0xfc004, IMM_NONE, 'f:l', 'i64.trunc_sat_f32_s i64.trunc_sat_f32_u');
  row(0xfc006, IMM_NONE, 'd:l', 'i64.trunc_sat_f64_s i64.trunc_sat_f64_u');
}

function simdMemoryRows(): void {
  access(
    0xfd000,
    0,
    'i:v',
    [16, 8, 8, 8, 8, 8, 8, 1, 2, 4, 8],
    each(
      'v128',
      'load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u load8_splat load16_splat load32_splat load64_splat',
    ),
  );
  access(0xfd00b, 1, 'iv:', [16], 'v128.store');
  access(0xfd05c, 0, 'i:v', [4, 8], 'v128.load32_zero v128.load64_zero');
  access(0xfd054, 0, 'iv:v', [1, 2, 4, 8], each('v128', 'load8_lane load16_lane load32_lane load64_lane'));
  access(0xfd058, 1, 'iv:', [1, 2, 4, 8], each('v128', 'store8_lane store16_lane store32_lane store64_lane'));
  for (let op = 0xfd054; op < 0xfd05c; op++) {
    const slot = slotOf(op);
    IMMEDIATES[slot] = IMM_MEMARG_LANE;
    LANES[slot] = 16 / ACCESS_BYTES[slot];
  }
}

function simdLaneRows(): void {
  row(0xfd00c, IMM_16_BYTES, ':v', 'v128.const');
  row(0xfd00d, IMM_16_BYTES, 'vv:v', 'i8x16.shuffle');
  row(0xfd00e, IMM_NONE, 'vv:v', 'i8x16.swizzle');
  row(0xfd00f, IMM_NONE, 'i:v', 'i8x16.splat i16x8.splat i32x4.splat');
  row(0xfd012, IMM_NONE, 'l:v', 'i64x2.splat');
  row(0xfd013, IMM_NONE, 'f:v', 'f32x4.splat');
  row(0xfd014, IMM_NONE, 'd:v', 'f64x2.splat');
  lane(0xfd015, 'v:i', 16, 'i8x16.extract_lane_s');
  lane(0xfd016, 'v:i', 16, 'i8x16.extract_lane_u');
  lane(0xfd017, 'vi:v', 16, 'i8x16.replace_lane');
  lane(0xfd018, 'v:i', 8, 'i16x8.extract_lane_s');
  lane(0xfd019, 'v:i', 8, 'i16x8.extract_lane_u');
  lane(0xfd01a, 'vi:v', 8, 'i16x8.replace_lane');
  lane(0xfd01b, 'v:i', 4, 'i32x4.extract_lane');
  lane(0xfd01c, 'vi:v', 4, 'i32x4.replace_lane');
  lane(0xfd01d, 'v:l', 2, 'i64x2.extract_lane');
  lane(0xfd01e, 'vl:v', 2, 'i64x2.replace_lane');
  lane(0xfd01f, 'v:f', 4, 'f32x4.extract_lane');
  lane(0xfd020, 'vf:v', 4, 'f32x4.replace_lane');
  lane(0xfd021, 'v:d', 2, 'f64x2.extract_lane');
  lane(0xfd022, 'vd:v', 2, 'f64x2.replace_lane');
}

function simdArithmeticRows(): void {
  const unary = (first: number, names: string) => row(first, IMM_NONE, 'v:v', names);
  const binary = (first: number, names: string) => row(first, IMM_NONE, 'vv:v', names);
  const ternary = (first: number, names: string) => row(first, IMM_NONE, 'vvv:v', names);
  const shift = (first: number, names: string) => row(first, IMM_NONE, 'vi:v', names);
  const test = (first: number, names: string) => row(first, IMM_NONE, 'v:i', names);
  const intCompare = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
  const floatCompare = 'eq ne lt gt le ge';
  binary(0xfd023, each('i8x16', intCompare));
  binary(0xfd02d, each('i16x8', intCompare));
  binary(0xfd037, each('i32x4', intCompare));
  binary(0xfd041, each('f32x4', floatCompare));
  binary(0xfd047, each('f64x2', floatCompare));
  unary(0xfd04d, 'v128.not');
  binary(0xfd04e, 'v128.and v128.andnot v128.or v128.xor');
  ternary(0xfd052, 'v128.bitselect');
  test(0xfd053, 'v128.any_true');
  unary(0xfd05e, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4');
  unary(0xfd060, each('i8x16', 'abs neg popcnt'));
  test(0xfd063, each('i8x16', 'all_true bitmask'));
  binary(0xfd065, each('i8x16', 'narrow_i16x8_s narrow_i16x8_u'));
  unary(0xfd067, each('f32x4', 'ceil floor trunc nearest'));
  shift(0xfd06b, each('i8x16', 'shl shr_s shr_u'));
  binary(0xfd06e, each('i8x16', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'));
  unary(0xfd074, each('f64x2', 'ceil floor'));
  binary(0xfd076, each('i8x16', 'min_s min_u max_s max_u'));
  unary(0xfd07a, 'f64x2.trunc');
  binary(0xfd07b, 'i8x16.avgr_u');
  unary(0xfd07c, each('i16x8', 'extadd_pairwise_i8x16_s extadd_pairwise_i8x16_u'));
  unary(0xfd07e, each('i32x4', 'extadd_pairwise_i16x8_s extadd_pairwise_i16x8_u'));
  unary(0xfd080, each('i16x8', 'abs neg'));
  binary(0xfd082, 'i16x8.q15mulr_sat_s');
  test(0xfd083, each('i16x8', 'all_true bitmask'));
  binary(0xfd085, each('i16x8', 'narrow_i32x4_s narrow_i32x4_u'));
  unary(0xfd087, each('i16x8', 'extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u'));
  shift(0xfd08b, each('i16x8', 'shl shr_s shr_u'));
  binary(0xfd08e, each('i16x8', 'add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'));
  unary(0xfd094, 'f64x2.nearest');
  binary(0xfd095, each('i16x8', 'mul min_s min_u max_s max_u - avgr_u'));
  binary(0xfd09c, each('i16x8', 'extmul_low_i8x16_s extmul_high_i8x16_s extmul_low_i8x16_u extmul_high_i8x16_u'));
  unary(0xfd0a0, each('i32x4', 'abs neg'));
  test(0xfd0a3, each('i32x4', 'all_true bitmask'));
  unary(0xfd0a7, each('i32x4', 'extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u'));
  shift(0xfd0ab, each('i32x4', 'shl shr_s shr_u'));
  binary(0xfd0ae, 'i32x4.add');
  binary(0xfd0b1, 'i32x4.sub');
  binary(0xfd0b5, each('i32x4', 'mul min_s min_u max_s max_u dot_i16x8_s'));
  binary(0xfd0bc, each('i32x4', 'extmul_low_i16x8_s extmul_high_i16x8_s extmul_low_i16x8_u extmul_high_i16x8_u'));
  unary(0xfd0c0, each('i64x2', 'abs neg'));
  test(0xfd0c3, each('i64x2', 'all_true bitmask'));
  unary(0xfd0c7, each('i64x2', 'extend_low_i32x4_s extend_high_i32x4_s extend_low_i32x4_u extend_high_i32x4_u'));
  shift(0xfd0cb, each('i64x2', 'shl shr_s shr_u'));
  binary(0xfd0ce, 'i64x2.add');
  binary(0xfd0d1, 'i64x2.sub');
  binary(0xfd0d5, each('i64x2', 'mul eq ne lt_s gt_s le_s ge_s'));
  binary(0xfd0dc, each('i64x2', 'extmul_low_i32x4_s extmul_high_i32x4_s extmul_low_i32x4_u extmul_high_i32x4_u'));
  unary(0xfd0e0, each('f32x4', 'abs neg - sqrt'));
  binary(0xfd0e4, each('f32x4', 'add sub mul div min max pmin pmax'));
  unary(0xfd0ec, each('f64x2', 'abs neg - sqrt'));
  binary(0xfd0f0, each('f64x2', 'add sub mul div min max pmin pmax'));
  unary(0xfd0f8, 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u');
  unary(0xfd0fc, 'i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero');
  unary(0xfd0fe, 'f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u');
  binary(0xfd100, 'i8x16.relaxed_swizzle');
  unary(
    0xfd101,
    each('i32x4', 'relaxed_trunc_f32x4_s relaxed_trunc_f32x4_u relaxed_trunc_f64x2_s_zero relaxed_trunc_f64x2_u_zero'),
  );
  ternary(0xfd105, 'f32x4.relaxed_madd f32x4.relaxed_nmadd f64x2.relaxed_madd f64x2.relaxed_nmadd');
  ternary(
    0xfd109,
    'i8x16.relaxed_laneselect i16x8.relaxed_laneselect i32x4.relaxed_laneselect i64x2.relaxed_laneselect',
  );
  binary(0xfd10d, 'f32x4.relaxed_min f32x4.relaxed_max f64x2.relaxed_min f64x2.relaxed_max');
  binary(0xfd111, 'i16x8.relaxed_q15mulr_s i16x8.relaxed_dot_i8x16_i7x16_s');
  ternary(0xfd113, 'i32x4.relaxed_dot_i8x16_i7x16_add_s');
}

function atomicRows(): void {
  access(0xfe000, 0, 'ii:i', [4], 'memory.atomic.notify');
  access(0xfe001, 0, 'iil:i', [4], 'memory.atomic.wait32');
  access(0xfe002, 0, 'ill:i', [8], 'memory.atomic.wait64');
  row(0xfe003, IMM_ZERO, ':', 'atomic.fence');
  access(0xfe010, 0, 'i:i', [4], 'i32.atomic.load');
  access(0xfe011, 0, 'i:l', [8], 'i64.atomic.load');
  access(0xfe012, 0, 'i:i', [1, 2], each('i32.atomic', 'load8_u load16_u'));
  access(0xfe014, 0, 'i:l', [1, 2, 4], each('i64.atomic', 'load8_u load16_u load32_u'));
  access(0xfe017, 1, 'ii:', [4], 'i32.atomic.store');
  access(0xfe018, 1, 'il:', [8], 'i64.atomic.store');
  access(0xfe019, 1, 'ii:', [1, 2], each('i32.atomic', 'store8 store16'));
  access(0xfe01b, 1, 'il:', [1, 2, 4], each('i64.atomic', 'store8 store16 store32'));
  const operations = ['add', 'sub', 'and', 'or', 'xor', 'xchg', 'cmpxchg'];
  for (let i = 0; i < operations.length; i++) {
    const name = operations[i];
    const first = 0xfe01e + 7 * i;
    const [narrow, wide] = name === 'cmpxchg' ? ['iii:i', 'ill:l'] : ['ii:i', 'il:l'];
    access(first, 1, narrow, [4], `i32.atomic.rmw.${name}`);
    access(first + 1, 1, wide, [8], `i64.atomic.rmw.${name}`);
    access(first + 2, 1, narrow, [1, 2], `i32.atomic.rmw8.${name}_u i32.atomic.rmw16.${name}_u`);
    access(
      first + 4,
      1,
      wide,
      [1, 2, 4],
      `i64.atomic.rmw8.${name}_u i64.atomic.rmw16.${name}_u i64.atomic.rmw32.${name}_u`,
    );
  }
}

/**
 * Expands the rows, once. `decodeModule` and `InstructionReader` see to it; it takes 4 ms at the start of an OS process, which a program
 * whose modules come rewritten from the disk never needs.
 */
export function fillOpcodeTables(): void {
  if (IMMEDIATES[0] !== IMM_INVALID) return;
  controlRows();
  memoryRows();
  numericRows();
  simdMemoryRows();
  simdLaneRows();
  simdArithmeticRows();
  atomicRows();
}
