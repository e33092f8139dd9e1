/**
 * Opcodes by name, and what is known of an instruction from its opcode alone.
 *
 * An opcode of two parts is `prefix << 12 | sub`, whatever its length in bytes: `v128.load` is 0xfd000, the relaxed
 * `i8x16.relaxed_swizzle` 0xfd100, `memory.copy` 0xfc00a. Vector arithmetic has no constants here, since all of it is
 * treated alike, through `opSignature`; opcode_table.ts has the whole list. The typed `select` is `OP_SELECT_T`.
 *
 * Spec: core/binary/instructions.
 */

import {
  ACCESS_BYTES,
  IMM_INVALID,
  IMMEDIATES,
  NAMES,
  type OpSignature,
  SIGNATURES,
  slotOf,
  WRITES,
} from './opcode_table.ts';

export const OP_UNREACHABLE = 0x0;
export const OP_NOP = 0x1;
export const OP_BLOCK = 0x2;
export const OP_LOOP = 0x3;
export const OP_IF = 0x4;
export const OP_ELSE = 0x5;
export const OP_TRY = 0x6;
export const OP_CATCH = 0x7;
export const OP_THROW = 0x8;
export const OP_RETHROW = 0x9;
export const OP_THROW_REF = 0xa;
export const OP_END = 0xb;
export const OP_BR = 0xc;
export const OP_BR_IF = 0xd;
export const OP_BR_TABLE = 0xe;
export const OP_RETURN = 0xf;
export const OP_CALL = 0x10;
export const OP_CALL_INDIRECT = 0x11;
export const OP_RETURN_CALL = 0x12;
export const OP_RETURN_CALL_INDIRECT = 0x13;
export const OP_CALL_REF = 0x14;
export const OP_RETURN_CALL_REF = 0x15;
export const OP_DELEGATE = 0x18;
export const OP_CATCH_ALL = 0x19;
export const OP_DROP = 0x1a;
export const OP_SELECT = 0x1b;
export const OP_SELECT_T = 0x1c;
export const OP_TRY_TABLE = 0x1f;
export const OP_LOCAL_GET = 0x20;
export const OP_LOCAL_SET = 0x21;
export const OP_LOCAL_TEE = 0x22;
export const OP_GLOBAL_GET = 0x23;
export const OP_GLOBAL_SET = 0x24;
export const OP_TABLE_GET = 0x25;
export const OP_TABLE_SET = 0x26;
export const OP_I32_LOAD = 0x28;
export const OP_I64_LOAD = 0x29;
export const OP_F32_LOAD = 0x2a;
export const OP_F64_LOAD = 0x2b;
export const OP_I32_LOAD8_S = 0x2c;
export const OP_I32_LOAD8_U = 0x2d;
export const OP_I32_LOAD16_S = 0x2e;
export const OP_I32_LOAD16_U = 0x2f;
export const OP_I64_LOAD8_S = 0x30;
export const OP_I64_LOAD8_U = 0x31;
export const OP_I64_LOAD16_S = 0x32;
export const OP_I64_LOAD16_U = 0x33;
export const OP_I64_LOAD32_S = 0x34;
export const OP_I64_LOAD32_U = 0x35;
export const OP_I32_STORE = 0x36;
export const OP_I64_STORE = 0x37;
export const OP_F32_STORE = 0x38;
export const OP_F64_STORE = 0x39;
export const OP_I32_STORE8 = 0x3a;
export const OP_I32_STORE16 = 0x3b;
export const OP_I64_STORE8 = 0x3c;
export const OP_I64_STORE16 = 0x3d;
export const OP_I64_STORE32 = 0x3e;
export const OP_MEMORY_SIZE = 0x3f;
export const OP_MEMORY_GROW = 0x40;
export const OP_I32_CONST = 0x41;
export const OP_I64_CONST = 0x42;
export const OP_F32_CONST = 0x43;
export const OP_F64_CONST = 0x44;
export const OP_I32_EQZ = 0x45;
export const OP_I32_EQ = 0x46;
export const OP_I32_NE = 0x47;
export const OP_I32_LT_S = 0x48;
export const OP_I32_LT_U = 0x49;
export const OP_I32_GT_S = 0x4a;
export const OP_I32_GT_U = 0x4b;
export const OP_I32_LE_S = 0x4c;
export const OP_I32_LE_U = 0x4d;
export const OP_I32_GE_S = 0x4e;
export const OP_I32_GE_U = 0x4f;
export const OP_I64_EQZ = 0x50;
export const OP_I64_EQ = 0x51;
export const OP_I64_NE = 0x52;
export const OP_I64_LT_S = 0x53;
export const OP_I64_LT_U = 0x54;
export const OP_I64_GT_S = 0x55;
export const OP_I64_GT_U = 0x56;
export const OP_I64_LE_S = 0x57;
export const OP_I64_LE_U = 0x58;
export const OP_I64_GE_S = 0x59;
export const OP_I64_GE_U = 0x5a;
export const OP_F32_EQ = 0x5b;
export const OP_F32_NE = 0x5c;
export const OP_F32_LT = 0x5d;
export const OP_F32_GT = 0x5e;
export const OP_F32_LE = 0x5f;
export const OP_F32_GE = 0x60;
export const OP_F64_EQ = 0x61;
export const OP_F64_NE = 0x62;
export const OP_F64_LT = 0x63;
export const OP_F64_GT = 0x64;
export const OP_F64_LE = 0x65;
export const OP_F64_GE = 0x66;
export const OP_I32_CLZ = 0x67;
export const OP_I32_CTZ = 0x68;
export const OP_I32_POPCNT = 0x69;
export const OP_I32_ADD = 0x6a;
export const OP_I32_SUB = 0x6b;
export const OP_I32_MUL = 0x6c;
export const OP_I32_DIV_S = 0x6d;
export const OP_I32_DIV_U = 0x6e;
export const OP_I32_REM_S = 0x6f;
export const OP_I32_REM_U = 0x70;
export const OP_I32_AND = 0x71;
export const OP_I32_OR = 0x72;
export const OP_I32_XOR = 0x73;
export const OP_I32_SHL = 0x74;
export const OP_I32_SHR_S = 0x75;
export const OP_I32_SHR_U = 0x76;
export const OP_I32_ROTL = 0x77;
export const OP_I32_ROTR = 0x78;
export const OP_I64_CLZ = 0x79;
export const OP_I64_CTZ = 0x7a;
export const OP_I64_POPCNT = 0x7b;
export const OP_I64_ADD = 0x7c;
export const OP_I64_SUB = 0x7d;
export const OP_I64_MUL = 0x7e;
export const OP_I64_DIV_S = 0x7f;
export const OP_I64_DIV_U = 0x80;
export const OP_I64_REM_S = 0x81;
export const OP_I64_REM_U = 0x82;
export const OP_I64_AND = 0x83;
export const OP_I64_OR = 0x84;
export const OP_I64_XOR = 0x85;
export const OP_I64_SHL = 0x86;
export const OP_I64_SHR_S = 0x87;
export const OP_I64_SHR_U = 0x88;
export const OP_I64_ROTL = 0x89;
export const OP_I64_ROTR = 0x8a;
export const OP_F32_ABS = 0x8b;
export const OP_F32_NEG = 0x8c;
export const OP_F32_CEIL = 0x8d;
export const OP_F32_FLOOR = 0x8e;
export const OP_F32_TRUNC = 0x8f;
export const OP_F32_NEAREST = 0x90;
export const OP_F32_SQRT = 0x91;
export const OP_F32_ADD = 0x92;
export const OP_F32_SUB = 0x93;
export const OP_F32_MUL = 0x94;
export const OP_F32_DIV = 0x95;
export const OP_F32_MIN = 0x96;
export const OP_F32_MAX = 0x97;
export const OP_F32_COPYSIGN = 0x98;
export const OP_F64_ABS = 0x99;
export const OP_F64_NEG = 0x9a;
export const OP_F64_CEIL = 0x9b;
export const OP_F64_FLOOR = 0x9c;
export const OP_F64_TRUNC = 0x9d;
export const OP_F64_NEAREST = 0x9e;
export const OP_F64_SQRT = 0x9f;
export const OP_F64_ADD = 0xa0;
export const OP_F64_SUB = 0xa1;
export const OP_F64_MUL = 0xa2;
export const OP_F64_DIV = 0xa3;
export const OP_F64_MIN = 0xa4;
export const OP_F64_MAX = 0xa5;
export const OP_F64_COPYSIGN = 0xa6;
export const OP_I32_WRAP_I64 = 0xa7;
export const OP_I32_TRUNC_F32_S = 0xa8;
export const OP_I32_TRUNC_F32_U = 0xa9;
export const OP_I32_TRUNC_F64_S = 0xaa;
export const OP_I32_TRUNC_F64_U = 0xab;
export const OP_I64_EXTEND_I32_S = 0xac;
export const OP_I64_EXTEND_I32_U = 0xad;
export const OP_I64_TRUNC_F32_S = 0xae;
export const OP_I64_TRUNC_F32_U = 0xaf;
export const OP_I64_TRUNC_F64_S = 0xb0;
export const OP_I64_TRUNC_F64_U = 0xb1;
export const OP_F32_CONVERT_I32_S = 0xb2;
export const OP_F32_CONVERT_I32_U = 0xb3;
export const OP_F32_CONVERT_I64_S = 0xb4;
export const OP_F32_CONVERT_I64_U = 0xb5;
export const OP_F32_DEMOTE_F64 = 0xb6;
export const OP_F64_CONVERT_I32_S = 0xb7;
export const OP_F64_CONVERT_I32_U = 0xb8;
export const OP_F64_CONVERT_I64_S = 0xb9;
export const OP_F64_CONVERT_I64_U = 0xba;
export const OP_F64_PROMOTE_F32 = 0xbb;
export const OP_I32_REINTERPRET_F32 = 0xbc;
export const OP_I64_REINTERPRET_F64 = 0xbd;
export const OP_F32_REINTERPRET_I32 = 0xbe;
export const OP_F64_REINTERPRET_I64 = 0xbf;
export const OP_I32_EXTEND8_S = 0xc0;
export const OP_I32_EXTEND16_S = 0xc1;
export const OP_I64_EXTEND8_S = 0xc2;
export const OP_I64_EXTEND16_S = 0xc3;
export const OP_I64_EXTEND32_S = 0xc4;
export const OP_REF_NULL = 0xd0;
export const OP_REF_IS_NULL = 0xd1;
export const OP_REF_FUNC = 0xd2;
export const OP_REF_AS_NON_NULL = 0xd4;
export const OP_BR_ON_NULL = 0xd5;
export const OP_BR_ON_NON_NULL = 0xd6;

export const OP_I32_TRUNC_SAT_F32_S = 0xfc000;
export const OP_I32_TRUNC_SAT_F32_U = 0xfc001;
export const OP_I32_TRUNC_SAT_F64_S = 0xfc002;
export const OP_I32_TRUNC_SAT_F64_U = 0xfc003;
export const OP_I64_TRUNC_SAT_F32_S = 0xfc004;
export const OP_I64_TRUNC_SAT_F32_U = 0xfc005;
export const OP_I64_TRUNC_SAT_F64_S = 0xfc006;
export const OP_I64_TRUNC_SAT_F64_U = 0xfc007;
export const OP_MEMORY_INIT = 0xfc008;
export const OP_DATA_DROP = 0xfc009;
export const OP_MEMORY_COPY = 0xfc00a;
export const OP_MEMORY_FILL = 0xfc00b;
export const OP_TABLE_INIT = 0xfc00c;
export const OP_ELEM_DROP = 0xfc00d;
export const OP_TABLE_COPY = 0xfc00e;
export const OP_TABLE_GROW = 0xfc00f;
export const OP_TABLE_SIZE = 0xfc010;
export const OP_TABLE_FILL = 0xfc011;

export const OP_V128_LOAD = 0xfd000;
export const OP_V128_LOAD8X8_S = 0xfd001;
export const OP_V128_LOAD8X8_U = 0xfd002;
export const OP_V128_LOAD16X4_S = 0xfd003;
export const OP_V128_LOAD16X4_U = 0xfd004;
export const OP_V128_LOAD32X2_S = 0xfd005;
export const OP_V128_LOAD32X2_U = 0xfd006;
export const OP_V128_LOAD8_SPLAT = 0xfd007;
export const OP_V128_LOAD16_SPLAT = 0xfd008;
export const OP_V128_LOAD32_SPLAT = 0xfd009;
export const OP_V128_LOAD64_SPLAT = 0xfd00a;
export const OP_V128_STORE = 0xfd00b;
export const OP_V128_CONST = 0xfd00c;
export const OP_I8X16_SHUFFLE = 0xfd00d;
export const OP_V128_LOAD8_LANE = 0xfd054;
export const OP_V128_LOAD16_LANE = 0xfd055;
export const OP_V128_LOAD32_LANE = 0xfd056;
export const OP_V128_LOAD64_LANE = 0xfd057;
export const OP_V128_STORE8_LANE = 0xfd058;
export const OP_V128_STORE16_LANE = 0xfd059;
export const OP_V128_STORE32_LANE = 0xfd05a;
export const OP_V128_STORE64_LANE = 0xfd05b;
export const OP_V128_LOAD32_ZERO = 0xfd05c;
export const OP_V128_LOAD64_ZERO = 0xfd05d;

export const OP_MEMORY_ATOMIC_NOTIFY = 0xfe000;
export const OP_MEMORY_ATOMIC_WAIT32 = 0xfe001;
export const OP_MEMORY_ATOMIC_WAIT64 = 0xfe002;
export const OP_ATOMIC_FENCE = 0xfe003;
export const OP_I32_ATOMIC_LOAD = 0xfe010;
export const OP_I64_ATOMIC_LOAD = 0xfe011;
export const OP_I32_ATOMIC_LOAD8_U = 0xfe012;
export const OP_I32_ATOMIC_LOAD16_U = 0xfe013;
export const OP_I64_ATOMIC_LOAD8_U = 0xfe014;
export const OP_I64_ATOMIC_LOAD16_U = 0xfe015;
export const OP_I64_ATOMIC_LOAD32_U = 0xfe016;
export const OP_I32_ATOMIC_STORE = 0xfe017;
export const OP_I64_ATOMIC_STORE = 0xfe018;
export const OP_I32_ATOMIC_STORE8 = 0xfe019;
export const OP_I32_ATOMIC_STORE16 = 0xfe01a;
export const OP_I64_ATOMIC_STORE8 = 0xfe01b;
export const OP_I64_ATOMIC_STORE16 = 0xfe01c;
export const OP_I64_ATOMIC_STORE32 = 0xfe01d;
export const OP_I32_ATOMIC_RMW_ADD = 0xfe01e;
export const OP_I64_ATOMIC_RMW_ADD = 0xfe01f;
export const OP_I32_ATOMIC_RMW8_ADD_U = 0xfe020;
export const OP_I32_ATOMIC_RMW16_ADD_U = 0xfe021;
export const OP_I64_ATOMIC_RMW8_ADD_U = 0xfe022;
export const OP_I64_ATOMIC_RMW16_ADD_U = 0xfe023;
export const OP_I64_ATOMIC_RMW32_ADD_U = 0xfe024;
export const OP_I32_ATOMIC_RMW_SUB = 0xfe025;
export const OP_I64_ATOMIC_RMW_SUB = 0xfe026;
export const OP_I32_ATOMIC_RMW8_SUB_U = 0xfe027;
export const OP_I32_ATOMIC_RMW16_SUB_U = 0xfe028;
export const OP_I64_ATOMIC_RMW8_SUB_U = 0xfe029;
export const OP_I64_ATOMIC_RMW16_SUB_U = 0xfe02a;
export const OP_I64_ATOMIC_RMW32_SUB_U = 0xfe02b;
export const OP_I32_ATOMIC_RMW_AND = 0xfe02c;
export const OP_I64_ATOMIC_RMW_AND = 0xfe02d;
export const OP_I32_ATOMIC_RMW8_AND_U = 0xfe02e;
export const OP_I32_ATOMIC_RMW16_AND_U = 0xfe02f;
export const OP_I64_ATOMIC_RMW8_AND_U = 0xfe030;
export const OP_I64_ATOMIC_RMW16_AND_U = 0xfe031;
export const OP_I64_ATOMIC_RMW32_AND_U = 0xfe032;
export const OP_I32_ATOMIC_RMW_OR = 0xfe033;
export const OP_I64_ATOMIC_RMW_OR = 0xfe034;
export const OP_I32_ATOMIC_RMW8_OR_U = 0xfe035;
export const OP_I32_ATOMIC_RMW16_OR_U = 0xfe036;
export const OP_I64_ATOMIC_RMW8_OR_U = 0xfe037;
export const OP_I64_ATOMIC_RMW16_OR_U = 0xfe038;
export const OP_I64_ATOMIC_RMW32_OR_U = 0xfe039;
export const OP_I32_ATOMIC_RMW_XOR = 0xfe03a;
export const OP_I64_ATOMIC_RMW_XOR = 0xfe03b;
export const OP_I32_ATOMIC_RMW8_XOR_U = 0xfe03c;
export const OP_I32_ATOMIC_RMW16_XOR_U = 0xfe03d;
export const OP_I64_ATOMIC_RMW8_XOR_U = 0xfe03e;
export const OP_I64_ATOMIC_RMW16_XOR_U = 0xfe03f;
export const OP_I64_ATOMIC_RMW32_XOR_U = 0xfe040;
export const OP_I32_ATOMIC_RMW_XCHG = 0xfe041;
export const OP_I64_ATOMIC_RMW_XCHG = 0xfe042;
export const OP_I32_ATOMIC_RMW8_XCHG_U = 0xfe043;
export const OP_I32_ATOMIC_RMW16_XCHG_U = 0xfe044;
export const OP_I64_ATOMIC_RMW8_XCHG_U = 0xfe045;
export const OP_I64_ATOMIC_RMW16_XCHG_U = 0xfe046;
export const OP_I64_ATOMIC_RMW32_XCHG_U = 0xfe047;
export const OP_I32_ATOMIC_RMW_CMPXCHG = 0xfe048;
export const OP_I64_ATOMIC_RMW_CMPXCHG = 0xfe049;
export const OP_I32_ATOMIC_RMW8_CMPXCHG_U = 0xfe04a;
export const OP_I32_ATOMIC_RMW16_CMPXCHG_U = 0xfe04b;
export const OP_I64_ATOMIC_RMW8_CMPXCHG_U = 0xfe04c;
export const OP_I64_ATOMIC_RMW16_CMPXCHG_U = 0xfe04d;
export const OP_I64_ATOMIC_RMW32_CMPXCHG_U = 0xfe04e;

/** Kinds of the clauses of `try_table`. */
export const CATCH = 0;
export const CATCH_REF = 1;
export const CATCH_ALL = 2;
export const CATCH_ALL_REF = 3;

/** The name in the text format; `opcode 0x..` for what is none. */
export function opcodeName(op: number): string {
  const slot = slotOf(op);
  return IMMEDIATES[slot] === IMM_INVALID ? `opcode 0x${op.toString(16)}` : NAMES[slot];
}

/**
 * The stack effect of an instruction that always has the same one: loads and stores, constants, numeric, vector and
 * atomic instructions, bulk instructions on memories and tables. Undefined for all others.
 */
export function opSignature(op: number): OpSignature | undefined {
  return SIGNATURES[slotOf(op)];
}

/**
 * Bytes that a store, lane store, atomic store, read-modify-write or compare-exchange writes (the latter may leave them
 * as they were); 0 for any other instruction, so also for the bulk instructions, which write as many as they are told.
 */
export function storeSize(op: number): number {
  const slot = slotOf(op);
  return WRITES[slot] === 0 ? 0 : ACCESS_BYTES[slot];
}

export function isStore(op: number): boolean {
  return WRITES[slotOf(op)] !== 0;
}
