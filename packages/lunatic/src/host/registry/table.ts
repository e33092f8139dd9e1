// `lunatic::registry`: names of processes. Spec: ABI reference 1.11 and 2.8; names of dead processes are gone.

import { MAIN_WORKER } from '../../actor/actor_system.ts';
import { EXIT_NORMAL } from '../../actor/exit_reason.ts';
import { MAX_NAME_LENGTH } from '../../actor/limits.ts';
import { WAIT_NONE } from '../../actor/process.ts';
import {
  CALL_GET_NAME,
  CALL_PUT_NAME,
  CALL_REMOVE_NAME,
  NAME_PUT,
  NAME_TOO_LONG,
  type PutOutcome,
  REGISTRY_FULL,
  type RegistryEntry,
} from '../../actor/registry.ts';
import type { HostContext, HostFunction } from '../../engine/host_function.ts';
import { awaitAnswer, isElsewhere } from '../elsewhere.ts';
import { mayStop, namespace } from '../table.ts';
import { idNumber, readText } from '../values.ts';

export const REGISTRY_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::registry', [
  mayStop('put', 'iiII', '', (ctx, name, length, nodeId, pid) => {
    putName(ctx, readText(ctx, name, length), nodeNumber(ctx, nodeId), idNumber(pid));
  }),
  // Up to 0.9: without a node.
  mayStop('put', 'iiI', '', (ctx, name, length, pid) => {
    putName(ctx, readText(ctx, name, length), ctx.process.system.registry.nodeId, idNumber(pid));
  }),
  mayStop('get', 'iiii', 'i', (ctx, name, length, nodeIdPointer, pidPointer) => {
    const entry = getName(ctx, readText(ctx, name, length));
    if (entry === null) return 1;
    if (entry !== undefined) writeEntry(ctx, entry, nodeIdPointer, pidPointer);
    return 0;
  }),
  // Up to 0.9: without a node.
  mayStop('get', 'iii', 'i', (ctx, name, length, pidPointer) => {
    const entry = getName(ctx, readText(ctx, name, length));
    if (entry === null) return 1;
    if (entry !== undefined) ctx.memory.writeId(pidPointer, entry.pid);
    return 0;
  }),
  mayStop('remove', 'ii', '', (ctx, name, length) => {
    const text = readText(ctx, name, length);
    const { registry, remote } = ctx.process.system;
    if (remote === null || !isElsewhere(ctx)) registry.remove(text);
    else awaitAnswer(ctx, (done) => remote.call(MAIN_WORKER, CALL_REMOVE_NAME, [text], done));
  }),
]);

/** Traps if `name` could not be registered: before anything is done that needs the name. */
export function checkName(ctx: HostContext, name: string): void {
  checkOutcome(ctx, name, ctx.process.system.registry.mayPut(name));
}

/** What the name stands for, or null; undefined: the answer is not there yet, return at once. */
function getName(ctx: HostContext, name: string): RegistryEntry | null | undefined {
  const { registry, remote } = ctx.process.system;
  if (remote === null || !isElsewhere(ctx)) return registry.get(name);
  return awaitAnswer<unknown>(ctx, (done) => remote.call(MAIN_WORKER, CALL_GET_NAME, [name], done)) as
    | RegistryEntry
    | null
    | undefined; // as the registry answers
}

/** Registers, or traps with what is wrong with the name. It may have asked for a stop afterwards: nothing may follow but the return. */
function putName(ctx: HostContext, name: string, nodeId: number, pid: number): void {
  const { registry, remote, space } = ctx.process.system;
  const mustWait = ctx.process.waitKind !== WAIT_NONE || space.self !== MAIN_WORKER || registry.mustAsk(nodeId, pid);
  if (remote === null || !mustWait) {
    checkOutcome(ctx, name, registry.put(name, nodeId, pid));
    return;
  }
  const outcome = awaitAnswer<unknown>(ctx, (done) =>
    remote.call(MAIN_WORKER, CALL_PUT_NAME, [name, nodeId, pid], done),
  );
  if (outcome !== undefined) checkOutcome(ctx, name, outcome as PutOutcome); // as the registry answers
}

/**
 * For `get_or_spawn`: registers a process that was just made on this worker, which has the registry. Its link may have taken the room that its name
 * needs: then it ends as if it had had nothing to do, so that nobody is left without a name, and who asked is told with a trap.
 */
export function putNewName(ctx: HostContext, name: string, pid: number): void {
  const { system } = ctx.process;
  const { registry } = system;
  const outcome = registry.put(name, registry.nodeId, pid);
  const proc = system.find(pid);
  if (outcome !== NAME_PUT && proc !== undefined) system.exit(proc, EXIT_NORMAL);
  checkOutcome(ctx, name, outcome);
}

function checkOutcome(ctx: HostContext, name: string, outcome: PutOutcome): void {
  if (outcome === NAME_TOO_LONG)
    ctx.trap(`a registered name has at most ${MAX_NAME_LENGTH} characters, this one has ${name.length}`);
  if (outcome === REGISTRY_FULL) {
    const { registry, limits } = ctx.process.system;
    ctx.trap(
      registry.size >= limits.maxNames
        ? `the registry is full (${limits.maxNames} names)`
        : `all processes together hold too much for another name in the registry (${registry.size} names)`,
    );
  }
}

export function writeEntry(ctx: HostContext, entry: RegistryEntry, nodeIdPointer: number, pidPointer: number): void {
  ctx.memory.check(pidPointer, 8);
  ctx.memory.writeId(nodeIdPointer, entry.nodeId);
  ctx.memory.writeId(pidPointer, entry.pid);
}

/** Some guest libraries write "this node" as 2^64 - 1. */
function nodeNumber(ctx: HostContext, nodeId: bigint): number {
  return nodeId === -1n ? ctx.process.system.registry.nodeId : idNumber(nodeId);
}
