// What a guilty process gets for each bound it runs into, and that 1,000 neighbours finish their work.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import type { ActorLimits } from '../../packages/lunatic/src/actor/limits.ts';
import { MAX_MESSAGE_BYTES } from '../../packages/lunatic/src/actor/limits.ts';
import type { ProcessOptions } from '../../packages/lunatic/src/node/vm.ts';
import { assembleGuilty, Neighbourhood } from './neighbours.ts';

const PAGE_BYTES = 65_536;

const GUILTY = assembleGuilty(`
  (data (i32.const 512) "bombsilent")

  ;; Exits with 100 plus the pages it got before memory.grow failed.
  (func (export "allocate")
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (memory.fill (i32.const 8192) (i32.const 1) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8192)))
    (call $exit (i32.add (i32.const 100) (memory.size))))

  (func (export "forever") (loop $l (br $l)))
  (func (export "forever_in_host") (loop $l (drop (call $yield)) (br $l)))

  ;; Spawns copies of itself, as these do, until that fails.
  (func $bomb (export "bomb")
    (loop $more (br_if $more (i32.eqz (call $spawn_export (i32.const 512) (i32.const 4)))))
    (call $exit (i32.const 3)))

  (func (export "silent") (call $sleep_ms (i64.const -1)))

  ;; Messages of $length bytes to process $to.
  (func (export "flood") (param $to i64) (param $length i32)
    (loop $more
      (call $create_data (i64.const 0) (i64.const 0))
      (drop (call $write_data (i32.const 8192) (local.get $length)))
      (drop (call $send (local.get $to)))
      (br $more)))

  (func (export "write_too_much")
    (drop (memory.grow (i32.const 256)))
    (call $create_data (i64.const 0) (i64.const 0))
    (loop $more
      (drop (call $write_data (i32.const 0) (i32.const 0x1000000)))
      (br $more)))

  (func (export "delay")
    (loop $more
      (call $create_data (i64.const 0) (i64.const 0))
      (drop (call $send_after (call $process_id) (i64.const 1000000)))
      (br $more)))

  ;; Monitors every process from $first on, be there one or not.
  (func (export "monitor_all") (param $first i64)
    (loop $more
      (call $monitor (local.get $first))
      (local.set $first (i64.add (local.get $first) (i64.const 1)))
      (br $more)))

  ;; Names of three characters, each another.
  (func (export "name_all")
    (local $n i32)
    (loop $more
      (i32.store8 (i32.const 520) (call $digit (local.get $n)))
      (i32.store8 (i32.const 521) (call $digit (i32.shr_u (local.get $n) (i32.const 6))))
      (i32.store8 (i32.const 522) (call $digit (i32.shr_u (local.get $n) (i32.const 12))))
      (call $put (i32.const 520) (i32.const 3) (i64.const 0) (call $process_id))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $more)))
  (func $digit (param $n i32) (result i32)
    (i32.add (i32.const 32) (i32.and (local.get $n) (i32.const 63))))
`);

interface Case {
  readonly what: string;
  readonly entry: string;
  readonly limits?: Partial<ActorLimits>;
  readonly options?: ProcessOptions;
  readonly reason: string | RegExp;
}

const CASES: readonly Case[] = [
  {
    what: 'endless allocation: memory.grow fails at the bound, exactly',
    entry: 'allocate',
    options: { maxMemoryBytes: 50 * PAGE_BYTES + 17 },
    reason: 'exit code 150',
  },
  { what: 'an endless loop: fuel', entry: 'forever', options: { maxFuel: 20 }, reason: 'limit reached: fuel' },
  {
    what: 'an endless loop of host calls: fuel',
    entry: 'forever_in_host',
    options: { maxFuel: 2 },
    reason: 'limit reached: fuel',
  },
  {
    what: 'too long a message',
    entry: 'write_too_much',
    reason: `trap: a message of ${MAX_MESSAGE_BYTES + 0x1000000} bytes is larger than the limit of ${MAX_MESSAGE_BYTES}`,
  },
  {
    what: 'too many delayed messages',
    entry: 'delay',
    limits: { maxTimersPerProcess: 10_000 },
    reason: 'trap: too many delayed messages are under way; cancel some, or wait for their delivery',
  },
  {
    what: 'too many names',
    entry: 'name_all',
    limits: { maxNames: 5_000 },
    reason: 'trap: the registry is full (5000 names)',
  },
];

for (const { what, entry, limits, options, reason } of CASES) {
  it(`ends the guilty process only: ${what}`, async () => {
    const neighbourhood = await Neighbourhood.open(GUILTY, limits);
    neighbourhood.ask();
    const guilty = neighbourhood.vm.spawn(neighbourhood.module, { entry, ...options });
    await neighbourhood.answers();
    neighbourhood.ask();
    const actual = describeExitReason(await guilty.exited);
    if (typeof reason === 'string') assert.equal(actual, reason);
    else assert.match(actual, reason);
    await neighbourhood.answers();
    await neighbourhood.close();
  });
}

it('ends a fork bomb at the bound on processes, of which all its processes are told', async () => {
  const maxProcesses = 3_000;
  const neighbourhood = await Neighbourhood.open(GUILTY, { maxProcesses });
  neighbourhood.ask();
  const guilty = neighbourhood.vm.spawn(neighbourhood.module, { entry: 'bomb' });
  await neighbourhood.answers();
  assert.deepEqual(await guilty.exited, { kind: 'exit', code: 3 });
  neighbourhood.ask();
  await neighbourhood.answers();
  assert.ok(neighbourhood.vm.processCount <= maxProcesses);
  await neighbourhood.close();
});

it('ends who fills the memory of the VM with messages to many, each below its bound', async () => {
  const neighbourhood = await Neighbourhood.open(GUILTY, { maxHeldBytes: 8 * 2 ** 20 });
  const { vm, module } = neighbourhood;
  const flooded = Array.from({ length: 30 }, () => vm.spawn(module, { entry: 'silent' }));
  neighbourhood.ask();
  const guilty = flooded.map(({ pid }) => vm.spawn(module, { entry: 'flood', arguments: [BigInt(pid), 100] }));
  await neighbourhood.answers();
  for (const { exited } of guilty) assert.deepEqual(await exited, { kind: 'limit', limit: 'mailbox' });
  for (const process of flooded) {
    assert.ok(process.isAlive);
    process.kill();
  }
  neighbourhood.ask();
  await neighbourhood.answers();
  await neighbourhood.close();
});

it('ends who fills the memory of the VM with monitors', async () => {
  const neighbourhood = await Neighbourhood.open(GUILTY, { maxHeldBytes: 1 * 2 ** 20, maxMailboxMessages: 5_000 });
  const { vm, module } = neighbourhood;
  neighbourhood.ask();
  const others = Array.from({ length: 5_000 }, () => vm.spawn(module, { entry: 'silent' }));
  const first = BigInt(others[0]?.pid ?? 0);
  const guilty = vm.spawn(module, { entry: 'monitor_all', arguments: [first] });
  assert.deepEqual(await guilty.exited, { kind: 'limit', limit: 'links' });
  for (const other of others) other.kill();
  await neighbourhood.answers();
  await neighbourhood.close();
});

const FLOODS: readonly { readonly what: string; readonly length: number; readonly limits: Partial<ActorLimits> }[] = [
  { what: 'messages', length: 0, limits: { maxMailboxMessages: 20_000 } },
  { what: 'bytes', length: 50_000, limits: { maxMailboxBytes: 32 * 2 ** 20 } },
];

for (const { what, length, limits } of FLOODS) {
  it(`ends who floods a mailbox with ${what}, and not the flooded`, async () => {
    const neighbourhood = await Neighbourhood.open(GUILTY, limits);
    const { vm, module } = neighbourhood;
    neighbourhood.ask();
    const flooded = vm.spawn(module, { entry: 'silent' });
    const guilty = vm.spawn(module, { entry: 'flood', arguments: [BigInt(flooded.pid), length] });
    await neighbourhood.answers();
    assert.deepEqual(await guilty.exited, { kind: 'limit', limit: 'mailbox' });
    // Whoever sends next is as guilty.
    const second = vm.spawn(module, { entry: 'flood', arguments: [BigInt(flooded.pid), length] });
    neighbourhood.ask();
    assert.deepEqual(await second.exited, { kind: 'limit', limit: 'mailbox' });
    assert.equal(flooded.send(new Uint8Array(length)), false);
    assert.ok(flooded.isAlive);
    await neighbourhood.answers();
    flooded.kill();
    await neighbourhood.close();
  });
}
