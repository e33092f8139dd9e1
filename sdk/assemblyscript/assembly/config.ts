// What a spawned process may do and use. A new configuration allows nothing beyond computing and exchanging messages.

import * as host from "./bindings/process";

@final
export class Config {
  /** The host's number for it, in this process only. */
  readonly id: i64;

  /** Ends the caller if it may not create configurations. */
  constructor() {
    const id = host.createConfig();
    if (id < 0) abort("this process may not create configurations");
    this.id = id;
  }

  /** Bytes of memory; growing beyond fails. */
  get maxMemory(): u64 { return host.configGetMaxMemory(this.id); }
  set maxMemory(bytes: u64) { host.configSetMaxMemory(this.id, bytes); }

  /** Units of 100,000 instructions after which the process is ended; 0 is no limit. */
  get maxFuel(): u64 { return host.configGetMaxFuel(this.id); }
  set maxFuel(units: u64) { host.configSetMaxFuel(this.id, units); }

  get canCompileModules(): bool { return host.configCanCompileModules(this.id) != 0; }
  set canCompileModules(allowed: bool) { host.configSetCanCompileModules(this.id, allowed); }

  get canCreateConfigs(): bool { return host.configCanCreateConfigs(this.id) != 0; }
  set canCreateConfigs(allowed: bool) { host.configSetCanCreateConfigs(this.id, allowed); }

  get canSpawnProcesses(): bool { return host.configCanSpawnProcesses(this.id) != 0; }
  set canSpawnProcesses(allowed: bool) { host.configSetCanSpawnProcesses(this.id, allowed); }

  addEnvironmentVariable(name: string, value: string): void {
    const nameBytes = String.UTF8.encode(name);
    const valueBytes = String.UTF8.encode(value);
    host.configAddEnvironmentVariable(
      this.id, changetype<usize>(nameBytes), nameBytes.byteLength, changetype<usize>(valueBytes), valueBytes.byteLength
    );
  }

  addArgument(argument: string): void {
    const bytes = String.UTF8.encode(argument);
    host.configAddCommandLineArgument(this.id, changetype<usize>(bytes), bytes.byteLength);
  }

  /** Lets the process use a directory of the host, under the same path. */
  preopenDirectory(path: string): void {
    const bytes = String.UTF8.encode(path);
    host.configPreopenDir(this.id, changetype<usize>(bytes), bytes.byteLength);
  }

  /** Gives the configuration back; processes spawned with it keep it. */
  drop(): void {
    host.dropConfig(this.id);
  }
}
