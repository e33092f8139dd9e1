// A host call that has begun to wait when the stack of its process turns out to be too deep to be kept: `trap::catch` gives the guest its life
// back, and nothing may remain of the wait.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { INPUT_NOTHING_YET, type InputSource } from '../../packages/lunatic/src/host/environment.ts';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

/** Calls that wait; and what is called afterwards, in a process that would still be waiting. */
const CALLS: Readonly<Record<string, string>> = {
  sleep: '(call $sleep (i64.const 3600000))',
  receive: '(drop (call $receive (i32.const 0) (i32.const 0) (i64.const 3600000)))',
  'receive of a tag': '(drop (call $receive (i32.const 2048) (i32.const 1) (i64.const -1)))',
  'send and receive':
    '(call $create (i64.const 1) (i64.const 0)) (drop (call $ask (i64.const 99) (i64.const 9) (i64.const -1)))',
  poll: '(drop (call $poll (i32.const 4000) (i32.const 4100) (i32.const 1) (i32.const 4200)))',
  'read of the input': '(drop (call $read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 80)))',
  'receive at a channel': '(drop (call $channel_receive (global.get $channel) (i32.const 0) (i32.const 24)))',
  'send to a full channel':
    '(call $channel_send (global.get $channel) (i32.const 16)) (call $channel_send (global.get $channel) (i32.const 16))',
  yield: '(drop (call $yield))',
};

const WIDTH = 60;
const repeat = (text: string): string => ` ${text}`.repeat(WIDTH);

const EXIT = '(call $exit (i32.const 77))';

/** Runs out of room in `call`, then does the rest: makes each of the other calls work, and exits. */
function guest(call: string, rest = `(call $again) (call $again) ${EXIT}`): Uint8Array {
  const params = Array.from({ length: WIDTH }, (_, k) => `(local.get ${k + 1})`).join(' ');
  return assemble(`(module
    (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
    (import "lunatic::process" "process_id" (func $me (result i64)))
    (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
    (import "lunatic::message" "create_data" (func $create (param i64 i64)))
    (import "lunatic::message" "send" (func $send (param i64) (result i32)))
    (import "lunatic::message" "send_receive_skip_search" (func $ask (param i64 i64 i64) (result i32)))
    (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
    (import "lunatic" "channel" (func $channel (param i32) (result i32)))
    (import "lunatic" "channel_send" (func $channel_send (param i32 i32)))
    (import "lunatic" "channel_receive" (func $channel_receive (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (table (export "__indirect_function_table") 1 funcref)
    (elem (i32.const 0) $allocate)
    ;; An io vector for messages and one for the input; a tag; a subscription to an hour of the clock.
    (data (i32.const 16) "\\00\\08\\00\\00\\04\\00\\00\\00")
    (data (i32.const 64) "\\00\\10\\00\\00\\04\\00\\00\\00")
    (data (i32.const 2048) "\\07")
    (data (i32.const 4016) "\\01\\00\\00\\00\\00\\00\\00\\00\\00\\a0\\b8\\30\\46\\03\\00\\00")
    (global $channel (mut i32) (i32.const 0))
    ;; Where the stack was too deep for a stop; -1: not known yet.
    (global $limit (mut i32) (i32.const -1))
    (global $depth (mut i32) (i32.const 0))
    (func $allocate (param i32) (result i32) (i32.const 3000))
    (func $deep (param i32 ${repeat('i64')}) (result i64)
      (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 100))) (then
        (global.set $depth (local.get 0))
        (if (i32.eq (local.get 0) (global.get $limit)) (then ${call}) (else (drop (call $yield))))))
      (call $deep (i32.add (local.get 0) (i32.const 1)) ${params})
      ${params} ${'(i64.add)'.repeat(WIDTH)})
    (func (export "_lunatic_catch_trap") (param i32 i32) (result i32)
      (drop (call $deep (i32.const 0) ${repeat('(i64.const 1)')}))
      (i32.const 1))
    (func $again
      (call $sleep (i64.const 1))
      (drop (call $yield))
      (call $create (i64.const 7) (i64.const 0))
      (drop (call $send (call $me)))
      (if (call $receive (i32.const 2048) (i32.const 1) (i64.const -1)) (then unreachable))
      (if (i32.ne (call $receive (i32.const 0) (i32.const 0) (i64.const 1)) (i32.const 9027)) (then unreachable))
      (call $channel_send (global.get $channel) (i32.const 16))
      (if (i32.ne (call $channel_receive (global.get $channel) (i32.const 0) (i32.const 24)) (i32.const 4)) (then unreachable)))
    (func (export "_start")
      (global.set $channel (call $channel (i32.const 1)))
      (if (call $catch (i32.const 0) (i32.const 0)) (then unreachable))
      (global.set $limit (global.get $depth))
      (if (call $catch (i32.const 0) (i32.const 0)) (then unreachable))
      ;; What a send to the full channel had sent before.
      ${call.includes('$channel_send') ? '(drop (call $channel_receive (global.get $channel) (i32.const 0) (i32.const 24)))' : ''}
      ${rest}))`);
}

const SILENT: InputSource = {
  read: () => INPUT_NOTHING_YET,
  available: () => INPUT_NOTHING_YET,
  onReadable: () => () => {},
};

async function run(code: Uint8Array): Promise<ExitReason> {
  const node = new Node({ output: new CapturedOutput(), input: SILENT, limits: { maxMailboxMessages: 2 } });
  const pid = node.engine.spawn({
    module: node.load(code, 'guest'),
    config: DEFAULT_PROCESS_CONFIG,
    entry: { kind: 'export', name: '_start' },
    params: new Uint8Array(0),
    link: null,
  });
  const reason = await node.system.waitExit(Number(pid));
  assert.deepEqual([node.system.pendingIo, node.scheduler.timerCount, node.system.held.bytes], [0, 0, 0]);
  await node.close();
  return reason;
}

describe('a call in a stack too deep to be kept', () => {
  for (const [name, call] of Object.entries(CALLS)) {
    it(`${name}: caught, its wait is over`, async () => {
      assert.deepEqual(await run(guest(call)), { kind: 'exit', code: 77 });
    });
  }

  it('exit: caught, it is none', async () => {
    assert.deepEqual(await run(guest('(call $exit (i32.const 5))', '(call $again)')), { kind: 'normal' });
  });

  it('send to a full mailbox: the end for a limit is not caught', async () => {
    const send = '(call $create (i64.const 1) (i64.const 0)) (drop (call $send (call $me)))';
    assert.deepEqual(await run(guest(send.repeat(3), EXIT)), { kind: 'limit', limit: 'mailbox' });
  });
});
