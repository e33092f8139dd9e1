// The processes of one thread: spawning, sending, ending, and what follows from an end.
//
// Everything happens at once, on one thread: a signal is applied when it is sent, which keeps the order between any two
// processes for messages and signals alike. Only one process runs at a time, so whoever receives a signal is either waiting, queued, or
// the sender itself; the latter ends at its next stop (`Process.killRequested`).
//
// Invariants
// A1  A process is in the table from spawn to its end; pids rise and are never used again.
// A2  An end does everything once: table, timers, names, mailbox, body, links, monitors.
// A3  Consequences of an end (links, monitors) are worked off from a queue, in batches: no recursion, and no long pause.
//
// Spec: ABI reference 2.2 to 2.6.

import { assert } from '../base/assert.ts';
import { RisingTable } from '../base/rising_table.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { EXIT_KILLED, EXIT_NOPROC, type ExitReason } from './exit_reason.ts';
import { HeldMemory } from './held_memory.ts';
import { type ActorLimits, completeLimits } from './limits.ts';
import { MAILBOX_FULL, type Message, NO_PROCESS, SENT, type SendOutcome } from './message.ts';
import { FLAG_AWAITED, FLAG_KILL, FLAG_NAMED, Process, type ProcessBody } from './process.ts';
import { ProcessTimers } from './process_timers.ts';
import { Registry } from './registry.ts';
import { Signals } from './signals.ts';

export interface ActorSystemOptions {
  readonly scheduler: Scheduler;
  /** Defaults: DEFAULT_ACTOR_LIMITS. */
  readonly limits?: Partial<ActorLimits>;
  /** This node in the registry's entries; 0 (the default) without a cluster. */
  readonly nodeId?: number;
}

/**
 * What can happen next. `ended`: no process is alive. `runnable`: one can run now. `waiting`: all wait, and a timer, I/O or the
 * embedder can wake one. `deadlocked`: all wait, and nothing can.
 */
export type IdleState = 'ended' | 'runnable' | 'waiting' | 'deadlocked';

export class ActorSystem {
  readonly scheduler: Scheduler;
  readonly limits: ActorLimits;
  readonly registry: Registry;
  readonly timers: ProcessTimers;
  readonly held: HeldMemory;
  /** Waits for answers from outside; kept by `Process.beginIo`. */
  pendingIo: number;
  /** Reasons outside the system why something may still happen; see `retain`. */
  externalHandles: number;
  /**
   * Called at every end, when the process has left the table; its names, links and body are still there. For crash reports and
   * inspection. It must not throw.
   */
  onExit: ((proc: Process, reason: ExitReason) => void) | null;
  readonly #table: RisingTable<Process>;
  readonly #signals: Signals;
  readonly #waiters: Map<number, ((reason: ExitReason) => void)[]>;
  #nextPid: number;

  constructor(options: ActorSystemOptions) {
    this.scheduler = options.scheduler;
    this.limits = completeLimits(options.limits);
    this.registry = new Registry(this, options.nodeId ?? 0);
    this.timers = new ProcessTimers(this);
    this.held = new HeldMemory(this.limits.maxHeldBytes);
    this.pendingIo = 0;
    this.externalHandles = 0;
    this.onExit = null;
    this.#table = new RisingTable();
    this.#signals = new Signals(this);
    this.#waiters = new Map();
    this.#nextPid = 1;
  }

  /** Processes alive. */
  get processCount(): number {
    return this.#table.size;
  }

  /** All processes alive, by rising pid. For inspection. */
  processes(): IterableIterator<Process> {
    return this.#table.values();
  }

  find(pid: number): Process | undefined {
    return this.#table.get(pid);
  }

  exists(pid: number): boolean {
    return this.#table.get(pid) !== undefined;
  }

  /**
   * Creates a process in the ready class; it runs later, never inside this call. With `parent` the two are linked first: the parent's
   * side carries the tag, the child's none (ABI reference 2.2). Null at `limits.maxProcesses`, and when the memory that all processes hold has no
   * room for the link; `body` is then not disposed of.
   */
  spawn(
    body: ProcessBody,
    host: object | null = null,
    parent: Process | null = null,
    tagLo = 0,
    tagHi = 0,
  ): Process | null {
    if (this.#table.size >= this.limits.maxProcesses) return null;
    if (parent !== null && !this.#signals.hasRoomForLink(parent)) return null;
    const proc = new Process(this, this.#nextPid++, body, host);
    this.#table.add(proc.pid, proc);
    if (parent !== null) this.#signals.linkParent(parent, proc, tagLo, tagHi);
    this.scheduler.ready(proc);
    return proc;
  }

  /** Gives `message` away to the mailbox of `pid`. Never blocks. See SendOutcome for who owns the message afterwards. */
  send(pid: number, message: Message): SendOutcome {
    const proc = this.#table.get(pid);
    if (proc === undefined) {
      message.release();
      return NO_PROCESS;
    }
    return proc.offer(message, 1) ? SENT : MAILBOX_FULL;
  }

  /** Ends `pid` at once, or at its next stop if it is running now. Unknown pids are ignored. */
  kill(pid: number): void {
    const proc = this.#table.get(pid);
    if (proc !== undefined) this.exit(proc, EXIT_KILLED);
  }

  /** Ends `proc` for `reason`: at once, or at its next stop if it is running now. The first reason given stands. */
  exit(proc: Process, reason: ExitReason): void {
    if (!proc.isAlive || proc.killRequested) return;
    proc.exitReason = reason;
    proc.flags |= FLAG_KILL;
    if (!proc.isRunning) this.finish(proc, reason);
  }

  /**
   * Asks `pid` to end, as if `from` had ended with the failure `reason` and the two were linked: a process that turned
   * `dieWhenLinkDies` off gets a link-died message from `from` and may finish its work; any other ends with this reason itself.
   */
  askToEnd(from: Process, pid: number, reason: ExitReason): void {
    this.#signals.askToEnd(from, pid, reason);
  }

  /** For `Process.runSlice` and `exit`: the process is not inside its body any more; its end happens now. */
  finish(proc: Process, reason: ExitReason): void {
    assert(proc.isAlive, 'a process ends once');
    proc.exitReason = reason;
    this.scheduler.end(proc);
    this.#table.remove(proc.pid);
    if (this.onExit !== null) this.onExit(proc, reason);
    if ((proc.flags & FLAG_NAMED) !== 0) this.registry.removeProcess(proc.pid);
    proc.dropContents();
    proc.body.dispose(proc);
    if ((proc.flags & FLAG_AWAITED) !== 0) this.#answerWaiters(proc.pid, reason);
    if (proc.peers !== null) this.#signals.processEnded(proc);
  }

  /**
   * Links `proc` and `pid`, both sides with this tag; linking again replaces it. A process that does not exist (any more) counts as a
   * failure of it: `proc` ends, or receives a link-died message with reason `noproc`. Linking to oneself does nothing.
   */
  link(proc: Process, pid: number, tagLo = 0, tagHi = 0): void {
    this.#signals.link(proc, pid, tagLo, tagHi);
  }

  /** Removes the link on both sides. After it, no link-died message of `pid` arrives. */
  unlink(proc: Process, pid: number): void {
    this.#signals.unlink(proc, pid);
  }

  /** `proc` gets one process-died message (ref 0) when `pid` ends, however often this is called; at once if it does not exist. */
  monitor(proc: Process, pid: number): void {
    this.#signals.monitor(proc, pid);
  }

  stopMonitoring(proc: Process, pid: number): void {
    this.#signals.stopMonitoring(proc, pid);
  }

  /** As `monitor`, but every call is a monitor of its own, with its own ref in its message. Returns the ref, from 1. */
  monitorWithRef(proc: Process, pid: number): number {
    return this.#signals.monitorWithRef(proc, pid);
  }

  /** Ends one monitor of `proc`. False when it has fired or is unknown. */
  demonitor(proc: Process, ref: number): boolean {
    return this.#signals.demonitor(proc, ref);
  }

  /** For embedders: resolves when `pid` has ended, with `noproc` if it does not exist. Holds nothing open. */
  waitExit(pid: number): Promise<ExitReason> {
    return new Promise((resolve) => this.onceExited(pid, resolve));
  }

  /** As `waitExit`, with a function that is called during the end; it must not throw. */
  onceExited(pid: number, done: (reason: ExitReason) => void): void {
    const proc = this.#table.get(pid);
    if (proc === undefined) {
      done(EXIT_NOPROC);
      return;
    }
    proc.flags |= FLAG_AWAITED;
    const waiters = this.#waiters.get(pid);
    if (waiters === undefined) this.#waiters.set(pid, [done]);
    else waiters.push(done);
  }

  /** Tells that something outside (a server, a TypeScript body) may wake a process; paired with `release`. */
  retain(): void {
    this.externalHandles++;
  }

  release(): void {
    assert(this.externalHandles > 0, 'release follows retain');
    this.externalHandles--;
  }

  idleState(): IdleState {
    if (this.#table.size === 0) return 'ended';
    if (this.scheduler.runnable > 0) return 'runnable';
    const wakeable = this.scheduler.timerCount + this.pendingIo + this.externalHandles > 0;
    return wakeable ? 'waiting' : 'deadlocked';
  }

  #answerWaiters(pid: number, reason: ExitReason): void {
    const waiters = this.#waiters.get(pid);
    this.#waiters.delete(pid);
    for (const done of waiters ?? []) done(reason);
  }
}
