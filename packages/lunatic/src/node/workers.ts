// A node among the other threads of its VM: mail between slices, work shared at the end of a turn, sleep when there is none, and what
// the main worker knows of all of them together.
//
// Every thread runs the same node; worker 0, the main thread, has the registry, standard input, standard output, the embedder's functions, and
// the processes in TypeScript. worker_pool.ts starts the others, worker_main.ts is what they run.

import { type ActorSystem, MAIN_WORKER } from '../actor/actor_system.ts';
import { type ExitReason, isFailure } from '../actor/exit_reason.ts';
import { FIRST_OF_UPPER_LAYERS } from '../actor/frames.ts';
import type { RemoteSignals, WorkerCodec } from '../actor/remote_signals.ts';
import type { EngineModule } from '../engine/loaded_module.ts';
import { canTravel, readBody, readModule, writeBody, writeModule } from '../engine/travel.ts';
import { WasmProcess } from '../engine/wasm_process.ts';
import { canStateTravel, readState, writeState } from '../host/travel.ts';
import { Balance } from './balance.ts';
import type { Node } from './node.ts';
import type { ProcessDescription } from './process_description.ts';
import { ASLEEP, EPOCH, IDLE, IDLE_STUCK, IDLE_WAITING } from './shared_state.ts';
import type { ThreadTransport } from './thread_transport.ts';

/** description json, reason json: a process has failed, to the main worker. */
const FRAME_FAILED = FIRST_OF_UPPER_LAYERS + 3;
/** The first processes of a worker, for a report. */
const CALL_DESCRIBE = 'describe';

/** Makes `node`, which is being put together, one of the workers of its VM. */
export function joinWorkers(node: Node, transport: ThreadTransport): void {
  const { system, engine, scheduler } = node;
  const remote = remoteOf(system);
  remote.codec = makeCodec(node, remote);
  const balance = new Balance(transport, scheduler, remote.travel);
  engine.placement = () => balance.placeSpawn();
  engine.fetchParcels = () => transport.readPort(MAIN_WORKER);
  // The load is told before the frame counts as worked off: who adds the two up sees what it has sent, all the time.
  transport.onFrame = (from, bytes, start, end) => {
    remote.receive(from, bytes, start, end);
    transport.publishLoad(scheduler.runnable + remote.travel.landing);
  };
  transport.onModule = (parcel) => engine.keepParcel(parcel);
  transport.onWake = () => scheduler.kick();
  // The end of the next turn decides whether the event loop is held for the answer (`holdEventLoop`); inside a turn this does nothing.
  if (transport.self === MAIN_WORKER) transport.onPost = () => scheduler.kick();
  scheduler.inbox = transport;
  scheduler.onTurnEnd = () => endTurn(node, transport, remote, balance);
  remote.handlers.set(FRAME_FAILED, (_, r) => {
    const process = r.json() as ProcessDescription; // written below
    node.endedElsewhere(process, r.json() as ExitReason);
  });
  remote.callHandlers.set(CALL_DESCRIBE, (_, done) => done(node.describeSome()));
}

/** On every other worker: failures are the main worker's to report. */
export function reportFailuresToMain(node: Node): void {
  const remote = remoteOf(node.system);
  node.onProcessEnd = (_, reason, describe) => {
    if (!isFailure(reason)) return;
    const description = describe();
    const w = remote.begin(FRAME_FAILED);
    w.json(description);
    w.json(reason);
    remote.post(MAIN_WORKER);
  };
}

/** All workers but the main one wait, for nothing but each other, and nothing is under way between any two. */
export function areOthersStuck(transport: ThreadTransport): boolean {
  const before = snapshot(transport);
  if (before === null || transport.isAnythingUnderWay()) return false;
  // Unchanged since before the counts were read: nobody woke in between.
  const after = snapshot(transport);
  return after?.every((epoch, worker) => epoch === before[worker]) ?? false;
}

/** The epochs of the others, if all are stuck. */
function snapshot(transport: ThreadTransport): number[] | null {
  const epochs: number[] = [];
  for (let worker = 0; worker < transport.workers; worker++) {
    if (worker === transport.self || !transport.isUp(worker)) {
      epochs.push(0);
      continue;
    }
    epochs.push(transport.wordOf(worker, EPOCH));
    if (transport.wordOf(worker, IDLE) !== IDLE_STUCK) return null;
  }
  return epochs;
}

/** What the other workers would say of their first processes. */
export function describeOthers(
  system: ActorSystem,
  transport: ThreadTransport | null,
  done: (described: readonly ProcessDescription[]) => void,
): void {
  const others: number[] = [];
  for (let worker = 0; worker < (transport?.workers ?? 1); worker++)
    if (worker !== transport?.self && transport?.isUp(worker)) others.push(worker);
  const described: ProcessDescription[] = [];
  let missing = others.length;
  if (missing === 0) done(described);
  for (const worker of others) {
    system.remote?.call(worker, CALL_DESCRIBE, [], (answer) => {
      described.push(...(answer as ProcessDescription[])); // as the handler above answers
      if (--missing === 0) done(described);
    });
  }
}

function endTurn(node: Node, transport: ThreadTransport, remote: RemoteSignals, balance: Balance): void {
  const { scheduler, system } = node;
  const { travel } = remote;
  travel.goOn();
  balance.shareWork();
  transport.publishLoad(scheduler.runnable + travel.landing);
  transport.publishCount();
  const isPosting = transport.flush();
  if (scheduler.runnable > 0) return;
  if (isPosting || travel.isBusy || !transport.isQuiet) {
    scheduler.kick();
    return;
  }
  // Also without processes there may be delayed messages to send.
  const isWaiting = scheduler.timerCount + system.pendingIo + system.externalHandles > 0;
  transport.setWord(IDLE, isWaiting ? IDLE_WAITING : IDLE_STUCK);
  if (transport.self === MAIN_WORKER) holdEventLoop(transport);
  else if (transport.wordOf(MAIN_WORKER, ASLEEP) === 1 && transport.wordOf(MAIN_WORKER, IDLE) === IDLE_STUCK)
    transport.wake(MAIN_WORKER);
  if (!transport.fallAsleep()) scheduler.kick();
}

/** The main thread stays alive while another worker can still do something. */
function holdEventLoop(transport: ThreadTransport): void {
  const held = !areOthersStuck(transport);
  for (let worker = 0; worker < transport.workers; worker++)
    if (worker !== transport.self && transport.isUp(worker)) transport.hold(worker, held);
}

function makeCodec(node: Node, remote: RemoteSignals): WorkerCodec {
  const { engine } = node;
  return {
    // The only resources there are; `kind` was checked by who put them in.
    writeResource: (resource, w) => writeModule(resource as unknown as EngineModule, w),
    readResource: (r) => readModule(engine, r),
    isMovable: (proc, cheaply) => canTravel(proc, cheaply) && canStateTravel(proc),
    writeProcess: (proc, w) => {
      writeState(proc, w);
      if (proc.body instanceof WasmProcess) writeBody(engine, remote, proc.body, w); // `isMovable`: it is
    },
    readProcess: (r) => {
      const host = readState(engine, r);
      return { ...readBody(engine, remote, r), host };
    },
  };
}

function remoteOf(system: ActorSystem): RemoteSignals {
  if (system.remote === null) throw new TypeError('a VM of one thread has no other workers');
  return system.remote;
}
