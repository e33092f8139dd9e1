// Configurations on their way to another worker. Most processes of a program share one, which can hold a whole environment: it is sent once for each
// worker and named by its slot afterwards. Slots are used in turn; both ends, which see the same frames in the same order, agree about them.

import type { ByteReader } from '../base/byte_reader.ts';
import type { ByteWriter } from '../base/byte_writer.ts';
import { CONFIG_SLOTS } from './limits.ts';
import type { ProcessConfig } from './services.ts';

export class ConfigSender {
  readonly #slots = new Map<ProcessConfig, number>();
  readonly #used: (ProcessConfig | undefined)[] = new Array(CONFIG_SLOTS).fill(undefined);
  #next = 0;

  write(config: ProcessConfig, w: ByteWriter): void {
    const known = this.#slots.get(config);
    if (known !== undefined) {
      w.u8(0);
      w.u32(known);
      return;
    }
    const slot = this.#next;
    this.#next = (slot + 1) % CONFIG_SLOTS;
    const old = this.#used[slot];
    if (old !== undefined) this.#slots.delete(old);
    this.#used[slot] = config;
    this.#slots.set(config, slot);
    w.u8(1);
    w.u32(slot);
    writeConfig(config, w);
  }
}

export class ConfigReceiver {
  readonly #slots: (ProcessConfig | undefined)[] = new Array(CONFIG_SLOTS).fill(undefined);

  read(r: ByteReader): ProcessConfig {
    const isNew = r.u8() !== 0;
    const slot = r.u32();
    if (isNew) this.#slots[slot] = readConfig(r);
    return this.#slots[slot] as ProcessConfig; // the sender has written it before
  }
}

const texts = new WeakMap<ProcessConfig, string>();
const recent = new Map<string, ProcessConfig>();

/** The whole of it: for frames that are passed on to a third worker. */
export function writeConfig(config: ProcessConfig, w: ByteWriter): void {
  let text = texts.get(config);
  if (text === undefined) {
    text = JSON.stringify(config);
    texts.set(config, text);
  }
  w.text(text);
}

/** Processes that shared one share one again, if they come close together. */
export function readConfig(r: ByteReader): ProcessConfig {
  const text = r.text();
  const known = recent.get(text);
  if (known !== undefined) return known;
  const config = JSON.parse(text) as ProcessConfig; // written by `writeConfig`
  if (recent.size >= CONFIG_SLOTS)
    for (const first of recent.keys()) {
      recent.delete(first);
      break;
    }
  recent.set(text, config);
  texts.set(config, text);
  return config;
}
