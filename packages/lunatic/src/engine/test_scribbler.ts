// For the tests of reset and parking: a guest that writes wherever and however a guest can, driven by a seed.

/** Addresses that one operation may reach past the one it is given. */
const REACH = 49_152;

/** Every instruction that writes to memory, with operands $a (address), $v (i32), $w (i64). */
const SMALL_WRITES = [
  '(i32.store8 (local.get $a) (local.get $v))',
  '(i32.store16 offset=1 (local.get $a) (local.get $v))',
  '(i32.store offset=3 (local.get $a) (local.get $v))',
  '(i64.store8 (local.get $a) (local.get $w))',
  '(i64.store16 (local.get $a) (local.get $w))',
  '(i64.store32 (local.get $a) (local.get $w))',
  '(i64.store offset=250 (local.get $a) (local.get $w))',
  '(f32.store (local.get $a) (f32.reinterpret_i32 (local.get $v)))',
  '(f64.store (local.get $a) (f64.reinterpret_i64 (local.get $w)))',
  '(v128.store (local.get $a) (i64x2.splat (local.get $w)))',
  '(v128.store8_lane 3 (local.get $a) (i64x2.splat (local.get $w)))',
  '(v128.store16_lane 7 (local.get $a) (i64x2.splat (local.get $w)))',
  '(v128.store32_lane 1 (local.get $a) (i64x2.splat (local.get $w)))',
  '(v128.store64_lane 1 (local.get $a) (i64x2.splat (local.get $w)))',
  '(i32.atomic.store (local.get $aligned) (local.get $v))',
  '(i64.atomic.store16 (local.get $aligned) (local.get $w))',
  '(drop (i32.atomic.rmw.add (local.get $aligned) (local.get $v)))',
  '(drop (i64.atomic.rmw.xchg (local.get $aligned) (local.get $w)))',
  '(drop (i32.atomic.rmw8.or_u (local.get $a) (local.get $v)))',
  '(drop (i32.atomic.rmw.cmpxchg (local.get $aligned) (i32.const 0) (local.get $v)))',
];

const LARGE_WRITES = [
  '(memory.fill (local.get $a) (local.get $v) (i32.const 300))',
  '(memory.fill (local.get $a) (local.get $v) (i32.rem_u (call $next) (i32.const 40000)))',
  '(memory.copy (local.get $a) (i32.add (local.get $a) (i32.const 77)) (i32.rem_u (call $next) (i32.const 40000)))',
  '(memory.copy (i32.add (local.get $a) (i32.const 300)) (local.get $a) (i32.rem_u (call $next) (i32.const 40000)))',
  '(memory.copy (local.get $a) (i32.const 8) (i32.const 256))',
  '(memory.init $passive (local.get $a) (i32.const 1) (i32.const 9))',
  '(memory.init $passive (local.get $a) (i32.const 0) (i32.rem_u (local.get $v) (i32.const 12)))',
  '(call $write (local.get $a) (local.get $v) (i32.rem_u (call $next) (i32.const 700)))',
  // As compilers do: room below a stack pointer, which may be set anywhere.
  '(global.set $sp (local.get $a)) (call $deep (i32.const 30))',
];

const OTHERS = [
  '(global.set $i (local.get $v))',
  '(global.set $l (local.get $w))',
  '(global.set $f (f32.reinterpret_i32 (local.get $v)))',
  '(global.set $d (f64.reinterpret_i64 (local.get $w)))',
  '(global.set $v (i64x2.splat (local.get $w)))',
  '(call $yield)',
  '(call $yield)',
];

/** The globals as a fresh instance has them, packed as the rewrite saves them: $rng, $sp, $i, $l, $f, $d, $v. */
export function freshGlobals(): Uint8Array {
  const bytes = new Uint8Array(48);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, 5000, true);
  view.setInt32(8, -7, true);
  view.setBigUint64(12, 0x0123_4567_89ab_cdefn, true);
  view.setUint32(20, 0x7fa0_0001, true);
  view.setBigUint64(24, 0xfff4_0000_0000_0001n, true);
  for (let k = 0; k < 16; k++) bytes[32 + k] = k + 1;
  return bytes;
}

/**
 * `main(seed, steps)` does that many operations; about one process in eight traps on the way, one in 64 overflows the
 * stack. `growth`: chance in 256 that a step grows the memory by a page. `hash()` logs a hash of memory and globals.
 */
export function scribbler(pages: number, growth: number): string {
  const cases = (list: readonly string[]): string => {
    const blocks = list.map((_, k) => `(block $case${k}`).join(' ');
    const labels = list
      .map((_, k) => `$case${k}`)
      .reverse()
      .join(' ');
    // The innermost block is the last of the list.
    const bodies = list
      .map((code) => `) ${code} (br $done)`)
      .reverse()
      .join('\n');
    return `(block $done ${blocks} (br_table ${labels} (i32.rem_u (call $next) (i32.const ${list.length}))) ${bodies})`;
  };
  return `(module
  (import "env" "write" (func $write (param i32 i32 i32)))
  (import "env" "yield" (func $yield))
  (import "env" "log" (func $log (param i32)))
  (memory (export "memory") ${pages} 300)
  (global $rng (mut i32) (i32.const 1))
  (global $sp (mut i32) (i32.const 5000))
  (global $i (mut i32) (i32.const -7))
  (global $l (mut i64) (i64.const 0x0123456789abcdef))
  (global $f (mut f32) (f32.const nan:0x200001))
  (global $d (mut f64) (f64.const -nan:0x4000000000001))
  (global $v (mut v128) (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16))
  (data (i32.const 100) "something at the beginning of the first page")
  (data (i32.const ${pages * 65_536 - 5}) "\\01\\02\\03\\04\\05")
  (data $passive "twelve bytes")
  (func $next (result i32) (local $x i32)
    (local.set $x (global.get $rng))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
    (global.set $rng (local.get $x))
    (local.get $x))
  (func $deep (param $n i32)
    (global.set $sp (i32.sub (global.get $sp) (i32.const 48)))
    (if (i32.gt_s (global.get $sp) (i32.const 0))
      (then (i64.store offset=5 (global.get $sp) (i64.extend_i32_u (local.get $n)))))
    (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $sp (i32.add (global.get $sp) (i32.const 48))))
  (func $forever (call $forever) (i32.store (i32.const 0) (call $next)))
  (func $small (param $a i32) (param $v i32) (param $w i64) (local $aligned i32)
    (local.set $aligned (i32.and (local.get $a) (i32.const -8)))
    ${cases(SMALL_WRITES)})
  (func $large (param $a i32) (param $v i32) (param $w i64) ${cases(LARGE_WRITES)})
  (func $other (param $v i32) (param $w i64) ${cases(OTHERS)})
  (func $step (local $size i32)
    (local.set $size (i32.mul (memory.size) (i32.const 65536)))
    (call $small
      (if (result i32) (i32.and (call $next) (i32.const 1))
        (then (i32.rem_u (call $next) (i32.sub (local.get $size) (i32.const 300))))
        (else (i32.sub (local.get $size) (i32.const 300))))
      (call $next)
      (i64.mul (i64.extend_i32_u (call $next)) (i64.const 0x100000001b3)))
    (if (i32.eqz (i32.and (call $next) (i32.const 7)))
      (then (call $large
        (i32.rem_u (call $next) (i32.sub (local.get $size) (i32.const ${REACH})))
        (call $next)
        (i64.extend_i32_s (call $next)))))
    (if (i32.eqz (i32.and (call $next) (i32.const 7)))
      (then (call $other (call $next) (i64.mul (i64.extend_i32_u (call $next)) (i64.const 0x9e3779b97f4a7c15)))))
    (if (i32.lt_u (i32.and (call $next) (i32.const 255)) (i32.const ${growth}))
      (then (drop (memory.grow (i32.const 1))))))
  (func (export "main") (param $seed i32) (param $steps i32)
    (global.set $rng (i32.or (local.get $seed) (i32.const 1)))
    (loop $again
      (call $step)
      (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
      (br_if $again (local.get $steps)))
    (if (i32.eqz (i32.and (call $next) (i32.const 7))) (then (unreachable)))
    (if (i32.eqz (i32.and (call $next) (i32.const 63))) (then (call $forever)))
    (call $hash))
  (func $hash (export "hash") (local $at i32) (local $h i64)
    (local.set $h (i64.xor (i64.extend_i32_u (global.get $rng)) (i64.rotl (i64.extend_i32_u (global.get $sp)) (i64.const 7))))
    (local.set $h (i64.xor (local.get $h) (i64.rotl (i64.extend_i32_u (global.get $i)) (i64.const 13))))
    (local.set $h (i64.xor (local.get $h) (i64.rotl (global.get $l) (i64.const 19))))
    (local.set $h (i64.xor (local.get $h) (i64.rotl (i64.extend_i32_u (i32.reinterpret_f32 (global.get $f))) (i64.const 23))))
    (local.set $h (i64.xor (local.get $h) (i64.rotl (i64.reinterpret_f64 (global.get $d)) (i64.const 29))))
    (local.set $h (i64.xor (local.get $h) (i64x2.extract_lane 1 (global.get $v))))
    (loop $again
      (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 0x100000001b3)) (i64.load (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $again (i32.lt_u (local.get $at) (i32.mul (memory.size) (i32.const 65536)))))
    (call $log (memory.size))
    (call $log (i32.wrap_i64 (local.get $h)))
    (call $log (i32.wrap_i64 (i64.shr_u (local.get $h) (i64.const 32))))))`;
}
