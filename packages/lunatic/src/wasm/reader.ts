/**
 * A cursor over bytes `[pos, end)` of a module. Every read checks its bounds and throws `WasmError` with the offset in
 * the module where the value began; a cursor never reads past `end`, whatever follows it in the array.
 * Integers are LEB128 with the spec's limits on length and on the unused bits of the last byte.
 *
 * Spec: core/binary/values.
 */

import { WasmError } from './error.ts';

// A byte order mark is part of a name, so it must not be dropped.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Below this a loop over ASCII is faster than entering the decoder. */
const SHORT_NAME_BYTES = 64;

export class ByteReader {
  readonly bytes: Uint8Array;
  pos: number;
  readonly end: number;

  constructor(bytes: Uint8Array, pos: number, end: number) {
    if (!(pos >= 0 && pos <= end && end <= bytes.length)) {
      throw new RangeError(`range ${pos}..${end} is outside of ${bytes.length} bytes`);
    }
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  remaining(): number {
    return this.end - this.pos;
  }

  u8(): number {
    if (this.pos >= this.end) {
      throw new WasmError('unexpected end: a byte is missing', this.pos);
    }
    return this.bytes[this.pos++];
  }

  u32(): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    const last = this.u8();
    if (last > 0x0f) {
      throw new WasmError('invalid LEB128: the integer does not fit into u32', start);
    }
    return (value | (last << 28)) >>> 0;
  }

  s32(): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return (value << (25 - shift)) >> (25 - shift);
      }
    }
    const last = this.u8();
    // Bits 4 to 6 repeat the sign in bit 3, bit 7 ends the number.
    const unused = last & 0xf8;
    if (unused !== 0 && unused !== 0x78) {
      throw new WasmError('invalid LEB128: the integer does not fit into s32', start);
    }
    return value | (last << 28);
  }

  s33(): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return (value << (25 - shift)) >> (25 - shift);
      }
    }
    const last = this.u8();
    const unused = last & 0xf0;
    if (unused !== 0 && unused !== 0x70) {
      throw new WasmError('invalid LEB128: the integer does not fit into s33', start);
    }
    const low = (value | (last << 28)) >>> 0;
    return unused === 0 ? low : low - 0x1_0000_0000;
  }

  s64(): bigint {
    const start = this.pos;
    let value = 0n;
    for (let shift = 0n; shift < 63n; shift += 7n) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return BigInt.asIntN(Number(shift) + 7, value);
      }
    }
    const last = this.u8();
    if (last !== 0 && last !== 0x7f) {
      throw new WasmError('invalid LEB128: the integer does not fit into s64', start);
    }
    return BigInt.asIntN(64, value | (BigInt(last & 1) << 63n));
  }

  skip(length: number, what: string): void {
    if (length > this.end - this.pos) {
      throw new WasmError(`unexpected end: ${what} needs ${length} bytes, ${this.end - this.pos} are left`, this.pos);
    }
    this.pos += length;
  }

  /** The length of a vector whose items take at least `minItemBytes` each, so the answer bounds an allocation. */
  count(what: string, limit: number, minItemBytes = 1): number {
    const start = this.pos;
    const count = this.u32();
    if (count > limit) {
      throw new WasmError(`${count} ${what}, more than the limit of ${limit}`, start);
    }
    if (count * minItemBytes > this.end - this.pos) {
      throw new WasmError(`unexpected end: ${count} ${what} do not fit into ${this.end - this.pos} bytes`, start);
    }
    return count;
  }

  name(): string {
    const length = this.u32();
    const start = this.pos;
    this.skip(length, 'a name');
    if (length <= SHORT_NAME_BYTES) {
      let text = '';
      let at = start;
      for (; at < this.pos && this.bytes[at] < 0x80; at++) {
        text += String.fromCharCode(this.bytes[at]);
      }
      if (at === this.pos) {
        return text;
      }
    }
    try {
      return UTF8.decode(this.bytes.subarray(start, this.pos));
    } catch (error) {
      if (error instanceof TypeError) {
        throw new WasmError('a name is not valid UTF-8', start);
      }
      throw error;
    }
  }
}
