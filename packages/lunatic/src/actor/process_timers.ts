// Delayed messages: `send_after` and its cancellation.
//
// A delayed message lives on its own: it is delivered although its sender has ended, and dropped if the receiver has, or has no room.
// Ids rise and are never used again, and `cancel` says exactly whether the message will not be delivered any more.
//
// Invariant: a delayed message is in `#pending`, and counted for its sender, exactly while its timer is armed.
//
// Spec: ABI reference 1.3, without its stale answers to `cancel`.

import { RisingTable } from '../base/rising_table.ts';
import type { TimerTarget } from '../scheduler/timers.ts';
import type { ActorSystem } from './actor_system.ts';
import { MAILBOX_FULL, type Message } from './message.ts';

/** Instead of an id: the sender, or all together, have too many delayed messages. The message is still the caller's. */
export const TIMER_REFUSED = -1;

/** Asks the worker that has a timer to cancel it: sender and id; the answer is that of `cancel`. */
export const CALL_CANCEL_TIMER = 'cancel timer';

export class ProcessTimers {
  readonly #system: ActorSystem;
  readonly #pending: RisingTable<DelayedMessage>;
  readonly #usage: Map<number, Usage>;
  #nextId: number;

  constructor(system: ActorSystem) {
    this.#system = system;
    this.#pending = new RisingTable();
    this.#usage = new Map();
    this.#nextId = 0;
    system.remote?.callHandlers.set(CALL_CANCEL_TIMER, ([sender, id], done) => {
      done(this.cancel(sender as number, id as number)); // as the host function writes them
    });
  }

  /** Delayed messages under way. */
  get size(): number {
    return this.#pending.size;
  }

  /** Gives `message` away, to be sent to `pid` in `delayMs`. Returns an id, or TIMER_REFUSED. */
  sendAfter(senderPid: number, message: Message, pid: number, delayMs: number): number {
    const { maxTimers, maxTimersPerProcess, maxTimerBytesPerProcess } = this.#system.limits;
    const usage = this.#usage.get(senderPid) ?? { count: 0, bytes: 0 };
    if (this.#pending.size >= maxTimers || usage.count >= maxTimersPerProcess) return TIMER_REFUSED;
    const cost = message.costBytes();
    const { held } = this.#system;
    if (usage.bytes + cost > maxTimerBytesPerProcess || !held.hasRoom(cost, usage.bytes)) return TIMER_REFUSED;
    if (usage.count === 0) this.#usage.set(senderPid, usage);
    usage.count++;
    usage.bytes += cost;
    held.bytes += cost;
    const delayed = new DelayedMessage(this, this.#nextId++, senderPid, pid, message);
    this.#pending.add(delayed.id, delayed);
    this.#system.scheduler.addTimer(delayed, Math.max(0, delayMs));
    const { workers, self } = this.#system.space;
    return delayed.id * workers + self;
  }

  /** The worker at which a timer with this id is; ids are unique in the VM. */
  workerOf(id: number): number {
    return Number.isSafeInteger(id) && id >= 0 ? id % this.#system.space.workers : this.#system.space.self;
  }

  /** True if the message will not be delivered because of this call: it was under way here, and sent by `senderPid`. */
  cancel(senderPid: number, id: number): boolean {
    const delayed = this.#pending.get(Math.floor(id / this.#system.space.workers));
    if (delayed === undefined || delayed.senderPid !== senderPid) return false;
    this.#system.scheduler.cancelTimer(delayed);
    this.#forget(delayed);
    delayed.message.release();
    return true;
  }

  /** For DelayedMessage only: its time has come. */
  deliver(delayed: DelayedMessage): void {
    this.#forget(delayed);
    if (this.#system.send(delayed.pid, delayed.message) === MAILBOX_FULL) delayed.message.release();
  }

  #forget(delayed: DelayedMessage): void {
    this.#pending.remove(delayed.id);
    const cost = delayed.message.costBytes();
    this.#system.held.bytes -= cost;
    const usage = this.#usage.get(delayed.senderPid);
    if (usage === undefined) return;
    usage.count--;
    usage.bytes -= cost;
    if (usage.count === 0) this.#usage.delete(delayed.senderPid);
  }
}

interface Usage {
  count: number;
  bytes: number;
}

class DelayedMessage implements TimerTarget {
  timerSlot: number;
  readonly id: number;
  readonly senderPid: number;
  readonly pid: number;
  readonly message: Message;
  readonly #timers: ProcessTimers;

  constructor(timers: ProcessTimers, id: number, senderPid: number, pid: number, message: Message) {
    this.timerSlot = -1;
    this.id = id;
    this.senderPid = senderPid;
    this.pid = pid;
    this.message = message;
    this.#timers = timers;
  }

  onTimer(): void {
    this.#timers.deliver(this);
  }
}
