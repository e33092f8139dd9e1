// Links and monitors: making and removing them, and telling the others when a process has ended.
//
// A process changes only its own tables; the other side is asked by signal. On one thread a signal to a live process is applied at once.
// The signals of an end are sent from a queue, REAP_BATCH at once and the rest in slices of a task of its own: the end of a process with
// a million links, or a chain of a million linked processes, neither recurses nor holds up the thread.
//
// When all processes hold too much (held_memory.ts), whoever asks for a link or a monitor ends with the reason `limit`: nobody would see
// a refusal, and a link that silently is none is worse than an end.
//
// Invariants
// L1  A link is in the tables of both sides, or of one whose other side has ended and whose signal is in the queue.
// L2  A link-died signal counts only if the receiver still has the link; so after `unlink` none arrives.
// L3  Likewise for monitors: each sends exactly one process-died message, unless it was removed before.
// L4  Link signals of an end go out before its monitor signals.
//
// Spec: ABI reference 2.3, 2.5. Better than the original: notices carry the pid and the reason, and a monitor on a process that
// does not exist fires at once.

import { Deque, UNBOUNDED } from '../base/deque.ts';
import { SLICE_WAITING, type SliceOutcome, TASK_IDLE, type Task } from '../scheduler/task.ts';
import type { ActorSystem } from './actor_system.ts';
import {
  EXIT_LINKS_LIMIT,
  EXIT_MAILBOX_LIMIT,
  EXIT_NOPROC,
  type ExitReason,
  isFailure,
  linkedTo,
} from './exit_reason.ts';
import { PEER_BYTES, REAP_BATCH } from './limits.ts';
import { createMessage, MESSAGE_LINK_DIED, MESSAGE_PROCESS_DIED, type Message } from './message.ts';
import { PeerTable } from './peer_table.ts';
import { FLAG_INDIRECT, type Peers, type Process } from './process.ts';

export class Signals implements Task {
  taskState: number;
  queueNext: Task | null;
  readonly #system: ActorSystem;
  /** Processes that have ended and whose links and monitors have not all been told. */
  readonly #ended: Deque<Process>;
  #working: boolean;
  #nextRef: number;
  readonly #refStep: number;

  constructor(system: ActorSystem) {
    this.taskState = TASK_IDLE;
    this.queueNext = null;
    this.#system = system;
    this.#ended = new Deque(UNBOUNDED);
    this.#working = false;
    // Refs are unique in the VM: a process that moves to another worker goes on with other ones.
    this.#nextRef = 1 + system.space.self;
    this.#refStep = system.space.workers;
  }

  /** Whether the memory that all processes hold has room for another link of `proc`. */
  hasRoomForLink(proc: Process): boolean {
    const table = proc.peers?.links ?? null;
    return this.#system.held.hasRoom(2 * PEER_BYTES, table === null ? 0 : table.size * PEER_BYTES);
  }

  /** Links a new child, if there is room: its parent's side carries the tag, its own none. */
  linkParent(parent: Process, child: Process, tagLo: number, tagHi: number): void {
    this.#linksOf(parent).set(child.pid, child.pid, tagLo, tagHi);
    this.#linksOf(child).set(parent.pid, parent.pid, 0, 0);
  }

  /** The side of `proc` of a link whose other side is made elsewhere. */
  linkTo(proc: Process, pid: number, tagLo: number, tagHi: number): void {
    this.#linksOf(proc).set(pid, pid, tagLo, tagHi);
  }

  /** `done`: called when a process of another worker has been asked, and only then. */
  link(proc: Process, pid: number, tagLo: number, tagHi: number, done?: () => void): void {
    if (!proc.isAlive || proc.pid === pid) {
      // A process that has just moved here asks by way of its home, also about itself.
      if (done !== undefined) done();
      return;
    }
    const other = this.#system.find(pid);
    if (other !== undefined) {
      if (this.#refuses(proc, proc.peers?.links ?? null, pid)) return;
      this.#linksOf(proc).set(pid, pid, tagLo, tagHi);
      // Not if the other's unlinking is on its way here: it will remove this side.
      if (other.peers?.unlinking?.has(proc.pid) !== true) this.#linksOf(other).set(proc.pid, proc.pid, tagLo, tagHi);
    } else if (this.#isElsewhere(pid)) {
      if (this.#refuses(proc, proc.peers?.links ?? null, pid)) return;
      this.#linksOf(proc).set(pid, pid, tagLo, tagHi);
      this.#system.remote?.link(pid, proc.pid, tagLo, tagHi, done);
      return;
    } else if (proc.peers === null || proc.peers.links === null || proc.peers.links.get(pid) === null) {
      this.#linkFailed(proc, pid, EXIT_NOPROC, tagLo, tagHi);
    }
    // Otherwise the signal of that end is still in the queue (L1), and will arrive.
  }

  unlink(proc: Process, pid: number): void {
    proc.peers?.links?.remove(pid);
    const other = this.#system.find(pid);
    if (other !== undefined) {
      other.peers?.links?.remove(proc.pid);
      if ((proc.flags & FLAG_INDIRECT) === 0) return;
      // What the other sent before, a link perhaps, is still on its way here.
      this.#beginUnlinking(proc, pid);
      this.#system.remote?.unlinked(proc.pid, pid);
    } else if (this.#isElsewhere(pid)) {
      this.#beginUnlinking(proc, pid);
      this.#system.remote?.unlink(pid, proc.pid);
    }
  }

  /** Links from `pid` do not count until it has confirmed. */
  #beginUnlinking(proc: Process, pid: number): void {
    const peers = peersOf(proc);
    peers.unlinking ??= new Map();
    peers.unlinking.set(pid, (peers.unlinking.get(pid) ?? 0) + 1);
  }

  askToEnd(from: Process, pid: number, reason: ExitReason): void {
    const proc = this.#system.find(pid);
    if (proc !== undefined) this.acceptAskToEnd(proc, from.pid, reason);
    else if (this.#isElsewhere(pid)) this.#system.remote?.askToEnd(pid, from.pid, reason);
  }

  /** `done` as for `link`. */
  monitor(proc: Process, pid: number, done?: () => void): void {
    this.#addMonitor(proc, pid, pid, proc.pid, 0, done);
  }

  stopMonitoring(proc: Process, pid: number): void {
    if (proc.peers?.watching?.remove(pid) != null) this.#forgetWatcher(pid, proc.pid);
  }

  monitorWithRef(proc: Process, pid: number): number {
    const ref = this.#nextRef;
    this.#nextRef += this.#refStep;
    this.#addMonitor(proc, pid, -ref, -ref, ref);
    return ref;
  }

  demonitor(proc: Process, ref: number): boolean {
    const entry = proc.peers?.watching?.remove(-ref) ?? null;
    if (entry === null) return false;
    this.#forgetWatcher(entry.pid, -ref);
    return true;
  }

  // Signals from other workers to a process that is here.

  acceptLink(proc: Process, from: number, tagLo: number, tagHi: number): void {
    // Sent before the other side heard that this one unlinks: it has removed its side meanwhile.
    if (proc.peers?.unlinking?.has(from)) return;
    if (this.#refuses(proc, proc.peers?.links ?? null, from)) return;
    this.#linksOf(proc).set(from, from, tagLo, tagHi);
  }

  acceptUnlink(proc: Process, from: number): void {
    proc.peers?.links?.remove(from);
    this.#system.remote?.unlinked(from, proc.pid);
  }

  /** The other side has removed its side of the link. */
  unlinkDone(proc: Process, other: number): void {
    const unlinking = proc.peers?.unlinking;
    const count = unlinking?.get(other);
    if (unlinking == null || count === undefined) return;
    if (count > 1) unlinking.set(other, count - 1);
    else unlinking.delete(other);
  }

  acceptAskToEnd(proc: Process, from: number, reason: ExitReason): void {
    if (proc.dieWhenLinkDies) {
      this.#system.exit(proc, reason);
      return;
    }
    const link = proc.peers?.links?.get(from) ?? null;
    this.#linkFailed(proc, from, reason, link?.tagLo ?? 0, link?.tagHi ?? 0);
  }

  acceptMonitor(proc: Process, from: number, key: number): void {
    const peers = peersOf(proc);
    peers.watchers ??= new PeerTable(this.#system.held);
    peers.watchers.set(key, from, 0, 0);
  }

  acceptDemonitor(proc: Process, key: number): void {
    proc.peers?.watchers?.remove(key);
  }

  /** `receiver` learns that a process it is linked with has ended. */
  tellLinkDied(receiver: number, deadPid: number, reason: ExitReason): void {
    const proc = this.#system.find(receiver);
    if (proc !== undefined) this.linkDied(proc, deadPid, reason);
    else if (this.#isElsewhere(receiver)) this.#system.remote?.linkDied(receiver, deadPid, reason);
  }

  /** `receiver` learns that a process it monitors has ended; `key` is that of its monitor at the other side. */
  tellProcessDied(receiver: number, deadPid: number, key: number, reason: ExitReason): void {
    const proc = this.#system.find(receiver);
    if (proc !== undefined) this.processDied(proc, deadPid, key, reason);
    else if (this.#isElsewhere(receiver)) this.#system.remote?.processDied(receiver, deadPid, key, reason);
  }

  /** `proc` has ended: its links and monitors are told, now or soon. */
  processEnded(proc: Process): void {
    this.#ended.pushBack(proc);
    // Ends caused by this work are appended to the queue by the call that is already working it off.
    if (this.#working) return;
    if (this.#work()) this.#system.scheduler.wake(this);
  }

  /** For the scheduler: goes on with what one batch did not finish. */
  runSlice(sliceMs: number): SliceOutcome {
    const { scheduler } = this.#system;
    const endMs = scheduler.clock.nowMs() + sliceMs;
    while (this.#work()) {
      if (scheduler.clock.nowMs() < endMs) continue;
      // Stays in the woken class: those about to end should not run on meanwhile.
      scheduler.wake(this);
      break;
    }
    return SLICE_WAITING;
  }

  /** Not in the table here, and perhaps alive on another worker. */
  #isElsewhere(pid: number): boolean {
    const { remote } = this.#system;
    return remote?.mayBeElsewhere(pid) ?? false;
  }

  /** `pid` need not tell the monitor with this key, at its side, any more. */
  #forgetWatcher(pid: number, key: number): void {
    const other = this.#system.find(pid);
    if (other !== undefined) other.peers?.watchers?.remove(key);
    else if (this.#isElsewhere(pid)) this.#system.remote?.demonitor(pid, key);
  }

  #addMonitor(proc: Process, pid: number, ownKey: number, otherKey: number, ref: number, done?: () => void): void {
    if (!proc.isAlive) return;
    const other = this.#system.find(pid);
    if (other === undefined && this.#isElsewhere(pid)) {
      if (this.#refuses(proc, proc.peers?.watching ?? null, ownKey)) return;
      this.#watchingOf(proc).set(ownKey, pid, 0, 0);
      this.#system.remote?.monitor(pid, proc.pid, otherKey, done);
      return;
    }
    if (other === undefined) {
      const announced = proc.peers !== null && proc.peers.watching !== null && proc.peers.watching.get(ownKey) !== null;
      if (!announced) this.#notify(proc, processDied(pid, EXIT_NOPROC, ref));
      return;
    }
    if (this.#refuses(proc, proc.peers?.watching ?? null, ownKey)) return;
    this.#watchingOf(proc).set(ownKey, pid, 0, 0);
    this.acceptMonitor(other, proc.pid, otherKey);
  }

  #watchingOf(proc: Process): PeerTable {
    const peers = peersOf(proc);
    peers.watching ??= new PeerTable(this.#system.held);
    return peers.watching;
  }

  /** There is no room for an entry of `proc` with this key and its other side: `proc` ends. */
  #refuses(proc: Process, table: PeerTable | null, key: number): boolean {
    const size = table === null ? 0 : table.size;
    if (this.#system.held.hasRoom(2 * PEER_BYTES, size * PEER_BYTES)) return false;
    if (table !== null && table.get(key) !== null) return false;
    this.#system.exit(proc, EXIT_LINKS_LIMIT);
    return true;
  }

  #linksOf(proc: Process): PeerTable {
    const peers = peersOf(proc);
    peers.links ??= new PeerTable(this.#system.held);
    return peers.links;
  }

  /** Sends up to a batch of signals; true if more remain. */
  #work(): boolean {
    this.#working = true;
    let left = REAP_BATCH;
    let proc = this.#ended.front();
    while (proc !== undefined && left > 0) {
      left--;
      if (!this.#sendNext(proc)) {
        proc.peers = null;
        this.#ended.popFront();
      }
      proc = this.#ended.front();
    }
    this.#working = false;
    return this.#ended.length > 0;
  }

  /** Sends one signal of the ended process; false when none is left. */
  #sendNext(proc: Process): boolean {
    const peers = proc.peers;
    if (peers === null) return false;
    const reason = proc.exitReason ?? EXIT_NOPROC;
    const link = peers.links?.drain() ?? null;
    if (link !== null) {
      this.tellLinkDied(link.pid, proc.pid, reason);
      return true;
    }
    const watcher = peers.watchers?.drain() ?? null;
    if (watcher !== null) {
      this.tellProcessDied(watcher.pid, proc.pid, watcher.key, reason);
      return true;
    }
    const watched = peers.watching?.drain() ?? null;
    if (watched === null) return false;
    this.#forgetWatcher(watched.pid, watched.key < 0 ? watched.key : proc.pid);
    return true;
  }

  linkDied(proc: Process, deadPid: number, reason: ExitReason): void {
    const entry = proc.peers?.links?.remove(deadPid) ?? null;
    if (entry === null) return;
    if (isFailure(reason)) this.#linkFailed(proc, deadPid, reason, entry.tagLo, entry.tagHi);
  }

  #linkFailed(proc: Process, deadPid: number, reason: ExitReason, tagLo: number, tagHi: number): void {
    if (proc.dieWhenLinkDies) {
      this.#system.exit(proc, linkedTo(deadPid, reason));
      return;
    }
    const message = createMessage(tagLo, tagHi);
    message.kind = MESSAGE_LINK_DIED;
    message.pid = deadPid;
    message.reason = reason;
    this.#notify(proc, message);
  }

  processDied(proc: Process, deadPid: number, key: number, reason: ExitReason): void {
    // A monitor with a ref has the same key on both sides; the ABI's own has the other's pid.
    const entry = proc.peers?.watching?.remove(key < 0 ? key : deadPid) ?? null;
    if (entry !== null) this.#notify(proc, processDied(deadPid, reason, key < 0 ? -key : 0));
  }

  /** A notice must not be lost: whoever lets even the reserve for notices overflow ends. */
  #notify(proc: Process, message: Message): void {
    if (proc.offer(message, NOTICE_FACTOR)) return;
    message.release();
    this.#system.exit(proc, EXIT_MAILBOX_LIMIT);
  }
}

function processDied(pid: number, reason: ExitReason, ref: number): Message {
  const message = createMessage();
  message.kind = MESSAGE_PROCESS_DIED;
  message.pid = pid;
  message.reason = reason;
  message.ref = ref;
  return message;
}

export function peersOf(proc: Process): Peers {
  proc.peers ??= { links: null, watchers: null, watching: null, unlinking: null };
  return proc.peers;
}

/** Notices may fill a mailbox to this multiple of its bounds, so that a flood of data cannot crowd them out. */
const NOTICE_FACTOR = 2;
