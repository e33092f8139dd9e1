import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillOpcodeTables, NAMES, SIGNATURES, WRITES } from '../wasm/opcode_table.ts';
import { OP_I32_ADD, OP_I32_DIV_S, OP_LOCAL_TEE, OP_NOP } from '../wasm/opcodes.ts';
import { COST_DIVISION } from './limits.ts';
import {
  COSTS,
  ENDS_FLOW,
  fillOpTraits,
  instructionCost,
  LEAVES_VALUE,
  PLAIN,
  STORES,
  TRAITS,
  traitsOf,
} from './op_traits.ts';

fillOpcodeTables();
fillOpTraits();

test('what does more than compute is not plain', () => {
  const plain = new Set(NAMES.filter((_, slot) => (TRAITS[slot] & PLAIN) !== 0));
  for (const name of NAMES) {
    const control = /^(unreachable|block|loop|if|else|try|catch|throw|rethrow|delegate|end|br|return|call)/.test(name);
    const changes = /^(memory\.(grow|init|copy|fill)|table\.|data\.drop|elem\.drop|ref\.)/.test(name);
    assert.equal(plain.has(name), name !== '' && !control && !changes && name !== 'gc' && !name.startsWith('0x'), name);
  }
});

test('effects agree with the signatures', () => {
  SIGNATURES.forEach((signature, slot) => {
    if (signature === undefined) return;
    assert.equal((TRAITS[slot] & LEAVES_VALUE) !== 0, signature.results.length > 0, NAMES[slot]);
    assert.equal((TRAITS[slot] & STORES) !== 0, WRITES[slot] === 1, NAMES[slot]);
    assert.equal(TRAITS[slot] & ENDS_FLOW, 0, NAMES[slot]);
    assert.ok(COSTS[slot] > 0, NAMES[slot]);
  });
  assert.equal(traitsOf(OP_NOP), PLAIN);
  assert.equal(traitsOf(OP_LOCAL_TEE), PLAIN | LEAVES_VALUE);
  assert.equal(instructionCost(OP_I32_ADD), 1);
  assert.equal(instructionCost(OP_I32_DIV_S), COST_DIVISION);
});
