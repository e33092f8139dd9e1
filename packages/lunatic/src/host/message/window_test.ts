// Random programs over the scratch message, run twice: with the message window (transform/message_window.ts) and with every call made to the
// host. Ends, memory and messages must be the same; two processes take turns in between, in one instance: what is not marked as written is lost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActorSystem } from '../../actor/actor_system.ts';
import { describeExitReason } from '../../actor/exit_reason.ts';
import { ManualClock } from '../../base/clock.ts';
import { randomBelow as below, SeededRandom } from '../../base/random.ts';
import { Engine } from '../../engine/engine.ts';
import { type HostContext, type HostFunction, STOP_RECEIVE, STOP_WAIT } from '../../engine/host_function.ts';
import { Scheduler } from '../../scheduler/scheduler.ts';
import { CELL_STOP, MAX_WINDOW_BYTES } from '../../transform/injected_abi.ts';
import { assemble } from '../../wasm/test_modules.ts';
import { HostIndex, linkImports } from '../link.ts';
import { disposeHostState } from '../state.ts';
import { FULL_CONFIG, World } from '../test_guest.ts';

const SEED = Number(process.env.LUNATIC_WINDOW_SEED ?? 1);
const PROGRAMS = Number(process.env.LUNATIC_WINDOW_PROGRAMS ?? 60);
const STEPS = 60;

const IMPORTS = `
  (import "lunatic::message" "create_data" (func $create (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read (param i32 i32) (result i32)))
  (import "lunatic::message" "seek_data" (func $seek (param i64)))
  (import "lunatic::message" "get_tag" (func $tag (result i64)))
  (import "lunatic::message" "data_size" (func $size (result i64)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::process" "process_id" (func $self (result i64)))
  (import "lunatic::process" "exists" (func $exists (param i64) (result i32)))
  (import "lunatic::process" "monitor" (func $monitor (param i64)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))`;

/** Addresses, some of them at the end of the one page and beyond. */
function address(random: SeededRandom): number {
  return below(random, 80) === 0 ? 65_400 + below(random, 200) : 1024 + below(random, 8000);
}

/** Around 0, 8, 64, 256 bytes and the size of the window lie the differences. */
function length(random: SeededRandom): number {
  const kind = below(random, 16);
  if (kind < 10) return below(random, 20);
  if (kind < 12) return 56 + below(random, 20);
  if (kind < 14) return 248 + below(random, 16);
  return kind === 14 ? MAX_WINDOW_BYTES - 8 + below(random, 16) : below(random, 900);
}

function step(random: SeededRandom): string {
  const log = (value: string): string => `(call $log (i64.extend_i32_s ${value}))`;
  const i32 = (value: number): string => `(i32.const ${value})`;
  switch (below(random, 16)) {
    case 0:
    case 1:
      return `(call $create (i64.const ${below(random, 3) * 0x1_0000_0001}) (i64.const ${length(random)}))`;
    case 2:
    case 3:
    case 4:
    case 5:
      return log(`(call $write ${i32(address(random))} ${i32(length(random))})`);
    case 6:
    case 7:
    case 8:
      return log(`(call $read ${i32(address(random))} ${i32(length(random))})`);
    case 9:
      return '(call $log (call $plain_tag))(call $log (call $size))';
    case 10: {
      // A position beyond the end travels with the message.
      const beyond = below(random, 16) === 0;
      if (!beyond) return below(random, 2) === 0 ? `(call $seek (i64.const ${below(random, 12)}))` : '';
      return `(call $seek (i64.const 1000)) (drop (call $send (call $self)))
        ${log('(call $receive (i32.const 0) (i32.const 0) (i64.const -1))')} ${log(`(call $read ${i32(1024)} ${i32(8)})`)}`;
    }
    case 11:
      return '(drop (call $yield))';
    case 12:
      return log('(call $send (call $self))') + log('(call $receive (i32.const 0) (i32.const 0) (i64.const -1))');
    case 13:
      // The other process has a pid next to this one's; whether it is alive still is the same in both runs.
      return `(if (call $exists (call $other)) (then
        ${log('(call $send (call $other))')}
        ${log('(call $receive (i32.const 0) (i32.const 0) (i64.const 1000))')}
        (call $create (i64.const 0) (i64.const 0))))`;
    case 14:
      // A notice of death is a scratch message too.
      return below(random, 6) === 0
        ? `(call $monitor (i64.const 1000000)) ${log('(call $receive (i32.const 0) (i32.const 0) (i64.const -1))')}`
        : '';
    default:
      return `(i64.store ${i32(1024 + below(random, 8000))} (i64.const ${below(random, 1_000_000)}))`;
  }
}

/** What is written into messages, all of it: no two places look alike. */
const PATTERN = Array.from(
  { length: 8192 },
  (_, k) => `\\${((k + (k >> 8) * 31) & 255).toString(16).padStart(2, '0')}`,
).join('');

/** Both processes log results at 16 and, at the end, exit with a hash of their memory. */
function program(random: SeededRandom): string {
  const steps = (): string => `(call $create (i64.const 5) (i64.const 0))
    ${Array.from({ length: STEPS }, () => step(random)).join('\n    ')}
    (call $finish)`;
  return `(module ${IMPORTS}
  (memory (export "memory") 1)
  (data (i32.const 1024) "${PATTERN}")
  (global $at (mut i32) (i32.const 16))
  (global $first (mut i32) (i32.const 0))
  (func $other (result i64)
    (i64.add (call $self) (select (i64.const 1) (i64.const -1) (global.get $first))))
  ;; A function that cannot stop.
  (func $plain_tag (result i64) (call $tag))
  (func $log (param i64)
    (i64.store (global.get $at) (local.get 0))
    (global.set $at (i32.and (i32.add (global.get $at) (i32.const 8)) (i32.const 0x3ff))))
  (func $finish (local $k i32) (local $hash i32)
    (loop $next
      (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 31)) (i32.load8_u (local.get $k))))
      (br_if $next (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 65536))))
    (call $exit (local.get $hash)))
  (func (export "first") (global.set $first (i32.const 1)) ${steps()})
  (func (export "second") ${steps()}))`;
}

const NOTHING = new Uint8Array(0);

/** How both processes ended. */
function run(bytes: Uint8Array, windowed: boolean, tracked: boolean): string[] {
  const clock = new ManualClock(0, 0n);
  const driver = { requestTurn() {}, armTimer() {}, disarmTimer() {}, close() {} };
  const scheduler = new Scheduler({ clock, driver });
  const system = new ActorSystem({ scheduler });
  const index = new HostIndex(new World().index.functions);
  const plain = (row: HostFunction): HostFunction => {
    const { form, ...rest } = row;
    // Arguments are split either way: the handlers are made for that.
    if (form?.split !== true) return rest;
    const call = (ctx: HostContext, ...args: never[]): number | bigint | void => {
      const result = row.call(ctx, ...args);
      if (engine.side.cells[CELL_STOP >> 2] === STOP_RECEIVE) ctx.stop(STOP_WAIT);
      return result;
    };
    return { ...rest, form: { split: true }, call };
  };
  const link = (module: Parameters<typeof linkImports>[0]): HostFunction[] =>
    linkImports(module, index).map((row) => (windowed ? row : plain(row)));
  const engine = new Engine({ system, link, tracked, maxMemories: 1 });
  const module = engine.loadModule(bytes, 'program');
  const ends = new Map<number, string>();
  system.onExit = (proc, reason) => {
    disposeHostState(proc);
    ends.set(proc.pid, describeExitReason(reason));
  };
  for (const name of ['first', 'second']) {
    engine.spawn({
      module,
      config: FULL_CONFIG,
      entry: { kind: 'export', name },
      params: NOTHING,
      link: null,
    });
  }
  for (let k = 0; k < 10 && system.processCount > 0; k++) {
    scheduler.drain();
    clock.advance(1000);
  }
  // Whoever waits for ever does so in both runs.
  return [1, 2].map((pid) => ends.get(pid) ?? 'waits');
}

test(`the message window changes nothing that a guest can see, seed ${SEED}`, () => {
  let exits = 0;
  for (let k = 0; k < PROGRAMS; k++) {
    const random = new SeededRandom(SEED * 10_000 + k);
    const text = program(random);
    const bytes = assemble(text);
    const expected = run(bytes, false, false);
    for (const tracked of [false, true]) {
      assert.deepEqual(run(bytes, true, tracked), expected, `program ${k}, tracked: ${tracked}\n${text}`);
    }
    exits += expected.filter((end) => end.startsWith('exit')).length;
  }
  assert.ok(exits > PROGRAMS / 4, `${exits} of ${2 * PROGRAMS} processes came to their end`);
});
