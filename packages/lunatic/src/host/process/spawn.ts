// Starting processes. Spec: ABI reference 2.2 and, for `get_or_spawn`, 2.8.

import type { HostContext } from '../../engine/host_function.ts';
import type { Entry, LoadedModule, ProcessConfig, SpawnRequest } from '../../engine/services.ts';
import { goesToMain } from '../elsewhere.ts';
import { MAX_SPAWN_PARAMS } from '../limits.ts';
import { checkName, putNewName, writeEntry } from '../registry/table.ts';
import { hostState, writeError } from '../state.ts';
import { mayStop, mayStopSplit, type Row } from '../table.ts';
import { idNumber, joinTag, printId, readText } from '../values.ts';
import { draftOf } from './config.ts';
import { missingDirectory } from './directories.ts';

/** Bytes of one spawn parameter: its type, and 16 bytes of value. */
const PARAM_SIZE = 17;
/** In the place of an id: the configuration, or the module, of the caller. */
const OWN = -1n;

export const SPAWN_ROWS: readonly Row[] = [
  mayStopSplit('spawn', 'IIIiiiii', 'i', spawnChild),
  mayStop('get_or_spawn', 'iiIIIiiiiii', 'i', getOrSpawn),
];

/** Writes the id of the new process (0), or of an error (1). */
function spawnChild(
  ctx: HostContext,
  linkLo: number,
  linkHi: number,
  configLo: number,
  configHi: number,
  moduleLo: number,
  moduleHi: number,
  name: number,
  nameLength: number,
  params: number,
  paramsLength: number,
  idPointer: number,
): number {
  ctx.memory.check(idPointer, 8);
  // Most calls have constants here; only others cost a bigint.
  const link = (linkLo | linkHi) === 0 ? 0n : joinTag(linkLo, linkHi);
  const config = (configLo & configHi) === -1 ? OWN : joinTag(configLo, configHi);
  const module = (moduleLo & moduleHi) === -1 ? OWN : joinTag(moduleLo, moduleHi);
  if (module !== OWN && ctx.engine.isMainOnly(moduleById(ctx, module)) && goesToMain(ctx)) return 0;
  const child = spawn(ctx, link, config, module, name, nameLength, params, paramsLength);
  if (typeof child === 'string') {
    writeError(ctx, child, idPointer);
    return 1;
  }
  ctx.memory.writeId(idPointer, child);
  return 0;
}

/**
 * The process registered under a name (2), or else a new one registered under it (0), or an error (1), in which case nothing is
 * registered. One step: no other process runs in between; where there are several workers it is made at the one with the registry.
 */
function getOrSpawn(
  ctx: HostContext,
  name: number,
  nameLength: number,
  link: bigint,
  config: bigint,
  module: bigint,
  func: number,
  funcLength: number,
  params: number,
  paramsLength: number,
  nodeIdPointer: number,
  idPointer: number,
): number {
  const { registry } = ctx.process.system;
  if (goesToMain(ctx)) return 0;
  const registeredName = readText(ctx, name, nameLength);
  ctx.memory.check(idPointer, 8);
  ctx.memory.check(nodeIdPointer, 8);
  const known = registry.get(registeredName);
  if (known !== null) {
    writeEntry(ctx, known, nodeIdPointer, idPointer);
    return 2;
  }
  checkName(ctx, registeredName);
  const child = spawn(ctx, link, config, module, func, funcLength, params, paramsLength, true);
  ctx.memory.writeId(nodeIdPointer, registry.nodeId);
  if (typeof child === 'string') {
    writeError(ctx, child, idPointer);
    return 1;
  }
  putNewName(ctx, registeredName, child);
  ctx.memory.writeId(idPointer, child);
  return 0;
}

/**
 * Traps without the permission to spawn, for unknown ids and for malformed parameters. A text: the process could not be made.
 * A wrong entry is neither: the child dies at once.
 */
function spawn(
  ctx: HostContext,
  link: bigint,
  configId: bigint,
  moduleId: bigint,
  name: number,
  nameLength: number,
  params: number,
  paramsLength: number,
  here = false,
): number | string {
  const own = ctx.engine.configOf(ctx.process);
  if (!own.canSpawnProcesses) ctx.trap('this process is not permitted to spawn processes');
  let config: ProcessConfig = own;
  if (configId !== OWN) {
    const draft = draftOf(ctx, configId);
    config = draft.snapshot();
    const missing = missingDirectory(draft.refused, config);
    if (missing !== undefined) return missing;
  }
  const request: SpawnRequest = {
    module: moduleId === OWN ? null : moduleById(ctx, moduleId),
    config,
    entry: entryNamed(ctx, name, nameLength),
    params: checkedParams(ctx, params, paramsLength),
    link: link === 0n ? null : { parent: ctx.process, tag: link },
  };
  return ctx.engine.spawn(request, here);
}

/** The module with this id in the process's table. Traps if there is none. */
function moduleById(ctx: HostContext, id: bigint): LoadedModule {
  const module = hostState(ctx).modules?.get(idNumber(id));
  if (module === undefined) ctx.trap(`module id ${printId(id)} does not exist`);
  return module;
}

/** The parameters, valid until the next call. Traps unless they are whole chunks of known types. */
function checkedParams(ctx: HostContext, pointer: number, length: number): Uint8Array {
  const start = ctx.memory.check(pointer, length >>> 0);
  const size = length >>> 0;
  if (size > MAX_SPAWN_PARAMS * PARAM_SIZE) {
    ctx.trap(`spawn parameters are ${size} bytes; a function has at most ${MAX_SPAWN_PARAMS} parameters`);
  }
  if (size % PARAM_SIZE !== 0) ctx.trap(`spawn parameters are ${size} bytes, which is no multiple of ${PARAM_SIZE}`);
  const { bytes } = ctx.memory;
  for (let at = 0; at < size; at += PARAM_SIZE) {
    const type = bytes[start + at];
    if (type !== 0x7f && type !== 0x7e && type !== 0x7b) {
      ctx.trap(`spawn parameter ${at / PARAM_SIZE} has the unknown type 0x${type.toString(16)}`);
    }
  }
  const kept = PARAM_BUFFERS[size / PARAM_SIZE];
  if (kept === undefined) return bytes.subarray(start, start + size);
  for (let k = 0; k < size; k++) kept[k] = bytes[start + k];
  return kept;
}

/** Programs spawn the same function again and again, so the last name is kept decoded. */
function entryNamed(ctx: HostContext, pointer: number, length: number): Entry {
  const start = ctx.memory.check(pointer, length >>> 0);
  const size = length >>> 0;
  if (size > MAX_KEPT_NAME_BYTES) return { kind: 'export', name: readText(ctx, pointer, length) };
  if (!isLastName(ctx.memory.bytes, start, size)) {
    lastEntry = { kind: 'export', name: readText(ctx, pointer, length) };
    lastName = ctx.memory.bytes.slice(start, start + size);
  }
  return lastEntry;
}

function isLastName(bytes: Uint8Array, start: number, length: number): boolean {
  if (length !== lastName.length) return false;
  for (let i = 0; i < length; i++) {
    if (bytes[start + i] !== lastName[i]) return false;
  }
  return true;
}

/** For the parameters of most spawns: a view of the guest's memory costs more than their copy. */
const PARAM_BUFFERS = Array.from({ length: 5 }, (_, count) => new Uint8Array(count * PARAM_SIZE));

/** Longer names are decoded every time. */
const MAX_KEPT_NAME_BYTES = 256;

let lastName = new Uint8Array(0);
let lastEntry: Entry = { kind: 'export', name: '' };
