// Floating-point literals of the text format to exact bits, rounded once, to nearest with ties to even.
// JavaScript's own parser cannot do it: it knows no hexadecimal floats, and going through a double rounds an f32 twice.
// Spec: core/text/values.

export interface FloatFormat {
  /** Bits of the whole, of the exponent and of the fraction. */
  readonly width: number;
  readonly exponentBits: number;
  readonly fractionBits: number;
}

export const BINARY32: FloatFormat = { width: 32, exponentBits: 8, fractionBits: 23 };
export const BINARY64: FloatFormat = { width: 64, exponentBits: 11, fractionBits: 52 };

/** The canonical NaN without its sign. */
export function canonicalNan(format: FloatFormat): bigint {
  return infinity(format) | (1n << BigInt(format.fractionBits - 1));
}

function infinity(format: FloatFormat): bigint {
  return ((1n << BigInt(format.exponentBits)) - 1n) << BigInt(format.fractionBits);
}

/** The bits of a literal such as `-0x1.8p+3`, `1e-7`, `inf` or `nan:0x200000`. Throws RangeError if it is none. */
export function parseFloatLiteral(literal: string, format: FloatFormat): bigint {
  const negative = literal.startsWith('-');
  const magnitude = literal.replace(/^[+-]/, '').replaceAll('_', '');
  const bits = parseMagnitude(magnitude, format);
  if (bits === undefined) throw new RangeError(`"${literal}" is not a floating-point literal`);
  return negative ? bits | (1n << BigInt(format.width - 1)) : bits;
}

function parseMagnitude(text: string, format: FloatFormat): bigint | undefined {
  if (text === 'inf') return infinity(format);
  if (text === 'nan') return canonicalNan(format);
  if (text.startsWith('nan:0x')) return infinity(format) | BigInt(text.slice(4));
  const hex = /^0x([0-9a-f]+)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/i.exec(text);
  if (hex) {
    const [, whole, fraction = '', exponent = '0'] = hex;
    const scale = Number(exponent) - 4 * fraction.length;
    const mantissa = BigInt(`0x${whole}${fraction}`);
    return scale >= 0 ? round(mantissa << BigInt(scale), 1n, format) : round(mantissa, 1n << BigInt(-scale), format);
  }
  const decimal = /^(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text);
  if (!decimal) return undefined;
  const [, whole, fraction = '', exponent = '0'] = decimal;
  const scale = Number(exponent) - fraction.length;
  const mantissa = BigInt(whole + fraction);
  return scale >= 0
    ? round(mantissa * 10n ** BigInt(scale), 1n, format)
    : round(mantissa, 10n ** BigInt(-scale), format);
}

/** numerator / denominator as a float, rounded to nearest, ties to even. */
function round(numerator: bigint, denominator: bigint, format: FloatFormat): bigint {
  if (numerator === 0n) return 0n;
  const bias = (1 << (format.exponentBits - 1)) - 1;
  const lowestExponent = 1 - bias;
  // 2^exponent <= value < 2^(exponent + 1), once corrected.
  let exponent = bitLength(numerator) - bitLength(denominator);
  if (compareToPowerOfTwo(numerator, denominator, exponent) < 0) exponent--;
  // Subnormals share the lowest exponent.
  const unit = Math.max(exponent, lowestExponent) - format.fractionBits;
  const [top, bottom] =
    unit >= 0 ? [numerator, denominator << BigInt(unit)] : [numerator << BigInt(-unit), denominator];
  let units = top / bottom;
  const twice = (top - units * bottom) * 2n;
  if (twice > bottom || (twice === bottom && (units & 1n) === 1n)) units++;
  // Adding the fraction to the exponent field carries exactly where rounding reached the next power of two.
  const exponentField = BigInt(Math.max(exponent, lowestExponent) - lowestExponent);
  const bits = (exponentField << BigInt(format.fractionBits)) + units;
  return bits >= infinity(format) ? infinity(format) : bits;
}

function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function compareToPowerOfTwo(numerator: bigint, denominator: bigint, exponent: number): number {
  const [left, right] =
    exponent >= 0 ? [numerator, denominator << BigInt(exponent)] : [numerator << BigInt(-exponent), denominator];
  return left < right ? -1 : left > right ? 1 : 0;
}
