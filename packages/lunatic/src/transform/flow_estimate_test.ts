// What a turn of a loop is charged, over modules assembled from text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import wabt from 'wabt';
import { decodeModule } from '../wasm/module.ts';
import { analyseCalls } from './call_graph.ts';
import { buildFunctionIr } from './function_ir.ts';
import { MAX_UNDERCHARGE } from './limits.ts';

const assembler = await wabt();

/** Charges of the loops of function 0, in order. */
function loopCharges(body: string): number[] {
  const text = `(module (memory 1) (func (param i32) (local i32) ${body}) (func $small nop nop))`;
  const module = decodeModule(assembler.parseWat('loops.wat', text).toBinary({}).buffer);
  const graph = analyseCalls(module, () => false);
  const ir = buildFunctionIr(module, graph, module.bodies[0]);
  return [...ir.loopCost].sort((a, b) => a[0] - b[0]).map(([, cost]) => cost);
}

const nops = (count: number): string => 'nop '.repeat(count);

test('straight code in a loop is charged in full', () => {
  const [charge] = loopCharges(`(loop $l ${nops(200)} (br_if $l (local.get 0)))`);
  assert.ok(charge >= 200 && charge <= 210, `${charge}`);
});

test('an arm of an if is charged half', () => {
  const [charge] = loopCharges(`(loop $l (if (local.get 0) (then ${nops(200)})) (br_if $l (local.get 0)))`);
  assert.ok(charge >= 100 && charge <= 110, `${charge}`);
});

test('a switch is charged one of its arms, not all', () => {
  const arms = 32;
  const names = Array.from({ length: arms }, (_, k) => `$a${k}`);
  const open = names.map((name) => `(block ${name} `).join('');
  const arm = `) ${nops(100)} (br $l)`;
  const [charge] = loopCharges(`(loop $l ${open} (br_table ${names.join(' ')} (local.get 0)) ${arm.repeat(arms)})`);
  assert.ok(charge >= 90 && charge <= 220, `${charge}`);
});

test('code that the guess calls almost impossible is still charged a share', () => {
  const rare = `(block $out ${'(br_if $out (local.get 0)) '.repeat(30)} ${nops(5120)})`;
  const [charge] = loopCharges(`(loop $l ${rare} (br_if $l (local.get 0)))`);
  assert.ok(charge >= 5120 / MAX_UNDERCHARGE, `${charge}`);
});

test('a loop inside charges for itself, and what follows it counts', () => {
  const [outer, inner] = loopCharges(
    `(loop $o (block $x (loop $i ${nops(50)} (br_if $x (local.get 0)) br $i)) ${nops(100)} (br_if $o (local.get 0)))`,
  );
  assert.ok(inner >= 50 && inner <= 60, `inner ${inner}`);
  assert.ok(outer >= 50 && outer <= 110, `outer ${outer}`);
});
