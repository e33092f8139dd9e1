// Signals between processes of different workers: written here, sent by way of `Routing`, applied where the process is.
//
// What they mean is in signals.ts and actor_system.ts; here is only how they travel. A caller that must know the outcome before it goes on (a guest
// that asks whether a process exists) gives a callback: the call has a number, and FRAME_ANSWER brings the answer to the worker that asked. A call is
// answered exactly once, also for processes that have ended, and after everything that the call caused has been posted.

import { assert } from '../base/assert.ts';
import { ByteReader } from '../base/byte_reader.ts';
import { ByteWriter } from '../base/byte_writer.ts';
import type { ActorSystem } from './actor_system.ts';
import { EXIT_MAILBOX_LIMIT, EXIT_NOPROC, type ExitReason } from './exit_reason.ts';
import {
  FRAME_ANSWER,
  FRAME_ASK_TO_END,
  FRAME_AWAIT_END,
  FRAME_CALL,
  FRAME_DEMONITOR,
  FRAME_DIED,
  FRAME_EXISTS,
  FRAME_EXIT,
  FRAME_FLUSH,
  FRAME_FLUSHED,
  FRAME_LINK,
  FRAME_LINK_DIED,
  FRAME_MAILBOX_FULL,
  FRAME_MESSAGE,
  FRAME_MONITOR,
  FRAME_MOVE,
  FRAME_NAMED,
  FRAME_PID,
  FRAME_PROCESS_DIED,
  FRAME_RETURN,
  FRAME_SETTLE,
  FRAME_SETTLED,
  FRAME_UNLINK,
  FRAME_UNLINKED,
  LAST_ADDRESSED,
  type Transport,
} from './frames.ts';
import { MAX_CALLS } from './limits.ts';
import { createMessage, type Message, type MessageKind, type MessageResource } from './message.ts';
import type { PidSpace } from './pid_space.ts';
import { FLAG_INDIRECT, FLAG_NAMED, Process, type ProcessBody } from './process.ts';
import { Routing } from './routing.ts';
import { Travel } from './travel.ts';

/** How the layers above write what they own for another worker. Set when the VM is put together. */
export interface WorkerCodec {
  writeResource(resource: MessageResource, writer: ByteWriter): void;
  readResource(reader: ByteReader): MessageResource;
  /** Whether nothing ties the process, which is stopped, to this worker. `cheaply`: for the sake of balance, so not at any price. */
  isMovable(proc: Process, cheaply: boolean): boolean;
  /** Writes body and host state, and frees what they held here: the process is gone. */
  writeProcess(proc: Process, writer: ByteWriter): void;
  /** The body and host state written by `writeProcess`, and what is to be done when the process has them. */
  readProcess(reader: ByteReader): ArrivedBody;
}

export interface ArrivedBody {
  readonly body: ProcessBody;
  readonly host: object | null;
  attach(proc: Process): void;
}

/** Works off a frame between workers that a layer above has defined; `reader` stands behind the kind. */
export type FrameHandler = (from: number, reader: ByteReader) => void;

/** Works off FRAME_CALL: `done` is called with the answer, now or later. */
export type CallHandler = (args: readonly unknown[], done: (answer: unknown) => void) => void;

export class RemoteSignals {
  readonly transport: Transport;
  readonly routing: Routing;
  readonly travel: Travel;
  codec: WorkerCodec;
  /** Frames of other parts, by kind, and calls by the name of the operation. Filled when the VM is put together. */
  readonly handlers = new Map<number, FrameHandler>();
  readonly callHandlers = new Map<string, CallHandler>();
  readonly #system: ActorSystem;
  readonly #space: PidSpace;
  /** Calls that are not answered yet. */
  readonly #calls = new Map<number, (answer: unknown) => void>();
  /** Of these, those that wait for the end of a process. */
  readonly #ends = new Map<number, (reason: ExitReason) => void>();
  #nextCall = 1;
  readonly #writer = new ByteWriter();
  readonly #reader = new ByteReader();

  constructor(system: ActorSystem, space: PidSpace, transport: Transport) {
    this.#system = system;
    this.#space = space;
    this.transport = transport;
    this.codec = NO_CODEC;
    this.routing = new Routing(
      space,
      transport,
      (frame) => this.receive(transport.self, frame, 0, frame.length),
      (frame) => this.#toTheDead(frame),
    );
    this.travel = new Travel(system, this);
  }

  get self(): number {
    return this.#space.self;
  }

  mayBeElsewhere(pid: number): boolean {
    return this.routing.mayBeElsewhere(pid);
  }

  /** Whether whoever sends data to `pid` should wait a while: too much is on its way there. */
  isCongested(pid: number): boolean {
    const hop = this.routing.nextHop(pid);
    return hop !== null && this.transport.isCongested(hop);
  }

  // Signals, from this worker. None waits for an answer unless `done` is given.

  message(pid: number, message: Message): void {
    const { current } = this.#system.scheduler;
    const w = this.#begin(FRAME_MESSAGE, pid);
    w.f64(current instanceof Process ? current.pid : 0);
    this.writeMessage(message, w);
    this.#send(pid);
    message.release();
  }

  link(pid: number, from: number, tagLo: number, tagHi: number, done?: () => void): void {
    const w = this.#begin(FRAME_LINK, pid);
    w.f64(from);
    w.u32(tagLo);
    w.u32(tagHi);
    w.f64(this.#call(done));
    this.#send(pid);
  }

  /** Answered by `Signals.unlinkDone` of `from`. */
  unlink(pid: number, from: number): void {
    this.#begin(FRAME_UNLINK, pid).f64(from);
    this.#send(pid);
  }

  monitor(pid: number, from: number, key: number, done?: () => void): void {
    const w = this.#begin(FRAME_MONITOR, pid);
    w.f64(from);
    w.f64(key);
    w.f64(this.#call(done));
    this.#send(pid);
  }

  demonitor(pid: number, key: number): void {
    this.#begin(FRAME_DEMONITOR, pid).f64(key);
    this.#send(pid);
  }

  exit(pid: number, reason: ExitReason, done?: () => void): void {
    const w = this.#begin(FRAME_EXIT, pid);
    w.json(reason);
    w.f64(this.#call(done));
    this.#send(pid);
  }

  askToEnd(pid: number, from: number, reason: ExitReason): void {
    const w = this.#begin(FRAME_ASK_TO_END, pid);
    w.f64(from);
    w.json(reason);
    this.#send(pid);
  }

  linkDied(pid: number, dead: number, reason: ExitReason): void {
    const w = this.#begin(FRAME_LINK_DIED, pid);
    w.f64(dead);
    w.json(reason);
    this.#send(pid);
  }

  processDied(pid: number, dead: number, key: number, reason: ExitReason): void {
    const w = this.#begin(FRAME_PROCESS_DIED, pid);
    w.f64(dead);
    w.f64(key);
    w.json(reason);
    this.#send(pid);
  }

  exists(pid: number, done: (exists: boolean) => void): void {
    this.#begin(FRAME_EXISTS, pid).f64(this.#call(done as (answer: unknown) => void));
    this.#send(pid);
  }

  /** The process is registered under a name; `done` learns whether it is alive. */
  named(pid: number, done: (alive: boolean) => void): void {
    this.#begin(FRAME_NAMED, pid).f64(this.#call(done as (answer: unknown) => void));
    this.#send(pid);
  }

  /** A guest has ended here. */
  died(pid: number, reason: ExitReason): void {
    this.#begin(FRAME_DIED, pid).json(reason);
    this.post(this.#space.homeOf(pid));
  }

  /** `done` gets the reason when `pid`, which is at home elsewhere, has ended. */
  awaitEnd(pid: number, done: (reason: ExitReason) => void): void {
    const call = this.#call((answer) => {
      this.#ends.delete(call);
      done(answer as ExitReason); // as the handler of FRAME_AWAIT_END answers
    });
    this.#ends.set(call, done);
    this.#begin(FRAME_AWAIT_END, pid).f64(call);
    this.post(this.#space.homeOf(pid));
  }

  /** The VM closes: no answer of another worker will come. */
  abandonEnds(reason: ExitReason): void {
    for (const [call, done] of [...this.#ends]) {
      this.#calls.delete(call);
      done(reason);
    }
    this.#ends.clear();
  }

  /** Has `worker` carry out an operation of `callHandlers`. */
  call(worker: number, operation: string, args: readonly unknown[], done: (answer: unknown) => void): void {
    const w = this.begin(FRAME_CALL);
    w.text(operation);
    w.json(args);
    w.f64(this.#call(done));
    this.post(worker);
  }

  /** For frames of other parts: what is written to the result is posted by `post`. */
  begin(kind: number): ByteWriter {
    const writer = this.#writer;
    writer.reset();
    writer.u8(kind);
    return writer;
  }

  writeMessage(message: Message, w: ByteWriter): void {
    w.u8(message.kind);
    w.u32(message.tagLo);
    w.u32(message.tagHi);
    w.u8(message.kind === 0 ? 0 : 1);
    if (message.kind !== 0) {
      w.f64(message.pid);
      w.f64(message.ref);
      w.json(message.reason ?? EXIT_NOPROC);
    }
    const { resources } = message;
    w.u32(resources === null ? 0 : resources.length);
    for (const resource of resources ?? []) {
      w.u8(resource === null ? 0 : 1);
      if (resource !== null) this.codec.writeResource(resource, w);
    }
    w.u32(message.readPos);
    w.u32(message.length);
    w.raw(message.bytes, 0, message.length);
  }

  readMessage(r: ByteReader): Message {
    const kind = r.u8() as MessageKind; // written by writeMessage
    const tagLo = r.i32();
    const message = createMessage(tagLo, r.i32());
    message.kind = kind;
    if (r.u8() !== 0) {
      message.pid = r.f64();
      message.ref = r.f64();
      message.reason = r.json() as ExitReason; // written by writeMessage
    }
    for (let count = r.u32(); count > 0; count--) {
      if (r.u8() !== 0) message.pushResource(this.codec.readResource(r));
      else message.pushEmptySlot();
    }
    message.readPos = r.u32();
    const length = r.u32();
    message.append(r.bytes, r.at, r.at + length);
    r.at += length;
    return message;
  }

  // Frames that come in.

  /** Works off one frame, bytes[start, end), from `from`. It is not kept. */
  receive(from: number, bytes: Uint8Array, start: number, end: number): void {
    const kind = bytes[start] as number;
    const r = this.#reader;
    r.open(bytes, start + FRAME_PID, end);
    if (kind <= LAST_ADDRESSED) {
      const pid = r.f64();
      const proc = this.#system.here(pid);
      if (proc !== undefined) this.#apply(kind, proc, r);
      else this.routing.received(pid, from, start === 0 ? bytes : bytes.subarray(start, end), end - start);
      return;
    }
    this.#betweenWorkers(kind, from, r);
  }

  #betweenWorkers(kind: number, from: number, r: ByteReader): void {
    switch (kind) {
      case FRAME_ANSWER: {
        const call = r.f64();
        const done = this.#calls.get(call);
        assert(done !== undefined, 'a call is answered once');
        this.#calls.delete(call);
        done(r.json());
        return;
      }
      case FRAME_FLUSH:
        this.routing.flush(from, r.f64());
        return;
      case FRAME_FLUSHED:
        this.routing.flushed(r.f64());
        return;
      case FRAME_MOVE:
        this.travel.arrive(from, r);
        return;
      case FRAME_SETTLE:
        this.routing.settle(from, r.f64());
        return;
      case FRAME_SETTLED: {
        const pid = r.f64();
        const proc = this.#system.here(pid);
        if (proc !== undefined) proc.flags &= ~FLAG_INDIRECT;
        this.routing.settled(pid);
        return;
      }
      case FRAME_RETURN:
        this.travel.comeHome(from, r);
        return;
      case FRAME_DIED: {
        const pid = r.f64();
        const known = this.routing.diedAway(pid);
        assert(known, 'a guest that ended was away from here');
        this.#system.endedElsewhere(pid, r.json() as ExitReason); // written by `died`
        return;
      }
      case FRAME_AWAIT_END: {
        const pid = r.f64();
        const call = r.f64();
        this.#system.onceExited(pid, (reason) => this.#answer(call, reason));
        return;
      }
      case FRAME_CALL: {
        const operation = r.text();
        const args = r.json() as unknown[]; // written by `call`
        const call = r.f64();
        const handler = this.callHandlers.get(operation);
        assert(handler !== undefined, 'workers of one VM know the same operations');
        handler(args, (answer) => this.#answer(call, answer));
        return;
      }
      default: {
        const handler = this.handlers.get(kind);
        assert(handler !== undefined, 'workers of one VM know the same frames');
        handler(from, r);
      }
    }
  }

  /** The process is here. Nothing that this causes may use `r` before all is read. */
  #apply(kind: number, proc: Process, r: ByteReader): void {
    const { signals } = this.#system;
    switch (kind) {
      case FRAME_MESSAGE: {
        const sender = r.f64();
        const message = this.readMessage(r);
        if (proc.offer(message, 1)) return;
        message.release();
        if (sender !== 0) this.#mailboxFull(sender);
        return;
      }
      case FRAME_LINK: {
        const other = r.f64();
        const tagLo = r.i32();
        const tagHi = r.i32();
        const call = r.f64();
        signals.acceptLink(proc, other, tagLo, tagHi);
        this.#answer(call, null);
        return;
      }
      case FRAME_UNLINK:
        signals.acceptUnlink(proc, r.f64());
        return;
      case FRAME_UNLINKED:
        signals.unlinkDone(proc, r.f64());
        return;
      case FRAME_MONITOR: {
        const other = r.f64();
        const key = r.f64();
        const call = r.f64();
        signals.acceptMonitor(proc, other, key);
        this.#answer(call, null);
        return;
      }
      case FRAME_DEMONITOR:
        signals.acceptDemonitor(proc, r.f64());
        return;
      case FRAME_EXIT: {
        const reason = r.json() as ExitReason; // written by `exit`
        const call = r.f64();
        this.#system.exit(proc, reason);
        if (!this.routing.afterEnding(proc.pid, () => this.#answer(call, null))) this.#answer(call, null);
        return;
      }
      case FRAME_ASK_TO_END: {
        const asker = r.f64();
        signals.acceptAskToEnd(proc, asker, r.json() as ExitReason); // written by `askToEnd`
        return;
      }
      case FRAME_LINK_DIED: {
        const dead = r.f64();
        signals.linkDied(proc, dead, r.json() as ExitReason); // written by `linkDied`
        return;
      }
      case FRAME_PROCESS_DIED: {
        const dead = r.f64();
        const key = r.f64();
        signals.processDied(proc, dead, key, r.json() as ExitReason); // written by `processDied`
        return;
      }
      case FRAME_EXISTS:
        this.#answer(r.f64(), true);
        return;
      case FRAME_NAMED:
        proc.flags |= FLAG_NAMED;
        this.#answer(r.f64(), true);
        // Its end, told from wherever it is by then, must not reach the registry before.
        this.travel.hasPosted(proc);
        return;
      case FRAME_MAILBOX_FULL:
        this.#system.exit(proc, EXIT_MAILBOX_LIMIT);
        return;
      default:
        assert(false, 'every signal is applied');
    }
  }

  /** The process has ended, or never was. */
  #toTheDead(frame: Uint8Array): void {
    const { signals } = this.#system;
    const kind = frame[0];
    const r = this.#reader;
    r.open(frame, FRAME_PID, frame.length);
    const dead = r.f64();
    switch (kind) {
      case FRAME_LINK: {
        const from = r.f64();
        r.f64(); // the tag
        const call = r.f64();
        signals.tellLinkDied(from, dead, EXIT_NOPROC);
        this.#answer(call, null);
        return;
      }
      case FRAME_UNLINK:
        this.unlinked(r.f64(), dead);
        return;
      case FRAME_MONITOR: {
        const from = r.f64();
        const key = r.f64();
        const call = r.f64();
        signals.tellProcessDied(from, dead, key, EXIT_NOPROC);
        this.#answer(call, null);
        return;
      }
      case FRAME_EXIT:
        r.json();
        this.#answer(r.f64(), null);
        return;
      case FRAME_EXISTS:
      case FRAME_NAMED:
        this.#answer(r.f64(), false);
        return;
      default:
        // Nobody waits to hear that these came too late.
        return;
    }
  }

  /** `from` may link with `dead` again. */
  unlinked(from: number, other: number): void {
    const proc = this.#system.find(from);
    if (proc !== undefined) {
      this.#system.signals.unlinkDone(proc, other);
    } else if (this.mayBeElsewhere(from)) {
      this.#begin(FRAME_UNLINKED, from).f64(other);
      this.#send(from);
    }
  }

  #mailboxFull(sender: number): void {
    const proc = this.#system.find(sender);
    if (proc !== undefined) {
      this.#system.exit(proc, EXIT_MAILBOX_LIMIT);
    } else if (this.mayBeElsewhere(sender)) {
      this.#begin(FRAME_MAILBOX_FULL, sender);
      this.#send(sender);
    }
  }

  /** The number of a call; it names the worker that asks as well. 0: nobody wants to know. */
  #call(done: ((answer: unknown) => void) | undefined): number {
    if (done === undefined) return 0;
    assert(this.#calls.size < MAX_CALLS, 'each process waits for one answer at most');
    const call = this.#nextCall++ * this.#space.workers + this.#space.self;
    this.#calls.set(call, done);
    return call;
  }

  #answer(call: number, answer: unknown): void {
    if (call === 0) return;
    const asker = call % this.#space.workers;
    const w = this.begin(FRAME_ANSWER);
    w.f64(call);
    w.json(answer);
    this.post(asker);
  }

  #begin(kind: number, pid: number): ByteWriter {
    const writer = this.begin(kind);
    writer.f64(pid);
    return writer;
  }

  #send(pid: number): void {
    this.routing.send(pid, this.#writer.bytes, this.#writer.length);
  }

  /** To this worker itself too: then it is worked off at once. */
  post(worker: number): void {
    const { bytes, length } = this.#writer;
    if (worker === this.transport.self) this.receive(worker, bytes.slice(0, length), 0, length);
    else this.transport.post(worker, bytes, length);
  }
}

/** Until the layers above have set theirs: nothing leaves. */
const NO_CODEC: WorkerCodec = {
  writeResource: noCodec,
  readResource: noCodec,
  isMovable: () => false,
  writeProcess: noCodec,
  readProcess: noCodec,
};

function noCodec(): never {
  throw new Error('nothing travels before the codec is set');
}
