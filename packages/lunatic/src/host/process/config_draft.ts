// A configuration a guest is putting together for its children. Spec: ABI reference 3.
//
// Better than the original: nobody gives away what it does not have. Permissions, memory, fuel and directories of the
// draft stay within those of the process that made it, at every change; the getters tell the guest what it got.

import type { Preopen, ProcessConfig } from '../../engine/services.ts';
import { HANDLE_BYTES, MAX_CONFIG_BYTES, MAX_CONFIG_ENTRIES } from '../limits.ts';

/** All of a draft but its owner, as JSON can say it. */
export interface DraftParts {
  readonly limits: readonly [maxMemoryBytes: number, maxFuel: number];
  readonly permissions: readonly [compile: boolean, configs: boolean, spawn: boolean];
  readonly refused: readonly string[];
  readonly preopens: readonly Preopen[];
  readonly args: readonly string[];
  readonly env: readonly (readonly [string, string])[];
  readonly textBytes: number;
}

export class ConfigDraft {
  readonly owner: ProcessConfig;
  maxMemoryBytes: number;
  maxFuel: number;
  canCompileModules = false;
  canCreateConfigs = false;
  canSpawnProcesses = false;
  /** Directories asked for and not granted; a spawn with this configuration fails and names them. */
  readonly refused: string[] = [];
  readonly #preopens: Preopen[] = [];
  readonly #args: string[] = [];
  readonly #env: [string, string][] = [];
  /** Characters in all entries, and HANDLE_BYTES for each. */
  textBytes = 0;
  #snapshot: ProcessConfig | null = null;

  constructor(owner: ProcessConfig) {
    this.owner = owner;
    this.maxMemoryBytes = owner.maxMemoryBytes;
    this.maxFuel = owner.maxFuel;
  }

  /** The draft that `parts` was taken of. */
  static from(owner: ProcessConfig, parts: DraftParts): ConfigDraft {
    const draft = new ConfigDraft(owner);
    [draft.maxMemoryBytes, draft.maxFuel] = parts.limits;
    [draft.canCompileModules, draft.canCreateConfigs, draft.canSpawnProcesses] = parts.permissions;
    draft.refused.push(...parts.refused);
    draft.#preopens.push(...parts.preopens);
    draft.#args.push(...parts.args);
    for (const [name, value] of parts.env) draft.#env.push([name, value]);
    draft.textBytes = parts.textBytes;
    return draft;
  }

  parts(): DraftParts {
    return {
      limits: [this.maxMemoryBytes, this.maxFuel],
      permissions: [this.canCompileModules, this.canCreateConfigs, this.canSpawnProcesses],
      refused: this.refused,
      preopens: this.#preopens,
      args: this.#args,
      env: this.#env,
      textBytes: this.textBytes,
    };
  }

  /** Call after every change of a field: the next snapshot is made anew. */
  changed(): void {
    this.#snapshot = null;
  }

  setMaxMemory(bytes: number): void {
    this.maxMemoryBytes = Math.min(bytes, this.owner.maxMemoryBytes);
    this.changed();
  }

  /** 0 is unlimited, and is only granted by a process that is unlimited itself. */
  setMaxFuel(units: number): void {
    const own = this.owner.maxFuel;
    this.maxFuel = own !== 0 && (units === 0 || units > own) ? own : units;
    this.changed();
  }

  /** False at the bound on the number or size of entries. */
  addArgument(text: string): boolean {
    if (!this.#grow(this.#args, text.length)) return false;
    this.#args.push(text);
    return true;
  }

  addVariable(name: string, value: string): boolean {
    if (!this.#grow(this.#env, name.length + value.length)) return false;
    this.#env.push([name, value]);
    return true;
  }

  addPreopen(preopen: Preopen): boolean {
    if (!this.#grow(this.#preopens, preopen.host.length + preopen.guest.length)) return false;
    this.#preopens.push(preopen);
    return true;
  }

  refusePreopen(path: string): boolean {
    if (!this.#grow(this.refused, path.length)) return false;
    this.refused.push(path);
    return true;
  }

  /** The configuration as it stands: later changes do not reach it. Many children share one. */
  snapshot(): ProcessConfig {
    this.#snapshot ??= {
      maxMemoryBytes: this.maxMemoryBytes,
      maxFuel: this.maxFuel,
      canCompileModules: this.canCompileModules,
      canCreateConfigs: this.canCreateConfigs,
      canSpawnProcesses: this.canSpawnProcesses,
      preopens: [...this.#preopens],
      args: [...this.#args],
      env: this.#env.map(([name, value]) => [name, value] as const),
    };
    return this.#snapshot;
  }

  #grow(list: readonly unknown[], bytes: number): boolean {
    const cost = bytes + HANDLE_BYTES;
    if (list.length >= MAX_CONFIG_ENTRIES || this.textBytes + cost > MAX_CONFIG_BYTES) return false;
    this.textBytes += cost;
    this.changed();
    return true;
  }
}
