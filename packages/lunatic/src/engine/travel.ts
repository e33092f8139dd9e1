// Processes and modules between workers, as far as the engine owns them: what a stopped process is (wasm_process.ts) as bytes.
//
// Bytes of a body: module, configuration, pages of memory, fuel, host calls under way, scratch message, its frames, and its dirty blocks as the arena keeps them.
// Frames and blocks mean the same in every instance of the module, and in both its forms.
//
// A module that the embedder loaded is sent to every worker when it is loaded ("kept") and named by its id. One that a guest
// has compiled travels as the guest's bytes and is compiled again where it is not known: its processes move only when they must.

import type { Process } from '../actor/process.ts';
import type { ArrivedBody, RemoteSignals } from '../actor/remote_signals.ts';
import type { ByteReader } from '../base/byte_reader.ts';
import type { ByteWriter } from '../base/byte_writer.ts';
import { readConfig, writeConfig } from './config_slots.ts';
import type { Engine } from './engine.ts';
import { MAX_MOVED_PAGES } from './limits.ts';
import type { EngineModule } from './loaded_module.ts';
import { type GuestCall, WasmProcess } from './wasm_process.ts';

/** Whether the process, which is stopped, can go on in another worker's engine. */
export function canTravel(proc: Process, cheaply: boolean): boolean {
  const { body } = proc;
  if (!(body instanceof WasmProcess) || body.startError !== null) return false;
  const { module } = body;
  if (module.unshared !== undefined || (module.image === null && body.instance !== null)) return false;
  // One that has not begun may be over before it would have arrived; where it should be was asked when it was spawned.
  return !cheaply || (module.isKept && module.mayLeaveMain && body.hasBegun && body.pages <= MAX_MOVED_PAGES);
}

/** Writes the body and frees what it held here. */
export function writeBody(engine: Engine, remote: RemoteSignals, body: WasmProcess, w: ByteWriter): void {
  const state = engine.pool.takeOut(body);
  writeModule(body.module, w);
  writeConfig(body.config, w);
  w.u32(body.pages);
  w.f64(body.fuelUsed);
  w.f64(body.fuelPerMs);
  w.u32(body.growResult);
  w.u8(body.takesAnswer ? 1 : 0);
  w.u8(body.scratch === null ? 0 : 1);
  if (body.scratch !== null) {
    remote.writeMessage(body.scratch, w);
    body.scratch.release();
    body.scratch = null;
  }
  w.json(body.calls.map((call) => packCall(call, body.floor)));
  w.blob(engine.side.bytes.subarray(body.floor, body.top));
  w.blob(state);
  engine.processEnded(body);
}

/** A body made of what `writeBody` wrote. Where there is no memory for it the process ends in its first slice. */
export function readBody(engine: Engine, remote: RemoteSignals, r: ByteReader): ArrivedBody {
  const module = readModule(engine, r);
  const config = readConfig(r);
  const pages = r.u32();
  const fuelUsed = r.f64();
  const fuelPerMs = r.f64();
  const growResult = r.i32();
  const takesAnswer = r.u8() !== 0;
  const scratch = r.u8() === 0 ? null : remote.readMessage(r);
  const calls = r.json() as PackedCall[]; // written by `writeBody`
  const body = engine.rebuild(module, config, r.blob(), r.blob());
  body.pages = pages;
  body.fuelUsed = fuelUsed;
  body.fuelPerMs = fuelPerMs;
  body.growResult = growResult;
  body.takesAnswer = takesAnswer;
  body.scratch = scratch;
  for (const call of calls) body.pushCall(unpackCall(call, body.floor));
  return {
    body,
    host: null,
    attach: (proc) => {
      body.process = proc;
    },
  };
}

export function writeModule(module: EngineModule, w: ByteWriter): void {
  w.f64(module.id);
  w.u8(module.isKept ? 1 : 0);
  if (module.isKept) return;
  w.text(module.name);
  w.blob(module.transformed.source);
}

export function readModule(engine: Engine, r: ByteReader): EngineModule {
  const id = r.f64();
  if (r.u8() !== 0) return engine.keptModule(id);
  const name = r.text();
  return engine.adoptModule(id, name, r.blob());
}

/** A host call under way: its bigints as texts, its height above the floor. */
interface PackedCall extends Omit<GuestCall, 'args' | 'value'> {
  readonly args: readonly (number | string)[];
  readonly value: number | string;
}

function packCall(call: GuestCall, floor: number): PackedCall {
  return {
    ...call,
    args: call.args.map(pack),
    value: pack(call.value),
    height: call.height < 0 ? -1 : call.height - floor,
  };
}

function unpackCall(call: PackedCall, floor: number): GuestCall {
  return {
    ...call,
    args: call.args.map(unpack),
    value: unpack(call.value),
    height: call.height < 0 ? -1 : call.height + floor,
  };
}

function pack(value: number | bigint): number | string {
  return typeof value === 'bigint' ? `${value}` : value;
}

function unpack(value: number | string): number | bigint {
  return typeof value === 'string' ? BigInt(value) : value;
}
