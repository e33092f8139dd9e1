//! Configurations: what a process may use and do.

use crate::error::Error;
use crate::host;

/// Limits and permissions for processes yet to be spawned.
///
/// A new one allows nothing: no spawning, compiling or configuring, no arguments, environment or
/// directories. Memory and fuel are limited as for the caller. Nobody gives away more than it has: a
/// setter that asks for more sets what the caller has. A process takes a copy when it is spawned.
///
/// ```no_run
/// use lunatic::{Mailbox, Process, ProcessConfig};
///
/// let mut config = ProcessConfig::new().unwrap();
/// config.set_max_memory(2 << 20);
/// config.set_max_fuel(100);
/// Process::spawn_config(&config, (), |(), mailbox: Mailbox<u32>| {
///     mailbox.receive();
/// })
/// .unwrap();
/// ```
#[derive(Debug)]
pub struct ProcessConfig {
    id: i64,
}

impl ProcessConfig {
    /// # Errors
    /// [`Error::Denied`] if the calling process may not make configurations.
    pub fn new() -> Result<Self, Error> {
        // SAFETY: no memory is involved.
        match unsafe { host::process::create_config() } {
            -1 => Err(Error::Denied("create configurations")),
            id => Ok(ProcessConfig { id }),
        }
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    /// Adds a variable to the environment.
    pub fn add_environment_variable(&mut self, name: &str, value: &str) {
        // SAFETY: the VM reads the texts during the call only.
        unsafe {
            host::wasi::config_add_environment_variable(
                self.id,
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            );
        }
    }

    /// Adds a command line argument. The first one is the program's name.
    pub fn add_command_line_argument(&mut self, argument: &str) {
        // SAFETY: the VM reads the text during the call only.
        unsafe { host::wasi::config_add_command_line_argument(self.id, argument.as_ptr(), argument.len()) }
    }

    /// Makes a directory visible under the same path. It must lie inside one the caller sees, otherwise
    /// spawning with this configuration fails.
    pub fn preopen_dir(&mut self, path: &str) {
        // SAFETY: the VM reads the text during the call only.
        unsafe { host::wasi::config_preopen_dir(self.id, path.as_ptr(), path.len()) }
    }
}

macro_rules! settings {
    ($($(#[$doc:meta])* $get:ident, $set:ident: $type:ty = $host_get:ident, $host_set:ident, $from:expr, $into:expr;)+) => {
        impl ProcessConfig {$(
            $(#[$doc])*
            pub fn $set(&mut self, value: $type) {
                // SAFETY: no memory is involved.
                unsafe { host::process::$host_set(self.id, $into(value)) }
            }

            /// What the setter of this name set, or the default.
            pub fn $get(&self) -> $type {
                // SAFETY: no memory is involved.
                $from(unsafe { host::process::$host_get(self.id) })
            }
        )+}
    };
}

/// For settings the VM keeps as they are.
fn same(value: u64) -> u64 {
    value
}

fn flag(value: u32) -> bool {
    value != 0
}

settings! {
    /// Bytes of memory; an allocation beyond them fails.
    max_memory, set_max_memory: u64 = config_get_max_memory, config_set_max_memory, same, same;
    /// Units of 100,000 instructions, after which the process ends; 0 for any number.
    max_fuel, set_max_fuel: u64 = config_get_max_fuel, config_set_max_fuel, same, same;
    /// Whether the process may compile WebAssembly modules.
    can_compile_modules, set_can_compile_modules: bool =
        config_can_compile_modules, config_set_can_compile_modules, flag, u32::from;
    /// Whether the process may make configurations for others.
    can_create_configs, set_can_create_configs: bool =
        config_can_create_configs, config_set_can_create_configs, flag, u32::from;
    /// Whether the process may spawn others.
    can_spawn_processes, set_can_spawn_processes: bool =
        config_can_spawn_processes, config_set_can_spawn_processes, flag, u32::from;
}

impl Drop for ProcessConfig {
    fn drop(&mut self) {
        // SAFETY: no memory is involved; the id is ours and not used again.
        unsafe { host::process::drop_config(self.id) }
    }
}
