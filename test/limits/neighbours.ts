// Shared by the tests of this folder: 1,000 processes that work beside a guilty one, and proof that they finished.
//
// A neighbour keeps a table in its memory. For every number it receives it walks the table 1,000 times, changing it, and answers
// with a sum that depends on everything it ever did. The same walk in TypeScript says what the answers must be, so one lost message,
// one byte of another process in its memory, or one wrong resumption would show.

import assert from 'node:assert/strict';
import type { ActorLimits } from '../../packages/lunatic/src/actor/limits.ts';
import type { LoadedModule } from '../../packages/lunatic/src/engine/services.ts';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm, type Mailbox, type ProcessHandle, type Vm } from '../../packages/lunatic/src/node/vm.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const NEIGHBOURS = 1_000;
const STEPS = 1_000;
const WORDS = 1_024;
const DEADLINE_MS = 60_000;

/** Imports and functions for guilty guests, and the neighbour, which is in the same module: it shares its instances. */
const PRELUDE = `
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "write_data" (func $write_data (param i32 i32) (result i32)))
  (import "lunatic::message" "read_data" (func $read_data (param i32 i32) (result i32)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (import "lunatic::process" "process_id" (func $process_id (result i64)))
  (import "lunatic::process" "monitor" (func $monitor (param i64)))
  (import "lunatic::process" "sleep_ms" (func $sleep_ms (param i64)))
  (import "lunatic::process" "spawn"
    (func $spawn (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::registry" "put" (func $put (param i32 i32 i64 i64)))
  (import "lunatic::timer" "send_after" (func $send_after (param i64 i64) (result i64)))
  (import "lunatic::trap" "catch" (func $catch (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (global $stack_pointer (mut i32) (i32.const 65536))
  (global $sink (mut i32) (i32.const 0))

  ;; Spawns the export whose name is at [from, from + length), without arguments; 0, or 1 at the limit.
  (func $spawn_export (param $from i32) (param $length i32) (result i32)
    (call $spawn (i64.const 0) (i64.const -1) (i64.const -1)
      (local.get $from) (local.get $length) (i32.const 0) (i32.const 0) (i32.const 0)))

  ;; Answers each number n > 0 with (own id, sum) to $to; ends at 0.
  (func (export "neighbour") (param $to i64)
    (local $n i32) (local $steps i32) (local $at i32) (local $sum i32)
    (loop $next
      (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (drop (call $read_data (i32.const 16) (i32.const 4)))
      (local.set $n (i32.load (i32.const 16)))
      (if (i32.eqz (local.get $n)) (then (return)))
      (local.set $steps (i32.const ${STEPS}))
      (loop $walk
        (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 1664525)) (i32.const 1013904223)))
        (local.set $at (i32.add (i32.const 4096) (i32.and (i32.shr_u (local.get $n) (i32.const 14)) (i32.const 4092))))
        (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $at))))
        (i32.store (local.get $at) (i32.xor (local.get $n) (local.get $sum)))
        (br_if $walk (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
      (global.set $sink (i32.add (global.get $sink) (local.get $sum)))
      (i64.store (i32.const 16) (call $process_id))
      (i32.store (i32.const 24) (global.get $sink))
      (call $create_data (i64.const 0) (i64.const 12))
      (drop (call $write_data (i32.const 16) (i32.const 12)))
      (drop (call $send (local.get $to)))
      (br $next)))`;

/** A module of guilty functions. The neighbour of these tests is in it; memory [4096, 8192) and [0, 32) are its own. */
export function assembleGuilty(fields: string): Uint8Array {
  return assemble(`(module ${PRELUDE} ${fields})`);
}

/** What a neighbour's answers must be. */
class Model {
  readonly #table = new Int32Array(WORDS);
  #sum = 0;
  #sink = 0;

  answer(n: number): number {
    let value = n;
    for (let step = 0; step < STEPS; step++) {
      value = (Math.imul(value, 1664525) + 1013904223) | 0;
      const at = (value >>> 16) & (WORDS - 1);
      this.#sum = (this.#sum + (this.#table[at] as number)) | 0;
      this.#table[at] = value ^ this.#sum;
    }
    this.#sink = (this.#sink + this.#sum) | 0;
    return this.#sink;
  }
}

export class Neighbourhood {
  readonly vm: Vm;
  readonly module: LoadedModule;
  readonly #mailbox: Mailbox;
  readonly #neighbours: ProcessHandle[] = [];
  readonly #models = new Map<number, Model>();
  #round = 0;

  private constructor(vm: Vm, module: LoadedModule, mailbox: Mailbox) {
    this.vm = vm;
    this.module = module;
    this.#mailbox = mailbox;
  }

  static async open(guilty: Uint8Array, limits: Partial<ActorLimits> = {}): Promise<Neighbourhood> {
    const vm = createVm({ limits, output: new CapturedOutput() });
    const module = vm.load(guilty, 'guilty');
    const mailbox = await vm.openMailbox();
    const neighbourhood = new Neighbourhood(vm, module, mailbox);
    for (let i = 0; i < NEIGHBOURS; i++) {
      const handle = vm.spawn(module, { entry: 'neighbour', arguments: [BigInt(mailbox.pid)] });
      neighbourhood.#neighbours.push(handle);
      neighbourhood.#models.set(handle.pid, new Model());
    }
    return neighbourhood;
  }

  /** Gives every neighbour a number to work on. */
  ask(): void {
    this.#round++;
    for (const neighbour of this.#neighbours) assert.ok(neighbour.send(word(this.#round * 7919 + neighbour.pid)));
  }

  /** Takes the answers of one `ask` and checks them. */
  async answers(): Promise<void> {
    const waiting = new Set(this.#neighbours.map(({ pid }) => pid));
    while (waiting.size > 0) {
      const received = await this.#mailbox.receive({ timeoutMs: DEADLINE_MS });
      assert.ok(received !== null && received.kind === 'data', `${waiting.size} neighbours do not answer`);
      const view = new DataView(received.bytes.buffer, received.bytes.byteOffset);
      const pid = Number(view.getBigInt64(0, true));
      assert.ok(waiting.delete(pid), `neighbour ${pid} answers once`);
      const expected = this.#models.get(pid)?.answer(this.#round * 7919 + pid);
      assert.equal(view.getInt32(8, true), expected, `answer of neighbour ${pid}`);
    }
  }

  /** Lets all neighbours end, which they do normally, and closes the VM. */
  async close(): Promise<void> {
    for (const neighbour of this.#neighbours) assert.ok(neighbour.send(word(0)));
    for (const neighbour of this.#neighbours) assert.deepEqual(await neighbour.exited, { kind: 'normal' });
    await this.vm.close();
  }
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value, true);
  return bytes;
}
