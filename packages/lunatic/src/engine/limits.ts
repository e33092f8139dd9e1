// Bounds of the engine.

/** Instances that one module keeps for its processes to share, in each of its two forms, to begin with; more processes than this are parked in turn. */
export const MIN_INSTANCE_SHARE = 32;
/** What that may rise to, and after how many processes brought back that a larger share would have kept: those cost as much as the instance. */
export const MAX_INSTANCE_SHARE = 256;
export const MISSES_PER_INSTANCE = 128;
/** Memories of the instances of one thread, over all modules. V8 gives a whole OS process about 16,000. */
export const MAX_MEMORIES = 2_048;
/** Elements that the tables of one module begin with, the private ones included: each instance makes them anew, 33 ns each. */
export const MAX_TABLE_ELEMENTS = 1 << 20;
/** The same of all instances of a thread. Tables live in V8's heap (24 bytes an element), and a full heap ends the whole VM. */
export const MAX_ALL_TABLE_ELEMENTS = 1 << 24;
/** Pages up to which an instance is emptied for the next process; searching more than these 16 MiB takes milliseconds. */
export const MAX_SHARED_PAGES = 256;
/** Bytes written by a process up to which its instance is emptied when it ends (0.1 to 0.3 ms); above, a new instance is cheaper. */
export const MAX_RESET_BYTES = 1024 * 1024;
/** Frames of one process: what its stack may grow to by being stopped and resumed. Some ten times what V8's own stack holds. */
export const MAX_STACK_BYTES = 16 * 1024 * 1024;
/** Blocks of the side memory above this size (deep stacks, images, marks) end at the address below; the rest is for small ones. */
export const MAX_SMALL_BLOCK_BYTES = 64 * 1024;
export const LARGE_BLOCKS_END = 3 * 1024 * 1024 * 1024;
/** First size of a process's chunk of frames. */
export const MIN_CHUNK_BYTES = 128;
/** Where dirty blocks are gathered on their way out of an instance. */
export const STAGING_BYTES = 1024 * 1024;
/** Parked state of all processes of one thread; less where the machine has less memory (node/node.ts). */
export const MAX_ARENA_BYTES = 16 * 1024 * 1024 * 1024;
/** With so much of it in use no process is started any more: the rest is for those that are there, whose state may grow. */
export const CROWDED_ARENA_SHARE = 15 / 16;
/** One slab of the arena: what one survivor among many dead can keep from being given back. Linux maps 65,530 pieces for an OS process. */
export const ARENA_SLAB_BYTES = 1024 * 1024;
/** Slabs that hold nothing and are kept all the same. */
export const MAX_EMPTY_SLABS = 16;
/** Modules without processes whose idle instances are kept, in case there are new ones soon. */
export const MAX_DESERTED_MODULES = 16;
/** Modules that can be reached: by processes, by those who loaded them, in messages. */
export const MAX_MODULES = 10_000;
/** Pages searched for writes after which a module changes to marks: a base, and a share for its size. */
export const SCANNED_PAGES_BASE = 256;
export const SCANNED_PAGES_PER_BYTE = 0.028;
/** Bytes of one module. */
export const MAX_LOADED_BYTES = 512 * 1024 * 1024;
/** Guest functions that host calls of one process may have under way inside each other (`trap::catch` in `trap::catch`...). */
export const MAX_CALL_DEPTH = 1_000;
/** Host work (bytes moved by host calls) in one slice before the next host call yields first. */
export const MAX_HOST_WORK_BYTES = 256 * 1024;

/** One string given to a host function; decoding it is one step (1 ms at most). Names, paths and variables are far shorter. */
export const MAX_STRING_BYTES = 1024 * 1024;

/** Fuel per millisecond that a process is assumed to burn until it has been timed: low, since it may begin with whatever is slowest. */
export const INITIAL_FUEL_PER_MS = 50_000;
export const MIN_FUEL_PER_MS = 500;
export const MAX_FUEL_PER_MS = 8_000_000;
/**
 * Fuel of one run: 70 us of the fastest code. After each run frames are rebuilt and code goes on in resume versions for a while: with 60,000
 * the interpreter kernel took 2.0 times its plain form, with 200,000 1.5. Of the slowest code (every load misses every cache) 20 ms, once.
 */
export const MAX_RUN_FUEL = 200_000;
/** A slice that used less is not timed at its end. */
export const MIN_MEASURED_FUEL = 2_000;
/** Host work of a slice that is not worth one either. */
export const SHORT_SLICE_WORK_BYTES = 4_096;
/** What a trap costs that a host call catches, in fuel: the exception is some 10 us of work for V8. */
export const TRAP_FUEL = 10_000;
/** A unit of `maxFuel` in instructions (ABI reference 3.1). */
export const FUEL_UNIT = 100_000;

/** Configurations that one worker remembers of another. */
export const CONFIG_SLOTS = 64;
/** Memory of a process that is moved to another worker for the sake of balance: 4 MiB are searched in some 0.2 ms. */
export const MAX_MOVED_PAGES = 64;
