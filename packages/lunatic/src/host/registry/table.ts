// `lunatic::registry`: names of processes. Spec: ABI reference 1.11 and 2.8; names of dead processes are gone.

import { MAX_NAME_LENGTH } from '../../actor/limits.ts';
import { NAME_TOO_LONG, REGISTRY_FULL, type RegistryEntry } from '../../actor/registry.ts';
import type { HostContext, HostFunction } from '../../engine/host_function.ts';
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
    const entry = ctx.process.system.registry.get(readText(ctx, name, length));
    if (entry === null) return 1;
    writeEntry(ctx, entry, nodeIdPointer, pidPointer);
    return 0;
  }),
  // Up to 0.9: without a node.
  mayStop('get', 'iii', 'i', (ctx, name, length, pidPointer) => {
    const entry = ctx.process.system.registry.get(readText(ctx, name, length));
    if (entry === null) return 1;
    ctx.memory.writeId(pidPointer, entry.pid);
    return 0;
  }),
  mayStop('remove', 'ii', '', (ctx, name, length) => {
    ctx.process.system.registry.remove(readText(ctx, name, length));
  }),
]);

/** Traps if `name`, which is not registered, could not be: before anything is done that needs the name. */
export function checkNewName(ctx: HostContext, name: string): void {
  const { limits, registry } = ctx.process.system;
  if (name.length > MAX_NAME_LENGTH) nameTooLong(ctx, name);
  if (registry.size >= limits.maxNames) registryFull(ctx);
}

/** Registers, or traps with what is wrong with the name. */
export function putName(ctx: HostContext, name: string, nodeId: number, pid: number): void {
  const outcome = ctx.process.system.registry.put(name, nodeId, pid);
  if (outcome === NAME_TOO_LONG) nameTooLong(ctx, name);
  if (outcome === REGISTRY_FULL) registryFull(ctx);
}

function nameTooLong(ctx: HostContext, name: string): never {
  ctx.trap(`a registered name has at most ${MAX_NAME_LENGTH} characters, this one has ${name.length}`);
}

function registryFull(ctx: HostContext): never {
  ctx.trap(`the registry is full (${ctx.process.system.limits.maxNames} names)`);
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
