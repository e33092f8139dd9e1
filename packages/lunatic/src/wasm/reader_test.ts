import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WasmError } from './error.ts';
import { ByteReader } from './reader.ts';

function readerOf(...bytes: number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes), 0, bytes.length);
}

test('LEB128 integers are read up to the edges of their range', () => {
  assert.equal(readerOf(0xff, 0xff, 0xff, 0xff, 0x0f).u32(), 0xffff_ffff);
  assert.equal(readerOf(0x80, 0x80, 0x80, 0x80, 0x08).u32(), 0x8000_0000);
  assert.equal(readerOf(0x80, 0x00).u32(), 0);
  assert.equal(readerOf(0xff, 0xff, 0xff, 0xff, 0x07).s32(), 0x7fff_ffff);
  assert.equal(readerOf(0x80, 0x80, 0x80, 0x80, 0x78).s32(), -0x8000_0000);
  assert.equal(readerOf(0x7f).s32(), -1);
  assert.equal(readerOf(0x3f).s32(), 63);
  assert.equal(readerOf(0x40).s32(), -64);
  assert.equal(readerOf(0xff, 0xff, 0xff, 0xff, 0x0f).s33(), 0xffff_ffff);
  assert.equal(readerOf(0x80, 0x80, 0x80, 0x80, 0x70).s33(), -0x1_0000_0000);
  assert.equal(readerOf(0x70).s33(), -16);
  assert.equal(readerOf(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f).s64(), -(2n ** 63n));
  assert.equal(readerOf(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00).s64(), 2n ** 63n - 1n);
  assert.equal(readerOf(0xbf, 0x7f).s64(), -65n);
});

test('LEB128 integers that are too long or too large are refused', () => {
  const tooLong = [0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
  for (const read of ['u32', 's32', 's33'] as const) {
    assert.throws(() => readerOf(...tooLong)[read](), WasmError, read);
    assert.throws(() => readerOf(0x80, 0x80)[read](), /unexpected end/, read);
  }
  assert.throws(() => readerOf(0xff, 0xff, 0xff, 0xff, 0x10).u32(), /does not fit into u32/);
  assert.throws(() => readerOf(0xff, 0xff, 0xff, 0xff, 0x0f).s32(), /does not fit into s32/);
  assert.throws(() => readerOf(0x80, 0x80, 0x80, 0x80, 0x70).s32(), /does not fit into s32/);
  assert.throws(() => readerOf(0x80, 0x80, 0x80, 0x80, 0x10).s33(), /does not fit into s33/);
  assert.throws(() => readerOf(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01).s64(), /does not fit/);
});

test('a reader stops at its end, though the array goes on', () => {
  const reader = new ByteReader(Uint8Array.from([1, 2, 3, 4]), 1, 3);
  assert.equal(reader.u8(), 2);
  assert.equal(reader.u8(), 3);
  assert.throws(() => reader.u8(), { name: 'WasmError', offset: 3 });
  assert.throws(() => reader.skip(1, 'it'), /it needs 1 bytes, 0 are left/);
  assert.throws(() => new ByteReader(new Uint8Array(2), 1, 3), RangeError);
});

test('count refuses what cannot fit into the bytes left', () => {
  assert.equal(readerOf(2, 0, 0).count('things', 10), 2);
  assert.throws(() => readerOf(2, 0, 0).count('things', 10, 2), /2 things do not fit into 2 bytes/);
  assert.throws(() => readerOf(11, 0, 0).count('things', 10), /11 things, more than the limit of 10/);
  assert.throws(() => readerOf(0xff, 0xff, 0xff, 0xff, 0x0f).count('things', 2 ** 32), /do not fit/);
});

test('name decodes UTF-8, keeps a byte order mark, refuses malformed text', () => {
  const encode = (text: string) => [...new TextEncoder().encode(text)];
  for (const text of ['', 'memory', 'ärger 😀', '\u{feff}bom', 'x'.repeat(100)]) {
    const bytes = encode(text);
    assert.equal(readerOf(bytes.length, ...bytes).name(), text);
  }
  assert.throws(() => readerOf(1, 0xff).name(), { name: 'WasmError', reason: 'a name is not valid UTF-8', offset: 1 });
  assert.throws(() => readerOf(3, 0xed, 0xa0, 0x80).name(), WasmError); // a lone surrogate
  assert.throws(() => readerOf(5, 0x61).name(), /a name needs 5 bytes, 1 are left/);
});
