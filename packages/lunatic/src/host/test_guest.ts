// For the tests of this layer: guests whose code is a generator, over a real memory and the real actor layer.
//
// A script calls host functions with `yield* guest.call(...)`, which follows the contract of
// engine/host_function.ts to the letter: after a stop it gives up its turn, and calls the same function again.
// Memory starts filled with '?', and every call is checked: bytes that changed must have been marked as written.

import assert from 'node:assert/strict';
import { ActorSystem } from '../actor/actor_system.ts';
import type { ExitReason } from '../actor/exit_reason.ts';
import type { ActorLimits } from '../actor/limits.ts';
import type { Message } from '../actor/message.ts';
import type { Process, ProcessBody } from '../actor/process.ts';
import { ManualClock } from '../base/clock.ts';
import { SeededRandom } from '../base/random.ts';
import { GuestMemory } from '../engine/guest_memory.ts';
import {
  type GuestCallResult,
  type HostContext,
  type HostFunction,
  STOP_CALL,
  STOP_EXIT,
  STOP_RECEIVE,
  STOP_WAIT,
  type StopRequest,
} from '../engine/host_function.ts';
import type { EngineServices, LoadedModule, ProcessConfig, SpawnRequest } from '../engine/services.ts';
import type { HostDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { SLICE_ENDED, SLICE_PREEMPTED, SLICE_WAITING, type SliceOutcome } from '../scheduler/task.ts';
import {
  type HostEnvironment,
  INPUT_NOTHING_YET,
  type InputSource,
  type OutputSink,
  type WriteOutcome,
} from './environment.ts';
import { HostIndex } from './link.ts';
import { disposeHostState } from './state.ts';
import { hostFunctions } from './tables.ts';

/** What a guest does; yields are stops. */
export type Script = (guest: Guest) => Generator<StopRequest, unknown, void>;

export const MEMORY_SIZE = 65536;
/** What fresh memory is filled with. */
export const FILL = 0x3f;

export const FULL_CONFIG: ProcessConfig = {
  maxMemoryBytes: 2 ** 32 - 1,
  maxFuel: 0,
  canCompileModules: true,
  canCreateConfigs: true,
  canSpawnProcesses: true,
  preopens: [],
  args: [],
  env: [],
};

/** Takes everything, until told to be full or broken. */
export class MemoryOutput implements OutputSink {
  text = { 1: '', 2: '' };
  outcome: WriteOutcome = 'accepted';
  readonly #wakes: (() => void)[] = [];

  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome {
    if (this.outcome === 'accepted') this.text[fd] += new TextDecoder().decode(bytes);
    return this.outcome;
  }

  onDrain(wake: () => void): void {
    this.#wakes.push(wake);
  }

  drain(): void {
    this.outcome = 'accepted';
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

/** Gives what the test feeds it. */
export class MemoryInput implements InputSource {
  #bytes: Uint8Array = new Uint8Array(0);
  #ended = false;
  readonly waiting = new Set<() => void>();

  feed(text: string): void {
    this.#bytes = Buffer.concat([this.#bytes, new TextEncoder().encode(text)]);
    this.#wakeAll();
  }

  end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  read(target: Uint8Array): number {
    const available = this.available();
    if (available <= 0 || target.length === 0) return target.length === 0 ? 0 : available;
    const count = Math.min(available, target.length);
    target.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.subarray(count);
    return count;
  }

  available(): number {
    return this.#bytes.length === 0 && !this.#ended ? INPUT_NOTHING_YET : this.#bytes.length;
  }

  onReadable(wake: () => void): () => void {
    this.waiting.add(wake);
    return () => this.waiting.delete(wake);
  }

  #wakeAll(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** The event loop gets no turn in these tests: they drain the scheduler themselves. */
const NO_LOOP: HostDriver = { requestTurn() {}, armTimer() {}, disarmTimer() {}, close() {} };

/** A VM without an engine: processes are scripts, by the name or table index of their entry. */
export class World {
  readonly clock = new ManualClock(1000, 1_700_000_000_000_000_000n);
  readonly output = new MemoryOutput();
  readonly input = new MemoryInput();
  readonly env: HostEnvironment;
  readonly scheduler: Scheduler;
  readonly system: ActorSystem;
  readonly index: HostIndex;
  /** Scripts that `spawn` finds: export names, or table indices as text. */
  readonly entries = new Map<string, Script>();
  readonly spawned: SpawnRequest[] = [];
  readonly reasons = new Map<number, ExitReason>();
  /** Answers `loadModule`; tests replace it. */
  loadModule: EngineServices['loadModule'] = (_bytes, name) => ({ kind: 'module', id: 1, name });

  constructor(limits: Partial<ActorLimits> = {}, functions = hostFunctions) {
    this.env = {
      clock: this.clock,
      cpuNs: () => 5_000_000n,
      random: new SeededRandom(1),
      output: this.output,
      input: this.input,
      isTerminal: (fd) => fd === 2,
    };
    this.scheduler = new Scheduler({ clock: this.clock, driver: NO_LOOP });
    this.system = new ActorSystem({ scheduler: this.scheduler, limits });
    this.system.onExit = (proc, reason) => this.reasons.set(proc.pid, reason);
    this.index = new HostIndex(functions(this.env));
  }

  /** A process that runs `script` at the next `run`. */
  spawn(script: Script, config: ProcessConfig = FULL_CONFIG, memoryBytes = MEMORY_SIZE): Guest {
    const guest = new Guest(this, script, config, memoryBytes);
    const proc = this.system.spawn(guest);
    assert.ok(proc !== null, 'the process is made');
    guest.process = proc;
    return guest;
  }

  /** Runs until everybody waits. */
  run(): void {
    this.scheduler.drain();
  }

  /** Moves time on, then runs. */
  advance(ms: number): void {
    this.clock.advance(ms);
    this.scheduler.runTurn();
    this.run();
  }

  /** One process from start to its end, which must be normal. */
  runToEnd(script: Script, config: ProcessConfig = FULL_CONFIG): Guest {
    const guest = this.spawn(script, config);
    this.run();
    assert.deepEqual(guest.reason, { kind: 'normal' });
    return guest;
  }

  /** One process that must end in a trap; returns its text. */
  runToTrap(script: Script, config: ProcessConfig = FULL_CONFIG): string {
    const guest = this.spawn(script, config);
    this.run();
    const { reason } = guest;
    assert.ok(reason?.kind === 'trap', `expected a trap, got ${JSON.stringify(reason)}`);
    return reason.message;
  }
}

class GuestTrap extends Error {}

export class Guest implements ProcessBody, HostContext {
  readonly world: World;
  readonly config: ProcessConfig;
  readonly memory: GuestMemory;
  /** Functions of the guest that the host may call, by export name or table index as text. */
  readonly functions = new Map<string, (...args: (number | bigint)[]) => number>();
  readonly engine: EngineServices;
  /** Set right after construction by whoever spawns it. */
  process!: Process;
  charged = 0;
  disposed = false;
  readonly #generator: Generator<StopRequest, unknown, void>;
  #request: StopRequest | null = null;
  #callee: { name: string; args: readonly (number | bigint)[]; catchTrap: boolean } | null = null;
  #callResult: GuestCallResult | undefined;
  #scratch: Message | null = null;
  #marks: [start: number, end: number][] = [];

  constructor(world: World, script: Script, config: ProcessConfig, memoryBytes = MEMORY_SIZE) {
    this.world = world;
    this.config = config;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(memoryBytes / MEMORY_SIZE) });
    new Uint8Array(memory.buffer).fill(FILL);
    const mark = (offset: number, length: number): void => {
      this.#marks.push([offset, offset + length]);
    };
    this.memory = new GuestMemory(memory, (message) => this.trap(message), mark);
    this.engine = this.#makeEngine();
    this.#generator = script(this);
  }

  /** Why it ended; undefined while it lives. */
  get reason(): ExitReason | undefined {
    return this.world.reasons.get(this.process.pid);
  }

  /** Calls a host function as a guest's import does. The arguments choose the row among several of one name. */
  *call(module: string, name: string, ...args: (number | bigint)[]): Generator<StopRequest, number | bigint, void> {
    const row = this.#row(module, name, args);
    for (;;) {
      const result = this.#callOnce(row, args);
      const request = this.#takeRequest();
      if (request === null) return result;
      assert.ok(row.stops, `${name} asked for a stop but is declared without`);
      if (request !== STOP_CALL) yield request;
      else this.#runCallee();
    }
  }

  runSlice(proc: Process): SliceOutcome {
    this.process = proc;
    let step: IteratorResult<StopRequest, unknown>;
    try {
      step = this.#generator.next();
    } catch (error) {
      if (!(error instanceof GuestTrap)) throw error;
      proc.exitReason = { kind: 'trap', message: error.message };
      return SLICE_ENDED;
    }
    if (step.done === true || step.value === STOP_EXIT) return SLICE_ENDED;
    return step.value === STOP_WAIT || step.value === STOP_RECEIVE ? SLICE_WAITING : SLICE_PREEMPTED;
  }

  dispose(proc: Process): void {
    this.disposed = true;
    disposeHostState(proc);
    this.takeScratch()?.release();
  }

  stop(request: StopRequest): void {
    assert.equal(this.#request, null, 'one stop per call');
    this.#request = request;
  }

  trap(message: string): never {
    throw new GuestTrap(message);
  }

  hasRaised(error: unknown): boolean {
    return error instanceof GuestTrap;
  }

  charge(bytes: number): void {
    this.charged += bytes;
  }

  scratch(): Message | null {
    return this.#scratch;
  }

  takeScratch(): Message | null {
    const scratch = this.#scratch;
    this.#scratch = null;
    return scratch;
  }

  putScratch(message: Message): void {
    this.#scratch?.release();
    this.#scratch = message;
  }

  callExport(name: string, args: readonly (number | bigint)[], catchTrap: boolean): void {
    this.#callee = { name, args, catchTrap };
    this.stop(STOP_CALL);
  }

  callTable(index: number, params: string, results: string, args: readonly (number | bigint)[]): number {
    assert.deepEqual([params.length, results], [args.length, 'i']);
    this.#callee = { name: String(index), args, catchTrap: false };
    this.stop(STOP_CALL);
    return 0;
  }

  takeCallResult(): GuestCallResult | undefined {
    const result = this.#callResult;
    this.#callResult = undefined;
    return result;
  }

  text(offset: number, length: number): string {
    return new TextDecoder().decode(this.memory.read(offset, length));
  }

  /** Puts text into memory, as the guest's own code does; returns its length. */
  put(offset: number, text: string): number {
    return this.putBytes(offset, new TextEncoder().encode(text));
  }

  putBytes(offset: number, bytes: Uint8Array | readonly number[]): number {
    this.memory.bytes.set(bytes, offset);
    return bytes.length;
  }

  /** Memory around what a call was to write is as it was. */
  assertBytes(offset: number, expected: readonly number[]): void {
    const actual = [...this.memory.bytes.subarray(Math.max(0, offset - 4), offset + expected.length + 4)];
    const before = new Array<number>(Math.min(offset, 4)).fill(FILL);
    assert.deepEqual(actual, [...before, ...expected, FILL, FILL, FILL, FILL]);
  }

  #row(module: string, name: string, args: readonly (number | bigint)[]): HostFunction {
    const letters = args.map((arg) => (typeof arg === 'bigint' ? 'I' : 'i')).join('');
    const row = this.world.index.lookup(module, name).find((candidate) => candidate.params === letters);
    assert.ok(row !== undefined, `${module} ${name} (${letters}) is served`);
    return row;
  }

  #callOnce(row: HostFunction, args: readonly (number | bigint)[]): number | bigint {
    const before = this.memory.bytes.slice();
    this.#marks = [];
    // The letters of the row were matched with the arguments.
    const given = row.form?.split === true ? args.flatMap(halves) : args;
    const result = row.call(this, ...(given as never[]));
    this.#checkMarks(before);
    if (row.results === '') return 0;
    assert.equal(typeof result, row.results === 'I' ? 'bigint' : 'number', `result of ${row.name}`);
    return result as number | bigint;
  }

  #checkMarks(before: Uint8Array): void {
    const after = this.memory.bytes;
    if (Buffer.compare(before, after) === 0) return;
    for (let i = 0; i < before.length; i++) {
      if (before[i] === after[i]) continue;
      assert.ok(
        this.#marks.some(([start, end]) => i >= start && i < end),
        `the write at ${i} is marked`,
      );
    }
  }

  #takeRequest(): StopRequest | null {
    const request = this.#request;
    this.#request = null;
    return request;
  }

  #runCallee(): void {
    const callee = this.#callee;
    assert.ok(callee !== null);
    const call = this.functions.get(callee.name);
    if (call === undefined) this.trap(`no export ${callee.name}`);
    try {
      this.#callResult = { trapped: false, value: call(...callee.args), depth: 0 };
    } catch (error) {
      if (!(error instanceof GuestTrap) || !callee.catchTrap) throw error;
      this.#callResult = { trapped: true, value: 0, depth: 0 };
    }
  }

  #makeEngine(): EngineServices {
    const { world } = this;
    return {
      loadModule: (bytes, name): LoadedModule => world.loadModule(bytes, name),
      moduleOf: () => null,
      configOf: (proc) => (proc.body instanceof Guest ? proc.body.config : FULL_CONFIG),
      spawn: (request) => {
        world.spawned.push({ ...request, params: request.params.slice() });
        const key = request.entry.kind === 'export' ? request.entry.name : String(request.entry.index);
        const script = world.entries.get(key);
        if (script === undefined) return `no script ${key}`;
        const guest = new Guest(world, script, request.config);
        const tag = new DataView(new ArrayBuffer(8));
        tag.setBigInt64(0, request.link?.tag ?? 0n, true);
        const child = world.system.spawn(
          guest,
          null,
          request.link?.parent ?? null,
          tag.getInt32(0, true),
          tag.getInt32(4, true),
        );
        if (child === null) return 'too many processes';
        guest.process = child;
        return child.pid;
      },
      isMainOnly: () => false,
    };
  }
}

/** As the rewrite gives an i64 to a function that takes it split. */
function halves(value: number | bigint): number[] {
  if (typeof value === 'number') return [value];
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
