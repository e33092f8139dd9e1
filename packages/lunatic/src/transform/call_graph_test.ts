import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMsOf } from '../base/test_cpu_time.ts';
import { decodeModule } from '../wasm/module.ts';
import { assemble } from '../wasm/test_modules.ts';
import { analyseCalls, type CallGraph, callCost } from './call_graph.ts';
import { COST_CALL, COST_STOPPING_CALL, COST_TABLE_ELEMENT, ENTRY_CHECK_COST, MAX_COST } from './limits.ts';

/** `wait` may stop, `peek` may not. */
const IMPORTS = '(import "env" "wait" (func $wait)) (import "env" "peek" (func $peek))';
const FIRST = 2;

function graphOf(body: string): CallGraph {
  return analyseCalls(decodeModule(assemble(`(module ${IMPORTS} ${body})`)), (_module, name) => name === 'wait');
}

/** Which of the module's own functions may stop, and which check at their entry, as digits. */
function verdicts(body: string): string {
  const { mayStop, entryCheck } = graphOf(body);
  return `${mayStop.subarray(FIRST).join('')} ${entryCheck.subarray(FIRST).join('')}`;
}

test('who may stop: loops, recursion, imports, growth, bulk work, and their callers', () => {
  assert.equal(verdicts('(func) (func (call 2)) (func (call $peek))'), '000 000');
  assert.equal(verdicts('(func (loop)) (func (call 2)) (func (call 3))'), '111 000');
  assert.equal(verdicts('(func (call $wait)) (func (call 2)) (func)'), '110 000');
  assert.equal(verdicts('(memory 1) (func (drop (memory.grow (i32.const 1)))) (func (drop (memory.size)))'), '10 00');
  const fill = (length: string): string => `(memory.fill (i32.const 0) (i32.const 0) ${length})`;
  assert.equal(
    verdicts(
      `(memory 1) (func ${fill('(i32.const 4096)')}) (func ${fill('(i32.const 4097)')}) (func ${fill('(memory.size)')})`,
    ),
    '011 000',
  );
  assert.equal(verdicts('(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))'), '1 0');
});

test('recursion: every cycle is cut by an entry check', () => {
  assert.equal(verdicts('(func (call 2))'), '1 1');
  assert.equal(verdicts('(func (call 3)) (func (call 2))'), '11 10');
  assert.equal(verdicts('(func (return_call 3)) (func (return_call 2))'), '11 10');
  assert.equal(verdicts('(func (call 3)) (func (call 4)) (func (call 3)) (func (call 2))'), '1111 0100');
});

test('recursion: a call inside a loop comes behind the check at its header', () => {
  assert.equal(verdicts('(func (loop (call 2)))'), '1 0');
  assert.equal(verdicts('(func (loop (call 3))) (func (call 2))'), '11 00');
  assert.equal(verdicts('(func (loop (call 2)) (call 2))'), '1 1');
  assert.equal(verdicts('(func (loop (call 3))) (func (call 2) (call 3))'), '11 01');
});

test('indirect calls lead to the functions of that type whose reference is taken', () => {
  const table = '(table 2 funcref) (type $n (func)) (type $i (func (param i32)))';
  const call = '(call_indirect (type $n) (i32.const 0))';
  assert.equal(verdicts(`${table} (func ${call}) (func (loop))`), '01 00', 'nobody took the reference');
  assert.equal(verdicts(`${table} (elem (i32.const 0) 3) (func ${call}) (func (loop))`), '11 00');
  assert.equal(
    verdicts(`${table} (elem declare func 3) (func ${call}) (func (loop)) (func (drop (ref.func 3)))`),
    '110 000',
  );
  assert.equal(verdicts(`${table} (global funcref (ref.func 3)) (func ${call}) (func (loop))`), '11 00');
  assert.equal(
    verdicts(`${table} (elem (i32.const 0) 3) (func ${call}) (func (param i32) (loop))`),
    '01 00',
    'another type',
  );
  assert.equal(verdicts(`${table} (elem (i32.const 0) $wait) (func ${call})`), '1 0');
  assert.equal(
    verdicts(`(table (export "t") 2 funcref) (type $n (func)) (func ${call}) (func (export "f") (loop))`),
    '11 00',
  );
  assert.equal(verdicts(`${table} (elem (i32.const 0) 2) (func ${call})`), '1 1', 'a cycle through the table');
});

test('unreachable code neither loops nor calls', () => {
  assert.equal(verdicts('(func (unreachable) (loop (br 0)))'), '0 0');
  assert.equal(verdicts('(func (block (br 0) (call $wait)) (return) (call 2))'), '0 0');
  assert.equal(verdicts('(func (block (br 0)) (call $wait))'), '1 0', 'code after an end is reachable again');
  assert.equal(verdicts('(func (if (i32.const 1) (then (return)) (else (call $wait))))'), '1 0');
});

test('calls without cycles that run 2^60 steps are cut into pieces of bounded cost', () => {
  const functions = Array.from({ length: 60 }, (_, k) => `(func (call ${FIRST + k + 1}) (call ${FIRST + k + 1}))`);
  const graph = graphOf(`${functions.join(' ')} (func (nop))`);
  const checked = graph.entryCheck.subarray(FIRST).reduce((sum, check) => sum + check, 0);
  assert.ok(checked >= 4 && checked < 10, `${checked} functions check`);
  for (let f = FIRST; f < FIRST + 60; f++) {
    // What runs between two checks: at most the bound for each of the two calls, and itself.
    assert.ok(callCost(graph, f) <= ENTRY_CHECK_COST + COST_CALL, `function ${f} costs ${callCost(graph, f)}`);
    assert.equal(graph.mayStop[f], Number(graph.entryCheck[f] === 1 || graph.mayStop[f + 1] === 1));
  }
});

test('costs saturate', () => {
  const calls = `(call $peek)`.repeat(2_000);
  const graph = graphOf(
    Array.from({ length: 8 }, (_, k) => `(func ${`(call ${FIRST + k + 1})`.repeat(1_000)})`).join(' ') +
      `(func ${calls})`,
  );
  assert.ok(graph.cost.every((cost) => cost >= 0 && cost <= MAX_COST));
});

test('a host call costs what it is, bulk work by its length', () => {
  assert.equal(graphOf('(func (call $wait))').cost[FIRST], COST_CALL + COST_STOPPING_CALL + 1);
  const fill = graphOf('(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 3200)))');
  assert.equal(fill.cost[FIRST], 3 + 1 + 200);
  const table = graphOf('(table 50 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 40)))');
  assert.equal(table.cost[FIRST], 3 + 1 + 40 * COST_TABLE_ELEMENT);
});

test('who changes tables or drops segments cannot share an instance', () => {
  const table = '(table 2 funcref) (elem $e func) (data $d "")';
  for (const [code, name] of [
    ['(table.set (i32.const 0) (ref.null func))', 'table.set'],
    ['(drop (table.grow (ref.null func) (i32.const 1)))', 'table.grow'],
    ['(table.fill (i32.const 0) (ref.null func) (i32.const 1))', 'table.fill'],
    ['(table.copy (i32.const 0) (i32.const 0) (i32.const 1))', 'table.copy'],
    ['(table.init $e (i32.const 0) (i32.const 0) (i32.const 0))', 'table.init'],
    ['(elem.drop $e)', 'elem.drop'],
    ['(data.drop $d)', 'data.drop'],
  ]) {
    assert.equal(graphOf(`${table} (func ${code})`).unshared, `${name} in function 2`);
  }
  assert.equal(graphOf(`${table} (func (drop (table.get (i32.const 0))) (drop (table.size)))`).unshared, undefined);
});

test('one type, many functions, many indirect calls: time linear in the module', () => {
  const count = 10_000;
  const call = '(call_indirect (i32.const 0))';
  const functions = `(func ${call.repeat(20)}) `.repeat(count);
  const indices = Array.from({ length: count }, (_, k) => FIRST + k).join(' ');
  const bytes = assemble(
    `(module ${IMPORTS} (table ${count} funcref) (elem (i32.const 0) func ${indices}) ${functions})`,
  );
  const module = decodeModule(bytes);
  let graph: CallGraph | undefined;
  const cpuMs = cpuMsOf(() => {
    graph = analyseCalls(module, () => true);
  });
  assert.ok(cpuMs < 5_000, `${cpuMs} ms; cutting at every call took a minute`);
  assert.ok(graph?.entryCheck.subarray(FIRST).every((check) => check === 1));
});
