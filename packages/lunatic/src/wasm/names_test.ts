import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from './module.ts';
import { functionName, functionNames, nameInBinary } from './names.ts';
import { encodeCustomSection } from './sections/custom.ts';
import { assemble, CORE_WAT, moduleOf } from './test_modules.ts';

function namesOf(...payload: number[]): [number, string][] {
  const module = decodeModule(moduleOf((writer) => encodeCustomSection(writer, 'name', Uint8Array.from(payload))));
  return [...functionNames(module)];
}

test('functionNames has the names that the assembler wrote', () => {
  const module = decodeModule(assemble(CORE_WAT));
  assert.equal(functionName(module, 0), 'log');
  assert.equal(functionName(module, 1), 'add');
  assert.equal(functionNames(module).size, module.funcTypeIndices.length);
  assert.equal(functionName(module, 1000), undefined);
  assert.equal(functionNames(module), functionNames(module));
});

test('nameInBinary needs no decoded module', () => {
  const bytes = assemble(CORE_WAT);
  assert.equal(nameInBinary(bytes, 1), 'add');
  assert.equal(nameInBinary(bytes, 0), 'log');
  assert.equal(nameInBinary(bytes, 1000), undefined);
});

test('other subsections are skipped', () => {
  // module name "m"; function names 3 "a", 7 "b"; local names, malformed inside
  assert.deepEqual(namesOf(0, 2, 1, 0x6d, 1, 7, 2, 3, 1, 0x61, 7, 1, 0x62, 2, 1, 0xff), [
    [3, 'a'],
    [7, 'b'],
  ]);
});

test('a malformed name section is no error, and what came before the fault is kept', () => {
  assert.deepEqual(namesOf(), []);
  assert.deepEqual(namesOf(1, 100), []);
  assert.deepEqual(namesOf(1, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), []);
  assert.deepEqual(namesOf(1, 7, 2, 3, 1, 0x61, 7, 1, 0xff), [[3, 'a']]);
  assert.deepEqual(namesOf(1, 4, 1, 3, 1, 0x61, 9), [[3, 'a']]);
});
