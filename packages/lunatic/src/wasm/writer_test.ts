import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteReader } from './reader.ts';
import { ByteWriter, u32Length } from './writer.ts';

function written(fill: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1);
  fill(writer);
  return writer.finish();
}

function read<T>(bytes: Uint8Array, readOne: (reader: ByteReader) => T): T {
  const reader = new ByteReader(bytes, 0, bytes.length);
  const value = readOne(reader);
  assert.equal(reader.remaining(), 0);
  return value;
}

test('integers and names come back as they were written', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.integer(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (u, s, l) => {
      assert.equal(
        read(
          written((writer) => writer.u32(u)),
          (reader) => reader.u32(),
        ),
        u,
      );
      assert.equal(
        read(
          written((writer) => writer.s32(s)),
          (reader) => reader.s32(),
        ),
        s,
      );
      assert.equal(
        read(
          written((writer) => writer.s64(l)),
          (reader) => reader.s64(),
        ),
        l,
      );
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(
        read(
          written((writer) => writer.name(text)),
          (reader) => reader.name(),
        ),
        text,
      );
    }),
  );
});

test('integers take their shortest form', () => {
  const lengths: [number, number, number][] = [
    [0, 1, 1],
    [63, 1, 1],
    [64, 1, 2],
    [127, 1, 2],
    [128, 2, 2],
    [8191, 2, 2],
    [8192, 2, 3],
    [0x7fff_ffff, 5, 5],
  ];
  for (const [value, u32Length, s32Length] of lengths) {
    assert.equal(written((writer) => writer.u32(value)).length, u32Length, `u32 ${value}`);
    assert.equal(written((writer) => writer.s32(value)).length, s32Length, `s32 ${value}`);
    assert.equal(written((writer) => writer.s64(BigInt(value))).length, s32Length, `s64 ${value}`);
  }
  assert.deepEqual([...written((writer) => writer.s32(-64))], [0x40]);
  assert.deepEqual([...written((writer) => writer.s32(-65))], [0xbf, 0x7f]);
});

test('a section has its exact size in front, at every length of that size', () => {
  for (const size of [0, 1, 127, 128, 20_000]) {
    const bytes = written((writer) => {
      writer.u8(0xee);
      writer.section(7, (section) => section.bytes(new Uint8Array(size).fill(0xab)));
      writer.u8(0xef);
    });
    const reader = new ByteReader(bytes, 0, bytes.length);
    assert.deepEqual([reader.u8(), reader.u8(), reader.u32()], [0xee, 7, size]);
    for (let i = 0; i < size; i++) {
      assert.equal(reader.u8(), 0xab);
    }
    assert.deepEqual([reader.u8(), reader.remaining()], [0xef, 0]);
  }
});

test('bytes and append copy ranges and leave their source as it was', () => {
  const inner = new ByteWriter();
  inner.bytes(Uint8Array.from([1, 2, 3, 4]), 1, 3);
  const bytes = written((writer) => {
    writer.append(inner);
    writer.append(inner);
    assert.equal(writer.length, 4);
  });
  assert.deepEqual([...bytes], [2, 3, 2, 3]);
});

test('u8u32 is a byte and a u32, also where the buffer ends', () => {
  for (const value of [0, 0x7f, 0x80, 0xffff_ffff]) {
    assert.deepEqual(
      written((writer) => writer.u8u32(0x20, value)),
      written((writer) => {
        writer.u8(0x20);
        writer.u32(value);
      }),
    );
    assert.equal(u32Length(value), written((writer) => writer.u32(value)).length);
  }
});

test('bytes copies short and long ranges', () => {
  const source = Uint8Array.from({ length: 300 }, (_, k) => k);
  for (const length of [0, 1, 47, 48, 49, 299]) {
    assert.deepEqual(
      written((writer) => writer.bytes(source, 1, 1 + length)),
      source.slice(1, 1 + length),
    );
  }
});
