// The composition root: one VM out of its parts, and the run of a main process in it.
//
// A node owns its scheduler, actor system, host tables and engine; nothing else makes them. Time, randomness and the standard streams
// are passed in, so that the command line, an embedder and a simulation get the same VM. In a VM of several threads each has a node;
// workers.ts puts them together.
//
// While it is open a node runs whatever becomes runnable, in turns of the event loop. It holds the event loop only while
// something can still happen: a turn is due, a timer is armed, a process waits for I/O. After `close` it holds nothing.
//
// Invariants
// N1  Host state of a process is given back at its end, whatever its body is.
// N2  Observers (`onProcessEnd`) see each end once, before links and monitors are told of it.
// N3  After `close` no process is alive and no observer is called.

import os from 'node:os';
import { ActorSystem } from '../actor/actor_system.ts';
import { EXIT_SHUTDOWN, type ExitReason } from '../actor/exit_reason.ts';
import type { ActorLimits } from '../actor/limits.ts';
import type { Process } from '../actor/process.ts';
import type { Clock } from '../base/clock.ts';
import { type Random, SystemRandom } from '../base/random.ts';
import { Engine } from '../engine/engine.ts';
import type { HostFunction } from '../engine/host_function.ts';
import { MAX_ARENA_BYTES, MAX_MEMORIES } from '../engine/limits.ts';
import type { ModuleCache } from '../engine/module_cache.ts';
import type { LoadedModule, ProcessConfig } from '../engine/services.ts';
import type { HostEnvironment, InputSource, OutputSink } from '../host/environment.ts';
import { HostIndex, linkImports } from '../host/link.ts';
import { disposeHostState, giveUpCall } from '../host/state.ts';
import { nodeEnvironment } from '../host/stdio.ts';
import { hostFunctions } from '../host/tables.ts';
import { EventLoopDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { Imports } from '../wasm/types.ts';
import { limitsForHeap } from './heap_budget.ts';
import { HeapReturn } from './heap_return.ts';
import { ARENA_SHARE, MAX_MEMORIES_OF_ALL, MAX_WATCHED } from './limits.ts';
import { NodeClock } from './node_clock.ts';
import { NO_PARAMETERS } from './parameters.ts';
import { describeProcess, type ProcessDescription } from './process_description.ts';
import type { ThreadTransport } from './thread_transport.ts';
import { areOthersStuck, describeOthers, joinWorkers } from './workers.ts';

export interface NodeOptions {
  readonly output: OutputSink;
  readonly input: InputSource;
  /** Whether descriptor 0, 1 or 2 is a terminal. Default: those of this OS process are asked. */
  readonly isTerminal?: (fd: 0 | 1 | 2) => boolean;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: DEFAULT_ACTOR_LIMITS, and as many processes and as much held memory as V8's heap has room for (heap_budget.ts). */
  readonly limits?: Partial<ActorLimits>;
  /** Imports served beside those of the VM. */
  readonly hostFunctions?: readonly HostFunction[];
  /** Where modules that `load` has rewritten are kept for other runs. Default: nowhere. */
  readonly cache?: ModuleCache | undefined;
  /** The way to the other threads of the VM, if there are any. */
  readonly transport?: ThreadTransport;
}

/** How the run of a main process came to its end. */
export type MainOutcome =
  /** The main process has ended; the others were abandoned. */
  | { readonly kind: 'ended'; readonly reason: ExitReason; readonly process: ProcessDescription }
  /** Every process waits, and nothing outside can wake one. `count` are alive; the first `waiting.length` are described. */
  | { readonly kind: 'deadlock'; readonly waiting: readonly ProcessDescription[]; readonly count: number }
  /** The main process could not be created. */
  | { readonly kind: 'refused'; readonly why: string }
  /** A thread of the VM has come to its end, and its processes with it: JavaScript's heap was full, or there is a bug. */
  | { readonly kind: 'crashed'; readonly error: Error };

/** Processes described in a `deadlock` outcome. */
const MAX_DESCRIBED = 20;

/** What an observer of ends is told. */
export type OnProcessEnd = (pid: number, reason: ExitReason, describe: () => ProcessDescription) => void;

export class Node {
  readonly scheduler: Scheduler;
  readonly system: ActorSystem;
  readonly environment: HostEnvironment;
  readonly index: HostIndex;
  readonly engine: Engine;
  readonly heapReturn: HeapReturn;
  /** Called at each end of a process (N2). It must not throw, nor call into the node. */
  onProcessEnd: OnProcessEnd | null = null;
  readonly #transport: ThreadTransport | null;
  #mainPid = 0;
  #finishMain: (outcome: MainOutcome) => void = () => {};
  #closed = false;
  /** Processes elsewhere whose end will be heard of. */
  readonly #watched = new Set<number>();

  /** Throws RangeError if a host function of `options` has the name and signature of another. */
  constructor(options: NodeOptions) {
    const clock = options.clock ?? new NodeClock();
    this.scheduler = new Scheduler({ clock, driver: new EventLoopDriver() });
    const limits = limitsForHeap(options.limits ?? {});
    const transport = options.transport ?? null;
    this.#transport = transport;
    this.system = new ActorSystem({ scheduler: this.scheduler, limits, ...(transport && { transport }) });
    this.heapReturn = new HeapReturn(
      () => this.system.localCount,
      () => this.scheduler.runnable === 0,
    );
    const standard = nodeEnvironment(clock, options.random ?? new SystemRandom(), options.output, options.input);
    this.environment = { ...standard, isTerminal: options.isTerminal ?? standard.isTerminal };
    this.index = new HostIndex([...hostFunctions(this.environment), ...(options.hostFunctions ?? [])]);
    const { cache } = options;
    this.engine = new Engine({
      system: this.system,
      link: (module) => this.link(module),
      ...(transport && { maxMemories: memoriesOfEach(transport.workers) }),
      maxArenaBytes: arenaBytesOfEach(transport?.workers ?? 1),
      ...(cache && { cache }),
    });
    this.engine.onCallGivenUp = giveUpCall;
    this.system.onExit = (proc, reason) => this.#ended(proc, reason);
    if (transport !== null) joinWorkers(this, transport);
    this.scheduler.start();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** The host function for each function import, in order. Throws LinkError. */
  link(module: Imports): readonly HostFunction[] {
    return linkImports(module, this.index);
  }

  /** Checks, rewrites, compiles and links a module. Throws WasmError or LinkError. */
  load(bytes: Uint8Array, name: string): LoadedModule {
    const module = this.engine.loadModule(bytes, name, true);
    if (this.#transport === null) return module;
    const parcel = this.engine.keepModule(module);
    for (let worker = 0; worker < this.#transport.workers; worker++)
      if (worker !== this.#transport.self) this.#transport.sendModule(worker, parcel);
    return module;
  }

  /**
   * Runs `entry` of `module` as the main process: when it ends, nothing else runs any more. Its own end is the outcome, and not told
   * to `onProcessEnd`. Once per node; `close` is left to the caller, who may look at what remains.
   */
  runMain(module: LoadedModule, config: ProcessConfig, entry = '_start'): Promise<MainOutcome> {
    const main = this.engine.spawn(
      { module, config, entry: { kind: 'export', name: entry }, params: NO_PARAMETERS, link: null },
      true,
    );
    if (typeof main === 'string') return Promise.resolve({ kind: 'refused', why: main });
    return new Promise((resolve) => {
      this.#mainPid = main;
      this.#finishMain = (outcome) => {
        this.scheduler.stop();
        this.scheduler.onIdle = null;
        resolve(outcome);
      };
      this.system.onceExited(main, (reason) => {
        if (this.#closed) return;
        const process = { pid: main, moduleName: module.name, names: [], waitsFor: null };
        this.#finishMain({ kind: 'ended', reason, process });
      });
      this.scheduler.onIdle = () => {
        if (this.isDeadlocked()) this.#reportDeadlock();
      };
    });
  }

  /** Every process of the VM waits, and nothing outside can wake one. */
  isDeadlocked(): boolean {
    const state = this.system.idleState();
    if (this.#transport === null) return state === 'deadlocked';
    return (
      (state === 'deadlocked' || state === 'ended') &&
      this.system.processCount > 0 &&
      this.system.remote?.travel.isBusy === false &&
      areOthersStuck(this.#transport)
    );
  }

  /** A thread of the VM has come to its end by itself: so has the VM, and with it every process. */
  crashed(error: Error): void {
    this.scheduler.stop();
    this.#finishMain({ kind: 'crashed', error });
    this.#end({ kind: 'error', message: error.message });
  }

  /**
   * Ends every process without notice and frees what the node holds. Resolves when no code of its processes is on the stack
   * any more and TypeScript processes have been told of their end. May be called again. The threads of other workers have
   * ended by then, or are about to be.
   */
  async close(): Promise<void> {
    this.scheduler.stop();
    // The call may come out of a host function, with a guest's frames below it.
    while (this.scheduler.current !== null) await nextTurn();
    if (this.#closed) return;
    this.#end(EXIT_SHUTDOWN);
    await nextTurn();
  }

  #end(reason: ExitReason): void {
    this.#closed = true;
    this.heapReturn.close();
    for (const proc of [...this.system.processes()]) this.system.exit(proc, reason);
    this.system.abandonWaiters(reason);
  }

  /** Whether `pid`, which is elsewhere, is not known to have ended; from the first call on its end is heard of. */
  watch(pid: number): boolean {
    if (this.#watched.has(pid)) return true;
    let isOver = false;
    this.system.onceExited(pid, () => {
      isOver = true;
      this.#watched.delete(pid);
    });
    if (isOver) return false;
    for (const oldest of this.#watched) {
      if (this.#watched.size < MAX_WATCHED) break;
      this.#watched.delete(oldest);
    }
    this.#watched.add(pid);
    return true;
  }

  /** For `joinWorkers`: a process of another worker has ended. */
  endedElsewhere(process: ProcessDescription, reason: ExitReason): void {
    if (this.#closed || process.pid === this.#mainPid || this.onProcessEnd === null) return;
    const { pid } = process;
    this.onProcessEnd(pid, reason, () => ({ ...process, names: this.system.registry.namesOf(pid) }));
  }

  #ended(proc: Process, reason: ExitReason): void {
    disposeHostState(proc);
    if (this.#closed) return;
    this.heapReturn.ended(this.system.localCount);
    if (proc.pid === this.#mainPid || this.onProcessEnd === null) return;
    this.onProcessEnd(proc.pid, reason, () => describeProcess(this, proc));
  }

  /** The first processes of this worker, for a report. */
  describeSome(): ProcessDescription[] {
    const described: ProcessDescription[] = [];
    for (const proc of this.system.processes()) {
      if (described.length === MAX_DESCRIBED) break;
      described.push(describeProcess(this, proc));
    }
    return described;
  }

  #reportDeadlock(): void {
    const count = this.system.processCount;
    describeOthers(this.system, this.#transport, (others) => {
      const waiting = [...this.describeSome(), ...others].slice(0, MAX_DESCRIBED);
      this.#finishMain({ kind: 'deadlock', waiting, count });
    });
  }
}

/** What parked processes of one worker may take of the memory that this OS process may use. */
function arenaBytesOfEach(workers: number): number {
  const machine = os.totalmem();
  // 0 where nothing is known; without a bound, more than any machine has.
  const allowed = process.constrainedMemory() || machine;
  return Math.min(MAX_ARENA_BYTES, Math.floor((Math.min(machine, allowed) * ARENA_SHARE) / workers));
}

/** V8 bounds the memories of a whole OS process. */
function memoriesOfEach(workers: number): number {
  return Math.min(MAX_MEMORIES, Math.floor(MAX_MEMORIES_OF_ALL / workers));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
