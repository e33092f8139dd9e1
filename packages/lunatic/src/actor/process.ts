// A process: one small record with its mailbox, its wait, and its slots for the layers above.
//
// The record is plain fields, all set in the constructor in one order; a million processes must fit, so what most of them lack
// (links, names, lists of tags) is created when first needed. Who may write what:
//   scheduler: taskState, queueNext, timerSlot      actor layer: everything else below
//   engine and host: `body` state behind the body, `host`, `exitReason` before the body returns SLICE_ENDED
//
// Waiting is a state of the record, not a closure: `receive`, `sleep`, `pollIo` are called again after the wake and then
// give the answer, so a stopped WebAssembly call can simply be repeated.
//
// Invariants
// P1  A wake happens only when the wait is over: a message that does not match wakes nobody.
// P2  waitKind is WAIT_NONE exactly when no wait was begun or its answer has been taken.
// P3  While waitState is PENDING a timer is armed if the wait has a timeout; in every other state none is.
// P4  `ioToken` names one wait for ever: an answer with another token, or to a dead process, is refused.
// P5  A process that ended (`!isAlive`) never runs, receives or wakes again, and `body.dispose` was called once.

import { assert } from '../base/assert.ts';
import {
  SLICE_ENDED,
  SLICE_WAITING,
  type SliceOutcome,
  TASK_ENDED,
  TASK_IDLE,
  TASK_RUNNING,
  TASK_RUNNING_WOKEN,
  type Task,
} from '../scheduler/task.ts';
import type { TimerTarget } from '../scheduler/timers.ts';
import type { ActorSystem } from './actor_system.ts';
import { EXIT_NORMAL, type ExitReason } from './exit_reason.ts';
import {
  clearMailbox,
  mailboxAppend,
  mailboxSearch,
  mailboxTakeFirst,
  matchesTags,
  SEARCH_FOUND,
  SEARCH_UNFINISHED,
  searchMailbox,
} from './mailbox.ts';
import { MAILBOX_FULL, type Message } from './message.ts';
import type { PeerTable } from './peer_table.ts';

/** What a process does. One body object may serve many processes. */
export interface ProcessBody {
  /**
   * Runs `proc` for about `sliceMs` milliseconds at most. Before returning SLICE_ENDED it may set `proc.exitReason`; left null,
   * the process ends normally. After each stop it looks at `proc.killRequested` and, if set, returns.
   */
  runSlice(proc: Process, sliceMs: number): SliceOutcome;
  /** The process has ended, whether it ever ran or not: free what belongs to it. Called once; no other process is touched. */
  dispose(proc: Process): void;
}

/** No timeout, for every `timeoutMs`. */
export const FOREVER = -1;

export type ReceiveOutcome =
  | typeof RECEIVE_MESSAGE
  | typeof RECEIVE_WAIT
  | typeof RECEIVE_TIMEOUT
  | typeof RECEIVE_YIELD
  | typeof RECEIVE_NOT_SENT;
/** `takeReceived` gives the message. */
export const RECEIVE_MESSAGE = 0;
/** Stop until woken, then call again with the same arguments. */
export const RECEIVE_WAIT = 1;
export const RECEIVE_TIMEOUT = 2;
/** The search of a long mailbox is not over: go to the back of the run queue, then call again. */
export const RECEIVE_YIELD = 3;
/** Only `sendAndReceive`: the receiver's mailbox is full; the message is still the caller's and no wait was begun. */
export const RECEIVE_NOT_SENT = 4;

export type IoOutcome = typeof IO_NONE | typeof IO_WAIT | typeof IO_READY | typeof IO_TIMEOUT;
/** No wait was begun: this is the first call. */
export const IO_NONE = 0;
/** Stop until woken, then poll again. */
export const IO_WAIT = 1;
/** `takeIoValue` gives the answer. */
export const IO_READY = 2;
export const IO_TIMEOUT = 3;

export type WaitKind =
  | typeof WAIT_NONE
  | typeof WAIT_MESSAGE
  | typeof WAIT_SEARCH
  | typeof WAIT_SLEEP
  | typeof WAIT_IO
  | typeof WAIT_INSIDE;
export const WAIT_NONE = 0;
export const WAIT_MESSAGE = 1;
/** A search of the mailbox goes on at the next call; `received` is the last message looked at. */
export const WAIT_SEARCH = 2;
export const WAIT_SLEEP = 3;
/** Something outside the system will answer. */
export const WAIT_IO = 4;
/** Another process will answer, through the host layer (a channel). */
export const WAIT_INSIDE = 5;

/** All links and monitors of a process; created with the first. */
export interface Peers {
  links: PeerTable | null;
  /** Who is told when this process ends. */
  watchers: PeerTable | null;
  /** Whose end this process is told of. */
  watching: PeerTable | null;
  /** Processes of other workers that have not confirmed yet that they are linked no more, and how often. */
  unlinking: Map<number, number> | null;
}

export class Process implements Task, TimerTarget {
  taskState: number;
  queueNext: Task | null;
  timerSlot: number;
  /** From 1, never used again. */
  readonly pid: number;
  readonly system: ActorSystem;
  readonly body: ProcessBody;
  /** For the host layer: its tables for this process. */
  host: object | null;
  /** FLAG_*. */
  flags: number;
  /** Why the process ended, or is about to. */
  exitReason: ExitReason | null;
  mailHead: Message | null;
  mailTail: Message | null;
  mailCount: number;
  mailBytes: number;
  waitKind: WaitKind;
  waitState: number;
  /** Tags waited for: none (any message), one (in the two words), or more (in the list, which is null otherwise). */
  waitTagCount: number;
  waitTagLo: number;
  waitTagHi: number;
  waitTags: Int32Array | null;
  /** The message of a wait that is over, until `takeReceived`. */
  received: Message | null;
  ioToken: number;
  ioValue: unknown;
  peers: Peers | null;

  /** Use `ActorSystem.spawn`. */
  constructor(system: ActorSystem, pid: number, body: ProcessBody, host: object | null) {
    this.taskState = TASK_IDLE;
    this.queueNext = null;
    this.timerSlot = -1;
    this.pid = pid;
    this.system = system;
    this.body = body;
    this.host = host;
    this.flags = 0;
    this.exitReason = null;
    this.mailHead = null;
    this.mailTail = null;
    this.mailCount = 0;
    this.mailBytes = 0;
    this.waitKind = WAIT_NONE;
    this.waitState = WAIT_PENDING;
    this.waitTagCount = 0;
    this.waitTagLo = 0;
    this.waitTagHi = 0;
    this.waitTags = null;
    this.received = null;
    this.ioToken = 0;
    this.ioValue = undefined;
    this.peers = null;
  }

  get isAlive(): boolean {
    return this.taskState !== TASK_ENDED;
  }

  /** It is this process's slice now. */
  get isRunning(): boolean {
    return this.taskState === TASK_RUNNING || this.taskState === TASK_RUNNING_WOKEN;
  }

  /** The process must end at its next stop; `exitReason` says why. */
  get killRequested(): boolean {
    return (this.flags & FLAG_KILL) !== 0;
  }

  /** True (the default): the failure of a linked process ends this one. False: it becomes a message. */
  get dieWhenLinkDies(): boolean {
    return (this.flags & FLAG_TRAP_LINKS) === 0;
  }

  set dieWhenLinkDies(value: boolean) {
    this.flags = value ? this.flags & ~FLAG_TRAP_LINKS : this.flags | FLAG_TRAP_LINKS;
  }

  /** In a `sleep` whose end has not been taken. */
  get isSleeping(): boolean {
    return this.waitKind === WAIT_SLEEP;
  }

  get mailHasResources(): boolean {
    return (this.flags & FLAG_MAIL_RESOURCES) !== 0;
  }

  /** For the scheduler only. */
  runSlice(sliceMs: number): SliceOutcome {
    if ((this.flags & FLAG_LEAVING) !== 0) {
      this.flags |= FLAG_GOES_ON;
      return SLICE_WAITING;
    }
    const outcome = this.body.runSlice(this, sliceMs);
    if (outcome !== SLICE_ENDED && !this.killRequested) return outcome;
    this.system.finish(this, this.exitReason ?? EXIT_NORMAL);
    return SLICE_ENDED;
  }

  /**
   * Takes the oldest message that matches one of `tagCount` tags (mailbox.ts, B3; 0: any message), or waits for one.
   * `tags` is read during the first call only, and not kept. With timeout 0 it looks once and does not wait.
   */
  receive(tags: Int32Array, tagCount: number, timeoutMs: number): ReceiveOutcome {
    if (this.waitKind === WAIT_MESSAGE) return this.#receiveOutcome();
    if (tagCount === 0) {
      assert(this.waitKind === WAIT_NONE, 'a process waits for one thing at a time');
      this.received = mailboxTakeFirst(this);
      if (this.received !== null) return RECEIVE_MESSAGE;
    } else {
      const outcome = this.#search(tags, tagCount);
      if (outcome !== RECEIVE_WAIT) return outcome;
    }
    if (timeoutMs === 0 && !this.killRequested) return RECEIVE_TIMEOUT;
    this.#waitForMessage(tags, tagCount, timeoutMs);
    return RECEIVE_WAIT;
  }

  /**
   * Sends `message` and waits for one with one of the tags that arrives afterwards; what is in the mailbox already is not
   * looked at. One step: the answer cannot be missed. After a wait the call is repeated, and `message` is not looked at.
   */
  sendAndReceive(
    pid: number,
    message: Message | null,
    tags: Int32Array,
    tagCount: number,
    timeoutMs: number,
  ): ReceiveOutcome {
    if (this.waitKind === WAIT_MESSAGE) return this.#receiveOutcome();
    assert(this.waitKind === WAIT_NONE && message !== null, 'sendAndReceive begins with a message and no wait');
    this.#waitForMessage(tags, tagCount, timeoutMs);
    if (this.system.send(pid, message) === MAILBOX_FULL) {
      this.clearWait();
      return RECEIVE_NOT_SENT;
    }
    if (timeoutMs === 0 && this.waitState === WAIT_PENDING && !this.killRequested) this.waitState = WAIT_TIMED_OUT;
    return this.#receiveOutcome();
  }

  /** The message of the RECEIVE_MESSAGE just returned; the caller owns it from now on. */
  takeReceived(): Message {
    const message = this.received;
    assert(message !== null, 'takeReceived follows RECEIVE_MESSAGE');
    this.received = null;
    return message;
  }

  /** True when `delayMs` have passed since the first call; false: stop until woken, then call again. */
  sleep(delayMs: number): boolean {
    if (this.waitKind === WAIT_SLEEP) {
      if (this.waitState === WAIT_PENDING) return false;
      this.waitKind = WAIT_NONE;
      return true;
    }
    if (delayMs <= 0 && !this.killRequested) return true;
    this.#beginWait(WAIT_SLEEP, delayMs);
    return false;
  }

  /**
   * Begins to wait for an answer that someone gives with `completeIo(token, value)`. `outside`: the answer comes from outside the
   * actor system, so the VM is not deadlocked while this waits. Then poll with `pollIo`.
   */
  beginIo(timeoutMs: number = FOREVER, outside = true): number {
    this.#beginWait(outside ? WAIT_IO : WAIT_INSIDE, timeoutMs);
    if (outside) this.system.pendingIo++;
    this.ioToken++;
    if (timeoutMs === 0) this.#endIo(WAIT_TIMED_OUT);
    return this.ioToken;
  }

  /**
   * Answers the wait named by `token` and wakes the process. False when nobody waits for it any more (the process died, the wait
   * timed out): the caller then keeps `value` and frees what it holds.
   */
  completeIo(token: number, value: unknown): boolean {
    if (!this.isWaitingForIo(token)) return false;
    this.ioValue = value;
    this.#endIo(WAIT_OVER);
    this.system.scheduler.cancelTimer(this);
    this.system.scheduler.wake(this);
    return true;
  }

  /** Whether an answer to `token` would still be taken. */
  isWaitingForIo(token: number): boolean {
    const kind = this.waitKind;
    return (
      this.ioToken === token &&
      (kind === WAIT_IO || kind === WAIT_INSIDE) &&
      this.waitState === WAIT_PENDING &&
      this.isAlive
    );
  }

  /** How the wait begun with `beginIo` stands. IO_READY and IO_TIMEOUT end it. */
  pollIo(): IoOutcome {
    if (this.waitKind === WAIT_NONE) return IO_NONE;
    assert(this.waitKind === WAIT_IO || this.waitKind === WAIT_INSIDE, 'pollIo belongs to beginIo');
    if (this.waitState === WAIT_PENDING) return IO_WAIT;
    this.waitKind = WAIT_NONE;
    return this.waitState === WAIT_OVER ? IO_READY : IO_TIMEOUT;
  }

  /** The value of the IO_READY just returned. */
  takeIoValue(): unknown {
    const value = this.ioValue;
    this.ioValue = undefined;
    return value;
  }

  /**
   * For the actor layer: hands `message` to the wait it satisfies, or appends it to the mailbox within `factor` times the
   * bounds. Returns whether it was taken. The process is alive.
   */
  offer(message: Message, factor: number): boolean {
    if (this.waitKind === WAIT_MESSAGE && this.waitState === WAIT_PENDING && this.#wants(message)) {
      message.next = null;
      this.received = message;
      this.waitState = WAIT_OVER;
      if (this.timerSlot !== -1) this.system.scheduler.cancelTimer(this);
      this.system.scheduler.wake(this);
      return true;
    }
    if (message.resources !== null) this.flags |= FLAG_MAIL_RESOURCES;
    return mailboxAppend(this, message, this.system.limits, factor);
  }

  /** For Timers only: the timeout of the present wait. */
  onTimer(): void {
    assert(this.waitState === WAIT_PENDING && this.isAlive, 'a wait that is over has no timer');
    if (this.waitKind === WAIT_IO || this.waitKind === WAIT_INSIDE) this.#endIo(WAIT_TIMED_OUT);
    else this.waitState = WAIT_TIMED_OUT;
    this.system.scheduler.wake(this);
  }

  /** Gives up the present wait, if any: a message already handed over is dropped, a late answer will be refused. */
  clearWait(): void {
    if (this.timerSlot !== -1) this.system.scheduler.cancelTimer(this);
    if (this.waitKind === WAIT_IO || this.waitKind === WAIT_INSIDE) {
      if (this.waitState === WAIT_PENDING) this.#endIo(WAIT_TIMED_OUT);
      this.ioValue = undefined;
    }
    const received = this.received;
    this.received = null;
    // The position of an unfinished search is a message that is still in the mailbox.
    if (received !== null && this.waitKind !== WAIT_SEARCH) received.release();
    this.waitKind = WAIT_NONE;
    this.waitTags = null;
  }

  /** For the actor layer: the process has ended; drops what it waited for and what it was sent. */
  dropContents(): void {
    if (this.waitKind !== WAIT_NONE || this.received !== null) this.clearWait();
    if (this.mailHead !== null) clearMailbox(this);
  }

  /** RECEIVE_WAIT: nothing matches. */
  #search(tags: Int32Array, tagCount: number): ReceiveOutcome {
    let from: Message | null = null;
    if (this.waitKind === WAIT_SEARCH) {
      from = this.received;
      this.received = null;
      this.waitKind = WAIT_NONE;
    }
    assert(this.waitKind === WAIT_NONE, 'a process waits for one thing at a time');
    const outcome = searchMailbox(this, tags, tagCount, from);
    this.received = mailboxSearch.message;
    mailboxSearch.message = null;
    if (outcome === SEARCH_FOUND) return RECEIVE_MESSAGE;
    if (outcome !== SEARCH_UNFINISHED) return RECEIVE_WAIT;
    this.waitKind = WAIT_SEARCH;
    return RECEIVE_YIELD;
  }

  #waitForMessage(tags: Int32Array, tagCount: number, timeoutMs: number): void {
    this.#beginWait(WAIT_MESSAGE, timeoutMs);
    this.waitTagCount = tagCount;
    if (tagCount === 1) {
      this.waitTagLo = tags[0] as number;
      this.waitTagHi = tags[1] as number;
    } else if (tagCount > 1) {
      this.waitTags = tags.slice(0, 2 * tagCount);
    }
  }

  #wants(message: Message): boolean {
    const count = this.waitTagCount;
    if (count === 0) return true;
    if (count === 1) return message.tagLo === this.waitTagLo && message.tagHi === this.waitTagHi && message.isTagged();
    return this.waitTags !== null && matchesTags(message, this.waitTags, count);
  }

  #receiveOutcome(): ReceiveOutcome {
    if (this.waitState === WAIT_PENDING) return RECEIVE_WAIT;
    this.waitKind = WAIT_NONE;
    this.waitTags = null;
    return this.waitState === WAIT_OVER ? RECEIVE_MESSAGE : RECEIVE_TIMEOUT;
  }

  #beginWait(kind: WaitKind, timeoutMs: number): void {
    assert(this.waitKind === WAIT_NONE, 'a process waits for one thing at a time');
    this.waitKind = kind;
    this.waitState = WAIT_PENDING;
    if (timeoutMs > 0 && timeoutMs < Infinity) this.system.scheduler.addTimer(this, timeoutMs);
  }

  #endIo(state: number): void {
    this.waitState = state;
    if (this.waitKind === WAIT_IO) this.system.pendingIo--;
  }
}

/** waitState. */
export const WAIT_PENDING = 0;
export const WAIT_OVER = 1;
export const WAIT_TIMED_OUT = 2;

export const FLAG_KILL = 1;
export const FLAG_TRAP_LINKS = 2;
/** The registry has names for this process. */
export const FLAG_NAMED = 4;
/** An embedder awaits the end. */
export const FLAG_AWAITED = 8;
/** Some message with resources has entered the mailbox. */
export const FLAG_MAIL_RESOURCES = 16;
/** About to move to another worker: it does not run here any more (travel.ts). */
export const FLAG_LEAVING = 32;
/** Has just moved here from its home: signals from processes of this worker still go by way of its home (routing.ts). */
export const FLAG_INDIRECT = 128;
/** It was runnable when it left. */
export const FLAG_GOES_ON = 64;
