// What workers tell each other: one frame each, bytes, in order from one worker to another.
//
// Every frame begins with its kind (u8). Frames up to LAST_ADDRESSED are signals to a process and go on with its pid (f64):
// they follow the process to wherever it is (routing.ts). The others are between workers. Bodies are written and read in
// remote_signals.ts and travel.ts; kinds from FIRST_OF_UPPER_LAYERS up belong to the layers above.

/** Where the pid of a signal lies. */
export const FRAME_PID = 1;

// Signals to a process. `sender`, `from`: pids. `call`: the id of a call that is to be answered, 0 for none.
/** sender f64, kind of message u8, tag lo u32, tag hi u32, resources u32 and each by the codec, then the bytes. */
export const FRAME_MESSAGE = 1;
/** from f64, tag lo u32, tag hi u32, call u32. */
export const FRAME_LINK = 2;
/** from f64. Answered by FRAME_UNLINKED. */
export const FRAME_UNLINK = 3;
/** from f64. */
export const FRAME_UNLINKED = 4;
/** from f64, key f64 (as `watchers` of the target has it), call u32. */
export const FRAME_MONITOR = 5;
/** key f64. */
export const FRAME_DEMONITOR = 6;
/** reason json, call u32. */
export const FRAME_EXIT = 7;
/** from f64, reason json. */
export const FRAME_ASK_TO_END = 8;
/** dead f64, reason json. */
export const FRAME_LINK_DIED = 9;
/** dead f64, key f64 (as above), reason json. */
export const FRAME_PROCESS_DIED = 10;
/** call u32; the answer is a boolean. */
export const FRAME_EXISTS = 11;
/** call u32: the process has a name now; the answer is whether it is alive. */
export const FRAME_NAMED = 12;
/** A message of this process met a full mailbox. */
export const FRAME_MAILBOX_FULL = 13;
export const LAST_ADDRESSED = 13;

// Between workers.
/** call u32, the answer json. */
export const FRAME_ANSWER = 32;
/** pid f64, next worker u32, then the process: from home to where it will be, or back home to be sent on. */
export const FRAME_MOVE = 33;
export const FRAME_RETURN = 34;
/** pid f64: is anything for it still on its way between us? And the answer: no. */
export const FRAME_FLUSH = 35;
export const FRAME_FLUSHED = 36;
/** pid f64: a guest has arrived; is anything that this worker sent to it still on its way back? And the answer: no. */
export const FRAME_SETTLE = 40;
export const FRAME_SETTLED = 41;
/** pid f64, reason json: a guest has ended, to its home. */
export const FRAME_DIED = 37;
/** pid f64, call u32: answered with the reason when the process has ended. To its home. */
export const FRAME_AWAIT_END = 38;
/** operation text, arguments json, call u32: to worker 0, which has the registry; or to the worker of a timer. */
export const FRAME_CALL = 39;
export const FIRST_OF_UPPER_LAYERS = 64;

/** Frames between the threads of one VM, each direction in order, nothing lost. */
export interface Transport {
  readonly self: number;
  readonly workers: number;
  /** Takes a copy of the first `length` bytes. Never fails and never blocks: what does not fit waits on this side. */
  post(worker: number, frame: Uint8Array, length: number): void;
  /** So much waits on this side for `worker` that those who send data should wait. */
  isCongested(worker: number): boolean;
  /** How many frames have been posted to `worker` so far, and how many of them it has worked off; both modulo 2^32. */
  posted(worker: number): number;
  done(worker: number): number;
  /** The same of the frames that `worker` has posted to this one. */
  postedBy(worker: number): number;
  doneOf(worker: number): number;
  /** Tells everybody that this worker has numbered `count` processes at home at `home` (or, here, somewhat more), before any frame that names the newest. */
  publishNumbered(home: number, count: number): void;
  /** What `spawner` has published about the processes at home at `home`, modulo 2^32. */
  numberedBy(spawner: number, home: number): number;
  /** Counts a process that begins, unless all workers together have `max`; whether it was counted. */
  countBegun(max: number): boolean;
  /** Counts a process that has ended on this worker. */
  countEnded(): void;
  /** Processes of all workers together; those of the others as of the end of their last turn. */
  countProcesses(): number;
}
