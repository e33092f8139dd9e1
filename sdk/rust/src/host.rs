//! The VM's functions as WebAssembly imports: `lunatic` (channels) and the `lunatic::*` namespaces.
//!
//! Names, parameters and results are those of the VM's import tables. Pointers and lengths are `u32`
//! in the interface; they are declared as pointers and `usize` here, the same on wasm32.
//! On other machines each function panics: the crate then compiles for documentation, tools and
//! the tests of the encoding, but there is no VM to talk to.

macro_rules! imports {
    ($(mod $module:ident = $namespace:literal {
        $($(#[$meta:meta])* fn $name:ident($($parameter:ident: $type:ty),*) $(-> $result:ty)?;)+
    })+) => {$(
        pub(crate) mod $module {
            #[cfg(target_family = "wasm")]
            #[link(wasm_import_module = $namespace)]
            extern "C" {
                $($(#[$meta])* pub(crate) fn $name($($parameter: $type),*) $(-> $result)?;)+
            }

            $(
                #[cfg(not(target_family = "wasm"))]
                #[allow(clippy::too_many_arguments)] // The VM decides.
                pub(crate) unsafe fn $name($(_: $type),*) $(-> $result)? {
                    panic!("{}.{} exists only in a Lunatic process", $namespace, stringify!($name))
                }
            )+
        }
    )+};
}

imports! {
    mod channel = "lunatic" {
        #[link_name = "channel"]
        fn create(bound: u32) -> u32;
        #[link_name = "channel_send"]
        fn send(channel: u32, message: *const [usize; 2]);
        #[link_name = "channel_receive"]
        fn receive(channel: u32, allocate: usize, message: *mut *mut u8) -> usize;
        #[link_name = "channel_serialize"]
        fn park(channel: u32) -> u64;
        #[link_name = "channel_deserialize"]
        fn unpark(number: u64) -> u32;
        #[link_name = "clone_externref"]
        fn clone_handle(handle: u32) -> u32;
        #[link_name = "drop_externref"]
        fn drop_handle(handle: u32);
        fn spawn(function: usize, entry: usize, context: u64) -> u32;
        fn join(process: u32);
    }

    mod error = "lunatic::error" {
        fn string_size(error: u64) -> usize;
        fn to_string(error: u64, text: *mut u8);
        fn drop(error: u64);
    }

    mod message = "lunatic::message" {
        fn create_data(tag: i64, capacity: u64);
        fn write_data(bytes: *const u8, length: usize) -> usize;
        fn read_data(bytes: *mut u8, length: usize) -> usize;
        fn data_size() -> u64;
        fn get_tag() -> i64;
        fn get_process_id() -> u64;
        fn send(process: u64) -> u32;
        fn send_receive_skip_search(process: u64, wait_on_tag: i64, timeout_ms: u64) -> u32;
        fn receive(tags: *const i64, count: usize, timeout_ms: u64) -> u32;
    }

    mod process = "lunatic::process" {
        fn spawn(
            link: i64, config: i64, module: i64, function: *const u8, function_length: usize,
            parameters: *const u8, parameters_length: usize, id: *mut u64
        ) -> u32;
        fn get_or_spawn(
            name: *const u8, name_length: usize, link: i64, config: i64, module: i64, function: *const u8,
            function_length: usize, parameters: *const u8, parameters_length: usize, node: *mut u64, id: *mut u64
        ) -> u32;
        fn sleep_ms(duration: u64);
        fn die_when_link_dies(flag: u32);
        fn process_id() -> u64;
        fn link(tag: i64, process: u64);
        fn unlink(process: u64);
        fn monitor(process: u64);
        fn stop_monitoring(process: u64);
        fn kill(process: u64);
        fn exists(process: u64) -> u32;
        fn create_config() -> i64;
        fn drop_config(config: i64);
        fn config_set_max_memory(config: i64, bytes: u64);
        fn config_get_max_memory(config: i64) -> u64;
        fn config_set_max_fuel(config: i64, units: u64);
        fn config_get_max_fuel(config: i64) -> u64;
        fn config_can_compile_modules(config: i64) -> u32;
        fn config_set_can_compile_modules(config: i64, flag: u32);
        fn config_can_create_configs(config: i64) -> u32;
        fn config_set_can_create_configs(config: i64, flag: u32);
        fn config_can_spawn_processes(config: i64) -> u32;
        fn config_set_can_spawn_processes(config: i64, flag: u32);
    }

    mod wasi = "lunatic::wasi" {
        fn config_add_environment_variable(
            config: i64, name: *const u8, name_length: usize, value: *const u8, value_length: usize
        );
        fn config_add_command_line_argument(config: i64, argument: *const u8, length: usize);
        fn config_preopen_dir(config: i64, path: *const u8, length: usize);
    }

    mod registry = "lunatic::registry" {
        fn put(name: *const u8, length: usize, node: u64, process: u64);
        fn get(name: *const u8, length: usize, node: *mut u64, process: *mut u64) -> u32;
        fn remove(name: *const u8, length: usize);
    }

    mod timer = "lunatic::timer" {
        fn send_after(process: u64, delay_ms: u64) -> u64;
        fn cancel_timer(timer: u64) -> u32;
    }

    mod trap = "lunatic::trap" {
        fn catch(function: usize, pointer: usize) -> usize;
    }

    mod version = "lunatic::version" {
        fn major() -> u32;
        fn minor() -> u32;
        fn patch() -> u32;
    }
}
