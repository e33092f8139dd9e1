// The other threads of a VM, as the main thread sees them: started together, once there is work for them, and ended with the VM.
//
// A thread that ends by itself (its heap was full, or there is a bug) takes its processes with it, and nobody could say what they would have done:
// the VM ends as a whole, with the reason.

import type { MessagePort, Worker } from 'node:worker_threads';
import { MAIN_WORKER } from '../actor/actor_system.ts';
import type { ActorLimits } from '../actor/limits.ts';
import type { Engine } from '../engine/engine.ts';
import type { HostFunction } from '../engine/host_function.ts';
import type { SharedState } from './shared_state.ts';
import type { ThreadTransport } from './thread_transport.ts';

/** What a thread is told at its start. Structured-clonable, but for the ports, which are transferred. */
export interface WorkerStart {
  readonly shared: SharedState;
  readonly self: number;
  /** By worker; null for itself. */
  readonly ports: readonly (MessagePort | null)[];
  readonly limits: Partial<ActorLimits>;
  readonly isTerminal: readonly [boolean, boolean, boolean];
  /** The embedder's functions, which only the main thread can call. */
  readonly mainFunctions: readonly Omit<HostFunction, 'call' | 'stops'>[];
  /** The module with functions that every thread can call, as a URL; null: there is none. */
  readonly hostModule: string | null;
}

export class WorkerPool {
  readonly #transport: ThreadTransport;
  readonly #engine: Engine;
  readonly #start: () => Omit<WorkerStart, 'self' | 'ports'>;
  readonly #onCrash: (error: Error) => void;
  #threads: Worker[] | null = null;
  #closed = false;

  /** `start` is asked when the threads are started. */
  constructor(
    transport: ThreadTransport,
    engine: Engine,
    start: () => Omit<WorkerStart, 'self' | 'ports'>,
    onCrash: (error: Error) => void,
  ) {
    this.#transport = transport;
    this.#engine = engine;
    this.#start = start;
    this.#onCrash = onCrash;
  }

  get isStarted(): boolean {
    return this.#threads !== null;
  }

  /** They take part as soon as they are up, some 50 ms later. */
  start(): void {
    if (this.#threads !== null || this.#closed) return;
    const { workers } = this.#transport;
    const ports = connectAll(workers);
    // The publish build finds this form and makes it name what it makes of the file.
    const url = new URL('./worker_main.ts', import.meta.url);
    this.#threads = [];
    const common = this.#start();
    // Most programs end before this, and do without loading it.
    const threads = process.getBuiltinModule('node:worker_threads');
    for (let worker = 1; worker < workers; worker++) {
      const own = ports[worker] as (MessagePort | null)[];
      this.#transport.connect(worker, (ports[MAIN_WORKER] as (MessagePort | null)[])[worker] as MessagePort);
      const workerData: WorkerStart = { ...common, self: worker, ports: own };
      const thread = new threads.Worker(url, { workerData, transferList: own.filter((port) => port !== null) });
      thread.on('error', (error) => this.#ended(worker, error));
      thread.on('exit', () => this.#ended(worker, null));
      thread.unref();
      this.#threads.push(thread);
      for (const parcel of this.#engine.keptParcels()) this.#transport.sendModule(worker, parcel);
    }
  }

  /** Ends the threads, wherever they are. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all((this.#threads ?? []).map((thread) => thread.terminate()));
    this.#transport.disconnect();
  }

  #ended(worker: number, cause: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    const why = cause instanceof Error ? cause.message : cause === null ? 'its thread ended' : String(cause);
    this.#onCrash(new Error(`worker ${worker} of the VM has ended: ${why}`, { cause }));
  }
}

/** A channel between any two workers: by worker, its ports by the other worker. */
function connectAll(workers: number): (MessagePort | null)[][] {
  const ports = Array.from({ length: workers }, () => new Array<MessagePort | null>(workers).fill(null));
  for (let a = 0; a < workers; a++) {
    for (let b = a + 1; b < workers; b++) {
      const { port1, port2 } = new (process.getBuiltinModule('node:worker_threads').MessageChannel)();
      (ports[a] as (MessagePort | null)[])[b] = port1;
      (ports[b] as (MessagePort | null)[])[a] = port2;
    }
  }
  return ports;
}
