// What the rewrite adds to a module, and the protocol between rewritten code and the engine.
//
// Imports (module name INJECTED_MODULE): every memory the guest defined, `memory0`..., and after
// them `side`, the side memory: one per worker thread, shared by all instances of that thread,
// never addressable by guests.
//
// Side memory, from address 0:
//
//   0            SCRATCH_TOP        CONTROL            RESULTS                  FREE
//   |  scratch  <- sp |  cells, 64 B ...|  16,000 B: call results, the message window |  engine's own ...
//
// Unwinding pushes frames downward from SCRATCH_TOP, innermost first, so the run of frames made by
// one stop ends up with the outermost frame at the lowest address. `run` then copies that run to
// the process's own chunk, behind the frames that are still there: a stop costs the frames it
// made, never the depth of the stack. Scratch lies at address 0 so that an overflow wraps below zero
// and traps: side memories stay SIDE_GUARD_PAGES short of 4 GiB.
//
// A frame, lowest address first:  live values ... | u32 resume point | u32 function number
// The last 8 bytes are the header; values are packed without padding in the order of
// ResumePoint.slots, last slot first. "Function number" is an index into the resume table.
//
// I1  while code runs forward, fuel >= 0 at every call boundary.
// I2  nothing is subtracted from fuel while it is negative (an i32 would wrap in a deep unwind).
// I3  a function with frames in the chunk never has native frames: resuming touches the innermost only.

/** Module name of the injected imports, and prefix of every injected export. Guests may not use it. */
export const INJECTED_MODULE = 'lunatic$';
export const SIDE_MEMORY = 'side';

export const EXPORT_RUN = 'lunatic$run';
export const EXPORT_TRAP = 'lunatic$trap';
export const EXPORT_SAVE_GLOBALS = 'lunatic$save_globals';
export const EXPORT_LOAD_GLOBALS = 'lunatic$load_globals';
export const EXPORT_COLLECT = 'lunatic$collect';
export const EXPORT_RESTORE = 'lunatic$restore';
/** `() -> i32`: the fuel global. Negative after a trap: the stack was unwinding, so scratch has overflowed. */
export const EXPORT_FUEL = 'lunatic$fuel';
/** `() -> i32`: the end of the frames that are still in the chunk. */
export const EXPORT_TOP = 'lunatic$top';
export const EXPORT_SET_MARKS = 'lunatic$set_marks';
/** `() -> i32`: what the instance has of CELL_TABLE_GROWTH. Only where tables can grow. */
export const EXPORT_GROWN = 'lunatic$grown';

/** Bytes of scratch: the frames that one stop may make. Touched lazily, so only address space. */
export const SCRATCH_TOP = 32 * 1024 * 1024;

/** Cells of the control area, i32 each, byte offsets in the side memory. */
export const CONTROL = SCRATCH_TOP;
/** Non-zero: the host call that just returned asks to stop. The engine clears it before `run`. */
export const CELL_STOP = CONTROL;
/** Written by `run`: fuel left when the process stopped or ended; negative after a preemption. */
export const CELL_FUEL = CONTROL + 4;
/** Written by `run`: end of the process's frames. */
export const CELL_TOP = CONTROL + 8;
/** Written by `run`: where in scratch the frames of this stop begin. */
export const CELL_SCRATCH = CONTROL + 12;
/** `memory.grow`: pages asked for, memory index; then the answer of the engine. */
export const CELL_GROW_PAGES = CONTROL + 16;
export const CELL_GROW_MEMORY = CONTROL + 20;
export const CELL_GROW_RESULT = CONTROL + 24;
/** Byte length of the results of the function that ended last, 16 bytes each. */
export const CELL_RESULT_BYTES = CONTROL + 28;

/** Fuel that was left when a stop was asked for (CELL_STOP non-zero). */
export const CELL_LEFT = CONTROL + 32;
/** Written by `collect`: the block to go on with, or -1 when all have been seen. */
export const CELL_NEXT_BLOCK = CONTROL + 36;
/** Elements added to tables, by `table.grow` and for references kept, in all instances that exist. The engine takes off what a dead instance had (EXPORT_GROWN). */
export const CELL_TABLE_GROWTH = CONTROL + 40;

/**
 * What the window holds (message_window.ts), one of WINDOW_*. The engine sets it before a process runs, and takes an open window's message out
 * when it stops.
 */
export const CELL_WINDOW = CONTROL + 44;
/** Non-zero: one more than the answer to the `receive` that the process waits in; the import is not called again. */
export const CELL_ANSWER = CONTROL + 48;
/** Non-zero: the mailbox is probably empty. A hint: the engine looks again. */
export const CELL_MAILBOX_EMPTY = CONTROL + 52;

/** The scratch message, if there is one, is the host's: every call about it goes to the host. */
export const WINDOW_CLOSED = 0;
/** There is no scratch message. */
export const WINDOW_EMPTY = 1;
/** The scratch message is a data message in the window. */
export const WINDOW_OPEN = 2;

/** Results of a call, 16 bytes each, while they travel between two frames. */
export const RESULTS = CONTROL + 64;
export const RESULT_STRIDE = 16;
/** V8's bound on results of one function (and on its parameters). */
export const MAX_RESULTS = 1000;
/** The message window: u64 tag, u32 length, u32 read position, then the content. */
export const WINDOW_TAG = CONTROL + 32768;
export const WINDOW_LENGTH = WINDOW_TAG + 8;
export const WINDOW_POSITION = WINDOW_TAG + 12;
export const WINDOW_BYTES = WINDOW_TAG + 16;
/** Longer messages are the host's. What a call costs (COST_STOPPING_CALL) covers copying this much. */
export const MAX_WINDOW_BYTES = 4_096;
/** First address the engine may use for itself. */
export const SIDE_FREE = CONTROL + 65536;
/** Pages below 4 GiB that a side memory never has. */
export const SIDE_GUARD_PAGES = 512;

/** CELL_STOP of a `memory.grow`: the engine grows the memory and resumes. Host functions use smaller numbers. */
export const STOP_GROW = 64;

/**
 * CELL_STOP of an inlined `receive` that waits for any message, without a timeout, and of a host function that waits for one in such an
 * import: in the first case the engine looks into the mailbox, in both it may give the answer by CELL_ANSWER.
 */
export const STOP_RECEIVE = 66;

/** Results of `run(fuel, top, floor, limit)`. */
export const RUN_ENDED = 0;
/** Stopped; frames are in the chunk, CELL_TOP tells their end. */
export const RUN_STOPPED = 1;
/** Stopped, but the frames in scratch do not fit below `limit`: the engine moves them. */
export const RUN_NO_ROOM = 2;

/** Bytes of a frame's header. */
export const FRAME_HEADER = 8;

/** Dirty tracking works on blocks of this many bytes. */
export const BLOCK_SHIFT = 8;
export const BLOCK_BYTES = 1 << BLOCK_SHIFT;
/**
 * What a mark covers behind its own address, at least. Readers of marks look at the whole block behind a marked one too: a store may reach into it,
 * and stores up to here that follow it may go without a mark of their own (marks.ts).
 */
export const MARK_REACH = BLOCK_BYTES;

/** Pages that memory 0 may grow to, and that one in which writes are recorded may have: the last page of the address space is none of them. */
export const MAX_TRACKED_PAGES = 65_535;

/** A record made by `collect`: u32 offset in memory 0, u32 length, then the bytes. */
export const RECORD_HEADER = 8;
