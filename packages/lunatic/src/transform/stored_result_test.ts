import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assemble, CORE_WAT } from '../wasm/test_modules.ts';
import { decodeResult, encodeResult } from './stored_result.ts';
import { transform } from './transform.ts';

const FOLDER = new URL('golden/', import.meta.url);

test('a result survives its encoded form, whatever the module has', () => {
  const texts = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.wat'))
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8'));
  for (const text of [...texts, CORE_WAT]) {
    for (const tracked of [false, true]) {
      const result = transform(assemble(text), {
        stops: () => true,
        tracked,
        tableEntries: [{ params: [], results: [] }],
      });
      const encoded = encodeResult(result);
      const decoded = decodeResult(encoded, result.source);
      // What is undefined may be missing.
      assert.deepEqual(JSON.parse(JSON.stringify(decoded)), JSON.parse(JSON.stringify(result)));
      assert.deepEqual([decoded.entries, decoded.resumedFunctions], [result.entries, result.resumedFunctions]);
      assert.deepEqual(decoded.bytes, result.bytes);
      // The place of the bytes does not matter.
      const moved = new Uint8Array(encoded.length + 3).subarray(3);
      moved.set(encoded);
      assert.deepEqual(decodeResult(moved, result.source), decoded);
    }
  }
});
