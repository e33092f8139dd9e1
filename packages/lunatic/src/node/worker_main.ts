// What a thread beside the main one runs: a node whose processes come from the others.

import { workerData } from 'node:worker_threads';
import { MAIN_WORKER } from '../actor/actor_system.ts';
import { type HostFunction, STOP_MAIN } from '../engine/host_function.ts';
import { hostFunctionsOf } from './host_module.ts';
import { Node } from './node.ts';
import { NO_INPUT, RemoteOutput } from './remote_output.ts';
import { UP } from './shared_state.ts';
import { ThreadTransport } from './thread_transport.ts';
import type { WorkerStart } from './worker_pool.ts';
import { reportFailuresToMain } from './workers.ts';

const start = workerData as WorkerStart; // worker_pool.ts starts this file, and nobody else

const transport = new ThreadTransport(start.shared, start.self);
const output = new RemoteOutput();
const node = new Node({
  output,
  input: NO_INPUT,
  isTerminal: (fd) => start.isTerminal[fd],
  limits: start.limits,
  hostFunctions: [
    ...start.mainFunctions.map(onMain),
    ...(start.hostModule === null ? [] : hostFunctionsOf(start.hostModule)),
  ],
  transport,
});
if (node.system.remote !== null) output.connect(node.system.remote, transport);
reportFailuresToMain(node);
for (const [worker, port] of start.ports.entries()) if (port !== null) transport.connect(worker, port);
// The thread lives until it is ended.
transport.hold(MAIN_WORKER, true);
transport.setWord(UP, 1);
transport.wake(MAIN_WORKER);
node.scheduler.kick();

/** The process that calls it goes to the main worker and calls there. */
function onMain(declared: Omit<HostFunction, 'call' | 'stops'>): HostFunction {
  return { ...declared, stops: true, call: (ctx) => ctx.stop(STOP_MAIN) };
}
