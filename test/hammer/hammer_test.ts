// Hundreds of WebAssembly processes that do random things to each other (worker.wat), and the accounts afterwards: what was sent to a
// process that lives to the end was received by it, once and in order; nobody ends for a reason that no one gave; nothing is left behind.
//
// LUNATIC_HAMMER_SEEDS=100 for a longer form, LUNATIC_HAMMER_SEED to begin with another seed.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { describeExitReason, type ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { createMessage, MESSAGE_DATA, SENT } from '../../packages/lunatic/src/actor/message.ts';
import type { Process } from '../../packages/lunatic/src/actor/process.ts';
import { spawnFunction } from '../../packages/lunatic/src/actor/ts_process.ts';
import type { LoadedModule } from '../../packages/lunatic/src/engine/services.ts';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { encodeParameters } from '../../packages/lunatic/src/node/parameters.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';
import { I64 } from '../../packages/lunatic/src/wasm/types.ts';
import { isExpected } from './expected_ends.ts';

const SEEDS = Number(process.env.LUNATIC_HAMMER_SEEDS ?? 4);
const FIRST_SEED = Number(process.env.LUNATIC_HAMMER_SEED ?? 1);
const ROOTS = 100;
const GENERATIONS = 2n;
const MAX_PROCESSES = 1_000;
/** worker.wat has tables of this many processes. */
const MAX_PIDS = 4_096;
const ASK_TAG = 9;
const DEADLINE_MS = 60_000;

interface Answer {
  readonly pid: number;
  readonly received: number;
}

class Hammer {
  readonly node: Node;
  readonly reasons = new Map<number, ExitReason>();
  /** Data messages given to each process, by pid. */
  readonly #delivered = new Map<number, number>();
  readonly #module: LoadedModule;
  readonly #answers: Answer[] = [];
  readonly #collector: Process;

  constructor(source: Uint8Array) {
    this.node = new Node({
      output: new CapturedOutput(),
      input: new FixedInput(''),
      limits: { maxProcesses: MAX_PROCESSES },
    });
    const { system } = this.node;
    const send = system.send.bind(system);
    system.send = (pid, message) => {
      const counts = message.kind === MESSAGE_DATA && message.tagLo !== ASK_TAG;
      const outcome = send(pid, message);
      if (counts && outcome === SENT) this.#delivered.set(pid, (this.#delivered.get(pid) ?? 0) + 1);
      return outcome;
    };
    this.node.onProcessEnd = (pid, reason) => this.reasons.set(pid, reason);
    const collector = spawnFunction(system, async (self) => {
      for (;;) {
        const received = await self.receive();
        assert.ok(received?.kind === 'data');
        const view = new DataView(received.bytes.buffer, received.bytes.byteOffset);
        this.#answers.push({ pid: Number(view.getBigUint64(0, true)), received: view.getUint32(8, true) });
      }
    });
    assert.ok(collector !== null);
    this.#collector = collector;
    this.#module = this.node.load(source, 'worker');
  }

  spawnRoots(seed: number): void {
    const first = this.#collector.pid + 1;
    for (let k = 0; k < ROOTS; k++) {
      const parent = k === 0 ? first + 1 : first + k - 1;
      const args = [BigInt(seed * 1_000_003 + k * 7919 + 1), BigInt(parent), GENERATIONS];
      const params = encodeParameters('worker', [I64, I64, I64], args);
      const proc = this.node.engine.spawn({
        module: this.#module,
        config: DEFAULT_PROCESS_CONFIG,
        entry: { kind: 'export', name: 'worker' },
        params,
        link: null,
      });
      assert.ok(typeof proc !== 'string');
      assert.equal(proc, first + k);
    }
  }

  /** All that live have done their steps and wait, and nothing is under way. */
  async quiet(): Promise<void> {
    const { scheduler } = this.node;
    const deadline = performance.now() + DEADLINE_MS;
    while (scheduler.runnable > 0 || scheduler.timerCount > 0) {
      assert.ok(performance.now() < deadline, 'the processes come to rest');
      await setTimeout(2);
    }
  }

  get workers(): Process[] {
    return [...this.node.system.processes()].filter(({ pid }) => pid !== this.#collector.pid);
  }

  /** Asks every worker for its counts, which ends it, and compares. Returns the messages that were received. */
  async settle(): Promise<number> {
    const workers = this.workers;
    const ask = new Uint8Array(8);
    new DataView(ask.buffer).setBigUint64(0, BigInt(this.#collector.pid), true);
    for (const { pid } of workers) {
      const message = createMessage(ASK_TAG, 0);
      message.append(ask);
      assert.equal(this.node.system.send(pid, message), SENT);
    }
    await this.quiet();
    assert.equal(this.#answers.length, workers.length, 'everybody who lives answers');
    for (const { pid, received } of this.#answers) {
      assert.equal(received, this.#delivered.get(pid) ?? 0, `messages received by process ${pid}`);
    }
    return this.#answers.reduce((sum, { received }) => sum + received, 0);
  }

  /** Nobody is left, and nothing of anybody. */
  async close(): Promise<void> {
    const { system, engine, scheduler } = this.node;
    assert.equal(system.processCount, 1, 'only the collector lives');
    await this.node.close();
    assert.equal(system.processCount, 0);
    assert.equal(scheduler.timerCount, 0);
    assert.equal(engine.pool.arena.usedBytes, 0);
    assert.equal(system.held.bytes, 0);
  }
}

const source = assemble(readFileSync(path.join(import.meta.dirname, 'worker.wat'), 'utf8'));

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  it(`processes that do random things to each other, seed ${seed}`, async (context) => {
    const hammer = new Hammer(source);
    hammer.spawnRoots(seed);
    await hammer.quiet();
    const alive = hammer.workers.length;
    const ended = hammer.reasons.size;
    assert.ok(alive + ended < MAX_PIDS, `${alive + ended} processes fit the tables of the workers`);
    const received = await hammer.settle();
    const kinds = new Map<string, number>();
    for (const [pid, reason] of hammer.reasons) {
      assert.ok(isExpected(reason), `process ${pid}: ${describeExitReason(reason)}\n${JSON.stringify(reason)}`);
      kinds.set(reason.kind, (kinds.get(reason.kind) ?? 0) + 1);
    }
    const { parked, created } = hammer.node.engine.pool;
    const counted = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
    context.diagnostic(`${alive + ended} processes (${counted}), ${received} messages to those that live to the end`);
    context.diagnostic(`parked ${parked} times, ${created} instances`);
    assert.ok(received > 0 && alive > 0 && ended > 0, 'something happened');
    await hammer.close();
  });
}
