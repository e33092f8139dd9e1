// A VM of one or several threads: the main thread's node, and the pool of the others.

import { defaultIsTerminal } from '../host/stdio.ts';
import { hostFunctionsOf } from './host_module.ts';
import { MAX_WORKERS, TURNS_BEFORE_START } from './limits.ts';
import { Node, type NodeOptions } from './node.ts';
import { serveOutput } from './remote_output.ts';
import { makeSharedState } from './shared_state.ts';
import { ThreadTransport } from './thread_transport.ts';
import { WorkerPool } from './worker_pool.ts';

export interface StartOptions extends Omit<NodeOptions, 'transport'> {
  /** Threads that run processes, the calling one included. */
  readonly workers: number;
  /** A module with host functions that every thread loads (host_module.ts), as a file: URL. */
  readonly hostModule?: string;
}

export interface StartedNode {
  readonly node: Node;
  /** The other threads; null in a VM of one. */
  readonly pool: WorkerPool | null;
  /** Closes the node and ends the other threads. */
  close(): Promise<void>;
}

/** Throws RangeError for a wrong number of workers, TypeError for what threads cannot share. */
export function startNode(options: StartOptions): StartedNode {
  const { workers, hostModule, ...rest } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > MAX_WORKERS)
    throw new RangeError(`a VM has 1 to ${MAX_WORKERS} workers, not ${workers}`);
  const shared = hostModule === undefined ? [] : hostFunctionsOf(hostModule);
  const own = options.hostFunctions ?? [];
  if (workers === 1) {
    const node = new Node({ ...rest, hostFunctions: [...own, ...shared] });
    return { node, pool: null, close: () => node.close() };
  }
  if (options.clock !== undefined || options.random !== undefined)
    throw new TypeError('a clock or random numbers of your own need a VM of one worker: runs on several do not repeat');
  return startWorkers(
    options,
    own.map((declared) => ({ ...declared, stops: true })),
    shared,
  );
}

function startWorkers(
  options: StartOptions,
  own: NonNullable<NodeOptions['hostFunctions']>,
  everywhere: NonNullable<NodeOptions['hostFunctions']>,
): StartedNode {
  const state = makeSharedState(options.workers);
  const transport = new ThreadTransport(state, 0);
  const node = new Node({ ...options, hostFunctions: [...own, ...everywhere], transport });
  const { remote } = node.system;
  if (remote !== null) serveOutput(remote, options.output);
  const isTerminal = options.isTerminal ?? defaultIsTerminal;
  const pool = new WorkerPool(
    transport,
    node.engine,
    () => ({
      shared: state,
      limits: options.limits ?? {},
      isTerminal: [isTerminal(0), isTerminal(1), isTerminal(2)],
      mainFunctions: own.map(({ module, name, params, results }) => ({ module, name, params, results })),
      hostModule: options.hostModule ?? null,
    }),
    (error) => node.crashed(error),
  );
  startWhenBusy(node, pool);
  return {
    node,
    pool,
    close: async () => {
      await pool.close();
      await node.close();
    },
  };
}

/** Starts the other threads when there has been more than one runnable process for some turns. */
function startWhenBusy(node: Node, pool: WorkerPool): void {
  const { scheduler } = node;
  const endTurn = scheduler.onTurnEnd;
  let busyTurns = 0;
  scheduler.onTurnEnd = () => {
    if (scheduler.runnable > 1 && ++busyTurns >= TURNS_BEFORE_START) {
      pool.start();
      scheduler.onTurnEnd = endTurn;
    }
    endTurn?.();
  };
}
