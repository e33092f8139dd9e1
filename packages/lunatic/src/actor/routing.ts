// Where processes are, in a VM of several workers, and how signals find them.
//
// A signal to a process that is not here goes to the worker at which the process is at home (pid_space.ts), which passes it on to where the process
// is. All signals to a process pass its home, so from one sender they arrive in the order they were sent:
//
//   moving away   Home sends the process to a worker (FRAME_MOVE) and passes on what comes for it afterwards, on the same path.
//   moving on     The worker sends it back (FRAME_RETURN) and bounces what still arrives for it. Home keeps what it gets meanwhile, what comes from
//                 there apart from the rest, and asks whether more is under way (FRAME_FLUSH). After the answer it takes the process in, or
//                 sends it on: first what came from there, which is older than what the same senders sent here, then the rest.
//   arriving      Processes of the worker that a process moves to may have sent to it by way of its home shortly before. What they send now is kept until home
//                 says that all of that has come back (FRAME_SETTLE, FLAG_INDIRECT); from then on signals between the two are applied at once. It does not
//                 leave before: what is kept would be mixed up with what bounces.
//   not yet there A process numbered by a worker for another may be spoken of before it arrives: what comes for it is kept.
//
// What a process itself sent before it moved must not be overtaken by what it sends afterwards: it leaves only when all other workers
// have worked off what this one posted to them (travel.ts).
//
// Invariants
// O1  A pid at home here is in exactly one of: the table, `#away`, `#transit`, `#expected`, or it has ended (or was never numbered).
// O2  A frame for a process in transit, expected or ending is kept until it can be delivered, in order; none is lost.
// O3  A worker bounces frames for a guest that left it until home says that nothing is under way.

import { assert } from '../base/assert.ts';
import { FRAME_FLUSH, FRAME_FLUSHED, FRAME_PID, FRAME_SETTLE, FRAME_SETTLED, type Transport } from './frames.ts';
import type { PidSpace } from './pid_space.ts';

/** A process that came home and waits until nothing for it is under way from where it was. */
interface Transit {
  /** Where it was; null: nothing is under way from there any more. */
  from: number | null;
  /** What came from there, then what came from elsewhere. */
  readonly bounced: Uint8Array[];
  readonly kept: Uint8Array[];
  readonly onFlushed: () => void;
}

/** A process that has ended, before others may know. */
interface Ending {
  readonly kept: Uint8Array[];
  readonly after: (() => void)[];
}

export class Routing {
  readonly #space: PidSpace;
  readonly #transport: Transport;
  /** Works off a frame as if it had just come. */
  readonly #dispatch: (frame: Uint8Array) => void;
  /** Answers a signal to a process that has ended, or never was. */
  readonly #dead: (frame: Uint8Array) => void;
  /** Where those are that are at home here and have moved. */
  readonly #away = new Map<number, number>();
  readonly #transit = new Map<number, Transit>();
  /** Frames for processes that are not there yet. */
  readonly #expected = new Map<number, Uint8Array[]>();
  /** Processes that have ended, and whose end is not told yet: frames kept meanwhile. */
  readonly #ending = new Map<number, Ending>();
  /** Guests that have come and are not in the table yet: frames kept meanwhile. */
  readonly #arriving = new Map<number, Uint8Array[]>();
  /** Guests that are here, and for which something posted from here may still be on its way back: frames kept meanwhile. */
  readonly #unsettled = new Map<number, Uint8Array[]>();
  /** Guests that were sent back home and may still be sent frames for (O3). */
  readonly #departed = new Set<number>();
  /** By spawner: ordinals of processes at home here that have arrived. */
  readonly #arrived: number[];

  constructor(
    space: PidSpace,
    transport: Transport,
    dispatch: (frame: Uint8Array) => void,
    dead: (frame: Uint8Array) => void,
  ) {
    this.#space = space;
    this.#transport = transport;
    this.#dispatch = dispatch;
    this.#dead = dead;
    this.#arrived = new Array<number>(space.workers).fill(0);
  }

  /** Whether `pid`, which is not in the table here, may be alive elsewhere. */
  mayBeElsewhere(pid: number): boolean {
    if (!this.#space.isPid(pid)) return false;
    if (this.#space.homeOf(pid) !== this.#space.self) return this.#isNumbered(pid) && !this.#ending.has(pid);
    return this.#away.has(pid) || this.#transit.has(pid) || this.#isExpected(pid);
  }

  /** Sends a signal to a process that is not in the table here. The frame is copied if it is kept. */
  send(pid: number, frame: Uint8Array, length: number): void {
    const home = this.#space.homeOf(pid);
    const unsettled = this.#unsettled.get(pid);
    if (home === this.#space.self) this.#atHome(pid, this.#space.self, frame, length);
    else if (unsettled !== undefined) unsettled.push(frame.slice(0, length));
    else this.#transport.post(home, frame, length);
  }

  /** A signal from `from` has come, and its process is not in the table here. */
  received(pid: number, from: number, frame: Uint8Array, length: number): void {
    const ending = this.#ending.get(pid);
    const arriving = this.#arriving.get(pid);
    if (ending !== undefined) ending.kept.push(frame.slice(0, length));
    else if (arriving !== undefined) arriving.push(frame.slice(0, length));
    else if (this.#space.homeOf(pid) === this.#space.self) this.#atHome(pid, from, frame, length);
    else if (this.#departed.has(pid)) this.#transport.post(this.#space.homeOf(pid), frame, length);
    else this.#dead(frame.subarray(0, length));
  }

  /** Where signals to a pid would be posted to; null: they stay here. For `RemoteSignals.isCongested`. */
  nextHop(pid: number): number | null {
    const home = this.#space.homeOf(pid);
    if (home !== this.#space.self) return home;
    return this.#away.get(pid) ?? null;
  }

  /** A process at home here, numbered elsewhere, has been made and is in the table: what came for it before follows. */
  arrivedNew(pid: number): void {
    this.#arrived[this.#space.spawnerOf(pid)] = this.#space.ordinalOf(pid) + 1;
    const kept = this.#expected.get(pid) ?? [];
    this.#expected.delete(pid);
    for (const frame of kept) this.#dispatch(frame);
  }

  /** A process at home here is on its way to `worker`, or a guest of it. */
  movedAway(pid: number, worker: number): void {
    this.#away.set(pid, worker);
  }

  /** A guest has been sent back to its home. */
  sentHome(pid: number): void {
    assert(!this.#unsettled.has(pid), 'a guest is settled before it leaves');
    this.#departed.add(pid);
  }

  /** A process has come back from `from`: `onFlushed` is called when nothing for it is under way from there any more. */
  cameHome(pid: number, from: number, onFlushed: () => void): void {
    const known = this.#away.delete(pid);
    assert(known, 'what comes home was away');
    this.#transit.set(pid, { from, bounced: [], kept: [], onFlushed });
    this.#post(from, FRAME_FLUSH, pid);
  }

  /** After `onFlushed`: `settle` takes the process in, or sends it on; then what came for it meanwhile follows. */
  endTransit(pid: number, settle: () => void): void {
    const transit = this.#transit.get(pid);
    assert(transit !== undefined, 'a transit ends once');
    this.#transit.delete(pid);
    settle();
    for (const frame of transit.bounced) this.#dispatch(frame);
    for (const frame of transit.kept) this.#dispatch(frame);
  }

  /** A guest has come, and is taken in later: what comes for it waits. */
  guestComes(pid: number): void {
    this.#arriving.set(pid, []);
  }

  /** `settle` takes the guest in; then what came for it meanwhile follows. */
  guestIsHere(pid: number, settle: () => void): void {
    const kept = this.#arriving.get(pid);
    assert(kept !== undefined, 'a guest is taken in once');
    this.#arriving.delete(pid);
    this.#unsettled.set(pid, []);
    this.#post(this.#space.homeOf(pid), FRAME_SETTLE, pid);
    settle();
    for (const frame of kept) this.#dispatch(frame);
  }

  /** FRAME_SETTLED, and the guest, if it is still here, is reached at once from now on. */
  settled(pid: number): void {
    const kept = this.#unsettled.get(pid) ?? [];
    this.#unsettled.delete(pid);
    for (const frame of kept) this.#dispatch(frame);
  }

  /** FRAME_FLUSH: everything for `pid` that came before has been bounced. */
  flush(from: number, pid: number): void {
    this.#departed.delete(pid);
    this.#post(from, FRAME_FLUSHED, pid);
  }

  /** FRAME_FLUSHED. */
  flushed(pid: number): void {
    const transit = this.#transit.get(pid);
    assert(transit !== undefined, 'what is flushed is in transit');
    transit.from = null;
    transit.onFlushed();
  }

  /** FRAME_SETTLE of a guest: all that its worker had posted for it before has been posted back. */
  settle(from: number, pid: number): void {
    this.#post(from, FRAME_SETTLED, pid);
  }

  /** FRAME_DIED: false if it is unknown. */
  diedAway(pid: number): boolean {
    return this.#away.delete(pid);
  }

  /** The end of `pid` will be told later: what comes for it waits until `endingDone`. */
  endingBegins(pid: number): void {
    this.#ending.set(pid, { kept: [], after: [] });
  }

  /** Calls `done` when the end of `pid` is told; false: nothing about it is still to be told. */
  afterEnding(pid: number, done: () => void): boolean {
    const ending = this.#ending.get(pid);
    if (ending === undefined) return false;
    ending.after.push(done);
    return true;
  }

  endingDone(pid: number): void {
    const ending = this.#ending.get(pid);
    assert(ending !== undefined, 'an end is told once');
    this.#ending.delete(pid);
    for (const done of ending.after) done();
    for (const frame of ending.kept) this.#dispatch(frame);
  }

  #atHome(pid: number, from: number, frame: Uint8Array, length: number): void {
    const away = this.#away.get(pid);
    if (away !== undefined) {
      this.#transport.post(away, frame, length);
      return;
    }
    const transit = this.#transit.get(pid);
    if (transit !== undefined) {
      (from === transit.from ? transit.bounced : transit.kept).push(frame.slice(0, length));
      return;
    }
    if (this.#isExpected(pid)) {
      const kept = this.#expected.get(pid);
      if (kept === undefined) this.#expected.set(pid, [frame.slice(0, length)]);
      else kept.push(frame.slice(0, length));
      return;
    }
    this.#dead(frame.subarray(0, length));
  }

  /** Numbered by another worker, and not arrived. */
  #isExpected(pid: number): boolean {
    const spawner = this.#space.spawnerOf(pid);
    if (spawner === this.#space.self) return false;
    return this.#space.ordinalOf(pid) >= (this.#arrived[spawner] as number) && this.#isNumbered(pid);
  }

  /** Some worker gave this number, not too long ago. Counts are compared modulo 2^32: a pid that is 2^31 processes old counts as never given. */
  #isNumbered(pid: number): boolean {
    const count = this.#transport.numberedBy(this.#space.spawnerOf(pid), this.#space.homeOf(pid));
    return ((count - (this.#space.ordinalOf(pid) | 0)) | 0) > 0;
  }

  #post(worker: number, kind: number, pid: number): void {
    const frame = new Uint8Array(FRAME_PID + 8);
    frame[0] = kind;
    new DataView(frame.buffer).setFloat64(FRAME_PID, pid, true);
    this.#transport.post(worker, frame, frame.length);
  }
}
