import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash64 } from './hash64.ts';
import { SeededRandom } from './random.ts';

test('hash64 depends on every bit and on the length, and not on where the bytes lie', () => {
  const bytes = new Uint8Array(61);
  new SeededRandom(7).fill(bytes);
  const seen = new Set([hash64(bytes)]);
  assert.match(hash64(bytes), /^[0-9a-f]{16}$/);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    seen.add(hash64(bytes));
    bytes[bit >> 3] ^= 1 << (bit & 7);
  }
  assert.equal(seen.size, 1 + bytes.length * 8);
  for (let shift = 1; shift < 8; shift++) {
    const moved = new Uint8Array(80).subarray(shift, shift + bytes.length);
    moved.set(bytes);
    assert.equal(hash64(moved), hash64(bytes), `shifted by ${shift}`);
  }
  const zeros = Array.from({ length: 100 }, (_, length) => hash64(new Uint8Array(length)));
  assert.equal(new Set(zeros).size, zeros.length);
});

test('hash64 finds no two of 50,000 short texts alike, in either half', () => {
  const encoder = new TextEncoder();
  const hashes = Array.from({ length: 50_000 }, (_, k) => hash64(encoder.encode(`text ${k}`)));
  assert.equal(new Set(hashes).size, hashes.length);
});

test('hash64 with another seed is another hash', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  assert.notEqual(hash64(bytes, 1), hash64(bytes, 2));
});
