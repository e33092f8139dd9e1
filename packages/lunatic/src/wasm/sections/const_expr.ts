/**
 * Const exprs of globals, tables and segments: where they end, and which indices they use. Their types are V8's to
 * check, nothing here depends on them.
 *
 * Spec: core/valid/instructions#constant-expressions.
 */

import { unsupported, WasmError } from '../error.ts';
import {
  OP_END,
  OP_F32_CONST,
  OP_F64_CONST,
  OP_GLOBAL_GET,
  OP_I32_ADD,
  OP_I32_CONST,
  OP_I32_MUL,
  OP_I32_SUB,
  OP_I64_ADD,
  OP_I64_CONST,
  OP_I64_MUL,
  OP_I64_SUB,
  OP_REF_FUNC,
  OP_REF_NULL,
  opcodeName,
} from '../opcodes.ts';
import type { ByteReader } from '../reader.ts';
import type { ByteRange, WasmModule } from '../types.ts';
import { readFuncIndex } from './functions.ts';
import { readHeapType } from './value_types.ts';

const PREFIX_GC = 0xfb;
const PREFIX_SIMD = 0xfd;
const SUB_V128_CONST = 12;

/** `refFuncs` collects the targets of `ref.func`. */
export function readConstExpr(reader: ByteReader, module: WasmModule, refFuncs?: number[]): ByteRange {
  const start = reader.pos;
  for (;;) {
    const at = reader.pos;
    const op = reader.u8();
    switch (op) {
      case OP_END:
        return { start, end: reader.pos };
      case OP_I32_CONST:
        reader.s32();
        break;
      case OP_I64_CONST:
        reader.s64();
        break;
      case OP_F32_CONST:
        reader.skip(4, 'f32.const');
        break;
      case OP_F64_CONST:
        reader.skip(8, 'f64.const');
        break;
      case OP_GLOBAL_GET: {
        const index = reader.u32();
        if (index >= module.globals.length) {
          throw new WasmError(`global index ${index} is out of range in a const expr`, at);
        }
        break;
      }
      case OP_REF_FUNC: {
        const funcIndex = readFuncIndex(reader, module);
        refFuncs?.push(funcIndex);
        break;
      }
      case OP_REF_NULL:
        readHeapType(reader, module.types.length);
        break;
      case OP_I32_ADD:
      case OP_I32_SUB:
      case OP_I32_MUL:
      case OP_I64_ADD:
      case OP_I64_SUB:
      case OP_I64_MUL:
        break;
      case PREFIX_SIMD:
        if (reader.u32() !== SUB_V128_CONST) {
          throw new WasmError('v128.const is the only vector instruction of a const expr', at);
        }
        reader.skip(16, 'v128.const');
        break;
      case PREFIX_GC:
        throw unsupported(`gc instruction 0xfb ${reader.u32()}`, at);
      default:
        throw new WasmError(`${opcodeName(op)} is not allowed in a const expr`, at);
    }
  }
}
