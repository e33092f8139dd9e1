;; Every host import, with its signature; "may stop": the calling process may wait, yield or end in it.
;; Made from the host tables; BLESS=1 node --test packages/lunatic/src/host/tables_test.ts writes it anew.
(module
  ;; lunatic
  (import "lunatic" "channel" (func (param i32) (result i32)))
  (import "lunatic" "channel_deserialize" (func (param i64) (result i32)))
  (import "lunatic" "channel_receive" (func (param i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic" "channel_send" (func (param i32 i32))) ;; may stop
  (import "lunatic" "channel_serialize" (func (param i32) (result i64)))
  (import "lunatic" "clone_externref" (func (param i32) (result i32)))
  (import "lunatic" "drop_externref" (func (param i32)))
  (import "lunatic" "join" (func (param i32))) ;; may stop
  (import "lunatic" "sleep_ms" (func (param i64))) ;; may stop
  (import "lunatic" "spawn" (func (param i32 i32 i64) (result i32))) ;; may stop
  (import "lunatic" "yield" (func)) ;; may stop

  ;; lunatic::distributed
  (import "lunatic::distributed" "copy_lookup_nodes_results" (func (param i64 i32 i32 i32) (result i32)))
  (import "lunatic::distributed" "exec_lookup_nodes" (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::distributed" "get_nodes" (func (param i32 i32) (result i32)))
  (import "lunatic::distributed" "module_id" (func (result i64)))
  (import "lunatic::distributed" "node_id" (func (result i64)))
  (import "lunatic::distributed" "nodes_count" (func (result i32)))
  (import "lunatic::distributed" "send" (func (param i64 i64) (result i32)))
  (import "lunatic::distributed" "send_receive_skip_search" (func (param i64 i64 i64 i64) (result i32)))
  (import "lunatic::distributed" "spawn" (func (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))

  ;; lunatic::error
  (import "lunatic::error" "drop" (func (param i64)))
  (import "lunatic::error" "string_size" (func (param i64) (result i32))) ;; may stop
  (import "lunatic::error" "to_string" (func (param i64 i32))) ;; may stop

  ;; lunatic::message
  (import "lunatic::message" "create_data" (func (param i64 i64)))
  (import "lunatic::message" "data_size" (func (result i64)))
  (import "lunatic::message" "get_process_id" (func (result i64)))
  (import "lunatic::message" "get_tag" (func (result i64)))
  (import "lunatic::message" "push_module" (func (param i64) (result i64)))
  (import "lunatic::message" "read_data" (func (param i32 i32) (result i32))) ;; may stop
  (import "lunatic::message" "receive" (func (param i32 i32 i64) (result i32))) ;; may stop
  (import "lunatic::message" "receive" (func (param i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::message" "seek_data" (func (param i64)))
  (import "lunatic::message" "send" (func (param i64) (result i32))) ;; may stop
  (import "lunatic::message" "send" (func (param i64))) ;; may stop
  (import "lunatic::message" "send_receive_skip_search" (func (param i64 i64 i64) (result i32))) ;; may stop
  (import "lunatic::message" "send_receive_skip_search" (func (param i64 i64) (result i32))) ;; may stop
  (import "lunatic::message" "send_receive_skip_search" (func (param i64 i32) (result i32))) ;; may stop
  (import "lunatic::message" "take_module" (func (param i64) (result i64)))
  (import "lunatic::message" "write_data" (func (param i32 i32) (result i32))) ;; may stop

  ;; lunatic::process
  (import "lunatic::process" "compile_module" (func (param i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::process" "config_can_compile_modules" (func (param i64) (result i32)))
  (import "lunatic::process" "config_can_create_configs" (func (param i64) (result i32)))
  (import "lunatic::process" "config_can_spawn_processes" (func (param i64) (result i32)))
  (import "lunatic::process" "config_get_max_fuel" (func (param i64) (result i64)))
  (import "lunatic::process" "config_get_max_memory" (func (param i64) (result i64)))
  (import "lunatic::process" "config_set_can_compile_modules" (func (param i64 i32)))
  (import "lunatic::process" "config_set_can_create_configs" (func (param i64 i32)))
  (import "lunatic::process" "config_set_can_spawn_processes" (func (param i64 i32)))
  (import "lunatic::process" "config_set_max_fuel" (func (param i64 i64)))
  (import "lunatic::process" "config_set_max_memory" (func (param i64 i64)))
  (import "lunatic::process" "create_config" (func (result i64)))
  (import "lunatic::process" "die_when_link_dies" (func (param i32)))
  (import "lunatic::process" "drop_config" (func (param i64)))
  (import "lunatic::process" "drop_module" (func (param i64)))
  (import "lunatic::process" "environment_id" (func (result i64)))
  (import "lunatic::process" "exists" (func (param i64) (result i32))) ;; may stop
  (import "lunatic::process" "get_or_spawn" (func (param i32 i32 i64 i64 i64 i32 i32 i32 i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::process" "kill" (func (param i64))) ;; may stop
  (import "lunatic::process" "link" (func (param i64 i64))) ;; may stop
  (import "lunatic::process" "monitor" (func (param i64))) ;; may stop
  (import "lunatic::process" "process_id" (func (result i64)))
  (import "lunatic::process" "sleep_ms" (func (param i64))) ;; may stop
  (import "lunatic::process" "spawn" (func (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::process" "stop_monitoring" (func (param i64)))
  (import "lunatic::process" "unlink" (func (param i64)))

  ;; lunatic::registry
  (import "lunatic::registry" "get" (func (param i32 i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::registry" "get" (func (param i32 i32 i32) (result i32))) ;; may stop
  (import "lunatic::registry" "put" (func (param i32 i32 i64 i64))) ;; may stop
  (import "lunatic::registry" "put" (func (param i32 i32 i64))) ;; may stop
  (import "lunatic::registry" "remove" (func (param i32 i32))) ;; may stop

  ;; lunatic::timer
  (import "lunatic::timer" "cancel_timer" (func (param i64) (result i32))) ;; may stop
  (import "lunatic::timer" "send_after" (func (param i64 i64) (result i64)))

  ;; lunatic::trap
  (import "lunatic::trap" "catch" (func (param i32 i32) (result i32))) ;; may stop

  ;; lunatic::version
  (import "lunatic::version" "major" (func (result i32)))
  (import "lunatic::version" "minor" (func (result i32)))
  (import "lunatic::version" "patch" (func (result i32)))

  ;; lunatic::wasi
  (import "lunatic::wasi" "config_add_command_line_argument" (func (param i64 i32 i32))) ;; may stop
  (import "lunatic::wasi" "config_add_environment_variable" (func (param i64 i32 i32 i32 i32))) ;; may stop
  (import "lunatic::wasi" "config_preopen_dir" (func (param i64 i32 i32))) ;; may stop

  ;; wasi_snapshot_preview1
  (import "wasi_snapshot_preview1" "args_get" (func (param i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "args_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise" (func (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_datasync" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "fd_readdir" (func (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "path_create_directory" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times" (func (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func (param i32 i32 i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32))) ;; may stop
  (import "wasi_snapshot_preview1" "proc_raise" (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) ;; may stop
  (import "wasi_snapshot_preview1" "sock_accept" (func (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func (param i32 i32) (result i32))))
