// Processes that move from one worker to another: stopped, written as bytes, made again from them. How signals find them: routing.ts.
//
// Two reasons to move: another worker has nothing to do (`giveAway`), or the process needs what only one worker has (`sendTo`). What is
// moved is runnable, and waits for nothing: no timer is armed for it and nobody else holds a request of it.
//
// T1  A process leaves only when every worker but the one it goes to has worked off all that was posted from here before: what it sends from
//     there cannot overtake what it sent from here. While it waits for that it is in the table, gets its signals and may end, but does not run.
//     Where it arrives it runs when all has been worked off that had been posted there by then: some of it may be its own, passed on by a third.
// T2  Its record here is dead afterwards, and nobody is told; it is the same process under the same pid.

import { ByteReader } from '../base/byte_reader.ts';
import type { ByteWriter } from '../base/byte_writer.ts';
import { TASK_QUEUED } from '../scheduler/task.ts';
import type { ActorSystem } from './actor_system.ts';
import { FRAME_MOVE, FRAME_RETURN } from './frames.ts';
import { MAX_MOVED_MAIL_BYTES, MAX_VISITED } from './limits.ts';
import { clearMailbox, mailboxRestore } from './mailbox.ts';
import { PeerTable } from './peer_table.ts';
import {
  FLAG_AWAITED,
  FLAG_GOES_ON,
  FLAG_INDIRECT,
  FLAG_KILL,
  FLAG_LEAVING,
  Process,
  WAIT_MESSAGE,
  WAIT_NONE,
  WAIT_PENDING,
  WAIT_SLEEP,
  type WaitKind,
} from './process.ts';
import type { RemoteSignals } from './remote_signals.ts';
import { peersOf } from './signals.ts';

interface Leaving {
  readonly proc: Process;
  readonly to: number;
  /** By worker: the frames posted when it stopped running here, or when the last was posted in its name (T1). */
  posted: readonly number[];
}

interface Landing {
  /** By worker: the frames posted to this one when the process arrived (T1); null: it came from there, in order. */
  readonly posted: readonly (number | null)[];
  readonly settle: () => void;
}

export class Travel {
  readonly #system: ActorSystem;
  readonly #remote: RemoteSignals;
  #leaving: Leaving[] = [];
  #landing: Landing[] = [];
  /** Counters for inspection. */
  movedOut = 0;
  movedIn = 0;

  constructor(system: ActorSystem, remote: RemoteSignals) {
    this.#system = system;
    this.#remote = remote;
  }

  /** Whether some process waits until it may leave, or run: `goOn` is to be called again soon. */
  get isBusy(): boolean {
    return this.#leaving.length + this.#landing.length > 0;
  }

  /** Processes that have come, and do not run yet. */
  get landing(): number {
    return this.#landing.length;
  }

  /**
   * Moves runnable processes to `worker`, `count` at most; how many it chose. Those that were woken go first: they have lived for a while, and what they
   * go on to spawn is then at home there, while a new process may well be over before it has arrived.
   */
  giveAway(worker: number, count: number): number {
    const { scheduler } = this.#system;
    let chosen = 0;
    let left = MAX_VISITED;
    scheduler.visitQueued((task) => {
      if (--left < 0) return false;
      if (!(task instanceof Process) || !this.#mayLeave(task, true)) return true;
      this.#begin(task, worker);
      return ++chosen < count;
    });
    if (chosen > 0) this.#leave();
    return chosen;
  }

  /**
   * The process, whose slice this is and which is movable, goes on at `worker`: it must stop now. It leaves with the next call of `goOn`, which
   * is not to be made before the slice has ended.
   */
  sendTo(proc: Process, worker: number): void {
    proc.flags |= FLAG_GOES_ON;
    this.#begin(proc, worker);
  }

  /** Whether a process that asks for it could be sent to another worker. */
  isMovable(proc: Process): boolean {
    return this.#mayLeave(proc, false);
  }

  /** Lets those go, and run, that may (T1). */
  goOn(): void {
    this.#leave();
    this.#land();
  }

  #land(): void {
    if (this.#landing.length === 0) return;
    const { transport } = this.#remote;
    const isAwaited = (count: number | null, worker: number): boolean =>
      count !== null && ((transport.doneOf(worker) - count) | 0) < 0;
    const all = this.#landing;
    this.#landing = [];
    for (const landing of all) {
      if (landing.posted.some(isAwaited)) this.#landing.push(landing);
      else landing.settle();
    }
  }

  /** Calls `settle` when all has been worked off that the others have posted here so far. */
  #whenLanded(from: number, settle: () => void): void {
    const { transport } = this.#remote;
    const posted = Array.from({ length: transport.workers }, (_, worker) =>
      worker === from || worker === transport.self ? null : transport.postedBy(worker),
    );
    this.#landing.push({ posted, settle });
    this.#land();
  }

  #leave(): void {
    if (this.#leaving.length === 0) return;
    const waiting: Leaving[] = [];
    for (const leaving of this.#leaving) {
      const { proc } = leaving;
      if (!proc.isAlive) continue;
      if (proc.isRunning || (proc.flags & FLAG_INDIRECT) !== 0 || !this.#mayGo(leaving)) waiting.push(leaving);
      else this.#depart(proc, leaving.to);
    }
    this.#leaving = waiting;
  }

  #mayLeave(proc: Process, cheaply: boolean): boolean {
    if ((proc.flags & (FLAG_LEAVING | FLAG_KILL)) !== 0 || proc.timerSlot !== -1) return false;
    const kind = proc.waitKind;
    if (kind !== WAIT_NONE && (proc.waitState === WAIT_PENDING || (kind !== WAIT_MESSAGE && kind !== WAIT_SLEEP)))
      return false;
    if (cheaply && proc.mailBytes > MAX_MOVED_MAIL_BYTES) return false;
    return this.#remote.codec.isMovable(proc, cheaply);
  }

  /** Something was posted for `proc` although it does not run: if it is leaving, that too is to be worked off before (T1). */
  hasPosted(proc: Process): void {
    if ((proc.flags & FLAG_LEAVING) === 0) return;
    for (const leaving of this.#leaving) if (leaving.proc === proc) leaving.posted = this.#postedNow();
  }

  #begin(proc: Process, to: number): void {
    proc.flags |= FLAG_LEAVING;
    this.#leaving.push({ proc, to, posted: this.#postedNow() });
  }

  #postedNow(): number[] {
    const { transport } = this.#remote;
    return Array.from({ length: transport.workers }, (_, worker) => transport.posted(worker));
  }

  #mayGo({ to, posted }: Leaving): boolean {
    const { transport } = this.#remote;
    return posted.every(
      (count, worker) => worker === to || worker === transport.self || ((transport.done(worker) - count) | 0) >= 0,
    );
  }

  #depart(proc: Process, to: number): void {
    const { pid } = proc;
    const remote = this.#remote;
    const home = this.#system.space.homeOf(pid);
    const isHome = home === remote.self;
    const w = remote.begin(isHome ? FRAME_MOVE : FRAME_RETURN);
    w.f64(pid);
    w.u32(to);
    this.#write(proc, w);
    this.#system.moveOut(proc);
    this.movedOut++;
    remote.post(isHome ? to : home);
    if (isHome) remote.routing.movedAway(pid, to);
    else remote.routing.sentHome(pid);
  }

  /** FRAME_MOVE. */
  arrive(from: number, r: ByteReader): void {
    const pid = r.f64();
    r.u32();
    const { routing } = this.#remote;
    const rest = r.rest();
    routing.guestComes(pid);
    this.#whenLanded(from, () => {
      routing.guestIsHere(pid, () => {
        this.#takeIn(pid, rest).flags |= FLAG_INDIRECT;
      });
    });
  }

  /** FRAME_RETURN. */
  comeHome(from: number, r: ByteReader): void {
    const pid = r.f64();
    const to = r.u32();
    const rest = r.rest();
    const { routing } = this.#remote;
    routing.cameHome(pid, from, () => {
      if (to === this.#remote.self)
        this.#whenLanded(from, () => routing.endTransit(pid, () => this.#takeIn(pid, rest)));
      else routing.endTransit(pid, () => this.#sendOn(pid, to, rest));
    });
  }

  #sendOn(pid: number, to: number, rest: Uint8Array): void {
    const w = this.#remote.begin(FRAME_MOVE);
    w.f64(pid);
    w.u32(to);
    w.raw(rest);
    this.#remote.post(to);
    this.#remote.routing.movedAway(pid, to);
  }

  #write(proc: Process, w: ByteWriter): void {
    w.u32(proc.flags & ~(FLAG_LEAVING | FLAG_GOES_ON | FLAG_AWAITED | FLAG_INDIRECT));
    w.u8(proc.taskState === TASK_QUEUED || (proc.flags & FLAG_GOES_ON) !== 0 ? 1 : 0);
    w.u8(proc.waitKind);
    w.u8(proc.waitState);
    w.f64(proc.ioToken);
    w.u8(proc.received === null ? 0 : 1);
    if (proc.received !== null) {
      this.#remote.writeMessage(proc.received, w);
      proc.received.release();
    }
    w.u32(proc.mailCount);
    for (let message = proc.mailHead; message !== null; message = message.next) this.#remote.writeMessage(message, w);
    clearMailbox(proc);
    const { peers } = proc;
    w.u8(peers === null ? 0 : 1);
    if (peers !== null) {
      writePeers(peers.links, w);
      writePeers(peers.watchers, w);
      writePeers(peers.watching, w);
      w.json([...(peers.unlinking ?? [])]);
      proc.peers = null;
    }
    this.#remote.codec.writeProcess(proc, w);
  }

  #takeIn(pid: number, bytes: Uint8Array): Process {
    const system = this.#system;
    const r = new ByteReader(bytes);
    const flags = r.u32();
    const goesOn = r.u8() !== 0;
    const waitKind = r.u8() as WaitKind; // written by `#write`
    const waitState = r.u8();
    const ioToken = r.f64();
    const received = r.u8() === 0 ? null : this.#remote.readMessage(r);
    const mail = Array.from({ length: r.u32() }, () => this.#remote.readMessage(r));
    const peers = r.u8() === 0 ? null : this.#readPeers(r);
    const { body, host, attach } = this.#remote.codec.readProcess(r);
    const proc = new Process(system, pid, body, host);
    proc.flags = flags;
    proc.waitKind = waitKind;
    proc.waitState = waitState;
    proc.ioToken = ioToken;
    proc.received = received;
    for (const message of mail) mailboxRestore(proc, message);
    if (peers !== null) {
      const { links, watchers, watching, unlinking } = peers;
      Object.assign(peersOf(proc), { links, watchers, watching, unlinking });
    }
    attach(proc);
    system.takeIn(proc);
    this.movedIn++;
    if (goesOn) system.scheduler.ready(proc);
    return proc;
  }

  #readPeers(r: ByteReader) {
    const { held } = this.#system;
    const links = readPeers(r, new PeerTable(held));
    const watchers = readPeers(r, new PeerTable(held));
    const watching = readPeers(r, new PeerTable(held));
    const unlinking = r.json() as [number, number][]; // written by `#write`
    return { links, watchers, watching, unlinking: unlinking.length === 0 ? null : new Map(unlinking) };
  }
}

function writePeers(table: PeerTable | null, w: ByteWriter): void {
  w.u32(table === null ? 0 : table.size);
  for (let entry = table?.drain() ?? null; entry !== null; entry = table?.drain() ?? null) {
    w.f64(entry.key);
    w.f64(entry.pid);
    w.u32(entry.tagLo);
    w.u32(entry.tagHi);
  }
}

function readPeers(r: ByteReader, table: PeerTable): PeerTable | null {
  const count = r.u32();
  for (let k = 0; k < count; k++) {
    const key = r.f64();
    const pid = r.f64();
    const tagLo = r.i32();
    table.set(key, pid, tagLo, r.i32());
  }
  return count === 0 ? null : table;
}
