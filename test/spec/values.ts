// Values of script commands with exact bits, and what an assertion expects of them.
// JavaScript numbers appear nowhere here: they would lose NaN payloads and cannot hold a v128.

import { BINARY32, BINARY64, canonicalNan, type FloatFormat, parseFloatLiteral } from './float_literal.ts';
import { type Expression, isList, type List, wordAt } from './s_expression.ts';

export type NumericType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';

/**
 * References are what the JavaScript API gives: null, functions, host objects, numbers for i31. Where a signature is out of
 * reach (types of garbage collection) a number may also stand for an i32, f32 or f64.
 */
export type Value =
  | { readonly type: NumericType; readonly bits: bigint }
  | { readonly type: 'ref'; readonly ref: unknown };

export type Expectation =
  | { readonly kind: 'bits'; readonly type: NumericType; readonly bits: bigint }
  | { readonly kind: 'nan'; readonly type: 'f32' | 'f64'; readonly canonical: boolean }
  /** `lanes` from the lowest bits up. */
  | { readonly kind: 'lanes'; readonly width: number; readonly lanes: readonly Expectation[] }
  | { readonly kind: 'ref'; readonly heap: string; readonly host: unknown }
  | { readonly kind: 'either'; readonly choices: readonly Expectation[] };

export const WIDTHS: Readonly<Record<NumericType, number>> = { i32: 32, i64: 64, f32: 32, f64: 64, v128: 128 };

const SHAPES: Readonly<
  Record<string, { readonly type: 'i32' | 'i64' | 'f32' | 'f64'; readonly width: number; readonly lanes: number }>
> = {
  i8x16: { type: 'i32', width: 8, lanes: 16 },
  i16x8: { type: 'i32', width: 16, lanes: 8 },
  i32x4: { type: 'i32', width: 32, lanes: 4 },
  i64x2: { type: 'i64', width: 64, lanes: 2 },
  f32x4: { type: 'f32', width: 32, lanes: 4 },
  f64x2: { type: 'f64', width: 64, lanes: 2 },
};

/** The host references of one script: `(ref.extern 1)` is the same object everywhere in it. */
export class HostReferences {
  readonly #objects = new Map<string, object>();

  get(id: string): object {
    let object = this.#objects.get(id);
    if (object === undefined) {
      object = { hostReference: id };
      this.#objects.set(id, object);
    }
    return object;
  }
}

/** An argument such as `(i32.const 1)` or `(ref.null func)`. Throws RangeError for anything else. */
export function parseValue(expression: Expression, hosts: HostReferences): Value {
  const expected = parseExpectation(expression, hosts);
  switch (expected.kind) {
    case 'bits':
      return { type: expected.type, bits: expected.bits };
    case 'lanes':
      return { type: 'v128', bits: lanesToBits(expected) };
    case 'ref':
      if (expected.heap === 'null') return { type: 'ref', ref: null };
      if (expected.host !== undefined) return { type: 'ref', ref: expected.host };
  }
  throw new RangeError('not a constant argument');
}

function lanesToBits({ width, lanes }: Expectation & { kind: 'lanes' }): bigint {
  return lanes.reduce((bits, lane, i) => {
    if (lane.kind !== 'bits') throw new RangeError('a NaN pattern is not a constant');
    return bits | (lane.bits << BigInt(i * width));
  }, 0n);
}

/** What a result must be: a constant, a NaN pattern, a kind of reference, or one of several. */
export function parseExpectation(expression: Expression, hosts: HostReferences): Expectation {
  if (!isList(expression)) throw new RangeError('expected a constant in parentheses');
  const head = wordAt(expression, 0) ?? '';
  if (head === 'either')
    return { kind: 'either', choices: expression.items.slice(1).map((item) => parseExpectation(item, hosts)) };
  const [type, operator] = head.split('.');
  if (type === 'ref') return parseReference(expression, operator, hosts);
  if (operator !== 'const') throw new RangeError(`"${head}" is not a constant`);
  if (type === 'v128') {
    const shape = SHAPES[wordAt(expression, 1) ?? ''];
    if (shape === undefined || expression.items.length !== shape.lanes + 2)
      throw new RangeError('a malformed v128 constant');
    const lanes = expression.items
      .slice(2)
      .map((_, i) => parseScalar(shape.type, shape.width, wordAt(expression, i + 2) ?? ''));
    return { kind: 'lanes', width: shape.width, lanes };
  }
  if (type !== 'i32' && type !== 'i64' && type !== 'f32' && type !== 'f64')
    throw new RangeError(`"${head}" is not a constant`);
  return parseScalar(type, WIDTHS[type], wordAt(expression, 1) ?? '');
}

function parseReference(list: List, operator: string, hosts: HostReferences): Expectation {
  const id = wordAt(list, 1);
  if (operator === 'null') return { kind: 'ref', heap: 'null', host: undefined };
  // `ref.host` is a host reference seen as anyref, `ref.extern` as externref: the same object to JavaScript.
  if ((operator === 'extern' || operator === 'host') && id !== undefined) {
    return { kind: 'ref', heap: operator, host: hosts.get(id) };
  }
  return { kind: 'ref', heap: operator, host: undefined };
}

function parseScalar(type: 'i32' | 'i64' | 'f32' | 'f64', width: number, literal: string): Expectation {
  if (type === 'i32' || type === 'i64') {
    const magnitude = BigInt(literal.replace(/^[+-]/, '').replaceAll('_', ''));
    return { kind: 'bits', type, bits: BigInt.asUintN(width, literal.startsWith('-') ? -magnitude : magnitude) };
  }
  if (literal === 'nan:canonical' || literal === 'nan:arithmetic')
    return { kind: 'nan', type, canonical: literal === 'nan:canonical' };
  return { kind: 'bits', type, bits: parseFloatLiteral(literal, formatOf(type)) };
}

function formatOf(type: 'f32' | 'f64'): FloatFormat {
  return type === 'f32' ? BINARY32 : BINARY64;
}

export function matches(actual: Value, expected: Expectation): boolean {
  switch (expected.kind) {
    case 'either':
      return expected.choices.some((choice) => matches(actual, choice));
    case 'bits':
      if (actual.type === 'ref') return Object.is(actual.ref, toNumber(expected.type, expected.bits));
      return actual.type === expected.type && actual.bits === expected.bits;
    case 'nan':
      if (actual.type === 'ref') return Number.isNaN(actual.ref);
      return actual.type === expected.type && matchesNan(actual.bits, expected.type, expected.canonical);
    case 'lanes':
      return (
        actual.type === 'v128' && expected.lanes.every((lane, i) => laneMatches(actual.bits, i, expected.width, lane))
      );
    case 'ref':
      return actual.type === 'ref' && matchesReference(actual.ref, expected.heap, expected.host);
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** The JavaScript number for an i32, f32 or f64; undefined for the types that are no number there. */
export function toNumber(type: NumericType, bits: bigint): number | undefined {
  switch (type) {
    case 'i32':
      return Number(BigInt.asIntN(32, bits));
    case 'f32':
      scratch.setUint32(0, Number(bits));
      return scratch.getFloat32(0);
    case 'f64':
      scratch.setBigUint64(0, bits);
      return scratch.getFloat64(0);
    default:
      return undefined;
  }
}

function laneMatches(bits: bigint, index: number, width: number, lane: Expectation): boolean {
  const laneBits = BigInt.asUintN(width, bits >> BigInt(index * width));
  if (lane.kind === 'nan') return matchesNan(laneBits, lane.type, lane.canonical);
  return lane.kind === 'bits' && lane.bits === laneBits;
}

function matchesNan(bits: bigint, type: 'f32' | 'f64', canonical: boolean): boolean {
  const format = formatOf(type);
  const quiet = canonicalNan(format);
  const magnitude = BigInt.asUintN(format.width - 1, bits);
  return canonical ? magnitude === quiet : (magnitude & quiet) === quiet;
}

function matchesReference(ref: unknown, heap: string, host: unknown): boolean {
  if (host !== undefined) return ref === host;
  switch (heap) {
    case 'null':
      return ref === null;
    case 'func':
      return typeof ref === 'function';
    case 'i31':
      return typeof ref === 'number';
    default:
      return ref !== null && ref !== undefined;
  }
}

export function printValue(value: Value): string {
  if (value.type === 'ref')
    return value.ref === null ? 'null' : `ref ${typeof value.ref === 'number' ? value.ref : typeof value.ref}`;
  return `${value.type} 0x${value.bits.toString(16)}`;
}

export function printExpectation(expected: Expectation): string {
  switch (expected.kind) {
    case 'either':
      return `either ${expected.choices.map(printExpectation).join(' or ')}`;
    case 'bits':
      return `${expected.type} 0x${expected.bits.toString(16)}`;
    case 'nan':
      return `${expected.type} nan:${expected.canonical ? 'canonical' : 'arithmetic'}`;
    case 'lanes':
      return `v128 of ${expected.width}-bit lanes ${expected.lanes.map(printExpectation).join(' ')}`;
    case 'ref':
      return `ref ${expected.heap}`;
  }
}
