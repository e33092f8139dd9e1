// Spawning on another worker: the spawner numbers the process and sends what it is made of.

import { FIRST_OF_UPPER_LAYERS } from '../actor/frames.ts';
import type { RemoteSignals } from '../actor/remote_signals.ts';
import type { ByteReader } from '../base/byte_reader.ts';
import { ConfigReceiver, ConfigSender } from './config_slots.ts';
import type { Engine } from './engine.ts';
import type { EngineModule } from './loaded_module.ts';
import type { Entry, SpawnRequest } from './services.ts';

/** pid f64, parent f64 (0: none), module f64, configuration, entry, parameters. */
const FRAME_SPAWN = FIRST_OF_UPPER_LAYERS;

export class SpawnElsewhere {
  readonly #engine: Engine;
  readonly #remote: RemoteSignals;
  readonly #senders: readonly ConfigSender[];
  readonly #receivers: readonly ConfigReceiver[];

  constructor(engine: Engine, remote: RemoteSignals) {
    this.#engine = engine;
    this.#remote = remote;
    const { workers } = remote.transport;
    this.#senders = Array.from({ length: workers }, () => new ConfigSender());
    this.#receivers = Array.from({ length: workers }, () => new ConfigReceiver());
    remote.handlers.set(FRAME_SPAWN, (from, r) => this.#spawned(from, r));
  }

  /** The pid, or null at the limit of processes. `module` is kept, and has an image here: it can be shared. */
  spawn(worker: number, module: EngineModule, request: SpawnRequest, tagLo: number, tagHi: number): number | null {
    const { link, entry, params, config, onExit } = request;
    const pid = this.#engine.system.numberFor(worker, link?.parent ?? null, tagLo, tagHi);
    if (pid === null) return null;
    // Goes before the process, which might end before anything that follows it.
    if (onExit !== undefined) this.#engine.system.onceExited(pid, onExit);
    const w = this.#remote.begin(FRAME_SPAWN);
    w.f64(pid);
    w.f64(link?.parent.pid ?? 0);
    w.f64(module.id);
    (this.#senders[worker] as ConfigSender).write(config, w);
    w.u8(entry.kind === 'export' ? 0 : 1);
    if (entry.kind === 'export') w.text(entry.name);
    else w.u32(entry.index);
    w.blob(params);
    this.#remote.post(worker);
    return pid;
  }

  #spawned(from: number, r: ByteReader): void {
    const pid = r.f64();
    const parent = r.f64();
    const module = this.#engine.keptModule(r.f64());
    const config = (this.#receivers[from] as ConfigReceiver).read(r);
    const entry: Entry = r.u8() === 0 ? { kind: 'export', name: r.text() } : { kind: 'table', index: r.u32() };
    this.#engine.spawnNumbered(pid, parent, { module, config, entry, params: r.blob(), link: null });
    this.#remote.routing.arrivedNew(pid);
  }
}
