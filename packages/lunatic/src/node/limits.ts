// Bounds of the composition root and the embedding API.

/** What a `CapturedOutput` keeps unless told otherwise. */
export const DEFAULT_CAPTURE_BYTES = 64 * 1024 * 1024;

/** Of one process unless its configuration says otherwise: the most that 32-bit addresses reach. */
export const DEFAULT_MAX_MEMORY_BYTES = 2 ** 32 - 1;

/** The part of V8's heap that objects only pass through: it counts in the limit that V8 tells, but nothing stays in it. */
export const YOUNG_GENERATION_BYTES = 96 * 1024 * 1024;

/** What Node.js, the VM's own code and a small module are in the heap before the first process. */
export const RUNTIME_HEAP_BYTES = 24 * 1024 * 1024;

/** A heap smaller than this is divided as if it had this size. */
export const MIN_HEAP_BYTES = 8 * 1024 * 1024;

/** What processes may hold together, as a share of V8's heap. Small holders may go half as far again (actor/held_memory.ts). */
export const HELD_SHARE = 1 / 3;

/** Parked state of processes, as a share of the machine's memory: beyond it an operating system ends whom it likes. */
export const ARENA_SHARE = 2 / 3;

/** The records of all processes, as a share of V8's heap. */
export const PROCESS_RECORDS_SHARE = 3 / 8;

/** What the record of one process is taken for: measured at 430 for one that waits, 900 for one that sleeps with a message half made. */
export const PROCESS_RECORD_BYTES = 1024;

/** What an ordinary one is, at least. */
export const PROCESS_BYTES = 400;

/** Processes that must have ended, and the wait after it, before the heap is given back. */
export const HEAP_RETURN_MIN_PROCESSES = 50_000;
export const HEAP_RETURN_DELAY_MS = 1_000;

/** Workers of one VM, the main thread included. */
export const MAX_WORKERS = 64;
/** One direction between two workers: with 64 workers 4,032 of these, of which the pages that are used count. */
export const RING_BYTES = 1024 * 1024;
/** What waits on this side for a worker before those who send data there wait. */
export const MAX_OUTBOX_BYTES = 4 * 1024 * 1024;
/** Frames worked off between two slices. */
export const MAX_FRAMES_AT_ONCE = 256;
/** A worker that has nothing to do looks for mail this long before it sleeps: waking it costs some 10 us. */
export const LINGER_MS = 0.03;
/** Turns (of about 1 ms) with more than one runnable process after which the other workers are started: programs that end soon do without. */
export const TURNS_BEFORE_START = 15;
/** Processes moved to another worker at the end of a turn. */
export const MAX_GIVEN_AT_ONCE = 32;
/** A worker gives some of its work to another that is not idle if it has, on average over some turns, more by so much and by this share of its own. */
export const MIN_LEAD = 1.5;
export const MIN_LEAD_SHARE = 1 / 4;
/** What the latest turn counts in that average. */
export const LEAD_WEIGHT = 1 / 4;
/** Beyond twice what another worker has, a spawner keeps this many for itself. */
export const MIN_TO_PLACE = 8;
/**
 * Processes that a worker may begin without asking the others: so many, and of the bound on all processes this share for all workers together. It keeps
 * twice as many before it gives some back, so that others may be refused within a 32nd of the bound.
 */
export const MAX_SPARE_PERMITS = 64;
export const SPARE_PERMITS_SHARE = 1 / 64;
/** Processes that a worker announces at once. */
export const NUMBERED_AHEAD = 32;
/** Output of one worker's processes that the main thread has not taken yet. */
export const MAX_OUTPUT_AHEAD_BYTES = 1024 * 1024;
/** Pids of other workers' processes that an embedder asked about, and that are remembered to be alive. */
export const MAX_WATCHED = 10_000;
/** Memories of all threads together: V8 gives an OS process some 16,000. */
export const MAX_MEMORIES_OF_ALL = 14_000;

/** Results kept on disk (compiled programs, rewritten modules); those not used for longest go first. */
export const MAX_CACHED_ENTRIES = 256;
export const MAX_CACHED_BYTES = 512 * 1024 * 1024;
/** One result with what it was made from: the rewrite of a module of some 20 MB. Larger ones are made anew each time. */
export const MAX_CACHED_ENTRY_BYTES = 128 * 1024 * 1024;
