// Shared by the tests of this folder: an engine over a real actor system on a manual clock, and a handful of host functions
// through which guests wait, yield, call back and look at themselves.

import assert from 'node:assert/strict';
import { ActorSystem } from '../actor/actor_system.ts';
import type { ExitReason } from '../actor/exit_reason.ts';
import type { ActorLimits } from '../actor/limits.ts';
import { createMessage, SENT } from '../actor/message.ts';
import { FOREVER, type Process, RECEIVE_MESSAGE } from '../actor/process.ts';
import { ManualClock } from '../base/clock.ts';
import type { HostDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { assemble } from '../wasm/test_modules.ts';
import type { Imports } from '../wasm/types.ts';
import { Engine } from './engine.ts';
import { type HostContext, type HostFunction, STOP_EXIT, STOP_WAIT, STOP_YIELD } from './host_function.ts';
import type { EngineModule } from './loaded_module.ts';
import type { ModuleCache } from './module_cache.ts';
import type { ProcessConfig } from './services.ts';

export const TEST_CONFIG: ProcessConfig = {
  maxMemoryBytes: 2 ** 32 - 1,
  maxFuel: 0,
  canCompileModules: true,
  canCreateConfigs: true,
  canSpawnProcesses: true,
  preopens: [],
  args: [],
  env: [],
};

const NO_TAGS = new Int32Array(0);

/** Called by the tests only: the scheduler is never started. */
const NO_LOOP: HostDriver = { requestTurn() {}, armTimer() {}, disarmTimer() {}, close() {} };

export interface TestEngineOptions {
  /** Beside TEST_FUNCTIONS; these come first. */
  readonly functions?: readonly HostFunction[];
  readonly limits?: Partial<ActorLimits>;
  readonly tracked?: boolean;
  readonly maxMemories?: number;
  readonly maxArenaBytes?: number;
  readonly cache?: ModuleCache;
  /** Milliseconds of a slice: with the clock standing still, the only measure of a turn. */
  readonly sliceMs?: number;
}

/** An import that no function of the test serves, or that is no function. */
export class TestLinkError extends Error {
  override readonly name = 'TestLinkError';
}

export class TestEngine {
  readonly clock = new ManualClock();
  readonly system: ActorSystem;
  readonly engine: Engine;
  /** How each process ended. */
  readonly reasons = new Map<number, ExitReason>();
  /** What guests have given to `env.log`, by pid. */
  readonly logs = new Map<number, number[]>();
  readonly #functions: readonly HostFunction[];

  constructor(options: TestEngineOptions = {}) {
    const { sliceMs } = options;
    const slices = sliceMs === undefined ? {} : { sliceSharedMs: sliceMs, sliceAloneMs: sliceMs };
    const scheduler = new Scheduler({ clock: this.clock, driver: NO_LOOP, turnMs: 0, ...slices });
    this.system = new ActorSystem({ scheduler, limits: options.limits ?? {} });
    this.system.onExit = (proc, reason) => this.reasons.set(proc.pid, reason);
    this.#functions = [...(options.functions ?? []), ...testFunctions(this.logs)];
    const { tracked, maxMemories, maxArenaBytes, cache } = options;
    this.engine = new Engine({
      system: this.system,
      link: (module) => this.#link(module),
      ...(tracked !== undefined && { tracked }),
      ...(maxMemories !== undefined && { maxMemories }),
      ...(maxArenaBytes !== undefined && { maxArenaBytes }),
      ...(cache !== undefined && { cache }),
    });
  }

  /** A module from text or bytes. */
  load(source: string | Uint8Array, name = 'test'): EngineModule {
    return this.engine.loadModule(typeof source === 'string' ? assemble(source) : source, name);
  }

  /** Starts a process; asserts that it could be created. `args` are i32. */
  spawn(
    module: EngineModule,
    name = 'main',
    args: readonly number[] = [],
    config: Partial<ProcessConfig> = {},
  ): Process {
    const spawned = this.trySpawn(module, name, args, config);
    assert.ok(typeof spawned !== 'string', String(spawned));
    return spawned;
  }

  trySpawn(
    module: EngineModule,
    name: string,
    args: readonly number[] = [],
    config: Partial<ProcessConfig> = {},
  ): Process | string {
    const spawned = this.engine.spawn({
      module,
      config: { ...TEST_CONFIG, ...config },
      entry: { kind: 'export', name },
      params: packI32(args),
      link: null,
    });
    return typeof spawned === 'string' ? spawned : (this.system.find(spawned) as Process); // it has just been made
  }

  /** Runs slices until nothing is runnable, at most `slices` of them. Returns how many ran. */
  run(slices = Number.MAX_SAFE_INTEGER): number {
    for (let count = 0; count < slices; count++) if (!this.system.scheduler.runTurn()) return count + 1;
    return slices;
  }

  /** Spawns, runs until nothing is runnable and tells how the process ended; undefined: it is still there. */
  outcome(
    module: EngineModule,
    name = 'main',
    args: readonly number[] = [],
    config: Partial<ProcessConfig> = {},
  ): ExitReason | undefined {
    const proc = this.spawn(module, name, args, config);
    this.run();
    return this.reasons.get(proc.pid);
  }

  /** What a process has logged so far. */
  log(proc: Process): readonly number[] {
    return this.logs.get(proc.pid) ?? [];
  }

  /** Wakes a process that is in `env.receive`, which returns `value`. */
  send(proc: Process, value: number): void {
    const message = createMessage(0, 0);
    assert.ok(message.append(new Uint8Array(Int32Array.of(value).buffer)));
    assert.equal(this.system.send(proc.pid, message), SENT);
  }

  #link(module: Imports): readonly HostFunction[] {
    return module.imports.map((item) => {
      const found = this.#functions.find((row) => row.module === item.module && row.name === item.name);
      if (item.kind !== 'func' || found === undefined)
        throw new TestLinkError(`${item.kind} ${item.module}.${item.name}`);
      return found;
    });
  }
}

/** Arguments of a spawn request. */
export function packI32(args: readonly number[]): Uint8Array {
  const packed = new Uint8Array(args.length * 17);
  const view = new DataView(packed.buffer);
  args.forEach((value, k) => {
    packed[k * 17] = 0x7f;
    view.setInt32(k * 17 + 1, value, true);
  });
  return packed;
}

/** A host function of module `env`. */
export function hostFunction(
  name: string,
  params: string,
  results: string,
  stops: boolean,
  call: (ctx: HostContext, ...args: number[]) => number | bigint | void,
): HostFunction {
  // The rows are called with what `params` says; these tests pass i32 only, or declare wider parameters themselves.
  return { module: 'env', name, params, results, stops, call: call as HostFunction['call'] };
}

function testFunctions(logs: Map<number, number[]>): readonly HostFunction[] {
  const yielded = new Set<number>();
  return [
    hostFunction('log', 'i', '', false, (ctx, value) => {
      const list = logs.get(ctx.process.pid);
      if (list === undefined) logs.set(ctx.process.pid, [value]);
      else list.push(value);
    }),
    // Gives up the turn once.
    hostFunction('yield', '', '', true, (ctx) => {
      if (yielded.delete(ctx.process.pid)) return;
      yielded.add(ctx.process.pid);
      ctx.stop(STOP_YIELD);
    }),
    hostFunction('receive', '', 'i', true, (ctx) => {
      if (ctx.process.receive(NO_TAGS, 0, FOREVER) !== RECEIVE_MESSAGE) {
        ctx.stop(STOP_WAIT);
        return 0;
      }
      const message = ctx.process.takeReceived();
      const value = new DataView(message.bytes.buffer, message.bytes.byteOffset).getInt32(0, true);
      message.release();
      return value;
    }),
    hostFunction('exit', 'i', '', true, (ctx, code) => {
      ctx.process.exitReason = { kind: 'exit', code };
      ctx.stop(STOP_EXIT);
    }),
    hostFunction('trap', '', '', false, (ctx) => ctx.trap('asked for')),
    hostFunction('write', 'iii', '', false, (ctx, offset, value, length) => {
      ctx.memory.writable(offset, length).fill(value);
    }),
    // Runs table element `index` with (i32 a); what it returned, or -1 when it trapped.
    hostFunction('call', 'ii', 'i', true, (ctx, index, argument) => {
      const done = ctx.takeCallResult();
      if (done !== undefined) return done.value;
      ctx.callTable(index, 'i', 'i', [argument]);
      return 0;
    }),
    // The same for the export `caught`, with traps caught.
    hostFunction('catch', 'i', 'i', true, (ctx, argument) => {
      const done = ctx.takeCallResult();
      if (done !== undefined) return done.trapped ? -1 : done.value;
      ctx.callExport('caught', [argument], true);
      return 0;
    }),
  ];
}
