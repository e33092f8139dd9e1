// Bounds of the actor layer: defaults of `ActorLimits`, and what is fixed.

/** Every bound an ActorSystem keeps; what exceeding it means is said beside the function that checks it. */
export interface ActorLimits {
  /** Processes alive at once. A VM takes what V8's heap has room for (node/heap_budget.ts). */
  readonly maxProcesses: number;
  /** Messages in one mailbox. Notices of deaths may use as much again (mailbox.ts). */
  readonly maxMailboxMessages: number;
  /** Memory held by one mailbox: buffers at their capacity, and MESSAGE_OVERHEAD_BYTES for each message. */
  readonly maxMailboxBytes: number;
  /** Delayed messages under way, of one sender and of all together. */
  readonly maxTimersPerProcess: number;
  readonly maxTimers: number;
  /** Memory held by the delayed messages of one sender, counted as for a mailbox. */
  readonly maxTimerBytesPerProcess: number;
  /** Names in the registry. */
  readonly maxNames: number;
  /** Memory of the host that all processes hold together (held_memory.ts). Well below what V8 allows its heap: 2 to 4 GiB as a rule. */
  readonly maxHeldBytes: number;
}

export const DEFAULT_ACTOR_LIMITS: ActorLimits = {
  maxProcesses: 1_048_576,
  maxMailboxMessages: 1_000_000,
  maxMailboxBytes: 256 * 1024 * 1024,
  maxTimersPerProcess: 100_000,
  maxTimers: 4_000_000,
  maxTimerBytesPerProcess: 64 * 1024 * 1024,
  maxNames: 100_000,
  maxHeldBytes: 1024 * 1024 * 1024,
};

/**
 * The limits of a system: the defaults, but for what is `given`. Throws RangeError for a value that is no number from 0 (Infinity: none), and
 * for a name that is no limit: compared with NaN or undefined, a bound would be none at all.
 */
export function completeLimits(given: Partial<ActorLimits> = {}): ActorLimits {
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_ACTOR_LIMITS, name)) throw new RangeError(`there is no limit called ${name}`);
    if (typeof value !== 'number' || !(value >= 0))
      throw new RangeError(`the limit ${name} must be a number from 0, not ${String(value)}`);
  }
  return { ...DEFAULT_ACTOR_LIMITS, ...given };
}

/** Bytes in one message. A larger one is a mistake far more often than a need, and it is copied in one go. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Resources (sockets, modules) in one message. */
export const MAX_MESSAGE_RESOURCES = 4096;

/** What one side of a link or of a monitor costs: entry, and its share of a map. */
export const PEER_BYTES = 112;

/** What a message costs beside its buffer: record, typed array, allocator. Measured at about 340. */
export const MESSAGE_OVERHEAD_BYTES = 352;

/** The largest buffer that is kept for another message, and the memory of those kept in each of the 9 sizes from 64 bytes on. */
export const MAX_POOLED_BUFFER_BYTES = 16 * 1024;
export const MAX_POOLED_BYTES = 2 * 1024 * 1024;

/** Bytes of a registered name in UTF-16 units. */
export const MAX_NAME_LENGTH = 4096;

/** What a name costs beside its text: entries in two maps, a set for each process. */
export const NAME_OVERHEAD_BYTES = 512;

/** Messages looked at by one search of a mailbox (about 20 us); a longer search goes on after a yield. */
export const MAX_MAILBOX_SCAN = 4096;

/** Steps of a death's consequences (one link or monitor each) done at once; the rest is done in slices of its own. */
export const REAP_BATCH = 256;

/** Calls to other workers under way: as many as processes can wait, and some of the VM's own. */
export const MAX_CALLS = 8_000_000;

/** Bytes of mail of a process that is moved to another worker for the sake of balance. */
export const MAX_MOVED_MAIL_BYTES = 256 * 1024;

/** Queued processes that are looked at in search of some that may move. */
export const MAX_VISITED = 256;
