// What the host keeps for one process beside the records of the actor layer and the engine: tables of ids, descriptors, and
// where a call that was interrupted goes on.
//
// A million processes may exist, most of them idle, so nothing here is made before it is needed: a process that only
// sends and receives has none of it. It dies with the process: `disposeHostState`.

import type { Process } from '../actor/process.ts';
import { HandleTable } from '../base/handle_table.ts';
import type { HostContext } from '../engine/host_function.ts';
import type { LoadedModule } from '../engine/services.ts';
import type { EarlyState } from './early/state.ts';
import { HANDLE_BYTES, MAX_ERROR_TEXT_LENGTH, MAX_TABLE_ENTRIES } from './limits.ts';
import type { ConfigDraft } from './process/config_draft.ts';
import type { DescriptorTable } from './wasi_preview1/descriptors.ts';

/** A request to be woken that others keep. */
export interface Withdrawal {
  /** The wait is over, by its answer, its timeout or the end of the process. Called at most once. */
  withdraw(): void;
}

export class HostState {
  errors: HandleTable<string> | null = null;
  modules: HandleTable<LoadedModule> | null = null;
  configs: HandleTable<ConfigDraft> | null = null;
  /** null: the three standard streams. */
  descriptors: DescriptorTable | null = null;
  /** Handles of the early interface. */
  early: EarlyState | null = null;
  /** What this process counts for in the memory that all processes hold (actor/held_memory.ts). */
  heldBytes = 0;
  /** A yield was asked for; the same import is being called again. */
  yielded = false;
  /** Bytes done of a call that is carried out in portions. */
  progress = 0;
  /** When the wait of `poll_oneoff` began, by the environment's clock; NaN outside. */
  waitStartMs = NaN;
  /** Of the present wait, if others keep a request for it. */
  withdrawal: Withdrawal | null = null;
}

/** The state of the running process, made on first use. */
export function hostState(ctx: HostContext): HostState {
  return hostStateOf(ctx.process);
}

export function hostStateOf(proc: Process): HostState {
  const host = proc.host;
  if (host instanceof HostState) return host;
  if (host !== null) throw new TypeError(`process ${proc.pid} has host state of another kind`);
  const state = new HostState();
  proc.host = state;
  return state;
}

/** The process has ended: gives back what others hold for it. The engine calls this from its `dispose`, for every process. */
export function disposeHostState(proc: Process): void {
  const state = proc.host;
  if (!(state instanceof HostState)) return;
  proc.host = null;
  proc.system.held.bytes -= state.heldBytes;
  if (state.withdrawal !== null) state.withdrawal.withdraw();
  if (state.early !== null) state.early.dispose();
}

/** A call of the process that was to be repeated will not be: what it has kept for that, and asked of others, is given up. */
export function giveUpCall(proc: Process): void {
  const state = proc.host;
  if (!(state instanceof HostState)) return;
  state.yielded = false;
  state.progress = 0;
  state.waitStartMs = NaN;
  if (state.early !== null) state.early.copying = null;
  const { withdrawal } = state;
  state.withdrawal = null;
  if (withdrawal !== null) withdrawal.withdraw();
}

/** Keeps an error for the guest and writes its id, a u64, at `idPointer`. */
export function writeError(ctx: HostContext, text: string, idPointer: number): void {
  const state = hostState(ctx);
  const kept = text.slice(0, MAX_ERROR_TEXT_LENGTH);
  state.errors ??= new HandleTable();
  ctx.memory.writeId(idPointer, addHandle(ctx, state.errors, kept, 'errors', MAX_TABLE_ENTRIES, kept.length));
}

/** Counts `bytes` more that are kept for the process. Traps when all processes hold too much (actor/held_memory.ts). */
export function hold(ctx: HostContext, bytes: number): void {
  const { held } = ctx.process.system;
  const state = hostState(ctx);
  if (!held.hasRoom(bytes, state.heldBytes)) {
    ctx.trap(`all processes together hold more than ${held.maxBytes} bytes in the VM's tables and mailboxes`);
  }
  held.bytes += bytes;
  state.heldBytes += bytes;
}

/** They are kept no longer. */
export function letGo(ctx: HostContext, bytes: number): void {
  ctx.process.system.held.bytes -= bytes;
  hostState(ctx).heldBytes -= bytes;
}

/**
 * Adds to a table of the process. Traps at the bound: the guest drops nothing. `what`: plural, for the text. `extraBytes`: what the value
 * costs beside its place in the table.
 */
export function addHandle<T extends {}>(
  ctx: HostContext,
  table: HandleTable<T>,
  value: T,
  what: string,
  bound: number = MAX_TABLE_ENTRIES,
  extraBytes = 0,
): number {
  if (table.size >= bound) ctx.trap(`too many ${what} in one process; drop those that are no longer needed`);
  hold(ctx, HANDLE_BYTES + extraBytes);
  return table.insert(value);
}

/** Takes a handle out; undefined if there is none. `extraBytes`: what is held for the value beside its place in the table. */
export function removeHandle<T extends {}>(
  ctx: HostContext,
  table: HandleTable<T> | null,
  id: number,
  extraBytes: (value: T) => number = noBytes,
): T | undefined {
  const value = table?.remove(id);
  if (value !== undefined) letGo(ctx, HANDLE_BYTES + extraBytes(value));
  return value;
}

const noBytes = (): number => 0;
