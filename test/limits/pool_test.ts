// Processes share a bounded number of instances, however many come and go and however many are alive.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const MAX_CREATED = 64;
const ROUNDS = 50_000;

/** Spawns `idle` processes that wait, then, one after the other, `rounds` that write to their memory, send a number and end. */
const sequence = (idle: number, rounds: number): Uint8Array =>
  assemble(`(module
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::process" "process_id" (func $process_id (result i64)))
  (import "lunatic::process" "spawn" (func $spawn_in (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "idlechild")
  (global $count (mut i32) (i32.const 0))

  (func $spawn (param $name i32) (param $length i32) (param $argument i64)
    (i32.store8 (i32.const 96) (i32.const 0x7e))
    (i64.store (i32.const 97) (local.get $argument))
    (if (call $spawn_in (i64.const 0) (i64.const -1) (i64.const -1)
        (local.get $name) (local.get $length) (i32.const 96) (i32.const 17) (i32.const 0))
      (then unreachable)))

  (func (export "idle") (param i64)
    (i64.store (i32.const 4096) (local.get 0))
    (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1))))

  ;; Its memory and its global must be as in a new instance.
  (func (export "child") (param $parent i64)
    (if (i64.ne (i64.load (i32.const 4096)) (i64.const 0)) (then unreachable))
    (if (global.get $count) (then unreachable))
    (global.set $count (i32.const 1))
    (i64.store (i32.const 4096) (i64.const -1))
    (i64.store (i32.const 128) (call $process_id))
    (call $create_data (i64.const 0) (i64.const 8))
    (drop (call $write_data (i32.const 128) (i32.const 8)))
    (drop (call $send (local.get $parent))))

  (func (export "_start") (local $i i32) (local $last i64)
    (local.set $i (i32.const ${idle}))
    (block $all_idle
      (loop $next
        (br_if $all_idle (i32.eqz (local.get $i)))
        (call $spawn (i32.const 64) (i32.const 4) (i64.extend_i32_u (local.get $i)))
        (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (br $next)))
    (local.set $i (i32.const ${rounds}))
    (loop $next
      (call $spawn (i32.const 68) (i32.const 5) (call $process_id))
      (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (drop (call $read_data (i32.const 128) (i32.const 8)))
      (if (i64.le_u (i64.load (i32.const 128)) (local.get $last)) (then unreachable))
      (local.set $last (i64.load (i32.const 128)))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))`);

for (const [alive, idle] of [
  ['none other', 0],
  ['10,000 others', 10_000],
] as const) {
  it(`50,000 processes one after the other, ${alive} alive, take at most ${MAX_CREATED} instances`, async (t) => {
    const node = new Node({ output: new CapturedOutput(), input: new FixedInput(new Uint8Array(0)) });
    const failures: string[] = [];
    node.onProcessEnd = (_proc, reason) => {
      if (reason.kind !== 'normal') failures.push(JSON.stringify(reason));
    };
    const outcome = await node.runMain(node.load(sequence(idle, ROUNDS), 'sequence'), DEFAULT_PROCESS_CONFIG);
    assert.ok(outcome.kind === 'ended');
    assert.deepEqual(outcome.reason, { kind: 'normal' });
    assert.deepEqual(failures, []);
    assert.equal(node.system.processCount, idle);
    assert.ok(node.engine.pool.created <= MAX_CREATED, `${node.engine.pool.created} instances`);
    t.diagnostic(`${node.engine.pool.created} instances`);
    await node.close();
  });
}
