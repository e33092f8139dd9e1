// Random guests for the leak hunt: each is a module of its own shape (memories, segments, tables, globals of every type), whose processes first
// tell everything they can see of their instance, and then write wherever and however a guest can.

import { type Random, randomBelow } from '../../packages/lunatic/src/base/random.ts';

/** Bytes that one operation may write from the address it is given on; all memories are larger. */
const REACH = 49_152;

export interface LeakGuest {
  readonly wat: string;
  /** The same without its start function. What a process finds is this, and then the start function runs. */
  readonly unstarted: string;
  readonly pages: number;
}

/**
 * `main(seed, steps)`: logs what `$observe` sees, takes that many steps, each in one of the ways above, and ends in one of the ways there
 * are. Where it may be stopped on the way, it looks whether its memory and globals are afterwards what they were before, and calls `fail` if not.
 */
export function generateGuest(random: Random): LeakGuest {
  const below = (bound: number): number => randomBelow(random, bound);
  const chance = (percent: number): boolean => below(100) < percent;
  const pages = chance(90) ? 1 + below(3) : 4 + below(14);
  const shape: Shape = {
    growth: chance(30) ? 1 + below(12) : 0,
    globals: globalTypes(below, chance),
    passive: 1 + below(3),
    table: chance(60) ? 1 + below(40) : 0,
    drops: chance(6),
    mutatesTables: chance(6),
  };
  const { globals, passive, table } = shape;
  const start = chance(20);
  const fields = [
    IMPORTS,
    `(memory (export "memory") ${pages} ${pages + 40})`,
    ...(chance(6) ? ['(memory $second 1 3)'] : []),
    ...globals.map(({ name, type, init, mutable }) => `(global ${name} ${mutable ? `(mut ${type})` : type} ${init})`),
    ...dataSegments(below, pages),
    ...Array.from(
      { length: passive },
      (_, k) => `(data $passive${k} "${'passive segment '.repeat(1 + below(30))}${k}")`,
    ),
    ...tableFields(table, below),
    FUNCTIONS,
    observe(globals, passive, table),
    `(func $pause ${PAUSE})`,
    `(func $deep (param $n i32)
      (global.set $sp (i32.sub (global.get $sp) (i32.const ${16 * (1 + below(20))})))
      (if (i32.gt_s (global.get $sp) (i32.const 64))
        (then (i64.store offset=${below(40)} (global.get $sp) (i64.extend_i32_u (local.get $n)))
          (i32.store (i32.sub (global.get $sp) (i32.const ${below(60)})) (local.get $n))))
      (if (local.get $n) (then (call $deep (i32.sub (local.get $n) (i32.const 1)))))
      (global.set $sp (i32.add (global.get $sp) (i32.const ${16 * (1 + below(20))}))))`,
    ...steps(below, chance, shape),
    `(func (export "main") (param $seed i32) (param $steps i32)
      (global.set $rng (i32.const 1))
      (call $observe)
      (global.set $rng (i32.or (local.get $seed) (i32.const 1)))
      (block $end
        (loop $again
          (br_if $end (i32.eqz (local.get $steps)))
          (call $step)
          (local.set $steps (i32.sub (local.get $steps) (i32.const 1)))
          (br $again))))`,
  ];
  const unstarted = `(module ${fields.join('\n')})`;
  const startField = `(func $begin
      (i64.store (i32.const ${below(60_000)}) (i64.const ${1 + below(1 << 30)}))
      (global.set $sp (i32.const ${1_000 + below(50_000)})))
    (start $begin)`;
  return { wat: start ? `(module ${fields.join('\n')} ${startField})` : unstarted, unstarted, pages };
}

interface Shape {
  /** Chance in 256 that a step grows the memory by a page. */
  readonly growth: number;
  readonly globals: readonly Global[];
  /** Passive data segments. */
  readonly passive: number;
  /** Elements of the table; 0: there is none. */
  readonly table: number;
  /** It drops segments, or changes its table: then its instances are not shared. */
  readonly drops: boolean;
  readonly mutatesTables: boolean;
}

interface Global {
  readonly name: string;
  readonly type: string;
  readonly init: string;
  readonly mutable: boolean;
}

type Below = (bound: number) => number;
type Chance = (percent: number) => boolean;

const IMPORTS = `
  (import "leaks" "log" (func $log (param i32)))
  (import "leaks" "fail" (func $fail))
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "data_size" (func $data_size (result i64)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::process" "process_id" (func $pid (result i64)))
  (import "lunatic::process" "kill" (func $kill (param i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))`;

const FUNCTIONS = `
  (func $next (result i32) (local $x i32)
    (local.set $x (global.get $rng))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
    (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
    (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
    (global.set $rng (local.get $x))
    (local.get $x))
  (func $id (result i32) (i32.const 41))
  (func $other (result i32) (i32.const 43))
  (func $forever (call $forever) (i32.store (i32.const 0) (call $next)))
  ;; Anywhere, just before the border of a block, or at the end, with room for what one operation may write; now and then without.
  (func $address (param $reach i32) (result i32) (local $a i32) (local $kind i32)
    (local.set $kind (i32.and (call $next) (i32.const 127)))
    (local.set $a (i32.rem_u (call $next) (i32.sub (i32.shl (memory.size) (i32.const 16)) (local.get $reach))))
    (if (i32.lt_u (local.get $kind) (i32.const 40))
      (then (return (i32.add (i32.and (local.get $a) (i32.const -256)) (i32.sub (i32.const 255) (i32.and (local.get $kind) (i32.const 15)))))))
    (if (i32.lt_u (local.get $kind) (i32.const 56))
      (then (return (i32.sub (i32.shl (memory.size) (i32.const 16)) (local.get $reach)))))
    (if (i32.eq (local.get $kind) (i32.const 127))
      (then (return (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 3)))))
    (local.get $a))
  (func $hash_memory (result i64) (local $at i32) (local $h i64)
    (loop $again
      (local.set $h (i64.add (i64.mul (local.get $h) (i64.const 0x100000001b3))
        (i64.xor (i64.load (local.get $at)) (i64.rotl (i64.load offset=8 (local.get $at)) (i64.const 29)))))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $again (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
    (local.get $h))`;

/** What the process is is the same after a stop. */
const PAUSE = `(local $before i64) (local $kind i32)
  (local.set $kind (i32.and (call $next) (i32.const 3)))
  (local.set $before (i64.add (call $hash_memory) (call $hash_globals)))
  (if (i32.eqz (local.get $kind)) (then (call $sleep (i64.const 1))) (else (drop (call $yield))))
  (if (i64.ne (local.get $before) (i64.add (call $hash_memory) (call $hash_globals))) (then (call $fail)))`;

function globalTypes(below: Below, chance: Chance): Global[] {
  const fixed = ['$rng', '$sp'].map((name, k) => ({
    name,
    type: 'i32',
    init: `(i32.const ${k === 0 ? 1 : 5_000 + below(50_000)})`,
    mutable: true,
  }));
  const types: readonly (readonly [type: string, init: () => string])[] = [
    ['i32', () => `(i32.const ${below(2 ** 31)})`],
    ['i64', () => `(i64.const 0x${below(2 ** 31).toString(16)}abcdef01)`],
    ['f32', () => `(f32.const nan:0x${(0x20_0000 + below(0x10_0000)).toString(16)})`],
    ['f64', () => `(f64.const -nan:0x4${below(2 ** 31).toString(16)})`],
    ['v128', () => `(v128.const i32x4 ${below(2 ** 31)} 2 ${below(2 ** 31)} 4)`],
  ];
  const own = Array.from({ length: 1 + below(8) }, (_, k) => {
    const [type, init] = types[below(types.length)] as (typeof types)[number];
    return { name: `$g${k}`, type, init: init(), mutable: chance(85) };
  });
  return [...fixed, ...own];
}

function dataSegments(below: Below, pages: number): string[] {
  const size = pages * 65_536;
  const places = [0, 100, 250, 65_536 - 4, size - 8, below(size - 64), below(size - 64)];
  return Array.from({ length: below(5) }, () => {
    const at = Math.min(places[below(places.length)] as number, size - 8);
    return `(data (i32.const ${at}) "${'active segment'.slice(0, Math.min(14, 1 + below(14), size - at))}")`;
  });
}

function tableFields(table: number, below: Below): string[] {
  if (table === 0) return [];
  const at = below(table);
  return [
    `(table $table ${table} ${table + 10} funcref)`,
    `(elem (table $table) (i32.const ${at}) func $id)`,
    '(elem $spare func $other $id)',
  ];
}

const HASH_OF: { readonly [type: string]: (value: string) => string } = {
  i32: (value) => `(i64.extend_i32_u ${value})`,
  i64: (value) => value,
  f32: (value) => `(i64.extend_i32_u (i32.reinterpret_f32 ${value}))`,
  f64: (value) => `(i64.reinterpret_f64 ${value})`,
  v128: (value) => `(i64.xor (i64x2.extract_lane 0 ${value}) (i64.rotl (i64x2.extract_lane 1 ${value}) (i64.const 9)))`,
};

/** `$observe` logs pages, memory, globals, table and passive segments; a dropped segment traps. The last writes, and is undone by nobody. */
function observe(globals: readonly Global[], passive: number, table: number): string {
  const terms = globals.map(({ name, type }) => {
    const value = (HASH_OF[type] as (value: string) => string)(`(global.get ${name})`);
    return `(local.set $h (i64.add (i64.mul (local.get $h) (i64.const 31)) ${value}))`;
  });
  const entries =
    table === 0
      ? ''
      : `(call $log (table.size $table))
        (loop $again
          (call $log (if (result i32) (ref.is_null (table.get $table (local.get $at)))
            (then (i32.const 0)) (else (call_indirect $table (result i32) (local.get $at)))))
          (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (table.size $table))))`;
  const segments = Array.from(
    { length: passive },
    (_, k) =>
      `(memory.init $passive${k} (i32.const 512) (i32.const 1) (i32.const 9)) (call $log (i32.load (i32.const 513)))`,
  );
  return `
  (func $hash_globals (result i64) (local $h i64) ${terms.join(' ')} (local.get $h))
  (func $log_long (param $value i64)
    (call $log (i32.wrap_i64 (local.get $value))) (call $log (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32)))))
  (func $observe (local $at i32)
    (call $log (memory.size))
    (call $log_long (call $hash_memory))
    (call $log_long (call $hash_globals))
    ${entries}
    ${segments.join(' ')})`;
}

/** `$step`: one of many random statements, in functions of a few each, so that their marks are planned together. */
function steps(below: Below, chance: Chance, shape: Shape): string[] {
  const count = 6 + below(8);
  const functions = Array.from({ length: count }, (_, k) => {
    const lines = Array.from({ length: 1 + below(5) }, () => statement(below, chance, shape));
    return `(func $step${k} (param $a i32) (local $v i32) (local $w i64) (local $aligned i32) (local $k i32)
      (local.set $v (call $next))
      (local.set $w (i64.mul (i64.extend_i32_u (call $next)) (i64.const 0x100000001b3)))
      (local.set $aligned (i32.and (local.get $a) (i32.const -8)))
      ${lines.join('\n')})`;
  });
  const cases = functions.map((_, k) => k);
  const labels = cases.map((k) => `$case${k}`).reverse();
  const blocks = cases.map((k) => `(block $case${k}`).join(' ');
  const bodies = cases
    .map((k) => `) (call $step${k} (call $address (i32.const ${chance(50) ? 1_200 : REACH}))) (br $done)`)
    .reverse();
  return [
    ...functions,
    `(func $step
      (block $done ${blocks} (br_table ${labels.join(' ')} (i32.rem_u (call $next) (i32.const ${count}))) ${bodies.join('\n')})
      (if (i32.lt_u (i32.and (call $next) (i32.const 255)) (i32.const ${shape.growth})) (then (drop (memory.grow (i32.const 1)))))
      (if (i32.eqz (i32.and (call $next) (i32.const 31))) (then (call $pause)))
      ;; Ends in mid-flight.
      (if (i32.eqz (i32.and (call $next) (i32.const 1023))) (then (call $forever)))
      (if (i32.eqz (i32.and (call $next) (i32.const 511))) (then (call $kill (call $pid)) (i32.store (i32.const 300) (call $next))))
      (if (i32.eqz (i32.and (call $next) (i32.const 255))) (then (i32.store (i32.const 700) (call $next)) (unreachable))))`,
  ];
}

function statement(below: Below, chance: Chance, shape: Shape): string {
  const { globals, passive, table } = shape;
  const store = (): string => smallWrite(below);
  switch (below(16)) {
    case 0:
      // Offsets from one base that rise over block borders: the later marks may be planned with the first.
      return Array.from({ length: 2 + below(6) }, store).join(' ');
    case 1:
      return `(if (i32.and (local.get $v) (i32.const ${1 << below(5)})) (then ${store()}) (else ${store()} ${store()})) ${store()}`;
    case 2:
      return `(local.set $k (i32.const ${1 + below(20)}))
        (loop $l ${store()} (local.set $a (i32.add (local.get $a) (i32.const ${below(60)})))
          (local.set $aligned (i32.and (local.get $a) (i32.const -8)))
          (br_if $l (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))`;
    case 3:
      return `(block $out (br_if $out (i32.and (local.get $v) (i32.const 3))) ${store()}) ${store()}`;
    case 4:
      return `(global.set $sp (local.get $a)) (call $deep (i32.const ${1 + below(40)}))`;
    case 5:
    case 6:
      return largeWrite(below, passive);
    case 7:
    case 8:
      return hostWrite(below);
    case 9: {
      const global = globals[below(globals.length)] as Global;
      if (!global.mutable || global.name === '$rng') return store();
      return `(global.set ${global.name} ${VALUE_OF[global.type]})`;
    }
    case 10:
      return shape.drops && chance(30) ? `(data.drop $passive${below(passive)})` : store();
    case 11:
      if (table === 0 || !shape.mutatesTables || !chance(30)) return store();
      return [
        `(table.set $table (i32.const ${below(table)}) (ref.func $other))`,
        `(table.fill $table (i32.const ${below(table)}) (ref.null func) (i32.const 1))`,
        '(drop (table.grow $table (ref.func $id) (i32.const 1)))',
        '(elem.drop $spare)',
        '(table.init $table $spare (i32.const 0) (i32.const 0) (i32.const 1))',
      ][below(5)] as string;
    case 12:
      return '(call $pause)';
    case 13:
    case 14: {
      // Counted loops, whose writes may be marked a strip at a time; now and then they run off the end of the memory.
      const stride = [1, 2, 4, 8, 16, 24, 100, 256, 300][below(9)] as number;
      return `(local.set $k (i32.const 0))
        (loop $l ${store()} ${below(3) === 0 ? store() : ''}
          (local.set $a (i32.add (local.get $a) (i32.const ${stride})))
          (local.set $aligned (i32.and (local.get $a) (i32.const -8)))
          (br_if $l (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${1 + below(chance(10) ? 2_000 : 60)}))))`;
    }
    default:
      return store();
  }
}

const VALUE_OF: { readonly [type: string]: string } = {
  i32: '(local.get $v)',
  i64: '(local.get $w)',
  f32: '(f32.reinterpret_i32 (local.get $v))',
  f64: '(f64.reinterpret_i64 (local.get $w))',
  v128: '(i64x2.splat (local.get $w))',
};

/** Every instruction that writes to memory, at $a (or $aligned) and a constant offset. */
function smallWrite(below: Below): string {
  const offsets = [0, 1, 3, 8, 17, 120, 240, 250, 255, 256, 300, 511, 700, 1_000];
  const offset = offsets[below(offsets.length)] as number;
  const at = `offset=${offset}`;
  const aligned = `offset=${offset & ~7}`;
  const vector = '(i64x2.splat (local.get $w))';
  const writes = [
    `(i32.store8 ${at} (local.get $a) (local.get $v))`,
    `(i32.store16 ${at} (local.get $a) (local.get $v))`,
    `(i32.store ${at} (local.get $a) (local.get $v))`,
    `(i64.store8 ${at} (local.get $a) (local.get $w))`,
    `(i64.store16 ${at} (local.get $a) (local.get $w))`,
    `(i64.store32 ${at} (local.get $a) (local.get $w))`,
    `(i64.store ${at} (local.get $a) (local.get $w))`,
    `(f32.store ${at} (local.get $a) (f32.reinterpret_i32 (local.get $v)))`,
    `(f64.store ${at} (local.get $a) (f64.reinterpret_i64 (local.get $w)))`,
    `(v128.store ${at} (local.get $a) ${vector})`,
    `(v128.store8_lane ${at} 3 (local.get $a) ${vector})`,
    `(v128.store16_lane ${at} 7 (local.get $a) ${vector})`,
    `(v128.store32_lane ${at} 1 (local.get $a) ${vector})`,
    `(v128.store64_lane ${at} 1 (local.get $a) ${vector})`,
    `(i32.atomic.store ${aligned} (local.get $aligned) (local.get $v))`,
    `(i64.atomic.store ${aligned} (local.get $aligned) (local.get $w))`,
    `(i64.atomic.store16 ${aligned} (local.get $aligned) (local.get $w))`,
    `(drop (i32.atomic.rmw.add ${aligned} (local.get $aligned) (local.get $v)))`,
    `(drop (i64.atomic.rmw.xchg ${aligned} (local.get $aligned) (local.get $w)))`,
    `(drop (i64.atomic.rmw32.xor_u ${aligned} (local.get $aligned) (local.get $w)))`,
    `(drop (i32.atomic.rmw8.or_u ${at} (local.get $a) (local.get $v)))`,
    `(drop (i32.atomic.rmw.cmpxchg ${aligned} (local.get $aligned) (i32.const 0) (local.get $v)))`,
  ];
  return writes[below(writes.length)] as string;
}

function largeWrite(below: Below, passive: number): string {
  const length = `(i32.rem_u (call $next) (i32.const ${below(2) === 0 ? 600 : 40_000}))`;
  return [
    `(memory.fill (local.get $a) (local.get $v) ${length})`,
    `(memory.fill (local.get $a) (local.get $v) (i32.const ${1 + below(700)}))`,
    `(memory.copy (local.get $a) (i32.const ${below(9_000)}) ${length})`,
    `(memory.copy (local.get $a) (i32.add (local.get $a) (i32.const ${below(900)})) (i32.const ${1 + below(600)}))`,
    `(memory.copy (i32.add (local.get $a) (i32.const ${below(900)})) (local.get $a) (i32.const ${1 + below(600)}))`,
    `(memory.init $passive${below(passive)} (local.get $a) (i32.const ${below(4)}) (i32.const ${below(12)}))`,
  ][below(6)] as string;
}

function hostWrite(below: Below): string {
  const length = 1 + below(600);
  const small = 1 + below(40);
  return [
    `(drop (call $random_get (local.get $a) (i32.const ${length})))`,
    `(drop (call $clock_time_get (i32.const 1) (i64.const 0) (local.get $a)))`,
    `(drop (call $args_sizes_get (local.get $a) (i32.add (local.get $a) (i32.const ${4 + below(500)}))))`,
    // A vector, and the count behind it, in the guest's memory.
    `(i32.store (i32.const 1024) (local.get $a)) (i32.store (i32.const 1028) (i32.const ${length}))
      (drop (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const ${1032 + below(900)})))`,
    // Messages: one half made, which stays for the next to see, and one through the mailbox.
    `(call $create_data (i64.const ${below(3)}) (i64.const 0)) (drop (call $write_data (local.get $a) (i32.const ${length})))
      (drop (call $read_data (local.get $a) (i32.const ${1 + below(length)})))`,
    `(call $create_data (i64.const 0) (i64.const 0)) (drop (call $write_data (local.get $a) (i32.const ${small})))
      (drop (call $send (call $pid))) (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (drop (call $read_data (call $address (i32.const 1200)) (i32.const ${small})))`,
  ][below(6)] as string;
}
