import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BINARY32, BINARY64, parseFloatLiteral } from './float_literal.ts';

const view = new DataView(new ArrayBuffer(8));
function doubleBits(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

test('parseFloatLiteral agrees with JavaScript on decimal doubles', () => {
  const texts = [
    '0',
    '1',
    '0.1',
    '-2.5',
    '1e308',
    '1.7976931348623157e308',
    '1e309',
    '5e-324',
    '2e-324',
    '1e-400',
    '123456789.987654321',
    '-0.0',
  ];
  for (const text of texts) assert.equal(parseFloatLiteral(text, BINARY64), doubleBits(Number(text)), text);
});

test('parseFloatLiteral rounds an f32 once, not through a double', () => {
  // Halfway between two floats plus less than a double can tell: through a double this would tie to even, downwards.
  assert.equal(parseFloatLiteral('0x1.00000100000000001p0', BINARY32), 0x3f800001n);
  assert.equal(parseFloatLiteral('0x1.000001p0', BINARY32), 0x3f800000n);
  assert.equal(parseFloatLiteral('0x1.fffffep127', BINARY32), 0x7f7fffffn);
  assert.equal(parseFloatLiteral('0x1.ffffffp127', BINARY32), 0x7f800000n);
  assert.equal(parseFloatLiteral('0x1p-149', BINARY32), 1n);
  assert.equal(parseFloatLiteral('0x0.8p-149', BINARY32), 0n);
});

test('parseFloatLiteral knows infinities and NaN payloads', () => {
  assert.equal(parseFloatLiteral('-inf', BINARY32), 0xff800000n);
  assert.equal(parseFloatLiteral('nan', BINARY64), 0x7ff8000000000000n);
  assert.equal(parseFloatLiteral('-nan:0x20_0000', BINARY32), 0xffa00000n);
  assert.throws(() => parseFloatLiteral('one', BINARY32), RangeError);
});
