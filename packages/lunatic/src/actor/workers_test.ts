import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { SLICE_ENDED, SLICE_PREEMPTED, SLICE_WAITING, type SliceOutcome } from '../scheduler/task.ts';
import { type ActorSystem, MAIN_WORKER } from './actor_system.ts';
import { FIRST_OF_UPPER_LAYERS } from './frames.ts';
import { createMessage, MESSAGE_DATA, MESSAGE_LINK_DIED, MESSAGE_PROCESS_DIED } from './message.ts';
import { FOREVER, type Process, RECEIVE_MESSAGE } from './process.ts';
import { CALL_GET_NAME, CALL_PUT_NAME, type RegistryEntry } from './registry.ts';
import { NO_TAGS } from './test_system.ts';
import { type PlainBody, TestWorkers } from './test_workers.ts';

const FRAME_SPAWN = FIRST_OF_UPPER_LAYERS;
const MAX_PROCESSES = 40;
const NAMES = 6;

/** What a process of the hammer is: plain data, since it moves. */
interface TalkerState {
  steps: number;
  /** Last number got from each sender. */
  got: Record<number, number>;
}

/** A world of processes that do random things to each other, and all that an observer outside time and space can check. */
class World {
  readonly workers: TestWorkers;
  readonly random: SeededRandom;
  readonly ended = new Map<number, string>();
  readonly alive = new Set<number>();
  /** Messages sent from one to another, by `sender:receiver`. */
  readonly sent = new Map<string, number>();
  readonly states = new Map<number, TalkerState>();
  /** Notices of a link's or a monitor's end, by `receiver:dead:kind:ref`. */
  readonly notices = new Map<string, number>();
  /** By process: who still waits for its end. */
  readonly awaited = new Map<number, number>();
  questions = 0;
  answers = 0;

  constructor(workers: number, seed: number) {
    this.random = new SeededRandom(seed);
    this.workers = new TestWorkers(workers, this.random, (packed) => new Talker(this, packed as TalkerState));
    for (const system of this.workers.systems) {
      system.onExit = (proc, reason) => {
        assert.ok(!this.ended.has(proc.pid), 'a process ends once');
        this.ended.set(proc.pid, reason.kind);
        this.alive.delete(proc.pid);
      };
      system.remote?.handlers.set(FRAME_SPAWN, (_, r) => {
        const pid = r.f64();
        const parent = r.f64();
        const state = { steps: r.u32(), got: {} };
        this.states.set(pid, state);
        system.adopt(pid, new Talker(this, state), parent).dieWhenLinkDies = false;
        system.remote?.routing.arrivedNew(pid);
      });
    }
  }

  spawn(system: ActorSystem, home: number, parent: Process | null, steps: number): number {
    let pid: number | null;
    if (home === system.space.self) {
      const state = { steps, got: {} };
      const proc = system.spawn(new Talker(this, state), null, parent, 7, 0);
      assert.ok(proc !== null);
      proc.dieWhenLinkDies = false;
      pid = proc.pid;
      this.states.set(pid, state);
    } else {
      pid = system.numberFor(home, parent, 7, 0);
      assert.ok(pid !== null && system.remote !== null);
      const w = system.remote.begin(FRAME_SPAWN);
      w.f64(pid);
      w.f64(parent?.pid ?? 0);
      w.u32(steps);
      system.remote.post(home);
    }
    assert.ok(!this.ended.has(pid) && !this.alive.has(pid), 'no pid is used twice');
    this.alive.add(pid);
    return pid;
  }

  send(system: ActorSystem, from: number, to: number): void {
    const key = `${from}:${to}`;
    const number = (this.sent.get(key) ?? 0) + 1;
    this.sent.set(key, number);
    const message = createMessage(1, 0);
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setFloat64(0, from);
    view.setFloat64(8, number);
    message.append(bytes);
    system.send(to, message);
  }

  anyPid(): number {
    const pids = [...this.alive, ...[...this.ended.keys()].slice(-5)];
    return pids[randomBelow(this.random, pids.length)] as number;
  }

  /** Whoever has been told of the end of `pid`, on the worker of `system`, finds no name for it any more. */
  checkNameless(system: ActorSystem, pid: number): void {
    const name = `name ${randomBelow(this.random, NAMES)}`;
    this.questions++;
    system.remote?.call(MAIN_WORKER, CALL_GET_NAME, [name], (entry) => {
      this.answers++;
      assert.notEqual((entry as RegistryEntry | null)?.pid, pid, `${pid} has ended and is ${name}`);
    });
  }

  /** Nothing is under way: what each knows of the others agrees. */
  checkAtRest(): void {
    const here = new Map<number, Process>();
    for (const system of this.workers.systems) {
      for (const proc of system.processes()) {
        assert.ok(!here.has(proc.pid), `${proc.pid} is at one place`);
        here.set(proc.pid, proc);
      }
    }
    assert.deepEqual(new Set(here.keys()), this.alive);
    for (const proc of here.values()) {
      for (const [own, others] of [
        ['links', 'links'],
        ['watching', 'watchers'],
        ['watchers', 'watching'],
      ] as const) {
        for (const { pid, key } of proc.peers?.[own]?.entries() ?? []) {
          const other = here.get(pid);
          assert.ok(other !== undefined, `${proc.pid} ${own} ${pid}, which has ended`);
          const otherKey = key < 0 ? key : proc.pid;
          assert.ok(other.peers?.[others]?.get(otherKey), `${proc.pid} ${own} ${pid}, which does not know`);
        }
      }
      assert.ok((proc.peers?.unlinking?.size ?? 0) === 0, 'every unlinking is confirmed');
    }
    for (const [key, count] of this.sent) {
      const [from, to] = key.split(':').map(Number) as [number, number];
      const receiver = here.get(to)?.body;
      if (receiver instanceof Talker) assert.equal(receiver.state.got[from], count, `all of ${key} came`);
    }
    assert.equal(this.answers, this.questions, 'every question is answered');
    for (const [pid, count] of this.awaited)
      assert.ok(count === 0 || this.alive.has(pid), `${pid} ended, and all heard`);
    const registry = this.workers.systems[MAIN_WORKER]?.registry;
    for (const [name, { pid }] of registry?.entries() ?? []) assert.ok(this.alive.has(pid), `${name} is of the living`);
    assert.equal(this.workers.systems[0]?.processCount, this.alive.size);
  }
}

class Talker implements PlainBody {
  readonly world: World;
  readonly state: TalkerState;

  constructor(world: World, state: TalkerState) {
    this.world = world;
    this.state = state;
  }

  pack(): TalkerState {
    return this.state;
  }

  dispose(): void {}

  runSlice(proc: Process): SliceOutcome {
    this.#takeMail(proc);
    if (this.state.steps > 0) {
      this.state.steps--;
      if (this.#act(proc)) return SLICE_ENDED;
      return SLICE_PREEMPTED;
    }
    while (proc.receive(NO_TAGS, 0, FOREVER) === RECEIVE_MESSAGE) this.#take(proc);
    return SLICE_WAITING;
  }

  #takeMail(proc: Process): void {
    while (proc.receive(NO_TAGS, 0, 0) === RECEIVE_MESSAGE) this.#take(proc);
  }

  #take(proc: Process): void {
    const message = proc.takeReceived();
    const { world } = this;
    if (message.kind === MESSAGE_DATA) {
      const view = new DataView(message.bytes.buffer, message.bytes.byteOffset);
      const from = view.getFloat64(0);
      const number = view.getFloat64(8);
      assert.equal(number, (this.state.got[from] ?? 0) + 1, `from ${from} to ${proc.pid} in order`);
      this.state.got[from] = number;
    } else {
      const isLink = message.kind === MESSAGE_LINK_DIED;
      assert.ok(isLink || message.kind === MESSAGE_PROCESS_DIED);
      assert.ok(world.ended.has(message.pid), `${message.pid} has ended if someone is told so`);
      world.checkNameless(proc.system, message.pid);
      if (!isLink && message.ref !== 0) {
        const key = `${proc.pid}:${message.ref}`;
        assert.ok(!world.notices.has(key), 'a monitor fires once');
        world.notices.set(key, 1);
      }
    }
    message.release();
  }

  /** One random deed; true: it ended. */
  #act(proc: Process): boolean {
    const { world } = this;
    const { random } = world;
    const { system } = proc;
    const { remote } = system;
    const other = world.anyPid();
    switch (randomBelow(random, 16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        for (let k = randomBelow(random, 4); k >= 0; k--) world.send(system, proc.pid, other);
        return false;
      case 4:
        system.link(proc, other, 3, 0);
        return false;
      case 5:
        system.unlink(proc, other);
        return false;
      case 6:
        system.monitor(proc, other);
        return false;
      case 7:
        system.stopMonitoring(proc, other);
        return false;
      case 8: {
        const ref = system.monitorWithRef(proc, other);
        if (randomBelow(random, 3) === 0) system.demonitor(proc, ref);
        return false;
      }
      case 9:
        if (world.alive.size < MAX_PROCESSES) {
          const home = randomBelow(random, world.workers.systems.length);
          const child = world.spawn(
            system,
            home,
            randomBelow(random, 2) === 0 ? proc : null,
            10 + randomBelow(random, 30),
          );
          world.send(system, proc.pid, child);
        }
        return false;
      case 10:
        if (randomBelow(random, 4) !== 0 || other === proc.pid) return false;
        if (!system.isElsewhere(other)) {
          system.kill(other);
          return false;
        }
        world.questions++;
        system.kill(other, () => {
          world.answers++;
          assert.ok(world.ended.has(other), 'a kill is answered when the process has ended');
          world.checkNameless(system, other);
        });
        return false;
      case 11: {
        if (!system.isElsewhere(other)) {
          assert.equal(system.exists(other), world.alive.has(other));
          return false;
        }
        const wasAlive = world.alive.has(other);
        world.questions++;
        remote?.exists(other, (exists) => {
          world.answers++;
          if (exists) assert.ok(wasAlive, 'nobody comes back to life');
          else assert.ok(!world.alive.has(other), 'the living exist');
        });
        return false;
      }
      case 12:
        world.questions++;
        remote?.call(
          MAIN_WORKER,
          CALL_PUT_NAME,
          [`name ${randomBelow(random, NAMES)}`, 0, other],
          () => world.answers++,
        );
        return false;
      case 13:
        world.questions++;
        remote?.call(MAIN_WORKER, CALL_GET_NAME, [`name ${randomBelow(random, NAMES)}`], (entry) => {
          world.answers++;
          if (entry !== null) assert.ok((entry as RegistryEntry).pid > 0);
        });
        return false;
      case 14:
        world.awaited.set(other, (world.awaited.get(other) ?? 0) + 1);
        system.onceExited(other, (reason) => {
          world.awaited.set(other, (world.awaited.get(other) ?? 0) - 1);
          if (reason.kind !== 'noproc') assert.equal(world.ended.get(other), reason.kind);
        });
        return false;
      default:
        if (randomBelow(random, 6) !== 0) return false;
        if (randomBelow(random, 2) === 0) proc.exitReason = { kind: 'exit', code: 1 };
        return true;
    }
  }
}

function hammer(workers: number, seed: number): { moved: number; frames: number; ended: number } {
  const world = new World(workers, seed);
  const { systems, random } = { systems: world.workers.systems, random: world.random };
  for (let k = 0; k < 12; k++) world.spawn(systems[k % workers] as ActorSystem, randomBelow(random, workers), null, 60);
  let left = 200_000;
  while (world.workers.step()) {
    assert.ok(left-- > 0, 'the hammer comes to rest');
    if (randomBelow(random, 8) !== 0) continue;
    const from = randomBelow(random, workers);
    const to = randomBelow(random, workers);
    if (from !== to) systems[from]?.remote?.travel.giveAway(to, 1 + randomBelow(random, 3));
  }
  for (const pid of [...world.alive]) if (randomBelow(random, 3) === 0) systems[0]?.kill(pid);
  world.workers.settle();
  world.checkAtRest();
  const moved = systems.reduce((sum, { remote }) => sum + (remote?.travel.movedOut ?? 0), 0);
  return { moved, frames: world.workers.frames, ended: world.ended.size };
}

const ROUNDS = Number(process.env.HAMMER_ROUNDS ?? 60);
const FIRST_SEED = Number(process.env.HAMMER_SEED ?? 1);

describe('processes of several workers', () => {
  for (const workers of [2, 3, 5]) {
    it(`${workers} workers: order, links, monitors, names and answers hold while processes move`, (t) => {
      let moved = 0;
      let frames = 0;
      let ended = 0;
      for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
        try {
          const round = hammer(workers, seed * 10 + workers);
          moved += round.moved;
          frames += round.frames;
          ended += round.ended;
        } catch (error) {
          throw new Error(`HAMMER_SEED=${seed} HAMMER_ROUNDS=1 repeats this`, { cause: error });
        }
      }
      t.diagnostic(`${ROUNDS} rounds: ${frames} frames, ${moved} moves, ${ended} ends`);
      assert.ok(moved > 10 * ROUNDS && ended > ROUNDS);
    });
  }
});
