// Imports of `lunatic::process`, `lunatic::registry`, `lunatic::timer`, `lunatic::error` and `lunatic::wasi`.
// Strings are (byte offset, byte length) of UTF-8; ids written by the host are 8 bytes.

@external("lunatic::process", "spawn")
export declare function spawn(
  link: i64, configId: i64, moduleId: i64,
  name: usize, nameLength: u32, params: usize, paramsLength: u32, idOut: usize
): u32;

@external("lunatic::process", "process_id")
export declare function processId(): u64;

@external("lunatic::process", "sleep_ms")
export declare function sleepMs(ms: u64): void;

@external("lunatic::process", "die_when_link_dies")
export declare function dieWhenLinkDies(flag: u32): void;

@external("lunatic::process", "link")
export declare function link(tag: i64, processId: u64): void;

@external("lunatic::process", "unlink")
export declare function unlink(processId: u64): void;

@external("lunatic::process", "monitor")
export declare function monitor(processId: u64): void;

@external("lunatic::process", "stop_monitoring")
export declare function stopMonitoring(processId: u64): void;

@external("lunatic::process", "kill")
export declare function kill(processId: u64): void;

@external("lunatic::process", "exists")
export declare function exists(processId: u64): u32;

@external("lunatic::process", "create_config")
export declare function createConfig(): i64;

@external("lunatic::process", "drop_config")
export declare function dropConfig(configId: i64): void;

@external("lunatic::process", "config_set_max_memory")
export declare function configSetMaxMemory(configId: i64, bytes: u64): void;

@external("lunatic::process", "config_get_max_memory")
export declare function configGetMaxMemory(configId: i64): u64;

@external("lunatic::process", "config_set_max_fuel")
export declare function configSetMaxFuel(configId: i64, units: u64): void;

@external("lunatic::process", "config_get_max_fuel")
export declare function configGetMaxFuel(configId: i64): u64;

@external("lunatic::process", "config_can_compile_modules")
export declare function configCanCompileModules(configId: i64): u32;

@external("lunatic::process", "config_set_can_compile_modules")
export declare function configSetCanCompileModules(configId: i64, allowed: u32): void;

@external("lunatic::process", "config_can_create_configs")
export declare function configCanCreateConfigs(configId: i64): u32;

@external("lunatic::process", "config_set_can_create_configs")
export declare function configSetCanCreateConfigs(configId: i64, allowed: u32): void;

@external("lunatic::process", "config_can_spawn_processes")
export declare function configCanSpawnProcesses(configId: i64): u32;

@external("lunatic::process", "config_set_can_spawn_processes")
export declare function configSetCanSpawnProcesses(configId: i64, allowed: u32): void;

@external("lunatic::wasi", "config_add_environment_variable")
export declare function configAddEnvironmentVariable(
  configId: i64, key: usize, keyLength: u32, value: usize, valueLength: u32
): void;

@external("lunatic::wasi", "config_add_command_line_argument")
export declare function configAddCommandLineArgument(configId: i64, argument: usize, length: u32): void;

@external("lunatic::wasi", "config_preopen_dir")
export declare function configPreopenDir(configId: i64, path: usize, length: u32): void;

@external("lunatic::registry", "put")
export declare function registryPut(name: usize, nameLength: u32, nodeId: u64, processId: u64): void;

@external("lunatic::registry", "get")
export declare function registryGet(name: usize, nameLength: u32, nodeIdOut: usize, processIdOut: usize): u32;

@external("lunatic::registry", "remove")
export declare function registryRemove(name: usize, nameLength: u32): void;

@external("lunatic::timer", "send_after")
export declare function sendAfter(processId: u64, delayMs: u64): u64;

@external("lunatic::timer", "cancel_timer")
export declare function cancelTimer(timerId: u64): u32;

@external("lunatic::error", "string_size")
export declare function errorStringSize(errorId: u64): u32;

@external("lunatic::error", "to_string")
export declare function errorToString(errorId: u64, text: usize): void;

@external("lunatic::error", "drop")
export declare function errorDrop(errorId: u64): void;
