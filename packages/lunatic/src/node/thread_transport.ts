// Frames between the threads of a VM: through rings in shared memory, without locks, and without waking a thread that is busy anyway.
//
// What does not fit a ring waits in an outbox on this side, in order. Frames too large for a ring go through the port between the two
// threads, and an empty record in the ring keeps their place. The ports carry compiled modules as well, and wake threads that sleep.
//
// Sleeping: a thread with nothing to do sets ASLEEP and then looks at BELL once more; a writer sets BELL and then looks at ASLEEP. So one of the two sees the
// other, and a wake-up is never missed.
//
// A frame to a third worker does not overtake output that this one has posted to the main worker (`fence`): whoever prints after having been
// told something prints after those who told it.

import type { MessagePort } from 'node:worker_threads';
import { MAIN_WORKER } from '../actor/actor_system.ts';
import type { Transport } from '../actor/frames.ts';
import { assert } from '../base/assert.ts';
import { RingReader, RingWriter } from '../base/byte_ring.ts';
import type { ModuleParcel } from '../engine/engine.ts';
import type { Inbox } from '../scheduler/scheduler.ts';
import {
  LINGER_MS,
  MAX_FRAMES_AT_ONCE,
  MAX_OUTBOX_BYTES,
  MAX_SPARE_PERMITS,
  NUMBERED_AHEAD,
  SPARE_PERMITS_SHARE,
} from './limits.ts';
import {
  ASLEEP,
  BELL,
  COUNT,
  doneWord,
  EPOCH,
  grantedWord,
  IDLE,
  IDLE_BUSY,
  LOAD,
  numberedWord,
  postedWord,
  type SharedState,
  UP,
  workerWord,
} from './shared_state.ts';

/** What a port carries. */
export type PortMessage =
  | { readonly kind: 'wake' }
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'module'; readonly parcel: ModuleParcel };

interface Waiting {
  readonly frame: Uint8Array;
  /** Output posted to the main worker that has to be worked off first, as a count of frames; null: none. */
  readonly after: number | null;
}

/** The way to one other worker. */
interface Peer {
  readonly writer: RingWriter;
  readonly reader: RingReader;
  readonly outbox: Waiting[];
  outboxBytes: number;
  /** Frames that came through the port before their place in the ring was reached. */
  readonly large: Uint8Array[];
  port: MessagePort | null;
  posted: number;
  done: number;
}

export class ThreadTransport implements Transport, Inbox {
  readonly self: number;
  readonly workers: number;
  /** Works off a frame, bytes[start, end). Set when the VM is put together, as is `onModule`. */
  onFrame: (from: number, bytes: Uint8Array, start: number, end: number) => void = () => {};
  onModule: (parcel: ModuleParcel) => void = () => {};
  /** This thread slept, and something has come. */
  onWake: () => void = () => {};
  /** A frame was posted, perhaps by the embedder and not in a turn. */
  onPost: () => void = () => {};
  readonly #words: Int32Array;
  readonly #peers: readonly (Peer | null)[];
  readonly #bell: number;
  #fence: number | null = null;
  /** Processes counted here, and what the others know of it. */
  #count = 0;
  #countKnown = 0;
  /** Processes that may begin here without asking; once more than twice `spare`, they are given back. */
  #permits = 0;
  #spare = 0;
  /** Processes at home here that others take to be numbered. */
  #numberedKnown = 0;
  #load = 0;
  #isQuiet = false;

  constructor(shared: SharedState, self: number) {
    const { workers } = shared;
    this.self = self;
    this.workers = workers;
    this.#words = new Int32Array(shared.control);
    this.#bell = workerWord(self, BELL);
    this.#peers = Array.from({ length: workers }, (_, other) => {
      const out = shared.rings[self * workers + other] ?? null;
      const into = shared.rings[other * workers + self] ?? null;
      return out === null || into === null ? null : makePeer(new RingWriter(out), new RingReader(into));
    });
  }

  /** From now on messages can be exchanged with `worker`. The port does not hold the event loop. */
  connect(worker: number, port: MessagePort): void {
    const peer = this.#peer(worker);
    peer.port = port;
    port.on('message', (message: PortMessage) => {
      this.#onPort(peer, message);
      this.#awake();
    });
    port.unref();
  }

  /** Whether the event loop is held open for what may come from `worker`. */
  hold(worker: number, held: boolean): void {
    const { port } = this.#peer(worker);
    if (held) port?.ref();
    else port?.unref();
  }

  disconnect(): void {
    for (const peer of this.#peers) peer?.port?.close();
  }

  /** Gives a module to `worker` before any frame that names it. */
  sendModule(worker: number, parcel: ModuleParcel): void {
    this.#tell(this.#peer(worker), { kind: 'module', parcel });
  }

  /** Takes in what has come through the port of `worker` and is not seen yet. */
  readPort(worker: number): void {
    const peer = this.#peer(worker);
    for (;;) {
      const received = peer.port === null ? undefined : receiveOn(peer.port);
      if (received === undefined) return;
      this.#onPort(peer, received.message as PortMessage); // of `#tell` and `#push`
    }
  }

  post(worker: number, frame: Uint8Array, length: number): void {
    const peer = this.#peer(worker);
    // Who is told of an end finds the process no longer counted.
    this.publishCount();
    peer.posted = (peer.posted + 1) | 0;
    Atomics.store(this.#words, postedWord(this.workers, this.self, worker), peer.posted);
    const fence = worker === MAIN_WORKER ? null : this.#fenceNow();
    if (fence === null && peer.outbox.length === 0 && this.#push(peer, frame, length)) {
      this.#ring(worker, peer);
    } else {
      peer.outbox.push({ frame: frame.slice(0, length), after: fence });
      peer.outboxBytes += length;
    }
    this.onPost();
  }

  isCongested(worker: number): boolean {
    return this.#peer(worker).outboxBytes > MAX_OUTBOX_BYTES;
  }

  posted(worker: number): number {
    return this.#peers[worker]?.posted ?? 0;
  }

  done(worker: number): number {
    return Atomics.load(this.#words, doneWord(this.workers, this.self, worker));
  }

  postedBy(worker: number): number {
    return Atomics.load(this.#words, postedWord(this.workers, worker, this.self));
  }

  doneOf(worker: number): number {
    return this.#peers[worker]?.done ?? 0;
  }

  // A store that others can read costs as much as the rest of numbering a process. Those at home here are asked about here,
  // so nothing is wrong with announcing some of them early.
  publishNumbered(home: number, count: number): void {
    if (home === this.self) {
      if (count <= this.#numberedKnown) return;
      count += NUMBERED_AHEAD;
      this.#numberedKnown = count;
    }
    Atomics.store(this.#words, numberedWord(this.workers, this.self, home), count | 0);
  }

  numberedBy(spawner: number, home: number): number {
    return Atomics.load(this.#words, numberedWord(this.workers, spawner, home));
  }

  // Each worker keeps some permits, so that a process needs none of the words that all share. The bound is never passed; a worker may be refused
  // while others keep permits, but not under a bound so low that none are kept (`#spare`).
  countBegun(max: number): boolean {
    if (this.#permits === 0 && !this.#takePermits(max)) return false;
    this.#permits--;
    this.#count++;
    return true;
  }

  countEnded(): void {
    this.#count--;
    this.#permits++;
    if (this.#permits <= 2 * this.#spare) return;
    Atomics.sub(this.#words, grantedWord(this.workers), this.#permits - this.#spare);
    this.#permits = this.#spare;
  }

  countProcesses(): number {
    let sum = this.#count;
    for (let worker = 0; worker < this.workers; worker++) if (worker !== this.self) sum += this.wordOf(worker, COUNT);
    return sum;
  }

  /** Lets the others know how many processes were counted here. */
  publishCount(): void {
    if (this.#count === this.#countKnown) return;
    this.#countKnown = this.#count;
    this.setWord(COUNT, this.#count);
  }

  /** Lets the others know how many processes are runnable here, or about to be. */
  publishLoad(runnable: number): void {
    if (runnable === this.#load) return;
    this.#load = runnable;
    this.setWord(LOAD, runnable);
  }

  /** What was posted to the main worker so far is output: frames to others wait until it has been worked off. */
  fenceOutput(): void {
    if (this.workers > 2) this.#fence = this.posted(MAIN_WORKER);
  }

  /** Posts what waits in the outboxes, as far as there is room; whether something is left. */
  flush(): boolean {
    let left = false;
    for (const [worker, peer] of this.#peers.entries()) {
      if (peer === null || peer.outbox.length === 0) continue;
      let sent = 0;
      for (const { frame, after } of peer.outbox) {
        if (after !== null && ((this.done(MAIN_WORKER) - after) | 0) < 0) break;
        if (!this.#push(peer, frame, frame.length)) break;
        peer.outboxBytes -= frame.length;
        sent++;
      }
      peer.outbox.splice(0, sent);
      if (sent > 0) this.#ring(worker, peer);
      if (peer.outbox.length > 0) left = true;
    }
    return left;
  }

  // Inbox

  hasMail(): boolean {
    return Atomics.load(this.#words, this.#bell) !== 0;
  }

  takeMail(): void {
    Atomics.store(this.#words, this.#bell, 0);
    Atomics.add(this.#words, workerWord(this.self, EPOCH), 1);
    this.setWord(IDLE, IDLE_BUSY);
    this.#isQuiet = false;
    let left = MAX_FRAMES_AT_ONCE;
    for (const [from, peer] of this.#peers.entries()) {
      if (peer === null) continue;
      while (left > 0 && peer.reader.next()) {
        left--;
        this.#work(from, peer);
      }
    }
    if (left === 0) Atomics.store(this.#words, this.#bell, 1);
  }

  linger(): boolean {
    if (this.isSomeoneUp()) {
      const endMs = performance.now() + LINGER_MS;
      do {
        for (let k = 0; k < 50; k++) if (this.hasMail()) return true;
      } while (performance.now() < endMs);
    }
    this.#isQuiet = true;
    return false;
  }

  /** No mail has come since it was last waited for: time to sleep. A turn may end before, in the middle of a conversation. */
  get isQuiet(): boolean {
    return this.#isQuiet;
  }

  // Words

  /** Sets a word of this worker. */
  setWord(word: number, value: number): void {
    Atomics.store(this.#words, workerWord(this.self, word), value);
  }

  wordOf(worker: number, word: number): number {
    return Atomics.load(this.#words, workerWord(worker, word));
  }

  isUp(worker: number): boolean {
    return worker === this.self || this.wordOf(worker, UP) === 1;
  }

  isSomeoneUp(): boolean {
    for (let worker = 0; worker < this.workers; worker++)
      if (worker !== this.self && this.wordOf(worker, UP) === 1) return true;
    return false;
  }

  /** Whether a frame between any two workers has been posted and not worked off. */
  isAnythingUnderWay(): boolean {
    const { workers } = this;
    for (let from = 0; from < workers; from++) {
      for (let to = 0; to < workers; to++) {
        if (from === to) continue;
        // What is worked off is read first: it cannot pass what is posted meanwhile.
        const done = Atomics.load(this.#words, doneWord(workers, from, to));
        if (done !== Atomics.load(this.#words, postedWord(workers, from, to))) return true;
      }
    }
    return false;
  }

  /** Runnable processes of a worker, and frames on the way there. */
  loadOf(worker: number): number {
    const coming = (this.posted(worker) - this.done(worker)) | 0;
    return this.wordOf(worker, LOAD) + coming;
  }

  /** Nothing is to be done. False: something has come meanwhile. */
  fallAsleep(): boolean {
    this.setWord(ASLEEP, 1);
    if (!this.hasMail()) return true;
    this.setWord(ASLEEP, 0);
    return false;
  }

  /** Wakes a worker without a frame: it is to look at the words of the others. */
  wake(worker: number): void {
    this.#ring(worker, this.#peer(worker));
  }

  #takePermits(max: number): boolean {
    const word = grantedWord(this.workers);
    this.#spare = Math.min(MAX_SPARE_PERMITS, Math.floor((max * SPARE_PERMITS_SHARE) / this.workers));
    for (;;) {
      const granted = Atomics.load(this.#words, word);
      const count = Math.min(Math.max(1, this.#spare), max - granted);
      if (count <= 0) return false;
      if (Atomics.compareExchange(this.#words, word, granted, granted + count) !== granted) continue;
      this.#permits = count;
      return true;
    }
  }

  #work(from: number, peer: Peer): void {
    const { reader } = peer;
    if (reader.length > 0) {
      this.onFrame(from, reader.bytes, reader.start, reader.start + reader.length);
      reader.done();
    } else {
      const frame = this.#takeLarge(peer);
      reader.done();
      this.onFrame(from, frame, 0, frame.length);
    }
    peer.done = (peer.done + 1) | 0;
    Atomics.store(this.#words, doneWord(this.workers, from, this.self), peer.done);
  }

  #push(peer: Peer, frame: Uint8Array, length: number): boolean {
    if (length <= peer.writer.maxRecordBytes) return peer.writer.push(frame, length);
    if (!peer.writer.hasRoom(0)) return false;
    const bytes = frame.slice(0, length);
    peer.port?.postMessage({ kind: 'frame', bytes } satisfies PortMessage, [bytes.buffer]);
    return peer.writer.push(frame, 0);
  }

  /** The frame was posted to the port before its place was taken in the ring. */
  #takeLarge(peer: Peer): Uint8Array {
    for (;;) {
      const frame = peer.large.shift();
      if (frame !== undefined) return frame;
      const received = peer.port === null ? undefined : receiveOn(peer.port);
      assert(received !== undefined, 'a large frame is there before its place is seen');
      this.#onPort(peer, received.message as PortMessage); // of `#tell` and `#push`
    }
  }

  #onPort(peer: Peer, message: PortMessage): void {
    switch (message.kind) {
      case 'frame':
        peer.large.push(message.bytes);
        return;
      case 'module':
        this.onModule(message.parcel);
        return;
      case 'wake':
        return;
    }
  }

  #awake(): void {
    this.setWord(ASLEEP, 0);
    this.onWake();
  }

  #ring(worker: number, peer: Peer): void {
    Atomics.store(this.#words, workerWord(worker, BELL), 1);
    const asleep = workerWord(worker, ASLEEP);
    if (Atomics.load(this.#words, asleep) === 1 && Atomics.compareExchange(this.#words, asleep, 1, 0) === 1)
      this.#tell(peer, { kind: 'wake' });
  }

  #tell(peer: Peer, message: PortMessage): void {
    peer.port?.postMessage(message);
  }

  #fenceNow(): number | null {
    if (this.#fence !== null && ((this.done(MAIN_WORKER) - this.#fence) | 0) >= 0) this.#fence = null;
    return this.#fence;
  }

  #peer(worker: number): Peer {
    const peer = this.#peers[worker];
    if (peer == null) throw new RangeError(`worker ${this.self} has no way to worker ${worker}`);
    return peer;
  }
}

function makePeer(writer: RingWriter, reader: RingReader): Peer {
  return { writer, reader, outbox: [], outboxBytes: 0, large: [], port: null, posted: 0, done: 0 };
}

/** A VM whose other threads have not been started does without loading what this needs. */
function receiveOn(port: MessagePort): { readonly message: unknown } | undefined {
  return process.getBuiltinModule('node:worker_threads').receiveMessageOnPort(port);
}
