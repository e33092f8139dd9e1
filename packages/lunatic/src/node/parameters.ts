// Arguments of a process's first function, from JavaScript values to the chunks that a spawn request carries
// (engine/services.ts): 17 bytes each, a value type and 16 bytes little-endian.

import { F32, F64, I32, I64, printValType, V128, type ValType } from '../wasm/types.ts';

/** An argument: a number for i32, f32 and f64, a bigint for i64, 16 bytes for v128. */
export type GuestValue = number | bigint | Uint8Array;

const PARAMETER_BYTES = 17;

export const NO_PARAMETERS = new Uint8Array(0);

/** Throws TypeError or RangeError where `args` do not fit `types`; `what` names the function. */
export function encodeParameters(what: string, types: readonly ValType[], args: readonly GuestValue[]): Uint8Array {
  if (args.length !== types.length) {
    const list = types.map(printValType).join(', ');
    throw new TypeError(`${what} takes ${types.length} arguments (${list}), not ${args.length}`);
  }
  if (types.length === 0) return NO_PARAMETERS;
  const bytes = new Uint8Array(PARAMETER_BYTES * types.length);
  const view = new DataView(bytes.buffer);
  for (const [i, type] of types.entries()) {
    const at = PARAMETER_BYTES * i;
    bytes[at] = type;
    writeValue(view, at + 1, type, args[i] as GuestValue, `argument ${i} of ${what}`);
  }
  return bytes;
}

function writeValue(view: DataView, at: number, type: ValType, value: GuestValue, what: string): void {
  if (typeof value === 'number' && type === I32) {
    if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32)
      throw new RangeError(`${what}: ${value} is no i32`);
    view.setInt32(at, value, true);
  } else if (typeof value === 'bigint' && type === I64) {
    if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new RangeError(`${what}: ${value} is no i64`);
    view.setBigInt64(at, value, true);
  } else if (typeof value === 'number' && type === F32) {
    view.setFloat32(at, value, true);
  } else if (typeof value === 'number' && type === F64) {
    view.setFloat64(at, value, true);
  } else if (value instanceof Uint8Array && type === V128 && value.length === 16) {
    new Uint8Array(view.buffer).set(value, at);
  } else {
    throw new TypeError(`${what} must be ${expected(type)}`);
  }
}

function expected(type: ValType): string {
  switch (type) {
    case I64:
      return 'a bigint (i64)';
    case V128:
      return 'a Uint8Array of 16 bytes (v128)';
    default:
      return `a number (${printValType(type)})`;
  }
}
