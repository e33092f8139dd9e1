// The embedding API: a VM inside a program of one's own.
//
// Everything runs on the thread that made the VM, in turns of its event loop. Processes start later, never inside the call that
// spawns them. A VM with nothing to do holds nothing: like any promise, `exited` of a process that waits for ever does not keep the
// program alive.

import { type ExitReason, isFailure } from '../actor/exit_reason.ts';
import type { ActorLimits } from '../actor/limits.ts';
import { MAILBOX_FULL, SENT } from '../actor/message.ts';
import { NAME_PUT } from '../actor/registry.ts';
import {
  buildMessage,
  type ProcessContext,
  type ProcessFunction,
  type Received,
  type ReceiveOptions,
  type SendOptions,
  spawnFunction,
} from '../actor/ts_process.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { HostFunction } from '../engine/host_function.ts';
import type { LoadedModule, ProcessConfig } from '../engine/services.ts';
import type { InputSource, OutputSink } from '../host/environment.ts';
import { defaultIsTerminal, NodeInput, NodeOutput } from '../host/stdio.ts';
import { DiskCache } from './disk_cache.ts';
import { checkMethods, guardInput, guardOutput } from './guarded_streams.ts';
import { isHostFunction } from './host_module.ts';
import type { Node } from './node.ts';
import { encodeParameters, type GuestValue } from './parameters.ts';
import { completeConfig } from './process_config.ts';
import type { ProcessDescription } from './process_description.ts';
import { rewrittenModules } from './rewritten_modules.ts';
import { startNode } from './start_node.ts';

export interface VmOptions {
  /** Bounds of the whole VM; those not given have the defaults of DEFAULT_ACTOR_LIMITS. */
  readonly limits?: Partial<ActorLimits>;
  /**
   * Imports for guests, made by `hostFunction` and `asyncHostFunction`. They run on this thread: with several workers a process that calls one comes here
   * first.
   */
  readonly hostFunctions?: readonly HostFunction[];
  /**
   * A module (file: URL) that exports such functions as the array `hostFunctions`. Every worker loads it and calls its own copy. It must have no
   * top-level await.
   */
  readonly hostModule?: URL | string;
  /**
   * Threads that run processes, this one included: 1 (the default) to 64. The others are started when there is work for them. Processes in TypeScript
   * stay on this thread. With more than one, runs do not repeat exactly, so `clock` and `random` cannot be given; and what is said about a
   * process of another worker (`isAlive`, the answer of `send` and `register`) is what this thread knows.
   */
  readonly workers?: number;
  /**
   * Standard output and error of guests. Default: those of this OS process. What it throws is thrown again in a microtask; guests find the
   * stream broken from then on.
   */
  readonly output?: OutputSink;
  /** Standard input of guests. Default: that of this OS process, opened when a guest first reads. When it throws, as for `output`: it has ended. */
  readonly input?: InputSource;
  /** Time as guests see it. Default: the system's. */
  readonly clock?: Clock;
  /** Default: the system's, cryptographically strong. */
  readonly random?: Random;
  /**
   * A directory where rewritten modules are kept for the next run, since rewriting takes far longer than reading: yours, and writable by
   * nobody else, or it is not used. It is made if it is missing, and bounded (512 MiB). Default: false, nothing is kept.
   */
  readonly cache?: string | false;
  /** Told of each process that fails (ends with a reason other than normal), shortly after. */
  readonly onFailure?: (process: ProcessDescription, reason: ExitReason) => void;
}

/** What a process may do and use. What is left out has the value of DEFAULT_PROCESS_CONFIG. */
export type ProcessOptions = Partial<ProcessConfig> & {
  /** Which exported function runs. Default: `_start`, the entry of a WASI command. */
  readonly entry?: string;
  /** Its arguments, as its parameters are typed. */
  readonly arguments?: readonly GuestValue[];
};

/** A process could not be created: a limit of the VM is reached, or the module needs more memory than it may have. */
export class SpawnError extends Error {
  override readonly name = 'SpawnError';
  readonly code = 'ERR_LUNATIC_SPAWN';
}

/**
 * Starts a VM. Throws RangeError if two host functions have the same name and signature, or a limit is no number; TypeError for an option of the wrong
 * type.
 */
export function createVm(options: VmOptions = {}): Vm {
  return new Vm(options);
}

/** Use `createVm`. */
export class Vm {
  readonly #node: Node;
  readonly #close: () => Promise<void>;
  readonly #output: OutputSink;

  constructor(options: VmOptions) {
    checkOptions(options);
    this.#output = options.output === undefined ? new NodeOutput() : guardOutput(options.output);
    const { limits, hostFunctions, hostModule, clock, random, cache } = options;
    const started = startNode({
      workers: options.workers ?? 1,
      output: this.#output,
      input: options.input === undefined ? new NodeInput() : guardInput(options.input),
      isTerminal: (fd) => (fd === 0 ? options.input : options.output) === undefined && defaultIsTerminal(fd),
      ...(limits && { limits }),
      ...(hostFunctions && { hostFunctions }),
      ...(hostModule !== undefined && { hostModule: String(hostModule) }),
      ...(clock && { clock }),
      ...(random && { random }),
      ...(cache && { cache: rewrittenModules(new DiskCache(cache)) }),
    });
    this.#node = started.node;
    this.#close = started.close;
    const { onFailure } = options;
    if (onFailure !== undefined) {
      this.#node.onProcessEnd = (_, reason, describe) => {
        if (!isFailure(reason)) return;
        const description = describe();
        // Outside the end itself: what the embedder does or throws there must not fall into the scheduler.
        queueMicrotask(() => onFailure(description, reason));
      };
    }
  }

  /** Processes alive, those in TypeScript included; of those on other threads as of the end of their last turn, or what they told since. */
  get processCount(): number {
    return this.#node.system.processCount;
  }

  /**
   * Checks, rewrites, compiles and links a module; takes some 0.25 s per MB, in one go, unless an earlier run has left the result in the
   * cache. `name` appears in reports.
   * Throws WasmError for bytes that are no module or use what is not supported, LinkError for imports that are not served.
   */
  load(bytes: Uint8Array, name = 'module'): LoadedModule {
    if (!(bytes instanceof Uint8Array)) throw new TypeError('a module is a Uint8Array');
    return this.#open().load(bytes, name);
  }

  /**
   * Starts a process that runs `module`. Throws TypeError or RangeError when the entry does not exist, or arguments or options do not
   * fit, SpawnError when the process cannot be created.
   */
  spawn(module: LoadedModule, options: ProcessOptions = {}): ProcessHandle {
    const node = this.#open();
    const { entry = '_start', arguments: args = [], ...config } = options;
    const point = node.engine.report(module).transformed.entries.get(entry);
    const what = `${module.name} ${entry}`;
    if (point === undefined)
      throw new TypeError(`${what}: there is no exported function of this name that could be started`);
    if (point.type.results.length > 0)
      throw new TypeError(`${what} returns values; a process starts in a function without results`);
    const params = encodeParameters(what, point.type.params, args);
    const exit = new Exit();
    const pid = node.engine.spawn({
      module,
      config: completeConfig(config),
      entry: { kind: 'export', name: entry },
      params,
      link: null,
      onExit: exit.happen,
    });
    if (typeof pid === 'string') throw new SpawnError(pid);
    return new ProcessHandle(node, pid, exit);
  }

  /**
   * Starts a process whose body is a function of this program, with a pid, a mailbox, links and monitors like any other. It is trusted:
   * nothing preempts it. It ends normally when its promise fulfils, and fails when that rejects; ended from outside, what it
   * awaits of its context rejects with ProcessEndedError. Throws SpawnError at the limit of processes.
   */
  spawnFunction(run: ProcessFunction): ProcessHandle {
    const node = this.#open();
    const proc = spawnFunction(node.system, run);
    if (proc === null) throw new SpawnError(`the limit of ${node.system.limits.maxProcesses} processes is reached`);
    const exit = new Exit();
    node.system.onceExited(proc.pid, exit.happen);
    return new ProcessHandle(node, proc.pid, exit);
  }

  /**
   * A mailbox for this program, which is a process of its own: guests send to its pid. Throws SpawnError at the limit of
   * processes.
   */
  openMailbox(): Promise<Mailbox> {
    return new Promise((resolve, reject) => {
      const handle = this.spawnFunction((self) => {
        const closed = new Promise<void>((close) => resolve(new Mailbox(self, close)));
        return closed;
      });
      // Fulfilled by now, unless the VM was closed before the mailbox could open.
      handle.exited.then(() => reject(new TypeError('the VM is closed')));
    });
  }

  /**
   * Sends a message with a copy of `bytes`. False: there is no such process (any more), or its mailbox is full. Throws RangeError for a
   * message beyond 64 MiB, TypeError for a tag that is no bigint.
   */
  send(pid: number, bytes: Uint8Array, options: SendOptions = {}): boolean {
    return send(this.#open(), pid, bytes, options);
  }

  /** Ends a process at once, or at its next stop if it is running. Unknown pids are ignored. */
  kill(pid: number): void {
    this.#open().system.kill(pid);
  }

  /**
   * Whether a process is alive. With several workers: as far as this thread has heard. The end of a process of another worker is heard of from the first
   * question about it on, so false is true for good, and true may be a little old.
   */
  isAlive(pid: number): boolean {
    const { system } = this.#node;
    if (system.exists(pid)) return true;
    return system.isElsewhere(pid) && this.#node.watch(pid);
  }

  /** Gives a process a name, taking it from another that had it. False: too long (4,096 UTF-16 units), or the registry is full. */
  register(name: string, pid: number): boolean {
    const { registry } = this.#open().system;
    return registry.put(name, registry.nodeId, pid) === NAME_PUT;
  }

  /** The process registered under `name`, or null. */
  whereIs(name: string): number | null {
    const { registry } = this.#node.system;
    const entry = registry.get(name);
    return entry !== null && entry.nodeId === registry.nodeId ? entry.pid : null;
  }

  /**
   * Ends all processes, gives TypeScript ones the time for their `finally` blocks up to their first await, and resolves when all
   * output of guests has been taken. Nothing of the VM holds the event loop afterwards. May be called again.
   */
  async close(): Promise<void> {
    await this.#close();
    if (this.#output instanceof NodeOutput) await this.#output.drained();
  }

  #open(): Node {
    if (this.#node.closed) throw new TypeError('the VM is closed');
    return this.#node;
  }
}

/** A process that this program started. Holding it, or dropping it, changes nothing for the process. */
export class ProcessHandle {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason; never rejects. */
  readonly exited: Promise<ExitReason>;
  readonly #node: Node;
  readonly #exit: Exit;

  /** Use `Vm.spawn` or `Vm.spawnFunction`. */
  constructor(node: Node, pid: number, exit: Exit) {
    this.#node = node;
    this.#exit = exit;
    this.pid = pid;
    this.exited = exit.reason;
  }

  /** With several workers: as far as this thread has heard. */
  get isAlive(): boolean {
    return !this.#exit.hasHappened;
  }

  /** As `Vm.send`. */
  send(bytes: Uint8Array, options: SendOptions = {}): boolean {
    return send(this.#node, this.pid, bytes, options);
  }

  /** As `Vm.kill`. */
  kill(): void {
    this.#node.system.kill(this.pid);
  }
}

/** The end of a process, awaited from before its beginning. */
class Exit {
  readonly reason: Promise<ExitReason>;
  readonly happen: (reason: ExitReason) => void;
  hasHappened = false;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<ExitReason>();
    this.reason = promise;
    this.happen = (reason) => {
      this.hasHappened = true;
      resolve(reason);
    };
  }
}

/** This program's end of a conversation with processes. Not a failure when it closes: those linked to it live on. */
export class Mailbox {
  readonly #self: ProcessContext;
  readonly #close: () => void;

  /** Use `Vm.openMailbox`. */
  constructor(self: ProcessContext, close: () => void) {
    this.#self = self;
    this.#close = close;
    // What happens to linked processes is this program's to decide.
    self.dieWhenLinkDies = false;
  }

  get pid(): number {
    return this.#self.pid;
  }

  /**
   * The oldest message that matches, as soon as there is one; null after the timeout. One `receive` at a time. Rejects with
   * ProcessEndedError when the mailbox, or the VM, is closed.
   */
  receive(options: ReceiveOptions = {}): Promise<Received | null> {
    return this.#self.receive(options);
  }

  /** Links the mailbox and a process: the failure of that one arrives as a `link-died` message with this tag. */
  link(pid: number, tag = 0n): void {
    this.#self.link(pid, tag);
  }

  unlink(pid: number): void {
    this.#self.unlink(pid);
  }

  /** One `process-died` message when the process ends, at once if it has. Returns the ref that the message will carry. */
  monitor(pid: number): number {
    return this.#self.monitor(pid);
  }

  /** False: that monitor has fired; its message may lie in the mailbox. */
  demonitor(ref: number): boolean {
    return this.#self.demonitor(ref);
  }

  /** The mailbox's process ends normally; what lies in it is dropped. */
  close(): void {
    this.#close();
  }
}

/** What only untyped code can give, and would be found out by a guest. */
function checkOptions({ hostFunctions = [], clock, random, onFailure }: VmOptions): void {
  if (!Array.isArray(hostFunctions) || !hostFunctions.every(isHostFunction))
    throw new TypeError('hostFunctions is an array of what `hostFunction` and `asyncHostFunction` make');
  if (clock !== undefined) checkMethods('clock', clock, ['nowMs', 'wallNs']);
  if (random !== undefined) checkMethods('random', random, ['fill', 'nextU32']);
  if (onFailure !== undefined && typeof onFailure !== 'function') throw new TypeError('onFailure is a function');
}

function send(node: Node, pid: number, bytes: Uint8Array, options: SendOptions): boolean {
  const message = buildMessage(bytes, options);
  const outcome = node.system.send(pid, message);
  if (outcome === MAILBOX_FULL) message.release();
  return outcome === SENT;
}
