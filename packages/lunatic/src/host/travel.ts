// What the host keeps for a process (state.ts), on its way to another worker.
//
// What cannot go along ties the process to where it is: requests that others keep, and what it shares with other processes of its thread (channels).

import type { Process } from '../actor/process.ts';
import type { ByteReader } from '../base/byte_reader.ts';
import type { ByteWriter } from '../base/byte_writer.ts';
import { HandleTable } from '../base/handle_table.ts';
import type { Engine } from '../engine/engine.ts';
import type { EngineModule } from '../engine/loaded_module.ts';
import type { LoadedModule, ProcessConfig } from '../engine/services.ts';
import { readModule, writeModule } from '../engine/travel.ts';
import { ConfigDraft, type DraftParts } from './process/config_draft.ts';
import { HostState } from './state.ts';
import { type Descriptor, DescriptorTable } from './wasi_preview1/descriptors.ts';

export function canStateTravel(proc: Process): boolean {
  const { host } = proc;
  if (!(host instanceof HostState)) return host === null;
  return host.withdrawal === null && host.early === null;
}

/** Writes the state and gives up what it counted for here. */
export function writeState(proc: Process, w: ByteWriter): void {
  const state = proc.host;
  w.u8(state instanceof HostState ? 1 : 0);
  if (!(state instanceof HostState)) return;
  proc.system.held.bytes -= state.heldBytes;
  proc.host = null;
  w.f64(state.heldBytes);
  w.u8(state.yielded ? 1 : 0);
  w.f64(state.progress);
  w.f64(state.waitStartMs);
  writeTable(state.errors, w, (text) => w.text(text));
  writeTable(state.modules, w, (module) => writeModule(module as EngineModule, w)); // there are no others
  writeTable(state.configs, w, (draft) => {
    w.json(draft.owner);
    w.json(draft.parts());
  });
  w.json(state.descriptors === null ? null : state.descriptors.entries.map((entry) => entry ?? null));
}

export function readState(engine: Engine, r: ByteReader): HostState | null {
  if (r.u8() === 0) return null;
  const state = new HostState();
  state.heldBytes = r.f64();
  engine.system.held.bytes += state.heldBytes;
  state.yielded = r.u8() !== 0;
  state.progress = r.f64();
  state.waitStartMs = r.f64();
  state.errors = readTable(r, () => r.text());
  state.modules = readTable<LoadedModule>(r, () => readModule(engine, r));
  state.configs = readTable(r, () => {
    const owner = r.json() as ProcessConfig; // both written by `writeState`
    return ConfigDraft.from(owner, r.json() as DraftParts);
  });
  const entries = r.json() as (Descriptor | null)[] | null; // written by `writeState`
  if (entries !== null) {
    state.descriptors = new DescriptorTable();
    state.descriptors.entries.length = 0;
    for (const entry of entries) state.descriptors.entries.push(entry ?? undefined);
  }
  return state;
}

function writeTable<T extends {}>(table: HandleTable<T> | null, w: ByteWriter, write: (value: T) => void): void {
  w.u8(table === null ? 0 : 1);
  if (table === null) return;
  w.f64(table.next);
  w.u32(table.size);
  for (const [id, value] of table.entries()) {
    w.f64(id);
    write(value);
  }
}

function readTable<T extends {}>(r: ByteReader, read: () => T): HandleTable<T> | null {
  if (r.u8() === 0) return null;
  const next = r.f64();
  const entries: [number, T][] = [];
  for (let count = r.u32(); count > 0; count--) {
    const id = r.f64();
    entries.push([id, read()]);
  }
  return HandleTable.restore(next, entries);
}
