// A VM whose JavaScript heap is small. Whatever guests pile up in it, each as much as it may, V8 must never end the OS process
// for a full heap: whoever asks for too much is told so, or ends, and the main process goes on to its own end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guest, lunatic, PRELUDE } from '../cli/command.ts';

const HEAP_MB = 64;
/** V8's own limit is this and the young generation. */
const NODE_OPTIONS = `--max-old-space-size=${HEAP_MB}`;

/** More processes than there is room for. */
const MANY = 20_000;

const IMPORTS = `
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::process" "die_when_link_dies" (func $die_when_link_dies (param i32)))
  (import "lunatic::process" "monitor" (func $monitor (param i64)))
  (import "lunatic::process" "create_config" (func $create_config (result i64)))
  (import "lunatic::registry" "put" (func $put (param i32 i32 i64 i64)))
  (import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))`;

/** The main process spawns processes that do `hoard` until that fails, `most` at most, and prints how many and that it is still there. */
const hoarders = (hoard: string, link: number, most: number): string => `
  (data (i32.const 256) "hoard")
  (data (i32.const 272) "still here\\n")
  (func $send_self (param $length i32)
    (call $create_data (i64.const 0) (i64.const 0))
    (drop (call $write_data (i32.const 1024) (local.get $length)))
    (drop (call $send (call $pid))))
  (func (export "hoard") (local $n i32) ${hoard} (call $wait_for_ever))
  (func (export "_start") (local $count i32)
    (call $die_when_link_dies (i32.const 0))
    (block $full
      (loop $more
        (br_if $full (call $spawn_in (i64.const ${link}) (i64.const -1) (i64.const -1) (i32.const 256) (i32.const 5)
          (i32.const 0) (i32.const 0) (i32.const 16)))
        ;; Lets them run, or the last ones would never begin.
        (if (i32.eqz (i32.and (local.get $count) (i32.const 255))) (then (call $sleep (i64.const 1))))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $count) (i32.const ${most})))))
    (call $sleep (i64.const 300))
    (call $print_number (local.get $count))
    (call $print (i32.const 272) (i32.const 11)))`;

const HOARDS: readonly {
  readonly what: string;
  readonly hoard: string;
  /** Tag of the link to the main process; default: none. */
  readonly link?: number;
  /** Attempts to spawn; default: MANY. */
  readonly most?: number;
}[] = [
  { what: 'nothing: they wait', hoard: '' },
  { what: 'a link to the main process', hoard: '', link: 7 },
  {
    what: 'a half-made message each, and wait for a tag with a timeout',
    hoard: `(call $create_data (i64.const 0) (i64.const 0)) (drop (call $write_data (i32.const 1024) (i32.const 8)))
      (i64.store (i32.const 800) (i64.const 5)) (i64.store (i32.const 808) (i64.const 6))
      (drop (call $receive (i32.const 800) (i32.const 2) (i64.const 100000000)))`,
  },
  {
    what: 'mailboxes full of small messages',
    hoard: `(local.set $n (i32.const 60))
      (loop $more (call $send_self (i32.const 8)) (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $sleep (i64.const -1))`,
  },
  {
    what: 'mailboxes as full as may be',
    hoard: '(loop $more (call $send_self (i32.const 8)) (br $more))',
    // Each gets half of what is left, and gives it back at its end.
    most: 300,
  },
  {
    what: 'monitors',
    hoard: `(local.set $n (i32.const 100))
      (loop $more
        (call $monitor (i64.sub (call $pid) (i64.extend_i32_u (local.get $n))))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $sleep (i64.const -1))`,
  },
  {
    what: 'delayed messages',
    hoard: `(local.set $n (i32.const 100))
      (loop $more
        (call $create_data (i64.const 0) (i64.const 0))
        (drop (call $send_after (call $pid) (i64.const 1000000)))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $sleep (i64.const -1))`,
  },
  {
    what: 'configurations',
    hoard: `(local.set $n (i32.const 200))
      (loop $more
        (drop (call $create_config))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (call $sleep (i64.const -1))`,
  },
  {
    what: 'long names',
    hoard: `(i64.store (i32.const 1024) (i64.add (i64.const 0x2020202020202020) (call $pid)))
      (i32.store8 (i32.const 1024) (i32.const 65)) (i32.store8 (i32.const 1025) (i32.and (i32.wrap_i64 (call $pid)) (i32.const 63)))
      (i32.store8 (i32.const 1026) (i32.and (i32.wrap_i64 (i64.shr_u (call $pid) (i64.const 6))) (i32.const 63)))
      (i32.store8 (i32.const 1027) (i32.and (i32.wrap_i64 (i64.shr_u (call $pid) (i64.const 12))) (i32.const 63)))
      (i32.store8 (i32.const 1028) (i32.const 65)) (i32.store8 (i32.const 1029) (i32.const 65)) (i32.store8 (i32.const 1030) (i32.const 65))
      (i32.store8 (i32.const 1031) (i32.const 65))
      (call $put (i32.const 1024) (i32.const 4000) (i64.const 0) (call $pid))
      (call $sleep (i64.const -1))`,
  },
];

for (const { what, hoard, link, most } of HOARDS) {
  test(`a heap of ${HEAP_MB} MB, processes that hoard ${what}`, async () => {
    const file = await guest('hoarders', hoarders(hoard, link ?? 0, most ?? MANY), IMPORTS + PRELUDE);
    const { code, signal, stdout, stderr } = await lunatic(['--log-level', 'off', file], { env: { NODE_OPTIONS } });
    assert.equal(`${code} ${signal} ${stderr.slice(-2000)}`, '0 null ');
    assert.match(stdout, /^\d+\nstill here\n$/);
  });
}
