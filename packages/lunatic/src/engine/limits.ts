// Bounds of the engine.

/** Instances that one module keeps for its processes to share, in each of its two forms; more processes than this are parked in turn. */
export const MAX_INSTANCES_PER_MODULE = 32;
/** Instances of one thread, over all modules. V8 gives a whole OS process about 16,000 memories. */
export const MAX_INSTANCES = 2_048;
/** Frames of one process: what its stack may grow to by being stopped and resumed. */
export const MAX_STACK_BYTES = 64 * 1024 * 1024;
/** First size of a process's chunk of frames. */
export const MIN_CHUNK_BYTES = 128;
/** Bytes of a module's image kept for resets; a module with more initial data gets an instance per process. */
export const MAX_IMAGE_BYTES = 256 * 1024 * 1024;
/** Where dirty blocks are gathered on their way out of an instance. */
export const STAGING_BYTES = 1024 * 1024;
/** Parked state of all processes of one thread. */
export const MAX_ARENA_BYTES = 16 * 1024 * 1024 * 1024;
/** One slab of the arena. */
export const ARENA_SLAB_BYTES = 64 * 1024 * 1024;
/** Modules loaded at once. */
export const MAX_MODULES = 10_000;
/** Pages searched for writes after which a module changes to marks: a base, and a share for its size. */
export const SCANNED_PAGES_BASE = 256;
export const SCANNED_PAGES_PER_BYTE = 0.028;
/** Bytes of one module. */
export const MAX_MODULE_BYTES = 512 * 1024 * 1024;
/** Guest functions that host calls of one process may have under way inside each other (`trap::catch` in `trap::catch`...). */
export const MAX_CALL_DEPTH = 1_000;
/** Host work (bytes moved by host calls) in one slice before the next host call yields first. */
export const MAX_HOST_WORK_BYTES = 256 * 1024;

/** Fuel per millisecond that a process is assumed to burn until it has been timed. */
export const INITIAL_FUEL_PER_MS = 400_000;
export const MIN_FUEL_PER_MS = 500;
export const MAX_FUEL_PER_MS = 8_000_000;
/** A unit of `maxFuel` in instructions (ABI reference 3.1). */
export const FUEL_UNIT = 100_000;
