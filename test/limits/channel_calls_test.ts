// Channels of the early interface, whose `channel_receive` has the guest allocate memory: what a guest can do in the middle of that.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const MESSAGE_BYTES = 1 << 20;

const TABLE = '(table (export "__indirect_function_table") 1 funcref) (elem (i32.const 0) $allocate)';

/** `body`: of the start function, with `$send`, `$receive`, `_lunatic_catch_trap` that receives, and an allocator that does what `$mode` says. */
function guest(body: string, table: string): Uint8Array {
  return assemble(`(module
    (import "lunatic" "channel" (func $channel (param i32) (result i32)))
    (import "lunatic" "channel_send" (func $channel_send (param i32 i32)))
    (import "lunatic" "channel_receive" (func $channel_receive (param i32 i32 i32) (result i32)))
    (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 34)
    ${table}
    (data (i32.const 1000) "first") (data (i32.const 1010) "second!")
    (global $handle (mut i32) (i32.const 0))
    ;; 0: the allocator works; 1: it traps; 2: first it receives, and traps in that.
    (global $mode (mut i32) (i32.const 0))
    (func $send (param $from i32) (param $length i32)
      (i32.store (i32.const 16) (local.get $from))
      (i32.store (i32.const 20) (local.get $length))
      (call $channel_send (global.get $handle) (i32.const 16)))
    ;; The length; the message is at 2000.
    (func $receive (result i32) (call $channel_receive (global.get $handle) (i32.const 0) (i32.const 24)))
    (func $allocate (param $length i32) (result i32)
      (if (i32.eq (global.get $mode) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $mode) (i32.const 2)) (then
        (global.set $mode (i32.const 1))
        (drop (call $catch (i32.const 0) (i32.const 0)))
        (global.set $mode (i32.const 0))))
      (i32.const 2000))
    (func (export "_lunatic_catch_trap") (param i32 i32) (result i32) (call $receive))
    (func (export "_start") (local $k i32)
      (global.set $handle (call $channel (i32.const 0)))
      ${body}))`);
}

async function run(body: string, maxHeldBytes?: number, table = TABLE): Promise<ExitReason> {
  const node = new Node({
    output: new CapturedOutput(),
    input: new FixedInput(''),
    ...(maxHeldBytes !== undefined && { limits: { maxHeldBytes } }),
  });
  const pid = node.engine.spawn({
    module: node.load(guest(body, table), 'guest'),
    config: DEFAULT_PROCESS_CONFIG,
    entry: { kind: 'export', name: '_start' },
    params: new Uint8Array(0),
    link: null,
  });
  assert.equal(typeof pid, 'number');
  const reason = await node.system.waitExit(Number(pid));
  assert.equal(node.system.held.bytes, 0);
  await node.close();
  return reason;
}

it('a message gets the memory that was allocated for it, also after a receive inside the allocator has trapped', async () => {
  const reason = await run(`
    (call $send (i32.const 1000) (i32.const 5))
    (call $send (i32.const 1010) (i32.const 7))
    (global.set $mode (i32.const 2))
    (if (i32.ne (call $receive) (i32.const 5)) (then unreachable))
    (call $exit (i32.load8_u (i32.const 2000)))`);
  assert.deepEqual(reason, { kind: 'exit', code: 'f'.charCodeAt(0) });
});

const ROUNDS = 100;

it('messages for which nothing can be called are not counted', async () => {
  const reason = await run(
    `(loop $next
       (call $send (i32.const 65536) (i32.const ${MESSAGE_BYTES}))
       (drop (call $catch (i32.const 0) (i32.const 0)))
       (br_if $next (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${ROUNDS}))))
     ;; What is held by then decides whether there may be another.
     (drop (call $channel (i32.const 0)))
     (call $exit (i32.const 5))`,
    10 * MESSAGE_BYTES,
    '',
  );
  assert.deepEqual(reason, { kind: 'exit', code: 5 });
});

it('messages whose allocation trapped are not kept', async () => {
  const reason = await run(
    `(global.set $mode (i32.const 1))
     (loop $next
       (call $send (i32.const 65536) (i32.const ${MESSAGE_BYTES}))
       (drop (call $catch (i32.const 0) (i32.const 0)))
       (br_if $next (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${ROUNDS}))))
     (global.set $mode (i32.const 0))
     (call $send (i32.const 1000) (i32.const 5))
     (call $exit (call $receive))`,
    10 * MESSAGE_BYTES,
  );
  assert.deepEqual(reason, { kind: 'exit', code: 5 });
});
