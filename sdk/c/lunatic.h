// lunatic.h: write Lunatic programs in C (C11 or newer, or C++).
//
//   clang --target=wasm32-wasi -O2 -Isdk/c -Wl,--export-table program.c -o program.wasm
//   lunatic program.wasm
//
// Two parts. The first declares the imports of the VM as they are: lunatic_<namespace>_<function>, for example
// lunatic_process_spawn for `lunatic::process` `spawn`. The second is a thin layer over them with C types: lunatic_spawn,
// lunatic_send, lunatic_receive ... Everything is in this one file; nothing has to be linked.
//
// A process is an instance of the module with a memory of its own. What is in memory at a spawn is not in the new process: global
// variables have their initial values there, constructors have run, and everything else has to be sent.
//
// Unless said otherwise: text is UTF-8, ids are never 0, times are in milliseconds, and a call that finds the process gone does nothing.
// Spec: the guest ABI, sections on `lunatic::*` and on the early `lunatic` namespace (channels).

#ifndef LUNATIC_H
#define LUNATIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LUNATIC_IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

// --- Imports -------------------------------------------------------------------------------------------------------------

// lunatic::message. One scratch message per process, built and read in place.
LUNATIC_IMPORT("lunatic::message", "create_data")
void lunatic_message_create_data(int64_t tag, uint64_t capacity);
LUNATIC_IMPORT("lunatic::message", "write_data")
uint32_t lunatic_message_write_data(const void *data, uint32_t size);
LUNATIC_IMPORT("lunatic::message", "read_data")
uint32_t lunatic_message_read_data(void *data, uint32_t size);
LUNATIC_IMPORT("lunatic::message", "seek_data")
void lunatic_message_seek_data(uint64_t index);
LUNATIC_IMPORT("lunatic::message", "get_tag")
int64_t lunatic_message_get_tag(void);
LUNATIC_IMPORT("lunatic::message", "get_process_id")
uint64_t lunatic_message_get_process_id(void);
LUNATIC_IMPORT("lunatic::message", "data_size")
uint64_t lunatic_message_data_size(void);
LUNATIC_IMPORT("lunatic::message", "push_module")
uint64_t lunatic_message_push_module(uint64_t module_id);
LUNATIC_IMPORT("lunatic::message", "take_module")
uint64_t lunatic_message_take_module(uint64_t index);
LUNATIC_IMPORT("lunatic::message", "send")
uint32_t lunatic_message_send(uint64_t process_id);
LUNATIC_IMPORT("lunatic::message", "send_receive_skip_search")
uint32_t lunatic_message_send_receive_skip_search(uint64_t process_id, int64_t wait_on_tag, uint64_t timeout_ms);
LUNATIC_IMPORT("lunatic::message", "receive")
uint32_t lunatic_message_receive(const int64_t *tags, uint32_t tag_count, uint64_t timeout_ms);

// lunatic::process.
LUNATIC_IMPORT("lunatic::process", "compile_module")
int32_t lunatic_process_compile_module(const void *bytes, uint32_t size, uint64_t *id_out);
LUNATIC_IMPORT("lunatic::process", "drop_module")
void lunatic_process_drop_module(uint64_t module_id);
LUNATIC_IMPORT("lunatic::process", "create_config")
int64_t lunatic_process_create_config(void);
LUNATIC_IMPORT("lunatic::process", "drop_config")
void lunatic_process_drop_config(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_set_max_memory")
void lunatic_process_config_set_max_memory(int64_t config_id, uint64_t bytes);
LUNATIC_IMPORT("lunatic::process", "config_get_max_memory")
uint64_t lunatic_process_config_get_max_memory(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_set_max_fuel")
void lunatic_process_config_set_max_fuel(int64_t config_id, uint64_t units);
LUNATIC_IMPORT("lunatic::process", "config_get_max_fuel")
uint64_t lunatic_process_config_get_max_fuel(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_can_compile_modules")
uint32_t lunatic_process_config_can_compile_modules(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_set_can_compile_modules")
void lunatic_process_config_set_can_compile_modules(int64_t config_id, uint32_t allowed);
LUNATIC_IMPORT("lunatic::process", "config_can_create_configs")
uint32_t lunatic_process_config_can_create_configs(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_set_can_create_configs")
void lunatic_process_config_set_can_create_configs(int64_t config_id, uint32_t allowed);
LUNATIC_IMPORT("lunatic::process", "config_can_spawn_processes")
uint32_t lunatic_process_config_can_spawn_processes(int64_t config_id);
LUNATIC_IMPORT("lunatic::process", "config_set_can_spawn_processes")
void lunatic_process_config_set_can_spawn_processes(int64_t config_id, uint32_t allowed);
LUNATIC_IMPORT("lunatic::process", "spawn")
uint32_t lunatic_process_spawn(int64_t link, int64_t config_id, int64_t module_id, const char *function, uint32_t function_size,
                               const void *params, uint32_t params_size, uint64_t *id_out);
LUNATIC_IMPORT("lunatic::process", "get_or_spawn")
uint32_t lunatic_process_get_or_spawn(const char *name, uint32_t name_size, int64_t link, int64_t config_id, int64_t module_id,
                                      const char *function, uint32_t function_size, const void *params, uint32_t params_size,
                                      uint64_t *node_id_out, uint64_t *id_out);
LUNATIC_IMPORT("lunatic::process", "sleep_ms")
void lunatic_process_sleep_ms(uint64_t ms);
LUNATIC_IMPORT("lunatic::process", "die_when_link_dies")
void lunatic_process_die_when_link_dies(uint32_t flag);
LUNATIC_IMPORT("lunatic::process", "process_id")
uint64_t lunatic_process_process_id(void);
LUNATIC_IMPORT("lunatic::process", "environment_id")
uint64_t lunatic_process_environment_id(void);
LUNATIC_IMPORT("lunatic::process", "link")
void lunatic_process_link(int64_t tag, uint64_t process_id);
LUNATIC_IMPORT("lunatic::process", "unlink")
void lunatic_process_unlink(uint64_t process_id);
LUNATIC_IMPORT("lunatic::process", "monitor")
void lunatic_process_monitor(uint64_t process_id);
LUNATIC_IMPORT("lunatic::process", "stop_monitoring")
void lunatic_process_stop_monitoring(uint64_t process_id);
LUNATIC_IMPORT("lunatic::process", "kill")
void lunatic_process_kill(uint64_t process_id);
LUNATIC_IMPORT("lunatic::process", "exists")
uint32_t lunatic_process_exists(uint64_t process_id);

// lunatic::registry, lunatic::timer, lunatic::error, lunatic::trap, lunatic::version, lunatic::wasi.
LUNATIC_IMPORT("lunatic::registry", "put")
void lunatic_registry_put(const char *name, uint32_t name_size, uint64_t node_id, uint64_t process_id);
LUNATIC_IMPORT("lunatic::registry", "get")
uint32_t lunatic_registry_get(const char *name, uint32_t name_size, uint64_t *node_id_out, uint64_t *process_id_out);
LUNATIC_IMPORT("lunatic::registry", "remove")
void lunatic_registry_remove(const char *name, uint32_t name_size);
LUNATIC_IMPORT("lunatic::timer", "send_after")
uint64_t lunatic_timer_send_after(uint64_t process_id, uint64_t delay_ms);
LUNATIC_IMPORT("lunatic::timer", "cancel_timer")
uint32_t lunatic_timer_cancel_timer(uint64_t timer_id);
LUNATIC_IMPORT("lunatic::error", "string_size")
uint32_t lunatic_error_string_size(uint64_t error_id);
LUNATIC_IMPORT("lunatic::error", "to_string")
void lunatic_error_to_string(uint64_t error_id, char *text);
LUNATIC_IMPORT("lunatic::error", "drop")
void lunatic_error_drop(uint64_t error_id);
LUNATIC_IMPORT("lunatic::trap", "catch")
uint32_t lunatic_trap_catch(uint32_t function, uint32_t pointer);
LUNATIC_IMPORT("lunatic::version", "major")
uint32_t lunatic_version_major(void);
LUNATIC_IMPORT("lunatic::version", "minor")
uint32_t lunatic_version_minor(void);
LUNATIC_IMPORT("lunatic::version", "patch")
uint32_t lunatic_version_patch(void);
LUNATIC_IMPORT("lunatic::wasi", "config_add_environment_variable")
void lunatic_wasi_config_add_environment_variable(int64_t config_id, const char *name, uint32_t name_size, const char *value,
                                                  uint32_t value_size);
LUNATIC_IMPORT("lunatic::wasi", "config_add_command_line_argument")
void lunatic_wasi_config_add_command_line_argument(int64_t config_id, const char *argument, uint32_t size);
LUNATIC_IMPORT("lunatic::wasi", "config_preopen_dir")
void lunatic_wasi_config_preopen_dir(int64_t config_id, const char *path, uint32_t size);

// lunatic, the early namespace: channels. Handles are small numbers that belong to one process.
LUNATIC_IMPORT("lunatic", "channel")
int32_t lunatic_early_channel(uint32_t bound);
LUNATIC_IMPORT("lunatic", "channel_send")
void lunatic_early_channel_send(int32_t channel, const void *iovec);
LUNATIC_IMPORT("lunatic", "channel_receive")
uint32_t lunatic_early_channel_receive(int32_t channel, uint32_t allocate, void **buffer_out);
LUNATIC_IMPORT("lunatic", "channel_serialize")
uint64_t lunatic_early_channel_serialize(int32_t channel);
LUNATIC_IMPORT("lunatic", "channel_deserialize")
int32_t lunatic_early_channel_deserialize(uint64_t ticket);
LUNATIC_IMPORT("lunatic", "drop_externref")
void lunatic_early_drop_externref(int32_t handle);
LUNATIC_IMPORT("lunatic", "clone_externref")
int32_t lunatic_early_clone_externref(int32_t handle);
LUNATIC_IMPORT("lunatic", "yield")
void lunatic_early_yield(void);

// --- Processes -----------------------------------------------------------------------------------------------------------

/// A process. 0 is none.
typedef uint64_t lunatic_pid;

/// What runs in a new process. `context` is its copy of what the spawner gave, aligned for any type, freed when this returns.
typedef void (*lunatic_entry)(const void *context, size_t size);

/// A timeout that never passes.
#define LUNATIC_FOREVER UINT64_MAX

/// Not linked; the configuration of the spawner.
#define LUNATIC_NO_LINK ((int64_t)0)
#define LUNATIC_SAME_CONFIG ((int64_t)-1)
#define LUNATIC_SAME_MODULE ((int64_t)-1)

/// Tags below 0 are this header's: the context of a new process, and answers.
#define LUNATIC_CONTEXT_TAG INT64_MIN

// Constructors and the end of the C library's work (atexit, buffered output) belong to `_start`, which only the main process runs.
// In newer versions of the C library (known by a header that older ones lack) `_start` calls the two functions for that, and so does a
// spawned process below. In those of 2021 and 2022, which Debian has, nothing may name __wasm_call_ctors: the linker then puts a
// wrapper around every export which calls both. For the few in between, define LUNATIC_CALL_CONSTRUCTORS as 1.
#ifndef LUNATIC_CALL_CONSTRUCTORS
#if __has_include(<wasi/libc-busywait.h>) || __has_include(<wasi/wasip1.h>)
#define LUNATIC_CALL_CONSTRUCTORS 1
#else
#define LUNATIC_CALL_CONSTRUCTORS 0
#endif
#endif

extern void __wasm_call_dtors(void);
#if LUNATIC_CALL_CONSTRUCTORS
extern void __wasm_call_ctors(void);
#else
static inline void __wasm_call_ctors(void) {}

/// Set by a constructor, so that a process which did not get its constructors says so, in the crash report.
__attribute__((weak)) volatile bool lunatic_constructed = false;
__attribute__((weak, constructor)) void lunatic_construct(void) { lunatic_constructed = true; }
__attribute__((weak, noinline)) void lunatic_constructors_have_not_run_define_LUNATIC_CALL_CONSTRUCTORS_as_1(void) { __builtin_trap(); }
#endif

/// Where a spawned process begins. Weak, so that several files of a program may include this header.
__attribute__((weak, export_name("_lunatic_spawn_by_index"))) void _lunatic_spawn_by_index(uint32_t entry, uint32_t size) {
  __wasm_call_ctors();
#if !LUNATIC_CALL_CONSTRUCTORS
  if (!lunatic_constructed) lunatic_constructors_have_not_run_define_LUNATIC_CALL_CONSTRUCTORS_as_1();
#endif
  void *context = NULL;
  if (size > 0) {
    int64_t tag = LUNATIC_CONTEXT_TAG;
    lunatic_message_receive(&tag, 1, LUNATIC_FOREVER);
    context = malloc(size);
    if (context == NULL) __builtin_trap();
    lunatic_message_read_data(context, size);
  }
  ((lunatic_entry)(uintptr_t)entry)(context, size);
  free(context);
  __wasm_call_dtors();
}

/// Runs `entry` in a new process with a copy of the `size` bytes at `context`. Returns 0 if that is not possible; `*error` is then
/// the id of an error (see lunatic_error_text) unless `error` is NULL.
/// With `link` not 0 both are linked: when one fails the other dies too, or gets a message with that tag
/// (see lunatic_die_when_link_dies). `config` is an id from lunatic_process_create_config.
static inline lunatic_pid lunatic_spawn_with(lunatic_entry entry, const void *context, size_t size, int64_t link, int64_t config,
                                             uint64_t *error) {
  static const char trampoline[] = "_lunatic_spawn_by_index";
  uint8_t params[34] = {0}; // twice a type byte and 16 bytes of value
  const uint32_t values[2] = {(uint32_t)(uintptr_t)entry, (uint32_t)size};
  for (int i = 0; i < 2; i++) {
    params[17 * i] = 0x7f; // i32
    memcpy(params + 17 * i + 1, &values[i], sizeof values[i]);
  }
  uint64_t id;
  if (lunatic_process_spawn(link, config, LUNATIC_SAME_MODULE, trampoline, sizeof trampoline - 1, params, sizeof params, &id) != 0) {
    if (error != NULL)
      *error = id;
    else
      lunatic_error_drop(id);
    return 0;
  }
  if (size > 0) {
    lunatic_message_create_data(LUNATIC_CONTEXT_TAG, size);
    lunatic_message_write_data(context, (uint32_t)size);
    lunatic_message_send(id);
  }
  return id;
}

/// Runs `entry` in a new process; 0 if that is not possible.
static inline lunatic_pid lunatic_spawn(lunatic_entry entry, const void *context, size_t size) {
  return lunatic_spawn_with(entry, context, size, LUNATIC_NO_LINK, LUNATIC_SAME_CONFIG, NULL);
}

/// The same, linked under `tag` (not 0).
static inline lunatic_pid lunatic_spawn_link(lunatic_entry entry, const void *context, size_t size, int64_t tag) {
  return lunatic_spawn_with(entry, context, size, tag, LUNATIC_SAME_CONFIG, NULL);
}

/// The calling process.
static inline lunatic_pid lunatic_self(void) { return lunatic_process_process_id(); }
static inline void lunatic_sleep_ms(uint64_t ms) { lunatic_process_sleep_ms(ms); }
/// Lets others run.
static inline void lunatic_yield(void) { lunatic_early_yield(); }

/// Whether the failure of a linked process ends this one (so at first) or becomes a message.
static inline void lunatic_die_when_link_dies(bool dies) { lunatic_process_die_when_link_dies(dies); }
static inline void lunatic_link(lunatic_pid process, int64_t tag) { lunatic_process_link(tag, process); }
static inline void lunatic_unlink(lunatic_pid process) { lunatic_process_unlink(process); }
/// Asks for one message of kind LUNATIC_PROCESS_DIED when the process ends, however it ends.
static inline void lunatic_monitor(lunatic_pid process) { lunatic_process_monitor(process); }
static inline void lunatic_stop_monitoring(lunatic_pid process) { lunatic_process_stop_monitoring(process); }
static inline void lunatic_kill(lunatic_pid process) { lunatic_process_kill(process); }
static inline bool lunatic_exists(lunatic_pid process) { return lunatic_process_exists(process) != 0; }

// --- Messages ------------------------------------------------------------------------------------------------------------

enum {
  LUNATIC_DATA = 0,         ///< bytes, to be read with lunatic_read
  LUNATIC_LINK_DIED = 1,    ///< a linked process failed; `tag` is the link's
  LUNATIC_PROCESS_DIED = 2, ///< a monitored process ended; `process` says which
  LUNATIC_TIMEOUT = 9027,   ///< nothing came in time
};

typedef struct lunatic_message {
  uint32_t kind;       ///< one of the four above
  int64_t tag;         ///< of the message or the link; 0 for none
  lunatic_pid process; ///< who died, for LUNATIC_PROCESS_DIED
  size_t size;         ///< number of bytes, for LUNATIC_DATA
} lunatic_message;

/// Sends a copy of `size` bytes. `tag` is 0 for none; a program's own tags are positive.
static inline void lunatic_send_tagged(lunatic_pid process, int64_t tag, const void *data, size_t size) {
  lunatic_message_create_data(tag, size);
  lunatic_message_write_data(data, (uint32_t)size);
  lunatic_message_send(process);
}

static inline void lunatic_send(lunatic_pid process, const void *data, size_t size) { lunatic_send_tagged(process, 0, data, size); }

/// Waits for the oldest message that has one of the tags, or for any message if `tag_count` is 0. The bytes stay with the VM until they
/// are read with lunatic_read, or until the next message is received or sent.
/// Answers that come too late for lunatic_reply_receive are passed over; the timeout then starts anew.
static inline lunatic_message lunatic_receive_tags(const int64_t *tags, size_t tag_count, uint64_t timeout_ms) {
  lunatic_message message = {LUNATIC_TIMEOUT, 0, 0, 0};
  do {
    message.kind = lunatic_message_receive(tags, (uint32_t)tag_count, timeout_ms);
    if (message.kind == LUNATIC_TIMEOUT) return message;
    message.tag = lunatic_message_get_tag();
  } while (tag_count == 0 && message.kind == LUNATIC_DATA && message.tag < 0);
  if (message.kind == LUNATIC_DATA) message.size = (size_t)lunatic_message_data_size();
  if (message.kind == LUNATIC_PROCESS_DIED) message.process = lunatic_message_get_process_id();
  return message;
}

static inline lunatic_message lunatic_receive_timeout(uint64_t timeout_ms) { return lunatic_receive_tags(NULL, 0, timeout_ms); }
static inline lunatic_message lunatic_receive(void) { return lunatic_receive_timeout(LUNATIC_FOREVER); }

/// Reads up to `size` bytes of the message received last, from where the previous call stopped. Returns how many there were.
static inline size_t lunatic_read(void *data, size_t size) { return lunatic_message_read_data(data, (uint32_t)size); }

/// Waits for a message with exactly `size` bytes and reads it; false if something else came, or nothing in time.
static inline bool lunatic_receive_into(void *data, size_t size, uint64_t timeout_ms) {
  lunatic_message message = lunatic_receive_timeout(timeout_ms);
  return message.kind == LUNATIC_DATA && message.size == size && lunatic_read(data, size) == size;
}

// --- Request and answer --------------------------------------------------------------------------------------------------

/// A place for one answer: made by who waits for it, sent inside a message, used by who answers.
typedef struct lunatic_reply {
  lunatic_pid process;
  int64_t tag;
} lunatic_reply;

__attribute__((weak)) int64_t lunatic_last_reply_tag = 0;

static inline lunatic_reply lunatic_reply_new(void) {
  lunatic_reply reply = {lunatic_self(), --lunatic_last_reply_tag};
  return reply;
}

static inline void lunatic_reply_send(lunatic_reply reply, const void *data, size_t size) {
  lunatic_send_tagged(reply.process, reply.tag, data, size);
}

/// Waits for the answer, which must have exactly `size` bytes; false if it does not come in time.
static inline bool lunatic_reply_receive(lunatic_reply reply, void *data, size_t size, uint64_t timeout_ms) {
  lunatic_message message = lunatic_receive_tags(&reply.tag, 1, timeout_ms);
  return message.kind == LUNATIC_DATA && message.size == size && lunatic_read(data, size) == size;
}

// --- Channels ------------------------------------------------------------------------------------------------------------

/// A queue that any number of processes may send to and receive from; each message goes to one receiver. The handle is the
/// process' own: to pass a channel on, send its ticket.
typedef struct lunatic_channel {
  int32_t handle;
} lunatic_channel;

/// `bound` messages fit before a sender has to wait; 0 is no bound.
static inline lunatic_channel lunatic_channel_new(uint32_t bound) {
  lunatic_channel channel = {lunatic_early_channel(bound)};
  return channel;
}

static inline void lunatic_channel_send(lunatic_channel channel, const void *data, size_t size) {
  const struct {
    const void *data;
    uint32_t size;
  } iovec = {data, (uint32_t)size};
  lunatic_early_channel_send(channel.handle, &iovec);
}

/// What the VM calls, through the function table, to place a message.
__attribute__((weak)) void *lunatic_channel_allocate(uint32_t size) {
  void *block = malloc(size > 0 ? size : 1);
  if (block == NULL) __builtin_trap();
  return block;
}

/// Waits for a message. The caller frees it.
static inline void *lunatic_channel_receive_new(lunatic_channel channel, size_t *size) {
  void *block;
  *size = lunatic_early_channel_receive(channel.handle, (uint32_t)(uintptr_t)&lunatic_channel_allocate, &block);
  return block;
}

/// Waits for a message, which must have exactly `size` bytes; false if it has not (it is lost then).
static inline bool lunatic_channel_receive(lunatic_channel channel, void *data, size_t size) {
  size_t got;
  void *block = lunatic_channel_receive_new(channel, &got);
  if (got == size) memcpy(data, block, size);
  free(block);
  return got == size;
}

/// A number to send to another process, good for one lunatic_channel_open.
static inline uint64_t lunatic_channel_ticket(lunatic_channel channel) { return lunatic_early_channel_serialize(channel.handle); }

static inline lunatic_channel lunatic_channel_open(uint64_t ticket) {
  lunatic_channel channel = {lunatic_early_channel_deserialize(ticket)};
  return channel;
}

/// Gives up the handle; the channel lives on while others have it.
static inline void lunatic_channel_close(lunatic_channel channel) { lunatic_early_drop_externref(channel.handle); }

// --- Registry, timers, errors, traps -------------------------------------------------------------------------------------

/// Gives a name to a process; one that had it loses it. A name goes away with its process.
static inline void lunatic_register(const char *name, lunatic_pid process) {
  lunatic_registry_put(name, (uint32_t)strlen(name), 0, process);
}

/// The process of that name, or 0.
static inline lunatic_pid lunatic_lookup(const char *name) {
  uint64_t node, process;
  return lunatic_registry_get(name, (uint32_t)strlen(name), &node, &process) == 0 ? process : 0;
}

static inline void lunatic_unregister(const char *name) { lunatic_registry_remove(name, (uint32_t)strlen(name)); }

/// Sends a message after `delay_ms`, also if the caller has ended by then. Returns an id for lunatic_cancel.
static inline uint64_t lunatic_send_after(lunatic_pid process, int64_t tag, const void *data, size_t size, uint64_t delay_ms) {
  lunatic_message_create_data(tag, size);
  lunatic_message_write_data(data, (uint32_t)size);
  return lunatic_timer_send_after(process, delay_ms);
}

/// Stops a delayed message; false if it has been delivered.
static inline bool lunatic_cancel(uint64_t timer) { return lunatic_timer_cancel_timer(timer) != 0; }

/// The text of an error, as a new string that the caller frees. The error is given back to the VM.
static inline char *lunatic_error_text(uint64_t error) {
  uint32_t size = lunatic_error_string_size(error);
  char *text = (char *)malloc((size_t)size + 1);
  if (text == NULL) __builtin_trap();
  lunatic_error_to_string(error, text);
  lunatic_error_drop(error);
  text[size] = '\0';
  return text;
}

/// Whether the function given to lunatic_try came to its end.
__attribute__((weak)) bool lunatic_try_returned = false;

/// What the VM calls for lunatic_try.
__attribute__((weak, export_name("_lunatic_catch_trap"))) uint32_t _lunatic_catch_trap(uint32_t function, uint32_t pointer) {
  ((void (*)(void *))(uintptr_t)function)((void *)(uintptr_t)pointer);
  lunatic_try_returned = true;
#if !LUNATIC_CALL_CONSTRUCTORS
  __builtin_trap(); // instead of a return through the linker's wrapper, which would end the work of the C library
#endif
  return 1;
}

/// Runs `function(argument)`; false if it trapped. Memory stays as the trap left it: what the function had allocated, locked or half
/// written remains so. (Where LUNATIC_CALL_CONSTRUCTORS is 0, constructors run again at each call.)
static inline bool lunatic_try(void (*function)(void *), void *argument) {
  // The stack pointer of C is a variable, which a trap leaves where it was.
  void *stack;
  __asm__ volatile(".globaltype __stack_pointer, i32\n"
                   "global.get __stack_pointer\n"
                   "local.set %0\n"
                   : "=r"(stack));
  lunatic_trap_catch((uint32_t)(uintptr_t)function, (uint32_t)(uintptr_t)argument);
  __asm__ volatile("local.get %0\n"
                   "global.set __stack_pointer\n"
                   :
                   : "r"(stack));
  bool returned = lunatic_try_returned;
  lunatic_try_returned = false;
  return returned;
}

#ifdef __cplusplus
}
#endif

#endif
