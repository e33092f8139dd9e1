// Small programs, one for each construct that the rewrite has to get right: what is exported is called with random arguments, and
// everything that can be seen is compared with plain V8 (constructs_test.ts). `$log` and `$sleep` are imports that may stop.

import { countedPrograms } from './counted_programs.ts';
import { STORES } from './store_programs.ts';

const IMPORTS = `
  (import "fuzzing-support" "log-i32" (func $log (param i32)))
  (import "fuzzing-support" "log-i64" (func $log64 (param i64)))
  (import "fuzzing-support" "log-f32" (func $logf (param f32)))
  (import "fuzzing-support" "log-f64" (func $logd (param f64)))
  (import "fuzzing-support" "log-v128" (func $logv (param v128)))
  (import "fuzzing-support" "sleep" (func $sleep (param i32 i32) (result i32)))`;

/** Functions that may stop and return something of each type; a program gets those that it calls. */
const HELPERS: readonly (readonly [name: string, wat: string])[] = [
  ['$id', '(func $id (param i32) (result i32) (drop (call $sleep (i32.const 0) (local.get 0))) (local.get 0))'],
  ['$id64', '(func $id64 (param i64) (result i64) (call $log64 (local.get 0)) (local.get 0))'],
  ['$idf', '(func $idf (param f32) (result f32) (call $logf (local.get 0)) (local.get 0))'],
  ['$idd', '(func $idd (param f64) (result f64) (call $logd (local.get 0)) (local.get 0))'],
  ['$idv', '(func $idv (param v128) (result v128) (call $logv (local.get 0)) (local.get 0))'],
  [
    '$two',
    '(func $two (param i32) (result i32 i64) (call $log (local.get 0)) (local.get 0) (i64.extend_i32_s (local.get 0)))',
  ],
  [
    '$five',
    `(func $five (param i32) (result i32 i64 f32 f64 v128) (call $log (local.get 0))
      (local.get 0) (i64.const -1) (f32.const 1.5) (f64.const -2.5) (i32x4.splat (local.get 0)))`,
  ],
];

export interface Program {
  readonly name: string;
  readonly wat: string;
  /** Resume points never taken: a call that always throws or traps, a bulk instruction of one piece, growth by nothing. */
  readonly unreached?: number;
  /** No point at all can be made before every instruction: references that cannot be saved. */
  readonly notDense?: boolean;
}

function program(name: string, body: string, options: Omit<Program, 'name' | 'wat'> = {}): Program {
  return { name, wat: `(module ${IMPORTS} ${body})`, ...options };
}

function helped(name: string, body: string, options: Omit<Program, 'name' | 'wat'> = {}): Program {
  const used = HELPERS.filter(([helper]) => new RegExp(`[ (]\\${helper}[ )]`).test(body)).map(([, wat]) => wat);
  return program(name, `${body} ${used.join('\n')}`, options);
}

const OPERANDS: readonly Program[] = [
  helped(
    'operands of every type across calls in nested blocks',
    `(func (export "f") (param i32 i64 f32 f64 v128) (result i32 i64 f32 f64 v128)
      (i32.add (local.get 0) (i32.const 1))
      (i64.xor (local.get 1) (i64.const 0x5555555555555555))
      (block (result f32)
        (f32.const nan:0x200123)
        (block (param f32) (result f32)
          (drop (call $id (i32.const 1)))
          (f32.copysign (local.get 2))
          (block (param f32) (result f32)
            (f64.const -nan:0x4000000000123)
            (drop (call $id64 (i64.const 2)))
            (call $logd)
            (call $idf))))
      (f64.neg (local.get 3))
      (i8x16.add (local.get 4) (call $idv (local.get 4))))`,
  ),
  helped(
    'operands below a call, and its results above them',
    `(func (export "f") (param i32) (result i32)
      (local.get 0) (i32.const 7)
      (call $five (i32.add (local.get 0) (i32.const 3)))
      (drop) (drop) (drop) (i32.wrap_i64)
      (i32.add) (i32.sub) (i32.add) (i32.mul (call $id (i32.const 5))))`,
  ),
  helped(
    'the same height holds different types in turn',
    `(func (export "f") (param i32) (result f64)
      (f64.convert_i32_s (call $id (i32.const 4)))
      (f64.convert_i64_s (i64.mul (i64.const 3) (call $id64 (i64.const 5))))
      (f64.add (f64.promote_f32 (f32.mul (f32.const 0.5) (call $idf (f32.const 9)))))
      (f64.add) (f64.mul (call $idd (f64.const 0.25))))`,
  ),
  helped(
    'select, tee and drop between calls',
    `(func (export "f") (param i32 i32) (result i32) (local i32)
      (select (local.tee 2 (call $id (local.get 0))) (call $id (local.get 1)) (call $id (i32.and (local.get 0) (i32.const 1))))
      (drop (call $id (local.get 2)))
      (i32.add (local.get 2))
      (select (result i32) (call $id (i32.const 1)) (local.get 0)))`,
  ),
  helped(
    'a function with every local alive, and one with none',
    `(func $none (call $log (i32.const 1)) (call $log (i32.const 2)))
    (func (export "f") (param i32 i64 f32 f64 v128) (result v128) (local i32 i64 f32 f64 v128)
      (local.set 5 (call $id (local.get 0))) (local.set 6 (call $id64 (local.get 1))) (local.set 7 (call $idf (local.get 2)))
      (local.set 8 (call $idd (local.get 3))) (local.set 9 (call $idv (local.get 4)))
      (call $none)
      (call $log (local.get 5)) (call $log64 (local.get 6)) (call $logf (local.get 7)) (call $logd (local.get 8))
      (call $log (local.get 0)) (call $log64 (local.get 1)) (call $logf (local.get 2)) (call $logd (local.get 3))
      (v128.xor (local.get 9) (local.get 4)))`,
  ),
  helped(
    'bits of NaNs in locals, globals, results and arguments',
    `(global $f (export "state f") (mut f32) (f32.const nan:0x200001))
    (global $d (export "state d") (mut f64) (f64.const nan:0x4000000000001))
    (func $both (param f32 f64) (result f64 f32) (call $log (i32.const 1)) (local.get 1) (local.get 0))
    (func (export "f") (param i32) (result i32 i64) (local f32 f64)
      (local.set 1 (f32.reinterpret_i32 (i32.or (local.get 0) (i32.const 0x7fa00000))))
      (local.set 2 (f64.reinterpret_i64 (i64.or (i64.extend_i32_u (local.get 0)) (i64.const 0xfff4000000000000))))
      (call $log (i32.const 0))
      (call $both (local.get 1) (local.get 2))
      (global.set $f) (global.set $d)
      (call $log (i32.reinterpret_f32 (local.get 1))) (call $log64 (i64.reinterpret_f64 (local.get 2)))
      (i32.reinterpret_f32 (global.get $f)) (i64.reinterpret_f64 (call $idd (global.get $d))))`,
  ),
];

const BLOCKS: readonly Program[] = [
  helped(
    'if with parameters and results, both arms stop',
    `(func (export "f") (param i32) (result i32 i64)
      (i32.const 10) (i64.const 20) (i32.and (local.get 0) (i32.const 1))
      (if (param i32 i64) (result i32 i64)
        (then (call $log64) (call $id) (i64.const 30) (call $id64))
        (else (drop) (i64.extend_i32_s) (call $id64) (call $id (i32.const 3)) (i32.wrap_i64 (call $id64 (i64.const 9))) (i32.add)
          (drop) (i32.const 6) (call $two) (drop) (drop) (i32.wrap_i64) (i64.const 1))))`,
  ),
  helped(
    'if without else, with parameters',
    `(func (export "f") (param i32) (result i32)
      (call $id (i32.const 5)) (call $id (i32.and (local.get 0) (i32.const 1)))
      (if (param i32) (result i32) (then (i32.add (call $id (i32.const 3))))) (i32.mul (i32.const 2)))`,
  ),
  helped(
    'nested ifs whose conditions stop',
    `(func (export "f") (param i32) (result i32)
      (if (result i32) (call $id (i32.and (local.get 0) (i32.const 1)))
        (then (if (result i32) (call $id (i32.and (local.get 0) (i32.const 2)))
          (then (call $id (i32.const 11)))
          (else (if (call $id (i32.and (local.get 0) (i32.const 4))) (then (return (call $id (i32.const 12))))) (i32.const 13))))
        (else (block $out (result i32)
          (br_if $out (call $id (i32.const 14)) (call $id (i32.and (local.get 0) (i32.const 8))))
          (drop) (call $id (i32.const 15))))))`,
  ),
  helped(
    'blocks with several values, left by branches that carry them',
    `(func (export "f") (param i32) (result i32 i64)
      (block $out (result i32 i64)
        (block $in (result i32 i64)
          (call $two (i32.const 1))
          (br_if $out (i32.eqz (call $id (i32.and (local.get 0) (i32.const 3)))))
          (br_if $in (i32.eq (local.get 0) (i32.const 1)))
          (drop) (drop) (call $two (local.get 0))
          (br_table $in $out $in (call $id (i32.and (local.get 0) (i32.const 1)))))
        (call $log64) (i64.const 77)))`,
  ),
  helped(
    'code behind what never falls through',
    `(func (export "f") (param i32) (result i32)
      (block $a
        (block $b (br_if $b (call $id (i32.and (local.get 0) (i32.const 1)))) (br $a) (call $log (i32.const 1)) (loop (br 0)))
        (return (call $id (i32.const 2))) (drop (call $id)) (unreachable))
      (if (result i32) (i32.const 1) (then (return (call $id (i32.const 3))) (call $id)) (else (unreachable) (call $id (i32.const 4)))))`,
  ),
  helped(
    'br_table with many targets, out of loops',
    `(func (export "f") (param i32) (result i32) (local $n i32) (local $sum i32)
      (block $done
        (loop $again
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br_if $done (i32.gt_u (local.get $n) (i32.const 12)))
          (block $e (block $d (block $c (block $b (block $a
            (br_table $a $b $c $d $e $again $done (i32.rem_u (call $id (i32.add (local.get $n) (local.get 0))) (i32.const 7))))
            (local.set $sum (i32.add (local.get $sum) (call $id (i32.const 1)))) (br $again))
            (local.set $sum (i32.add (local.get $sum) (call $id (i32.const 10)))))
            (local.set $sum (i32.add (local.get $sum) (call $id (i32.const 100)))) (br $again))
            (loop $inner (local.set $sum (i32.add (local.get $sum) (call $id (i32.const 1000))))
              (br_if $inner (i32.and (local.get $sum) (i32.const 1024)))
              (br_if $done (i32.eq (local.get $sum) (i32.const 3000)))))
          (br $again)))
      (local.get $sum))`,
  ),
];

const LOOPS: readonly Program[] = [
  helped(
    'loops in loops, with and without calls, operands below them',
    `(func (export "f") (param i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
      (i32.const 1000)
      (loop $outer
        (local.set $j (i32.const 0))
        (loop $tight (local.set $j (i32.add (local.get $j) (i32.const 1))) (br_if $tight (i32.lt_u (local.get $j) (i32.const 5))))
        (local.set $sum (i32.add (local.get $sum) (call $id (local.get $j))))
        (i32.const 7)
        (loop $mid (param i32) (result i32)
          (i32.add (call $id (i32.const 1)))
          (br_if $mid (i32.lt_u (local.tee $j (i32.sub (local.get $j) (i32.const 1))) (i32.const 6))))
        (local.set $sum (i32.add (local.get $sum)))
        (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.and (local.get 0) (i32.const 7)))))
      (i32.add (local.get $sum)))`,
  ),
  helped(
    'loops with several parameters, of which the values change at every turn',
    `(func (export "f") (param i32) (result i64 i32)
      (i64.const 1) (i32.and (local.get 0) (i32.const 15))
      (loop $again (param i64 i32) (result i64 i32)
        (local.set 0) (i64.mul (i64.const 3)) (call $id64) (call $id (local.get 0))
        (i32.sub (i32.const 1))
        (local.tee 0) (local.get 0) (br_if $again (i32.gt_s (i32.const 0))) ))`,
  ),
  helped(
    'a loop whose body may trap or return half way',
    `(func (export "f") (param i32 i32) (result i32) (local $n i32)
      (loop $again
        (if (i32.eq (local.get $n) (i32.and (local.get 0) (i32.const 7))) (then (return (call $id (local.get $n)))))
        (drop (i32.div_u (call $id (i32.const 100)) (i32.sub (i32.and (local.get 1) (i32.const 7)) (local.get $n))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $again))
      (unreachable))`,
  ),
  program(
    'deep nests of loops: outer ones run on in one dispatched copy, with parameters and without',
    ['', '(param i64) (result i64)']
      .map((type, k) => {
        const depth = 12;
        const locals = Array.from({ length: depth }, (_, level) => `(local $n${level} i32)`).join(' ');
        let code = `(call $log (i32.const ${k}))`;
        for (let level = 0; level < depth; level++) {
          const body = type === '' ? code : `(call $log64 (i64.const 1)) (i64.add (i64.const ${level})) ${code}`;
          code = `(local.set $n${level} (i32.const 0)) (loop $l${level} ${type} ${body}
            (local.set $n${level} (i32.add (local.get $n${level}) (i32.const 1)))
            (br_if $l${level} (i32.lt_u (local.get $n${level}) (i32.const ${level % 3 === 0 ? 2 : 1}))))`;
        }
        const padding = '(call $log (i32.const 5))'.repeat(60);
        return type === ''
          ? `(func (export "f${k}") ${locals} ${code} ${padding})`
          : `(func (export "f${k}") (result i64) ${locals} (i64.const 5) ${code} ${padding})`;
      })
      .join('\n'),
  ),
  helped(
    'long loops in one function, short in the next',
    `(func $count (param i32) (result i32) (local $n i32)
      (loop $again (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get 0)))) (local.get $n))
    (func (export "f") (result i32) (i32.add (call $count (i32.const 300)) (i32.mul (call $count (i32.const 2)) (call $count (i32.const 77)))))`,
  ),
];

const CALLS: readonly Program[] = [
  helped(
    'recursion of every kind: own, mutual, through a table, with frames of different shapes',
    `(type $t (func (param i32) (result i32))) (table 3 funcref) (elem (i32.const 0) $even $odd $fib)
    (func $even (param i32) (result i32) (local f64) (local.set 1 (f64.convert_i32_s (local.get 0)))
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (i32.add (call $odd (i32.sub (local.get 0) (i32.const 1))) (i32.trunc_f64_s (local.get 1))))))
    (func $odd (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (call $id (local.get 0)))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 2)) (i32.const 2))))))
    (func (export "f") (param i32) (result i32 i32) (call $even (i32.and (local.get 0) (i32.const 31))) (call $fib (i32.const 8)))`,
  ),
  helped(
    'indirect calls: wrong types and empty slots trap after stops',
    `(type $t (func (param i32) (result i32))) (table 5 funcref) (elem (i32.const 0) $id $two $id)
    (func (export "f") (param i32) (result i32) (local i32)
      (local.set 1 (call $id (i32.rem_u (local.get 0) (i32.const 7))))
      (i32.add (call_indirect (type $t) (call $id (i32.const 4)) (local.get 1)) (call $id (local.get 1))))`,
    { unreached: 1 },
  ),
  program(
    'imports that may stop: called directly, through element segments of every form, ref.func in code and in globals, exports',
    `(type $t (func (param i32)))
    (type $s (func (param i32 i32) (result i32)))
    (table $t 10 20 funcref)
    (elem (table $t) (i32.const 0) func $log $log)
    (elem (table $t) (i32.const 2) funcref (ref.func $log) (ref.null func))
    (elem $passive func $log $sleep)
    (elem $expressions funcref (ref.func $sleep) (ref.func $log))
    (elem declare func $log $sleep)
    (global $g funcref (ref.func $log))
    (global $m (mut funcref) (ref.func $sleep))
    (export "log" (func $log))
    (export "sleep" (func $sleep))
    (func (export "f") (param i32) (result i32)
      (call_indirect $t (type $t) (i32.const 1) (i32.const 0))
      (call_indirect $t (type $t) (i32.const 2) (i32.const 2))
      (table.init $t $passive (i32.const 4) (i32.const 0) (i32.const 2))
      (table.init $t $expressions (i32.const 6) (i32.const 0) (i32.const 2))
      (table.set $t (i32.const 8) (global.get $g))
      (table.set $t (i32.const 9) (global.get $m))
      (call_indirect $t (type $t) (i32.const 3) (i32.const 4))
      (call_indirect $t (type $t) (i32.const 4) (i32.const 7))
      (call_indirect $t (type $t) (i32.const 5) (i32.const 8))
      (global.set $m (ref.func $log))
      (table.set $t (i32.const 3) (ref.func $sleep))
      (i32.add (call_indirect $t (type $s) (i32.const 0) (i32.const 7) (i32.const 3))
        (i32.add (call_indirect $t (type $s) (i32.const 0) (i32.const 8) (i32.const 5))
          (i32.add (call_indirect $t (type $s) (i32.const 0) (i32.const 9) (i32.const 6))
            (call_indirect $t (type $s) (i32.const 0) (i32.const 6) (i32.const 9))))))`,
  ),
  helped(
    'tail calls: direct, indirect, of imports, out of loops and blocks',
    `(type $t (func (param i32) (result i32))) (table 3 funcref) (elem (i32.const 0) $id $down $other)
    (func $down (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return_call $id (i32.const 42))))
      (drop (call $id (i32.const 1)))
      (return_call $other (i32.sub (local.get 0) (i32.const 1))))
    (func $other (param i32) (result i32)
      (block $b (loop $l (br_if $b (call $id (local.get 0))) (return_call $id (i32.const 5))))
      (return_call_indirect (type $t) (local.get 0) (i32.const 1)))
    (func $import (param i32) (result i32) (return_call $sleep (i32.const 0) (local.get 0)))
    (func (export "f") (param i32) (result i32 i32) (call $down (i32.and (local.get 0) (i32.const 7))) (call $import (i32.const 3)))
    (func (export "g") (param i32) (result i32) (local.set 0 (i32.const 10))
      (loop $l (br_if $l (local.tee 0 (call $id (i32.sub (local.get 0) (i32.const 1)))))) (return_call $down (i32.const 2)))`,
  ),
  program(
    'tail calls leave no frames: 20,000 of them',
    `(func $down (param i32) (result i32) (if (result i32) (local.get 0) (then (return_call $up (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 9))))
    (func $up (param i32) (result i32) (local i64) (local.set 1 (i64.extend_i32_u (local.get 0))) (return_call $down (i32.wrap_i64 (local.get 1))))
    (func (export "f") (result i32) (call $down (i32.const 20000)))`,
  ),
  helped(
    'results of every type through frames that resume, several at once',
    `(func $pass (param i32) (result i32 i64 f32 f64 v128) (call $five (local.get 0)))
    (func (export "f") (param i32) (result i32 i64 f32 f64 v128) (call $pass (local.get 0)))
    (func (export "g") (param i32) (result v128 i32) (local v128)
      (call $pass (local.get 0)) (local.set 1) (drop) (drop) (drop) (drop) (i32x4.add (local.get 1) (call $idv (local.get 1))) (local.get 0))`,
  ),
  program(
    'costly functions without loops check at their entry',
    `(global $n (export "state n") (mut i32) (i32.const 0))
    ${Array.from({ length: 12 }, (_, k) => `(func $f${k} (result i32) (global.set $n (i32.add (global.get $n) (i32.const ${k}))) (i32.add (call $f${k + 1}) (i32.mul (i32.const 3) (call $f${k + 1}))))`).join('\n')}
    (func $f12 (result i32) ${'(global.set $n (i32.add (global.get $n) (i32.const 1)))'.repeat(50)} (global.get $n))
    (func (export "f") (result i32) (call $f0))`,
  ),
];

const MEMORY: readonly Program[] = [
  helped(
    'memory.grow in loops, to the limit, with operands below it',
    `(memory (export "state memory") 1 6)
    (func (export "f") (param i32) (result i32) (local i32)
      (i32.const 9)
      (loop $l (param i32) (result i32)
        (i32.add (memory.grow (i32.and (local.get 0) (i32.const 1))))
        (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (memory.size))
        (br_if $l (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 8))))
      (i32.add (memory.grow (i32.const 0))) (i32.add (memory.grow (i32.const -1))))`,
    { unreached: 1 },
  ),
  program(
    'bulk memory: every kind of length and overlap, out of bounds without partial writes',
    `(memory (export "state memory") 3)
    (data $d "${'0123456789abcdef'.repeat(2_500)}")
    (func (export "init") (param i32) (i32.store (i32.const 0) (local.get 0)) (memory.init $d (i32.const 100) (i32.const 3) (i32.const 39000)))
    (func (export "fill") (param i32) (memory.fill (i32.and (local.get 0) (i32.const 0xffff)) (local.get 0) (i32.const 50001)))
    (func (export "up") (memory.copy (i32.const 1000) (i32.const 900) (i32.const 100000)))
    (func (export "down") (memory.copy (i32.const 77) (i32.const 333) (i32.const 100000)))
    (func (export "far") (memory.copy (i32.const 100000) (i32.const 0) (i32.const 96608)))
    (func (export "same") (memory.copy (i32.const 5) (i32.const 5) (i32.const 100000)))
    (func (export "exact") (memory.copy (i32.const 16384) (i32.const 0) (i32.const 16384)) (memory.fill (i32.const 32768) (i32.const 3) (i32.const 32768)))
    (func (export "empty at the end") (memory.fill (i32.const 196608) (i32.const 1) (i32.const 0)) (memory.copy (i32.const 196608) (i32.const 196608) (i32.const 0)))
    (func (export "to the end") (memory.fill (i32.const 146608) (i32.const 9) (i32.const 50000)))
    (func (export "beyond") (memory.fill (i32.const 146609) (i32.const 8) (i32.const 50000)))
    (func (export "from beyond") (memory.copy (i32.const 0) (i32.const 146609) (i32.const 50000)))
    (func (export "wraps") (memory.fill (i32.const -20000) (i32.const 8) (i32.const 30000)))
    (func (export "wraps to zero") (memory.fill (i32.const -20000) (i32.const 8) (i32.const 20000)))
    (func (export "segment ends") (memory.init $d (i32.const 0) (i32.const 1001) (i32.const 39000)))
    (func (export "random") (param i32 i32 i32)
      (memory.copy (i32.and (local.get 0) (i32.const 0x3ffff)) (i32.and (local.get 1) (i32.const 0x3ffff)) (i32.and (local.get 2) (i32.const 0xffff)))
      (memory.fill (i32.and (local.get 1) (i32.const 0x3ffff)) (local.get 2) (i32.and (local.get 0) (i32.const 0xffff))))
    (func (export "dropped") (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0)) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 20000)))`,
    { unreached: 7 },
  ),
  program(
    'bulk instructions on tables, long ones too',
    `(type $t (func (result i32))) (table $a 3000 5000 funcref) (table $b 2000 funcref)
    (elem $e func ${'$one $two '.repeat(800)}) (elem declare func $one $two)
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (func (export "sum") (result i32) (local $n i32) (local $sum i32)
      (loop $l (if (i32.eqz (ref.is_null (table.get $a (local.get $n))))
          (then (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (call_indirect $a (type $t) (local.get $n))))))
        (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 97))) (table.size $a)))) (local.get $sum))
    (func (export "init") (table.init $a $e (i32.const 10) (i32.const 3) (i32.const 1500)))
    (func (export "fill") (param i32) (table.fill $a (i32.and (local.get 0) (i32.const 1023)) (ref.func $two) (i32.const 1900)))
    (func (export "up") (table.copy $a $a (i32.const 100) (i32.const 90) (i32.const 2000)))
    (func (export "down") (table.copy $a $a (i32.const 90) (i32.const 100) (i32.const 2000)))
    (func (export "across") (table.copy $b $a (i32.const 0) (i32.const 0) (i32.const 2000)) (table.copy $a $b (i32.const 700) (i32.const 0) (i32.const 2000)))
    (func (export "nulls") (table.fill $a (i32.const 500) (ref.null func) (i32.const 1000)))
    (func (export "beyond") (table.fill $a (i32.const 0) (ref.func $one) (i32.const 5001)))
    (func (export "beyond the segment") (table.init $a $e (i32.const 0) (i32.const 1) (i32.const 1600)))
    (func (export "grow") (result i32 i32) (table.grow $a (ref.func $one) (i32.const 1200)) (table.grow $a (ref.null func) (i32.const 0)))
    (func (export "drop") (elem.drop $e) (table.init $a $e (i32.const 0) (i32.const 0) (i32.const 1000)))`,
    { unreached: 4 },
  ),
  helped(
    'SIMD state, lanes, and atomics on unshared memory across stops',
    `(memory (export "state memory") 1)
    (func (export "f") (param i32 v128) (result v128 i32) (local v128)
      (local.set 2 (i16x8.add (call $idv (local.get 1)) (i16x8.splat (local.get 0))))
      (v128.store (i32.const 16) (call $idv (local.get 2)))
      (v128.store8_lane 5 (i32.const 3) (local.get 2)) (v128.store16_lane 3 (i32.const 6) (call $idv (local.get 2)))
      (v128.store32_lane 1 (i32.const 60) (local.get 2)) (v128.store64_lane 1 (i32.const 80) (local.get 2))
      (i32.atomic.store (i32.const 100) (call $id (local.get 0)))
      (drop (i64.atomic.rmw.add (i32.const 104) (call $id64 (i64.const 5))))
      (drop (i32.atomic.rmw16.cmpxchg_u (i32.const 100) (i32.const 0) (call $id (i32.const 9))))
      (atomic.fence)
      (v128.load32_lane 2 (i32.const 16) (call $idv (local.get 1)))
      (i32.add (memory.atomic.notify (i32.const 0) (call $id (i32.const 1))) (i32.atomic.rmw.xchg (i32.const 100) (local.get 0))))`,
  ),
  helped(
    'stores of every width, at the edges of blocks and memory',
    `(memory (export "state memory") 1)
    (func $all (param $at i32) (param $w i64)
      (i32.store8 (local.get $at) (i32.wrap_i64 (local.get $w))) (i32.store16 offset=250 (local.get $at) (i32.wrap_i64 (local.get $w)))
      (i32.store offset=253 (local.get $at) (i32.wrap_i64 (local.get $w))) (i64.store8 offset=255 (local.get $at) (local.get $w))
      (i64.store16 offset=511 (local.get $at) (local.get $w)) (i64.store32 offset=700 (local.get $at) (local.get $w))
      (call $log64 (local.get $w))
      (i64.store offset=765 (local.get $at) (local.get $w)) (f32.store offset=800 (local.get $at) (f32.reinterpret_i32 (i32.wrap_i64 (local.get $w))))
      (f64.store offset=900 (local.get $at) (f64.reinterpret_i64 (local.get $w))) (v128.store offset=1020 (local.get $at) (i64x2.splat (local.get $w))))
    (func (export "f") (param i32 i64) (call $all (i32.rem_u (local.get 0) (i32.const 64501)) (local.get 1)))
    (func (export "end") (param i64) (call $all (i32.const 64500) (local.get 0)))
    (func (export "beyond") (param i64) (call $all (i32.const 64501) (local.get 0)))`,
    { unreached: 1 },
  ),
  program(
    'several memories',
    `(memory $a (export "state memory a") 1 3) (memory $b (export "state memory b") 1 4) (data $d "${'x'.repeat(20_000)}")
    (func (export "f") (param i32) (result i32)
      (memory.fill $b (i32.const 7) (local.get 0) (i32.const 40000))
      (memory.copy $a $b (i32.const 100) (i32.const 50) (i32.const 30000))
      (memory.init $b $d (i32.const 20000) (i32.const 0) (i32.const 20000))
      (memory.copy $b $a (i32.const 3) (i32.const 99) (i32.const 5000))
      (i32.store $b (i32.const 4) (memory.grow $a (i32.const 1)))
      (call $log (i32.load $b (i32.const 4)))
      (i32.add (memory.grow $b (i32.const 1)) (memory.size $a)))`,
    { unreached: 1 },
  ),
  helped(
    'globals of every type, changed across stops; a start function that loops and grows',
    `(memory (export "state memory") 1 9) (start $start)
    (global $a (export "state a") (mut i32) (i32.const 1)) (global $b (export "state b") (mut i64) (i64.const 2))
    (global $c (export "state c") (mut f32) (f32.const 3)) (global $d (export "state d") (mut f64) (f64.const 4))
    (global $e (export "state e") (mut v128) (v128.const i32x4 5 6 7 8)) (global $f i32 (i32.const 9))
    (func $start (local i32)
      (loop $l (drop (memory.grow (i32.const 1))) (call $log (memory.size)) (global.set $a (i32.add (global.get $a) (global.get $f)))
        (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 4)))))
    (func (export "f") (param i32)
      (global.set $a (call $id (i32.add (global.get $a) (local.get 0)))) (global.set $b (call $id64 (i64.mul (global.get $b) (i64.const 3))))
      (global.set $c (call $idf (f32.mul (global.get $c) (f32.const 1.5)))) (global.set $d (call $idd (f64.div (global.get $d) (f64.const 3))))
      (global.set $e (call $idv (i32x4.mul (global.get $e) (i32x4.splat (global.get $a))))))`,
  ),
];

const EXCEPTIONS: readonly Program[] = [
  helped(
    'try_table: throws out of stopped frames, caught above; values come along',
    `(tag $i (param i32)) (tag $n) (tag $pair (param i64 f64))
    (func $throws (param i32) (result i32)
      (drop (call $id (local.get 0)))
      (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $i (call $id (i32.const 11)))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $n)))
      (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $pair (call $id64 (i64.const 7)) (call $idd (f64.const 0.5)))))
      (call $id (local.get 0)))
    (func $between (param i32) (result i32) (local i64) (local.set 1 (i64.const 5)) (i32.add (call $throws (local.get 0)) (i32.wrap_i64 (local.get 1))))
    (func (export "f") (param i32) (result i32) (local $before i32)
      (local.set $before (call $id (i32.const 1000)))
      (block $all
        (block $pair (result i64 f64)
          (block $i (result i32)
            (i32.const 70000)
            (try_table (result i32) (catch $i $i) (catch $pair $pair) (catch_all $all)
              (i32.add (call $between (i32.and (local.get 0) (i32.const 3))) (call $between (i32.const 4))))
            (i32.add) (return (i32.add (local.get $before))))
          (return (i32.add (call $id) (local.get $before))))
        (call $logd) (return (i32.wrap_i64 (call $id64))))
      (call $log (i32.const 5)) (i32.sub (i32.const 0) (local.get $before)))`,
  ),
  helped(
    'try_table: nobody catches',
    `(tag $i (param i32)) (tag $other)
    (func $throws (param i32) (drop (call $id (local.get 0))) (throw $i (local.get 0)))
    (func (export "f") (param i32) (block $c (try_table (catch $other $c) (call $throws (local.get 0)))))
    (func (export "g") (param i32) (call $throws (call $id (local.get 0))))`,
    { unreached: 2 },
  ),
  helped(
    'try_table: handlers that stop and throw on, nested, in loops',
    `(tag $i (param i32))
    (func $throws (param i32) (if (call $id (i32.and (local.get 0) (i32.const 1))) (then (throw $i (local.get 0)))))
    (func $cleans (param i32)
      (block $caught (result i32)
        (try_table (catch $i $caught) (call $throws (local.get 0)) (call $log (i32.const 60)) (return)) (unreachable))
      (call $log) (call $log (i32.const 61)) (throw $i (i32.add (local.get 0) (i32.const 100))))
    (func (export "f") (param i32) (result i32) (local $n i32) (local $sum i32)
      (loop $again
        (block $next
          (block $caught (result i32)
            (try_table (catch $i $caught) (call $cleans (i32.add (local.get 0) (local.get $n))) (br $next)) (unreachable))
          (local.set $sum (i32.add (local.get $sum) (call $id))))
        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4))))
      (local.get $sum))`,
  ),
  helped(
    'exceptions as values: catch_ref, throw_ref, with stops between',
    `(tag $i (param i32))
    (func $throws (param i32) (call $log (local.get 0)) (throw $i (local.get 0)))
    (func $cleanup (param i32) (local $e exnref)
      (block $caught (result exnref) (try_table (catch_all_ref $caught) (call $throws (local.get 0))) (return))
      (local.set $e) (call $log (i32.const 8)) (call $log (i32.const 9)) (throw_ref (local.get $e)))
    (func (export "f") (param i32) (result i32) (local $e exnref)
      (block $caught (result i32 exnref)
        (try_table (catch_ref $i $caught) (call $cleanup (local.get 0))) (return (i32.const 0)))
      (local.set $e) (call $id)
      (block $again (result i32) (try_table (catch $i $again) (throw_ref (local.get $e))) (unreachable)) (i32.add))`,
    { unreached: 2 },
  ),
  helped(
    'exceptions of an import, through frames that were saved',
    `(import "fuzzing-support" "wasmtag" (tag $w (param i32)))
    (func (export "f") (param i32) (result i32) (local i64) (local.set 1 (call $id64 (i64.const 3)))
      (block $c (result i32) (try_table (catch $w $c) (call $log (i32.const 1)) (throw $w (call $id (local.get 0)))) (unreachable))
      (i32.add (i32.wrap_i64 (local.get 1))))`,
  ),
  helped(
    'a try_table around a loop, and a loop around branches out of it',
    `(tag $i)
    (func $maybe (param i32) (if (i32.eq (call $id (local.get 0)) (i32.const 3)) (then (throw $i))))
    (func (export "f") (param i32) (result i32) (local $n i32)
      (block $caught
        (try_table (catch $i $caught)
          (loop $l (call $maybe (local.get $n)) (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (br_if $caught (i32.gt_u (local.get $n) (i32.and (local.get 0) (i32.const 7)))) (br $l))))
      (call $id (local.get $n)))`,
  ),
];

const REFERENCES: readonly Program[] = [
  helped(
    'references alive across stops: in locals, on the operand stack, as results and arguments, null and not',
    `(type $t (func (param i32) (result i32))) (table $t 2 funcref) (table $x 4 externref) (elem declare func $id $other)
    (func $other (param i32) (result i32) (i32.mul (call $id (local.get 0)) (i32.const 3)))
    (func $pick (param i32) (result funcref) (call $log (local.get 0))
      (if (result funcref) (i32.and (local.get 0) (i32.const 1)) (then (ref.func $id)) (else (ref.func $other))))
    (func $later (param funcref i32 externref) (result externref funcref) (call $log (local.get 1)) (local.get 2) (local.get 0))
    (func $nobody (param funcref) (result i32) (call $log (i32.const 6)) (ref.is_null (local.get 0)))
    (func (export "f") (param i32) (result i32) (local funcref externref)
      (local.set 1 (call $pick (local.get 0))) (local.set 2 (table.get $x (i32.const 1)))
      (call $pick (i32.add (local.get 0) (i32.const 1)))
      (call $log (i32.const 4))
      (table.set $t (i32.const 0) (local.get 1))
      (call $later (i32.const 7) (local.get 2))
      (local.set 1) (table.set $t (i32.const 1) (local.get 1))
      (call $log (ref.is_null (local.get 2)))
      (call $log (call $nobody (ref.null func)))
      (local.set 2) (table.set $x (i32.const 2) (local.get 2))
      (i32.add (call_indirect $t (type $t) (i32.const 5) (i32.const 0)) (call_indirect $t (type $t) (i32.const 7) (i32.const 1))))`,
  ),
];

export const PROGRAMS: readonly Program[] = [
  ...OPERANDS,
  ...BLOCKS,
  ...LOOPS,
  ...countedPrograms().map(({ name, body }) => program(name, body)),
  ...STORES.map(({ name, body }) => program(name, body)),
  ...CALLS,
  ...MEMORY,
  ...EXCEPTIONS,
  ...REFERENCES,
];
