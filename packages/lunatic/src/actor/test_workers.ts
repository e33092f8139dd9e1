// Several workers of one VM on one thread, for tests: frames between them wait in queues, and a seeded random number says which worker does what next. A
// failure is repeated by its seed.

import assert from 'node:assert/strict';
import { ManualClock } from '../base/clock.ts';
import { randomBelow, type SeededRandom } from '../base/random.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { ActorSystem } from './actor_system.ts';
import type { Transport } from './frames.ts';
import type { ActorLimits } from './limits.ts';
import type { ProcessBody } from './process.ts';
import type { WorkerCodec } from './remote_signals.ts';

/** A body that is plain data, so that it can move. */
export interface PlainBody extends ProcessBody {
  /** JSON of what it is. */
  pack(): unknown;
}

export class TestWorkers {
  readonly clock = new ManualClock();
  readonly random: SeededRandom;
  readonly systems: readonly ActorSystem[];
  frames = 0;
  readonly #queues: Uint8Array[][];
  readonly #posted: number[];
  readonly #done: number[];
  readonly #numbered: number[];
  #processes = 0;
  readonly #unpack: (packed: unknown, system: ActorSystem) => PlainBody;

  constructor(
    workers: number,
    random: SeededRandom,
    unpack: (packed: unknown, system: ActorSystem) => PlainBody,
    limits: Partial<ActorLimits> = {},
  ) {
    this.random = random;
    this.#unpack = unpack;
    const pairs = workers * workers;
    this.#queues = Array.from({ length: pairs }, () => []);
    this.#posted = new Array<number>(pairs).fill(0);
    this.#done = new Array<number>(pairs).fill(0);
    this.#numbered = new Array<number>(pairs).fill(0);
    this.systems = Array.from({ length: workers }, (_, self) => {
      const scheduler = new Scheduler({ clock: this.clock, driver: NO_LOOP, turnMs: 0 });
      const system = new ActorSystem({ scheduler, limits, transport: this.#transport(self, workers) });
      if (system.remote !== null) system.remote.codec = this.#codec(system);
      return system;
    });
  }

  /** One thing happens on one worker: a frame arrives, a slice runs, a process leaves, or time passes. False: there is nothing to do anywhere. */
  step(): boolean {
    const choices: (() => void)[] = [];
    for (const [worker, system] of this.systems.entries()) {
      for (let from = 0; from < this.systems.length; from++) {
        const pair = from * this.systems.length + worker;
        if ((this.#queues[pair] as Uint8Array[]).length > 0) choices.push(() => this.#deliver(from, worker));
      }
      if (system.scheduler.runnable > 0) choices.push(() => void system.scheduler.runTurn());
      if (system.remote?.travel.isBusy) choices.push(() => system.remote?.travel.goOn());
    }
    if (choices.length === 0) {
      const next = Math.min(...this.systems.map(({ scheduler }) => scheduler.nextDeadlineMs));
      if (next === Infinity) return false;
      this.clock.advance(Math.max(0, next - this.clock.nowMs()));
      for (const { scheduler } of this.systems) scheduler.runTurn();
      return true;
    }
    (choices[randomBelow(this.random, choices.length)] as () => void)();
    return true;
  }

  /** Until nothing happens any more. */
  settle(maxSteps = 1_000_000): void {
    let left = maxSteps;
    while (this.step()) assert.ok(left-- > 0, 'the workers come to rest');
  }

  #deliver(from: number, to: number): void {
    const pair = from * this.systems.length + to;
    const frame = (this.#queues[pair] as Uint8Array[]).shift() as Uint8Array;
    this.frames++;
    this.systems[to]?.remote?.receive(from, frame, 0, frame.length);
    this.#done[pair]++;
  }

  #transport(self: number, workers: number): Transport {
    const at = (from: number, to: number): number => from * workers + to;
    return {
      self,
      workers,
      post: (to, frame, length) => {
        assert.notEqual(to, self, 'no worker posts to itself');
        this.#queues[at(self, to)]?.push(frame.slice(0, length));
        this.#posted[at(self, to)]++;
      },
      isCongested: () => false,
      posted: (to) => this.#posted[at(self, to)] ?? 0,
      done: (to) => this.#done[at(self, to)] ?? 0,
      postedBy: (from) => this.#posted[at(from, self)] ?? 0,
      doneOf: (from) => this.#done[at(from, self)] ?? 0,
      publishNumbered: (home, count) => {
        this.#numbered[at(self, home)] = count;
      },
      numberedBy: (spawner, home) => this.#numbered[at(spawner, home)] ?? 0,
      countBegun: (max) => {
        if (this.#processes >= max) return false;
        this.#processes++;
        return true;
      },
      countEnded: () => {
        this.#processes--;
      },
      countProcesses: () => this.#processes,
    };
  }

  #codec(system: ActorSystem): WorkerCodec {
    const nothing = (): never => assert.fail('these messages carry no resources');
    return {
      writeResource: nothing,
      readResource: nothing,
      isMovable: () => true,
      writeProcess: (proc, w) => w.json((proc.body as PlainBody).pack()), // all bodies here are such
      readProcess: (r) => ({ body: this.#unpack(r.json(), system), host: null, attach: () => {} }),
    };
  }
}

const NO_LOOP = { requestTurn: () => {}, armTimer: () => {}, disarmTimer: () => {}, close: () => {} };
