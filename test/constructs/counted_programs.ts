// Loops that run in strips, and their neighbours that must not: every condition with rising, falling and variable steps, from starts around
// limits where counters wrap around. A loop that has made 40 turns traps, so that those that never meet their limit end as well;
// what it has done until then is in memory.

/** Where counters wrap around, signed and not, or pass 0. */
const LIMITS = [0, 1, 100, 0x7fff_ffff, -0x8000_0000, -1, 0x7fff_fff0, -9];

const CONDITIONS = ['ne', 'lt_s', 'lt_u', 'le_s', 'le_u', 'gt_s', 'gt_u', 'ge_s', 'ge_u'];

/** A power of two, others, one that wraps around within few turns, and both signs of them. */
const STEPS = ['i32.const 1', 'i32.const 3', 'i32.const 8', 'i32.const 0x10000000', 'local.get $s'];
const FALLING = ['i32.const -1', 'i32.const -5', 'i32.const -16', 'i32.const -0x10000000', 'i32.const -0x80000000'];

const TURN = `(local.set $n (i32.add (local.get $n) (i32.const 1)))
  (i32.store offset=64 (i32.const 0) (local.get $n)) (i32.store offset=68 (i32.const 0) (local.get $i))
  (if (i32.gt_u (local.get $n) (i32.const 40)) (then (unreachable)))`;

/** `$i`: the counter, `$e`: its limit, `$s`: the step, `$n`: turns so far. */
function loop(name: string, body: string): string {
  return `(func $${name} (param $i i32) (param $e i32) (param $s i32) (result i32) (local $n i32) (local $j i32) ${body}
    (i32.xor (local.get $n) (i32.xor (local.get $i) (local.get $j))))`;
}

function shapes(): string[] {
  const found: string[] = [];
  const add = (body: string): number => found.push(loop(`loop${found.length}`, body));
  const stepped = (step: string): string => `(local.tee $i (i32.add (local.get $i) (${step})))`;
  for (const condition of CONDITIONS) {
    for (const step of [...STEPS, ...FALLING]) {
      add(`(loop $l ${TURN} (br_if $l (i32.${condition} ${stepped(step)} (local.get $e))))`);
    }
    add(`(loop $l ${TURN} (br_if $l (i32.${condition} (local.get $e) ${stepped('i32.const 2')})))`);
    add(`(loop $l ${TURN} (br_if $l (i32.${condition} (i32.const 7) ${stepped('i32.const -7')})))`);
    add(`(loop $l ${TURN} (local.set $i (i32.sub (local.get $i) (i32.const 2)))
      (block (br_if 0 (i32.and (local.get $n) (i32.const 1))) (local.set $j (i32.add (local.get $j) (local.get $i))))
      (br_if $l (i32.${condition} (local.get $i) (i32.const 3))))`);
  }
  add(`(loop $l ${TURN} (br_if $l ${stepped('i32.const -4')}))`);
  add(`(loop $l ${TURN} (local.set $i (i32.add (local.get $i) (i32.const 6))) (br_if $l (local.get $i)))`);
  // Not counted: the limit moves, the step moves, the counter moves twice or not always, something leaves, something goes on.
  const last = '(br_if $l (i32.lt_u (local.get $i) (local.get $e)))';
  const step = '(local.set $i (i32.add (local.get $i) (i32.const 3)))';
  add(`(loop $l ${TURN} ${step} (local.set $e (i32.sub (local.get $e) (i32.const 1))) ${last})`);
  add(`(loop $l ${TURN} (local.set $i (i32.add (local.get $i) (local.get $s))) (local.set $s (i32.const 1)) ${last})`);
  add(`(loop $l ${TURN} ${step} ${step} ${last})`);
  add(`(loop $l ${TURN} (if (i32.and (local.get $n) (i32.const 1)) (then ${step})) ${last})`);
  add(`(block $out (loop $l ${TURN} ${step} (br_if $out (i32.eq (local.get $n) (i32.const 5))) ${last}))`);
  add(`(loop $l ${TURN} ${step} (br_if $l (i32.eq (local.get $n) (i32.const 5))) ${last})`);
  add(`(loop $l ${TURN} ${step} (if (i32.eq (local.get $n) (i32.const 9)) (then (return (i32.const 3)))) ${last})`);
  add(`(loop $l ${TURN} (local.set $i (i32.add (local.get $i) (local.get $i))) ${last})`);
  add(`(loop $l ${TURN} ${step} (br_if $l (i32.lt_u (local.get $i) (local.get $i))))`);
  return found;
}

/** Modules that export `f`: each runs one loop from a start near a limit, by a tail call: some always trap and never come back to their caller. */
export function countedPrograms(): { readonly name: string; readonly body: string }[] {
  const bytes = LIMITS.map((limit) =>
    [0, 8, 16, 24].map((by) => `\\${((limit >>> by) & 255).toString(16).padStart(2, '0')}`),
  );
  const functions = shapes();
  const groups = 6;
  return Array.from({ length: groups }, (_, group) => {
    const own = functions.map((text, k) => ({ text, k })).filter(({ k }) => k % groups === group);
    const exported = own.map(
      ({
        k,
      }) => `(func (export "f${k}") (param i32 i32) (result i32) (return_call $loop${k} (call $start (local.get 0) (local.get 1))
        (call $limit (local.get 1)) (i32.and (i32.shr_u (local.get 0) (i32.const 8)) (i32.const 3))))`,
    );
    return {
      name: `counted loops and others, part ${group + 1} of ${groups}`,
      body: `(memory (export "state m") 1) (data (i32.const 0) "${bytes.flat().join('')}")
        (func $limit (param i32) (result i32) (i32.load (i32.shl (i32.and (local.get 0) (i32.const 7)) (i32.const 2))))
        (func $start (param i32 i32) (result i32)
          (i32.add (call $limit (local.get 1)) (select (i32.const 0) (i32.sub (i32.and (local.get 0) (i32.const 127)) (i32.const 63)) (i32.and (local.get 1) (i32.const 8)))))
        ${own.map(({ text }) => text).join('\n')} ${exported.join('\n')}`,
    };
  });
}
