// The processes of one thread: spawning, sending, ending, and what follows from an end.
//
// Between processes of the thread everything happens at once: a signal is applied when it is sent, which keeps the order between any two
// processes for messages and signals alike. Only one process runs at a time, so whoever receives a signal is either waiting, queued, or
// the sender itself; the latter ends at its next stop (`Process.killRequested`). In a VM of several threads ("workers") each has an
// actor system, and signals to processes that are not here go through `remote`, in order as well.
//
// Invariants
// A1  A process is in the table from spawn to its end; pids rise and are never used again.
// A2  An end does everything once: table, timers, names, mailbox, body, links, monitors. Where the names are another worker's to forget,
//     nobody is told of the end before they are forgotten.
// A3  Consequences of an end (links, monitors) are worked off from a queue, in batches: no recursion, and no long pause.
//
// Spec: ABI reference 2.2 to 2.6.

import { assert } from '../base/assert.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { EXIT_KILLED, EXIT_NOPROC, type ExitReason } from './exit_reason.ts';
import type { Transport } from './frames.ts';
import { HeldMemory } from './held_memory.ts';
import { type ActorLimits, completeLimits } from './limits.ts';
import { MAILBOX_FULL, type Message, NO_PROCESS, SENT, type SendOutcome } from './message.ts';
import { PidSpace } from './pid_space.ts';
import { FLAG_AWAITED, FLAG_INDIRECT, FLAG_KILL, FLAG_NAMED, Process, type ProcessBody } from './process.ts';
import { ProcessTable } from './process_table.ts';
import { ProcessTimers } from './process_timers.ts';
import { CALL_UNNAME, Registry } from './registry.ts';
import { RemoteSignals } from './remote_signals.ts';
import { Signals } from './signals.ts';

export interface ActorSystemOptions {
  readonly scheduler: Scheduler;
  /** Defaults: DEFAULT_ACTOR_LIMITS. */
  readonly limits?: Partial<ActorLimits>;
  /** This node in the registry's entries; 0 (the default) without a cluster. */
  readonly nodeId?: number;
  /** The way to the other workers of the VM, if there are any. */
  readonly transport?: Transport;
}

/** The worker that has the registry, and the processes that can be nowhere else. */
export const MAIN_WORKER = 0;

/**
 * What can happen next. `ended`: no process is alive. `runnable`: one can run now. `waiting`: all wait, and a timer, I/O or the
 * embedder can wake one. `deadlocked`: all wait, and nothing can.
 */
export type IdleState = 'ended' | 'runnable' | 'waiting' | 'deadlocked';

export class ActorSystem {
  readonly scheduler: Scheduler;
  readonly limits: ActorLimits;
  readonly space: PidSpace;
  readonly signals: Signals;
  /** Null in a VM of one thread. */
  readonly remote: RemoteSignals | null;
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
  readonly #table: ProcessTable;
  /** For processes here, and for those at home here that are elsewhere now. */
  readonly #waiters: Map<number, ((reason: ExitReason) => void)[]>;

  constructor(options: ActorSystemOptions) {
    this.scheduler = options.scheduler;
    this.limits = completeLimits(options.limits);
    const { transport } = options;
    this.space = new PidSpace(transport?.self ?? 0, transport?.workers ?? 1);
    this.remote = transport === undefined ? null : new RemoteSignals(this, this.space, transport);
    this.registry = new Registry(this, options.nodeId ?? 0);
    this.timers = new ProcessTimers(this);
    this.held = new HeldMemory(this.limits.maxHeldBytes);
    this.pendingIo = 0;
    this.externalHandles = 0;
    this.onExit = null;
    this.#table = new ProcessTable(this.space);
    this.signals = new Signals(this);
    this.#waiters = new Map();
  }

  /** Processes alive, those of other workers included. */
  get processCount(): number {
    return this.remote === null ? this.#table.size : this.remote.transport.countProcesses();
  }

  /** Processes alive on this worker. */
  get localCount(): number {
    return this.#table.size;
  }

  /** All processes alive on this worker; by rising pid where there is but one. For inspection. */
  processes(): IterableIterator<Process> {
    return this.#table.values();
  }

  /** The process, if it is on this worker and signals from here reach it at once. */
  find(pid: number): Process | undefined {
    const proc = this.#table.get(pid);
    if (this.remote !== null && proc !== undefined && (proc.flags & FLAG_INDIRECT) !== 0) return undefined;
    return proc;
  }

  /** For RemoteSignals: the process, if it is on this worker. */
  here(pid: number): Process | undefined {
    return this.#table.get(pid);
  }

  /** Whether the process is alive on this worker; see `isElsewhere`. */
  exists(pid: number): boolean {
    return this.find(pid) !== undefined;
  }

  /** Not on this worker, and perhaps alive on another: who must know asks `remote`. */
  isElsewhere(pid: number): boolean {
    return this.remote !== null && this.find(pid) === undefined && this.remote.mayBeElsewhere(pid);
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
    if (parent !== null && !this.signals.hasRoomForLink(parent)) return null;
    if (!this.#mayCountOneMore()) return null;
    const home = this.space.self;
    const proc = new Process(this, this.#table.number(home), body, host);
    if (this.remote !== null) this.remote.transport.publishNumbered(home, this.#table.numbered(home));
    this.#table.addNew(proc);
    if (parent !== null) this.signals.linkParent(parent, proc, tagLo, tagHi);
    this.scheduler.ready(proc);
    return proc;
  }

  /**
   * A pid for a process that `home`, another worker, is about to make (`adopt` there), counted from now on; the parent's side of the link is set.
   * Null at `limits.maxProcesses`.
   */
  numberFor(home: number, parent: Process | null, tagLo: number, tagHi: number): number | null {
    if (parent !== null && !this.signals.hasRoomForLink(parent)) return null;
    if (!this.#mayCountOneMore()) return null;
    const pid = this.#table.number(home);
    this.remote?.transport.publishNumbered(home, this.#table.numbered(home));
    if (parent !== null) this.signals.linkTo(parent, pid, tagLo, tagHi);
    return pid;
  }

  /** Makes the process that another worker has numbered for this one; `parentPid` 0: it is not linked. */
  adopt(pid: number, body: ProcessBody, parentPid: number): Process {
    const proc = new Process(this, pid, body, null);
    this.#table.addNew(proc);
    if (this.#waiters.has(pid)) proc.flags |= FLAG_AWAITED;
    if (parentPid !== 0) this.signals.linkTo(proc, parentPid, 0, 0);
    this.scheduler.ready(proc);
    return proc;
  }

  /** A process that comes from another worker: in the table, not yet in the run queue. */
  takeIn(proc: Process): void {
    this.#table.addMoved(proc);
    if (this.#waiters.has(proc.pid)) proc.flags |= FLAG_AWAITED;
  }

  /** The process goes on living elsewhere: its record here is dead, and nobody is told. */
  moveOut(proc: Process): void {
    this.scheduler.end(proc);
    this.#table.remove(proc.pid);
  }

  /**
   * Gives `message` away to the mailbox of `pid`. Never blocks. See SendOutcome for who owns the message afterwards. Of a process on another
   * worker SENT says that the message is on its way; if it finds the mailbox full, the process whose slice this is ends with the reason `limit`.
   */
  send(pid: number, message: Message): SendOutcome {
    const proc = this.find(pid);
    if (proc === undefined) {
      if (this.remote?.mayBeElsewhere(pid)) {
        this.remote.message(pid, message);
        return SENT;
      }
      message.release();
      return NO_PROCESS;
    }
    return proc.offer(message, 1) ? SENT : MAILBOX_FULL;
  }

  /** Ends `pid` at once, or at its next stop if it is running now. Unknown pids are ignored. `done`: as for `link`. */
  kill(pid: number, done?: () => void): void {
    const proc = this.find(pid);
    if (proc !== undefined) this.exit(proc, EXIT_KILLED);
    else if (this.remote?.mayBeElsewhere(pid)) this.remote.exit(pid, EXIT_KILLED, done);
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
    this.signals.askToEnd(from, pid, reason);
  }

  /** For `Process.runSlice` and `exit`: the process is not inside its body any more; its end happens now. */
  finish(proc: Process, reason: ExitReason): void {
    assert(proc.isAlive, 'a process ends once');
    proc.exitReason = reason;
    this.scheduler.end(proc);
    this.#table.remove(proc.pid);
    if (this.remote !== null) this.remote.transport.countEnded();
    if (this.onExit !== null) this.onExit(proc, reason);
    const isNamed = (proc.flags & FLAG_NAMED) !== 0;
    if (isNamed && this.space.self === MAIN_WORKER) this.registry.removeProcess(proc.pid);
    proc.dropContents();
    proc.body.dispose(proc);
    if (!isNamed || this.space.self === MAIN_WORKER || this.remote === null) {
      this.#tellOfEnd(proc, reason);
      return;
    }
    const { routing } = this.remote;
    routing.endingBegins(proc.pid);
    this.remote.call(MAIN_WORKER, CALL_UNNAME, [proc.pid], () => {
      this.#tellOfEnd(proc, reason);
      routing.endingDone(proc.pid);
    });
  }

  #tellOfEnd(proc: Process, reason: ExitReason): void {
    if ((proc.flags & FLAG_AWAITED) !== 0) this.#answerWaiters(proc.pid, reason);
    if (this.remote !== null && this.space.homeOf(proc.pid) !== this.space.self) this.remote.died(proc.pid, reason);
    if (proc.peers !== null) this.signals.processEnded(proc);
  }

  /** For RemoteSignals: a process at home here has ended on another worker. */
  endedElsewhere(pid: number, reason: ExitReason): void {
    if (this.#waiters.has(pid)) this.#answerWaiters(pid, reason);
  }

  /**
   * Links `proc` and `pid`, both sides with this tag; linking again replaces it. A process that does not exist (any more) counts as a
   * failure of it: `proc` ends, or receives a link-died message with reason `noproc`. Linking to oneself does nothing.
   * `done` is called when a process of another worker has been asked, and for no other.
   */
  link(proc: Process, pid: number, tagLo = 0, tagHi = 0, done?: () => void): void {
    this.signals.link(proc, pid, tagLo, tagHi, done);
  }

  /** Removes the link on both sides. After it, no link-died message of `pid` arrives. */
  unlink(proc: Process, pid: number): void {
    this.signals.unlink(proc, pid);
  }

  /** `proc` gets one process-died message (ref 0) when `pid` ends, however often this is called; at once if it does not exist. `done`: as for `link`. */
  monitor(proc: Process, pid: number, done?: () => void): void {
    this.signals.monitor(proc, pid, done);
  }

  stopMonitoring(proc: Process, pid: number): void {
    this.signals.stopMonitoring(proc, pid);
  }

  /** As `monitor`, but every call is a monitor of its own, with its own ref in its message. Returns the ref, from 1. */
  monitorWithRef(proc: Process, pid: number): number {
    return this.signals.monitorWithRef(proc, pid);
  }

  /** Ends one monitor of `proc`. False when it has fired or is unknown. */
  demonitor(proc: Process, ref: number): boolean {
    return this.signals.demonitor(proc, ref);
  }

  /** For embedders: resolves when `pid` has ended, with `noproc` if it does not exist. Holds nothing open. */
  waitExit(pid: number): Promise<ExitReason> {
    return new Promise((resolve) => this.onceExited(pid, resolve));
  }

  /** As `waitExit`, with a function that is called during the end; it must not throw. */
  onceExited(pid: number, done: (reason: ExitReason) => void): void {
    const proc = this.#table.get(pid);
    const isGone = proc === undefined && !this.isElsewhere(pid);
    if (isGone) {
      done(EXIT_NOPROC);
      return;
    }
    if (this.remote !== null && this.space.homeOf(pid) !== this.space.self) {
      this.remote.awaitEnd(pid, done);
      return;
    }
    if (proc !== undefined) proc.flags |= FLAG_AWAITED;
    const waiters = this.#waiters.get(pid);
    if (waiters === undefined) this.#waiters.set(pid, [done]);
    else waiters.push(done);
  }

  /** The VM closes: whoever awaits the end of a process that is elsewhere is told now. */
  abandonWaiters(reason: ExitReason): void {
    for (const pid of [...this.#waiters.keys()]) this.#answerWaiters(pid, reason);
    this.remote?.abandonEnds(reason);
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

  /** Counts a process in the whole VM; false at the bound. */
  #mayCountOneMore(): boolean {
    const { maxProcesses } = this.limits;
    if (this.remote === null) return this.#table.size < maxProcesses;
    return this.remote.transport.countBegun(maxProcesses);
  }

  #answerWaiters(pid: number, reason: ExitReason): void {
    const waiters = this.#waiters.get(pid);
    this.#waiters.delete(pid);
    for (const done of waiters ?? []) done(reason);
  }
}
