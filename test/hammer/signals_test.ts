// Signals between WebAssembly processes that run, wait or have been preempted: kill, links, monitors, names, timers, tags.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { LoadedModule } from '../../packages/lunatic/src/engine/services.ts';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm, type Mailbox, type ProcessHandle, type Vm } from '../../packages/lunatic/src/node/vm.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const GUESTS = assemble(`(module
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::message" "get_tag" (func $get_tag (result i64)))
  (import "lunatic::process" "process_id" (func $process_id (result i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep_ms (param i64)))
  (import "lunatic::process" "link" (func $link (param i64 i64)))
  (import "lunatic::process" "die_when_link_dies" (func $die_when_link_dies (param i32)))
  (import "lunatic::process" "get_or_spawn"
    (func $get_or_spawn (param i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "serviceserve")

  ;; Tells $to two numbers.
  (func $tell (param $to i64) (param $first i64) (param $second i64)
    (i64.store (i32.const 32) (local.get $first))
    (i64.store (i32.const 40) (local.get $second))
    (call $create_data (i64.const 0) (i64.const 16))
    (drop (call $write_data (i32.const 32) (i32.const 16)))
    (drop (call $send (local.get $to))))

  (func $now_ms (result i64)
    (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0)))
    (i64.div_u (i64.load (i32.const 0)) (i64.const 1000000)))

  (func (export "loops") (loop $l (i32.store (i32.const 1024) (i32.const 1)) (br $l)))
  (func (export "waits") (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1))))
  (func (export "waits_long") (drop (call $receive (i32.const 0) (i32.const 0) (i64.const 1000000))))
  (func (export "sleeps") (call $sleep_ms (i64.const 1000000)))

  ;; Links to $other, if that is not 0, tells so, and waits; traps when a message comes.
  (func (export "linked") (param $to i64) (param $other i64)
    (if (i64.ne (local.get $other) (i64.const 0)) (then (call $link (i64.const 1) (local.get $other))))
    (call $tell (local.get $to) (local.get $other) (i64.const 0))
    (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
    unreachable)

  ;; Links to $other with tag 77, survives its failure, and tells (kind, tag) of what it gets.
  (func (export "survives") (param $to i64) (param $other i64)
    (call $die_when_link_dies (i32.const 0))
    (call $link (i64.const 77) (local.get $other))
    (call $tell (local.get $to)
      (i64.extend_i32_u (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (call $get_tag))
    (call $tell (local.get $to)
      (i64.extend_i32_u (call $receive (i32.const 0) (i32.const 0) (i64.const 30)))
      (i64.const 0)))

  ;; Tells (result, id) of get_or_spawn.
  (func (export "asks_for_service") (param $to i64)
    (i64.store (i32.const 32)
      (i64.extend_i32_u
        (call $get_or_spawn (i32.const 64) (i32.const 7) (i64.const 0) (i64.const -1) (i64.const -1)
          (i32.const 71) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 16))))
    (call $tell (local.get $to) (i64.load (i32.const 32)) (i64.load (i32.const 16))))
  (func (export "serve") (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1))))

  ;; Tells ($timeout, milliseconds it took) after a receive that times out; a message instead is a trap.
  (func (export "times_out") (param $to i64) (param $timeout i64)
    (local $start i64)
    (local.set $start (call $now_ms))
    (if (i32.ne (call $receive (i32.const 0) (i32.const 0) (local.get $timeout)) (i32.const 9027))
      (then unreachable))
    (call $tell (local.get $to) (local.get $timeout) (i64.sub (call $now_ms) (local.get $start))))

  (func (export "sends_later") (param $to i64) (param $delay i64)
    (call $create_data (i64.const 0) (i64.const 0))
    (drop (call $send_after (local.get $to) (local.get $delay))))

  ;; Sends $count messages; number k has tag 1 + k mod 10.
  (func (export "sends_tagged") (param $to i64) (param $count i64)
    (local $k i64)
    (loop $more
      (i64.store (i32.const 32) (local.get $k))
      (call $create_data (i64.add (i64.const 1) (i64.rem_u (local.get $k) (i64.const 10))) (i64.const 8))
      (drop (call $write_data (i32.const 32) (i32.const 8)))
      (drop (call $send (local.get $to)))
      (br_if $more (i64.lt_u (local.tee $k (i64.add (local.get $k) (i64.const 1))) (local.get $count)))))

  ;; Takes $count such messages, all of tag 10 first, then of tag 9, ...: they must come in order. Tells ($count, messages left).
  (func (export "takes_tagged") (param $to i64) (param $count i64)
    (local $tag i64) (local $next i64)
    (local.set $tag (i64.const 10))
    (loop $tags
      (i64.store (i32.const 128) (local.get $tag))
      (local.set $next (i64.sub (local.get $tag) (i64.const 1)))
      (loop $more
        (if (call $receive (i32.const 128) (i32.const 1) (i64.const -1)) (then unreachable))
        (drop (call $read_data (i32.const 32) (i32.const 8)))
        (if (i64.ne (i64.load (i32.const 32)) (local.get $next)) (then unreachable))
        (local.set $next (i64.add (local.get $next) (i64.const 10)))
        (br_if $more (i64.lt_u (local.get $next) (local.get $count))))
      (br_if $tags (i64.gt_u (local.tee $tag (i64.sub (local.get $tag) (i64.const 1))) (i64.const 0))))
    (call $tell (local.get $to) (local.get $count)
      (i64.extend_i32_u (i32.ne (call $receive (i32.const 0) (i32.const 0) (i64.const 0)) (i32.const 9027))))))`);

const DEADLINE_MS = 60_000;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('signals between WebAssembly processes', () => {
  let vm: Vm;
  let module: LoadedModule;
  let mailbox: Mailbox;
  let to: bigint;

  before(async () => {
    vm = createVm({ output: new CapturedOutput() });
    module = vm.load(GUESTS, 'guests');
    mailbox = await vm.openMailbox();
    to = BigInt(mailbox.pid);
  });

  after(() => vm.close());

  const spawn = (entry: string, ...args: bigint[]): ProcessHandle => vm.spawn(module, { entry, arguments: args });

  /** The two numbers a guest tells. */
  async function told(): Promise<[number, number]> {
    const received = await mailbox.receive({ timeoutMs: DEADLINE_MS });
    assert.ok(received?.kind === 'data', `a message in time, not ${received?.kind}`);
    const view = new DataView(received.bytes.buffer, received.bytes.byteOffset);
    return [Number(view.getBigInt64(0, true)), Number(view.getBigInt64(8, true))];
  }

  /** Everybody has had many turns. */
  const turns = (): Promise<null> => mailbox.receive({ tags: [1n << 40n], timeoutMs: 20 }) as Promise<null>;

  for (const state of ['loops', 'waits', 'waits_long', 'sleeps'] as const) {
    for (const begun of [true, false]) {
      it(`kill: a process that ${begun ? state : `has not begun (${state})`} ends at once, and is told of once`, async () => {
        const victims = range(50).map(() => spawn(state));
        if (begun) await turns();
        const refs = new Set(victims.map(({ pid }) => mailbox.monitor(pid)));
        for (const victim of victims) victim.kill();
        for (const victim of victims) assert.equal(victim.isAlive, false);
        for (const victim of victims) assert.deepEqual(await victim.exited, { kind: 'killed' });
        for (const _ of victims) {
          const notice = await mailbox.receive({ timeoutMs: DEADLINE_MS });
          assert.ok(notice?.kind === 'process-died');
          assert.ok(refs.delete(notice.ref));
          assert.deepEqual(notice.reason, { kind: 'killed' });
        }
        assert.equal(await turns(), null);
      });
    }
  }

  it('links: a failure ends a chain of 1,000 processes, each with the first cause', async () => {
    const chain = [spawn('linked', to, 0n)];
    for (const i of range(1_000)) chain.push(spawn('linked', to, BigInt((chain[i] as ProcessHandle).pid)));
    for (const _ of chain) await told();
    const [first, ...others] = chain;
    assert.ok(first !== undefined && chain.every(({ isAlive }) => isAlive));
    assert.ok(first.send(new Uint8Array(0)));
    const cause = await first.exited;
    assert.ok(cause.kind === 'trap');
    for (const other of others) assert.deepEqual(await other.exited, { kind: 'linked', pid: first.pid, reason: cause });
  });

  it('links: who does not die when links die gets one message with the tag of the link', async () => {
    const other = spawn('linked', to, 0n);
    await told();
    const survivor = spawn('survives', to, BigInt(other.pid));
    await turns();
    assert.ok(other.send(new Uint8Array(0)));
    assert.deepEqual(await told(), [1, 77]);
    assert.deepEqual(await told(), [9027, 0]);
    assert.deepEqual(await survivor.exited, { kind: 'normal' });
  });

  it('get_or_spawn: one of 100 that ask at once starts the process, and all get it', async () => {
    for (const _ of range(100)) spawn('asks_for_service', to);
    const answers: [number, number][] = [];
    for (const _ of range(100)) answers.push(await told());
    const pid = answers[0]?.[1] as number;
    assert.ok(answers.every(([, other]) => other === pid));
    assert.deepEqual(
      answers.map(([result]) => result).sort((a, b) => a - b),
      [0, ...range(99).map(() => 2)],
    );
    assert.equal(vm.whereIs('service'), pid);
    vm.kill(pid);
    assert.equal(vm.whereIs('service'), null);
  });

  it('timeouts: never before their time, beside endless loops', async () => {
    const loops = range(10).map(() => spawn('loops'));
    for (const i of range(200)) spawn('times_out', to, BigInt(i % 50));
    for (const _ of range(200)) {
      const [timeoutMs, elapsedMs] = await told();
      // The guest cuts both readings of the clock to milliseconds.
      assert.ok(elapsedMs >= timeoutMs - 1, `${elapsedMs} ms for a timeout of ${timeoutMs} ms`);
    }
    for (const loop of loops) loop.kill();
  });

  it('timers: a late message to a process that has died reaches nobody', async () => {
    const victims = range(20).map(() => spawn('waits'));
    await turns();
    for (const { pid } of victims) spawn('sends_later', BigInt(pid), 40n);
    await turns();
    for (const victim of victims) victim.kill();
    const successors = range(40).map(() => spawn('times_out', to, 80n));
    for (const _ of successors) assert.equal((await told())[0], 80);
    for (const successor of successors) assert.deepEqual(await successor.exited, { kind: 'normal' });
  });

  it('selective receive: all of each tag, in the order they were sent, whichever tag is asked for first', async () => {
    for (const count of [10, 1_000, 5_000]) {
      const receiver = spawn('takes_tagged', to, BigInt(count));
      const sender = spawn('sends_tagged', BigInt(receiver.pid), BigInt(count));
      assert.deepEqual(await told(), [count, 0]);
      assert.deepEqual([await sender.exited, await receiver.exited], [{ kind: 'normal' }, { kind: 'normal' }]);
    }
  });
});
