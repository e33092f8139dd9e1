// Bounds of the rewrite. Each is far above what compilers make and below what hurts.

/** Straight-line cost above which a function gets a check at its entry, in fuel. */
export const ENTRY_CHECK_COST = 10_000;
/** A guess at the cost of branching code may be this many times lower than the cost of all its branches together. */
export const MAX_UNDERCHARGE = 256;
/** Costs saturate here so that sums never overflow an i32. */
export const MAX_COST = 1 << 28;
/** Bytes of one frame. A function with more live state at one point is refused. */
export const MAX_FRAME_BYTES = 1 << 20;
/** Values saved over all resume points of a function up to which each point has a layout of its own. */
export const SEPARATE_FRAME_SLOTS = 200;
/** Values handed to an outlined save helper; V8 allows 1,000 parameters, wide ones are slower than stores. */
export const MAX_HELPER_VALUES = 64;
/** Nesting of control frames in a function that may stop. Compilers reach a few thousand, for large `switch`es. */
export const MAX_NESTING = 50_000;
/** Resume versions may be this much larger than their function before outer loops share one copy. */
export const MAX_RESUME_GROWTH = 4;
/** Words of all liveness sets of one function; beyond it every local counts as live. */
export const MAX_LIVENESS_WORDS = 1 << 22;
/** Words gone over to compute them (0.2 s), and locals live at all points together: beyond either the same. */
export const MAX_LIVENESS_WORK = 1 << 28;
export const MAX_LIVE_ENTRIES = 1 << 22;
/** Operand-stack entries recorded over all resume points and constructs of one function. */
export const MAX_RECORDED_OPERANDS = 1 << 22;
/** The same, those included that turn out not to be needed: a bound on time. */
export const MAX_COPIED_OPERANDS = 1 << 26;
/** References of one type alive across the stops of one process. */
export const MAX_KEPT_REFERENCES = 65_536;
/** Locals added up in an address that is followed, and ranges marked before one strip of a loop (marks.ts). */
export const MAX_ADDRESS_TERMS = 3;
export const MAX_MARK_RANGES = 4;
/** Marks set one by one before a strip; more are filled. */
export const MAX_SINGLE_MARKS = 8;
/** Locals V8 accepts in one function. */
export const MAX_LOCALS = 50_000;

// Fuel prices. One unit is about one simple instruction of optimised code.

export const COST_CALL = 4;
export const COST_INDIRECT_CALL = 8;
/** A call into the host that cannot stop. */
export const COST_HOST_CALL = 150;
/** A call into the host that can: wrapper, checks, queues. */
export const COST_STOPPING_CALL = 400;
export const COST_DIVISION = 10;
/** Constant-length bulk instructions up to this many bytes or table elements stay inline. */
export const INLINE_BULK_LENGTH = 4_096;
export const INLINE_TABLE_LENGTH = 64;
/** The call of an outlined bulk instruction, beside its length. */
export const COST_OUTLINED = 8;
/** Bulk work: 2^4 bytes per unit of fuel. */
export const BULK_SHIFT = 4;
/** Longer bulk instructions run in pieces of this many bytes. */
export const BULK_CHUNK = 16_384;
/** An element of a table set, copied or added: 40 to 120 ns, measured. */
export const COST_TABLE_ELEMENT = 64;
/** Longer bulk instructions on tables run in pieces of this many elements. */
export const TABLE_CHUNK = 512;
/** Elements that one table may grow to; one that is declared larger does not grow. */
export const MAX_GROWN_TABLE = 1 << 20;
/** Elements that may be added to tables in all instances of a thread together, by `table.grow` and for references kept: V8 ends the whole VM when its heap is full. */
export const MAX_TABLE_GROWTH = 1 << 23;
/** Resuming one saved frame. */
export const COST_FRAME = 40;
/** A `memory.grow`, charged before it is tried. */
export const COST_GROW = 2_000;
