import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opcodeName } from '../wasm/opcodes.ts';
import { irOf } from './test_ir.ts';

const LOCALS = '(param $n i32) (param $s i32) (local $i i32) (local $j i32) (local $f f64)';
const UP = '(local.tee $i (i32.add (local.get $i) (i32.const 4)))';

/** What is known of the counted loops in this code, in order. */
function counted(code: string, module = ''): string[] {
  return [...irOf(`${LOCALS} ${code}`, module).counted.values()].map(({ counter, step, condition, limit }) => {
    const print = ({ local, constant }: { local: number; constant: number }): string =>
      local < 0 ? String(constant) : `local ${local}`;
    return `local ${counter} + ${print(step)} ${opcodeName(condition)} ${print(limit)}`;
  });
}

test('loops that compilers make of counting', () => {
  assert.deepEqual(counted(`(loop (br_if 0 ${UP}))`), ['local 2 + 4 i32.ne 0']);
  assert.deepEqual(counted(`(loop (br_if 0 (i32.ne ${UP} (local.get $n))))`), ['local 2 + 4 i32.ne local 0']);
  assert.deepEqual(counted(`(loop (br_if 0 (i32.ne (i32.const 100) ${UP})))`), ['local 2 + 4 i32.ne 100']);
  assert.deepEqual(counted(`(loop (br_if 0 (i32.gt_s (local.get $n) ${UP})))`), ['local 2 + 4 i32.lt_s local 0']);
  assert.deepEqual(
    counted(
      `(loop (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if 0 (i32.ge_u (local.get $i) (local.get $n))))`,
    ),
    ['local 2 + -1 i32.ge_u local 0'],
  );
  assert.deepEqual(
    counted(
      `(loop (local.set $i (i32.add (local.get $s) (local.get $i))) (br_if 0 (i32.lt_u (local.get $i) (i32.const 9))))`,
    ),
    ['local 2 + local 1 i32.lt_u 9'],
  );
  assert.deepEqual(
    counted(
      `(loop (loop (block (br_if 0 (local.get $j)) (unreachable)) (br_if 0 ${UP})) (br_if 0 (i32.ne ${UP} (local.get $n))))`,
    ),
    ['local 2 + 4 i32.ne 0'],
    'the innermost alone',
  );
  assert.deepEqual(
    counted(`(loop (loop (nop)) (loop (br_if 0 ${UP})) (br_if 0 (local.get $j)))`),
    ['local 2 + 4 i32.ne 0'],
    'innermost, behind another',
  );
});

test('loops that are not counted', () => {
  const last = '(br_if 0 (i32.lt_u (local.get $i) (local.get $n)))';
  const shapes: Readonly<Record<string, string>> = {
    'the wrong way': `(loop (br_if 0 (i32.gt_u ${UP} (local.get $n))))`,
    'no step': '(loop (br_if 0 (local.tee $i (i32.add (local.get $i) (i32.const 0)))))',
    'a variable step to a limit that is met or not':
      '(loop (br_if 0 (local.tee $i (i32.add (local.get $i) (local.get $s)))))',
    'until equal': `(loop (br_if 0 (i32.eq ${UP} (local.get $n))))`,
    'a limit that moves': `(loop (local.set $n (i32.const 3)) (drop ${UP}) ${last})`,
    'a step that moves': `(loop (local.set $i (i32.add (local.get $i) (local.get $s))) (local.set $s (i32.const 1)) ${last})`,
    'two steps': `(loop (drop ${UP}) (drop ${UP}) ${last})`,
    'now and then': `(loop (if (local.get $j) (then (drop ${UP}))) ${last})`,
    'its own limit': `(loop (drop ${UP}) (br_if 0 (i32.lt_u (local.get $i) (local.get $i))))`,
    'its own step': `(loop (local.set $i (i32.add (local.get $i) (local.get $i))) ${last})`,
    'a way out': `(block (loop (br_if 1 (local.get $j)) (drop ${UP}) ${last}))`,
    'a return': `(loop (if (local.get $j) (then (return))) (drop ${UP}) ${last})`,
    'another way on': `(loop (br_if 0 (local.get $j)) (drop ${UP}) ${last})`,
    'a table of ways': `(block (loop (block (br_table 0 1 (local.get $j))) (drop ${UP}) ${last}))`,
    'more behind the branch': `(loop (drop ${UP}) ${last} (nop))`,
    'a point inside': `(loop (call $wait) (drop ${UP}) ${last})`,
    results: `(drop (loop (result i32) (i32.const 1) (drop ${UP}) ${last}))`,
    'a number of another kind':
      '(loop (local.set $f (f64.add (local.get $f) (f64.const 1))) (br_if 0 (f64.lt (local.get $f) (f64.const 9))))',
  };
  for (const [name, code] of Object.entries(shapes)) assert.deepEqual(counted(code), [], name);
});

test('a call that may throw could leave the loop half-way', () => {
  const code = `(loop (call $peek) (br_if 0 ${UP}))`;
  const peek = '(func $peek)';
  assert.equal(counted(code, peek).length, 1);
  assert.equal(counted(code, `${peek} (tag)`).length, 0);
});
