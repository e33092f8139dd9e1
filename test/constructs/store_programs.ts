// Stores that need no mark of their own, and neighbours that do: groups on one base, with and without something between them, and loops
// that are marked in strips, up and down, across the ends of memory.

const BASE = '(i32.add (i32.const 0x7ff8) (i32.and (local.get 0) (i32.const 0x3ff)))';

/** `$p`: an address; `$n`: a number of turns, 1 to 32; `$q`: another address. */
function stores(name: string, bodies: readonly string[]): { readonly name: string; readonly body: string } {
  const functions = bodies.map(
    (body, k) => `(func (export "f${k}") (param i32 i32) (local $p i32) (local $q i32) (local $n i32) (local $v f64)
      (local.set $p ${BASE}) (local.set $q (i32.sub (i32.const 0xffff) (local.get $p)))
      (local.set $n (i32.add (i32.const 1) (i32.rem_u (local.get 1) (i32.const 32))))
      (call $log (local.get $n)) ${body})`,
  );
  return { name, body: `(memory (export "state memory") 1 3) ${functions.join('\n')}` };
}

const store = (address: string, offset = 0): string =>
  `(i32.store offset=${offset} ${address} (i32.add (local.get 1) (i32.const ${offset + 1})))`;
const at = (distance: number): string => `(i32.add (local.get $p) (i32.const ${distance}))`;
const P = '(local.get $p)';

const groups = stores('stores on one base: each is marked, by itself or by another', [
  `${store(P)} ${store(P, 4)} ${store(P, 252)} ${store(P, 253)} ${store(P, 254)} ${store(P, 600)}`,
  `${store(P, 300)} ${store(P, 200)} ${store(P)} ${store(at(-4))} ${store(at(-256))}`,
  `${store(at(8))} ${store(at(260))} ${store(at(261))} ${store(at(264), 2)} ${store(at(-8), 300)}`,
  `${store(P)} (call $log (i32.const 1)) ${store(P, 4)} (call $log (i32.const 2))`,
  `${store(P)} (if (local.get 1) (then ${store(P, 4)} ${store(P, 300)})) ${store(P, 8)} ${store(P, 304)}`,
  `(block (br_if 0 (local.get 1)) ${store(P)}) ${store(P, 4)}`,
  `(if (i32.and (local.get 1) (i32.const 1)) (then ${store(P)}) (else ${store(P, 64)})) ${store(P, 60)}`,
  `${store(P)} (local.set $p (local.get $q)) ${store(P, 4)} (local.set $p ${at(-300)}) ${store(P, 4)} ${store(P, 8)}`,
  `(i32.store offset=4 (local.tee $q ${at(24)}) (i32.const 1)) ${store('(local.get $q)', 1)} ${store(P, 30)} ${store(P)}`,
  `${store('(i32.add (local.get $p) (local.get $n))')} ${store('(i32.add (local.get $n) (local.get $p))', 8)}
    ${store('(i32.add (local.get $p) (local.get $q))', 2)}`,
  `(loop $l ${store(P)} ${store(P, 128)} (call $log (i32.const 3)) ${store(P, 130)}
    (local.set $p ${at(100)}) (br_if $l (i32.gt_u (local.get $n) (i32.const 20))
    (local.set $n (i32.sub (local.get $n) (i32.const 1)))))`,
  `${store('(i32.const 1024)')} ${store('(i32.const 0)', 1030)} ${store('(i32.const 700)')} (f64.store offset=1272 (i32.const 3) (f64.const 1))`,
  `(i32.atomic.store offset=64 (i32.and (local.get $p) (i32.const -4)) (i32.const 5)) (v128.store offset=66 (local.get $p) (v128.const i64x2 1 2))
    (drop (i32.atomic.rmw.add (i32.and (local.get $p) (i32.const -4)) (local.get 1)))`,
  `(local.set $p (i32.or ${P} (i32.const 255))) (i32.store8 ${P} (local.get 1)) (i32.store8 offset=256 ${P} (local.get 1)) (i32.store8 offset=257 ${P} (local.get 1))`,
  `(local.set $q ${P}) (if (local.get 1) (then (local.set $p ${at(1000)}))) ${store('(local.get $q)')} ${store(P, 4)}`,
  `(i32.store8 ${P} (i32.const 1)) (v128.store offset=241 ${P} (v128.const i64x2 1 2)) (v128.store offset=242 ${P} (v128.const i64x2 3 4))`,
]);

/** A loop of `$n` turns; `step`: what `$p` gains in each. */
function turns(body: string, step: number): string {
  return `(loop $l ${body} (local.set $p ${at(step)}) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`;
}

const strips = stores('stores in strips: what the strip will write is marked before it', [
  turns(store(P), 4),
  turns(`${store(P)} ${store(at(16), 4)} ${store(at(200))} ${store(at(-40))}`, 100),
  turns(`${store(P)} ${store(P, 250)} ${store(P, 3000)} ${store(P, 6000)} ${store(P, 9000)} ${store(P, 12000)}`, 16),
  turns(store(P), 256),
  turns(store(P), 260),
  turns(store(P), -128),
  turns(store(P), -300),
  turns(
    `(f64.store (i32.add (local.get $p) (local.get $q)) (f64.const 2)) (local.set $q (i32.add (local.get $q) (i32.const -1)))`,
    9,
  ),
  turns(store('(i32.add (i32.const 0x4000) (i32.sub (local.get $p) (local.get $q)))'), 8),
  turns(`(if (i32.and (local.get $n) (i32.const 3)) (then ${store(P)}))`, 64),
  turns(`(block (br_if 0 (i32.and (local.get $n) (i32.const 3))) (nop)) ${store(P)}`, 64),
  turns(`${store('(local.get $q)')} (local.set $q (i32.xor (local.get $q) (i32.const 0x1100)))`, 8),
  turns(`(local.set $q (i32.add (local.get $q) (i32.const 64))) ${store('(local.get $q)', 8)}`, 8),
  turns(`(local.set $p (i32.and ${P} (i32.const 0xfff))) ${store(P)}`, 96),
  // Off the end of memory, below its beginning, and addresses that only become valid by wrapping around.
  `(local.set $p (i32.sub (i32.const 65530) (i32.and (local.get 0) (i32.const 2047)))) ${turns(store(P), 40)}`,
  `(local.set $p (i32.and (local.get 0) (i32.const 4095))) ${turns(store(P), -60)}`,
  `(local.set $p (i32.and (local.get 0) (i32.const 4095))) ${turns(`${store(at(-900), 700)} ${store(at(-1100), 900)}`, -20)}`,
  `(local.set $p (i32.sub (i32.const 200) (i32.and (local.get 0) (i32.const 255)))) ${turns(`${store(at(100))} ${store(P)}`, 8)}`,
  `(local.set $p (i32.sub (i32.const 0) (i32.and (local.get 0) (i32.const 2047)))) ${turns(`(if (i32.lt_u ${P} (i32.const 60000)) (then ${store(P)}))`, 32)}`,
  turns(store('(i32.const 5000)'), 8),
  turns(`(i64.store32 offset=7 ${P} (i64.const 77)) (v128.store8_lane offset=300 3 ${P} (v128.const i64x2 -1 -1))`, 24),
  `(drop (memory.grow (i32.and (local.get 0) (i32.const 1)))) (local.set $p (i32.add ${P} (i32.const 0x7000))) ${turns(store(P), 32)}`,
]);

export const STORES: readonly { readonly name: string; readonly body: string }[] = [groups, strips];
