// Runs kernels as processes of an engine: rewritten, linked, in real slices with turns of the event loop between them.

import { ActorSystem } from '../packages/lunatic/src/actor/actor_system.ts';
import { SystemClock } from '../packages/lunatic/src/base/clock.ts';
import { Engine } from '../packages/lunatic/src/engine/engine.ts';
import type { HostFunction } from '../packages/lunatic/src/engine/host_function.ts';
import type { LoadedModule, ProcessConfig } from '../packages/lunatic/src/engine/services.ts';
import { EventLoopDriver } from '../packages/lunatic/src/scheduler/driver.ts';
import { SLICE_SHARED_MS } from '../packages/lunatic/src/scheduler/limits.ts';
import { Scheduler } from '../packages/lunatic/src/scheduler/scheduler.ts';
import type { KernelRun } from './compute.ts';

const CONFIG: ProcessConfig = {
  maxMemoryBytes: 2 ** 32 - 1,
  maxFuel: 0,
  canCompileModules: false,
  canCreateConfigs: false,
  canSpawnProcesses: false,
  preopens: [],
  args: [],
  env: [],
};
/** As in a spawn request: type, then 16 bytes. */
const PARAM_BYTES = 17;
const TYPE_I32 = 0x7f;

/** An engine for kernels. `tracked`: with every write recorded; undefined: as the VM decides. */
export class KernelEngine {
  readonly #engine: Engine;
  readonly #system: ActorSystem;
  #beganMs = 0;
  #run: KernelRun | undefined;

  constructor(tracked: boolean | undefined) {
    // Each process is alone here, and gets the short slices of one that is not.
    const scheduler = new Scheduler({
      clock: new SystemClock(),
      driver: new EventLoopDriver(),
      sliceAloneMs: SLICE_SHARED_MS,
    });
    this.#system = new ActorSystem({ scheduler });
    const begin: HostFunction = {
      module: 'bench',
      name: 'begin',
      params: '',
      results: '',
      stops: false,
      call: () => {
        this.#beganMs = performance.now();
      },
    };
    const done: HostFunction = {
      ...begin,
      name: 'done',
      params: 'i',
      call: (_context, checksum: number) => {
        this.#run = { checksum, ms: performance.now() - this.#beganMs };
      },
    };
    const functions = [begin, done];
    this.#engine = new Engine({
      system: this.#system,
      ...(tracked === undefined ? {} : { tracked }),
      link: (module) =>
        module.imports
          .filter((entry) => entry.kind === 'func')
          .map((entry) => {
            const found = functions.find(
              (candidate) => candidate.name === entry.name && candidate.module === entry.module,
            );
            if (found === undefined) throw new Error(`kernels have no import ${entry.module}.${entry.name}`);
            return found;
          }),
    });
    scheduler.start();
  }

  load(bytes: Uint8Array, name: string): LoadedModule {
    return this.#engine.loadModule(bytes, name);
  }

  /** One process that runs the kernel; how long it took from begin to done. */
  async run(module: LoadedModule, n: number): Promise<KernelRun> {
    const params = new Uint8Array(PARAM_BYTES);
    params[0] = TYPE_I32;
    new DataView(params.buffer).setInt32(1, n, true);
    this.#run = undefined;
    const proc = this.#engine.spawn({
      module,
      config: CONFIG,
      entry: { kind: 'export', name: 'kernel' },
      params,
      link: null,
    });
    if (typeof proc === 'string') throw new Error(proc);
    const reason = await this.#system.waitExit(proc);
    // Set by `done` while the process ran.
    const finished = this.#run as KernelRun | undefined;
    if (finished === undefined) throw new Error(`the kernel ended without a result: ${JSON.stringify(reason)}`);
    return finished;
  }
}
