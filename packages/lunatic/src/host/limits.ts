// Bounds of the host layer. Each one exists because a guest chooses the number it bounds.

/** One `fd_write` or `fd_read` moves at most this much; the guest sees a short count and goes on. Keeps a call under a millisecond. */
export const MAX_IO_BYTES = 1 << 20;

/** io vectors looked at per call (`IOV_MAX` of Linux); more answer EINVAL. */
export const MAX_IOVECS = 1024;

/** Subscriptions in one `poll_oneoff`; more answer EINVAL. */
export const MAX_SUBSCRIPTIONS = 1024;

/** Output waiting in the VM for a slow reader; beyond it writers wait. */
export const MAX_OUTPUT_BACKLOG_BYTES = 256 * 1024;

/** Output collected before it is handed to the operating system without waiting for the event loop. */
export const OUTPUT_BUFFER_BYTES = 16 * 1024;

/** Entries in one table of one process (errors, modules, configurations, timers, early handles). */
export const MAX_TABLE_ENTRIES = 1 << 16;

/** Text of one error object; longer texts are cut. */
export const MAX_ERROR_TEXT_LENGTH = 2048;

/** What an entry in a table costs beside its text: object and place in the map. */
export const HANDLE_BYTES = 256;

/** Configurations one process may hold; with MAX_CONFIG_BYTES a bound of 256 MiB. */
export const MAX_CONFIGS = 256;

/** Arguments, or environment variables, one configuration may collect. */
export const MAX_CONFIG_ENTRIES = 4096;

/** Bytes of arguments and environment together in one configuration. */
export const MAX_CONFIG_BYTES = 1 << 20;

/** Module binaries a guest may hand to `compile_module`. */
export const MAX_COMPILE_BYTES = 256 << 20;

/** Tags in the list of one `receive`. */
export const MAX_RECEIVE_TAGS = 64 * 1024;

/** Channels parked by `channel_serialize` in one VM and not taken out again. */
export const MAX_PARKED_CHANNELS = 1 << 20;

/** Messages, and their bytes, in one channel, also if declared unbounded (bound 0): beyond, senders wait. */
export const MAX_CHANNEL_MESSAGES = 1 << 20;
export const MAX_CHANNEL_BYTES = 256 << 20;

/** Bytes in all channels of one VM. A sender that exceeds it ends: to wait for its own receiver would help nobody. */
export const MAX_ALL_CHANNELS_BYTES = 1 << 30;

/** What a channel message counts beside its bytes. */
export const CHANNEL_MESSAGE_OVERHEAD_BYTES = 128;

/** One channel message. */
export const MAX_CHANNEL_MESSAGE_BYTES = 64 << 20;

/** Longest wait in milliseconds; longer ones count as this (about 285 years): keeps deadlines exact integers. */
export const MAX_WAIT_MS = 2 ** 53 - 2 ** 48;

/** A capacity hint of `create_data` above this is ignored: the buffer grows as it is written. */
export const MAX_CAPACITY_HINT_BYTES = 64 * 1024;

/** What one host call copies in one go; other processes run between the portions of a longer copy. Some 50 us. */
export const COPY_PORTION_BYTES = 256 * 1024;

/** Parameters in one spawn request: as many as a WebAssembly function may have. */
export const MAX_SPAWN_PARAMS = 1000;

/** Copies below this are covered by the charge for the call itself. */
export const MIN_CHARGED_BYTES = 256;
