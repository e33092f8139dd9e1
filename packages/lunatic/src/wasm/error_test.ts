import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unsupported, WasmError } from './error.ts';

test('the text has the reason, the offset in hexadecimal and the function', () => {
  assert.equal(new WasmError('no', 0x1f).message, 'no, at offset 0x1f');
  assert.equal(new WasmError('no', 0x1f, 3).message, 'no, at offset 0x1f in function 3');
  assert.equal(new WasmError('no', 0x1f, 3, 'main').message, 'no, at offset 0x1f in function 3 (main)');
});

test('unsupported features have a code of their own', () => {
  const error = unsupported('shared memory', 9);
  assert.equal(error.message, 'unsupported: shared memory, at offset 0x9');
  assert.equal(error.code, 'ERR_WASM_UNSUPPORTED');
  assert.equal(new WasmError('no', 0).code, 'ERR_WASM_INVALID');
  assert.ok(error instanceof Error);
});
