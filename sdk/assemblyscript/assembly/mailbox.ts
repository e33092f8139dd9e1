// The mailbox of a process: one ordered queue for data messages and for the deaths of linked and monitored processes.
//
// Tags are numbers that a sender may put on a message and that a receiver may wait for, leaving the rest in order.
// A program's own tags are positive; the negative ones are the kit's (answers, the context of a new process).

import {
  createData, dataSize, getProcessId, getTag, readData, receive, send, writeData
} from "./bindings/message";
import { clockNs } from "./clock";
import { decode, encode, sharedReader, sharedWriter } from "./codec";

/** A timeout that never passes. */
export const FOREVER: u64 = u64.MAX_VALUE;

const NS_PER_MS: u64 = 1_000_000;

/** What `Message.kind` tells. */
export namespace MessageKind {
  /** A message with a value. */
  export const Data: u32 = 0;
  /** A linked process failed, and this process does not die of it (`Process.dieWhenLinkDies(false)`). The tag is the link's. */
  export const LinkDied: u32 = 1;
  /** A monitored process ended; `processId` says which. */
  export const ProcessDied: u32 = 2;
  /** Nothing came in time. */
  export const Timeout: u32 = 9027;
}

/** What `Mailbox.receive` gives: a value, the death of another process, or nothing in time. */
@final
export class Message<M> {
  constructor(
    /** One of `MessageKind`. */
    readonly kind: u32,
    /** The tag of the message or of the link that broke; 0 for none. */
    readonly tag: i64,
    /** Who died, for `MessageKind.ProcessDied`; otherwise 0. */
    readonly processId: u64,
    private content: M
  ) {}

  /** Whether there is a value. */
  get isData(): bool { return this.kind == MessageKind.Data; }

  /** Whether the time passed without a message. */
  get isTimeout(): bool { return this.kind == MessageKind.Timeout; }

  /** The value. Asking for it when there is none ends the process. */
  get value(): M {
    if (this.kind != MessageKind.Data) {
      abort(this.kind == MessageKind.Timeout ? "no message came in time" : "this message tells of a death and holds no value");
    }
    return this.content;
  }
}

/** The receiving end of this process for messages of type M. Making several is fine: they look at the same queue. */
@final
export class Mailbox<M> {
  /** The oldest message of any kind; waits for at most `timeoutMs`. */
  receive(timeoutMs: u64 = FOREVER): Message<M> {
    return this.receiveFrom(0, 0, timeoutMs);
  }

  /** The oldest message with this tag, or the death of a process linked with it. Others stay in the mailbox. */
  receiveTag(tag: i64, timeoutMs: u64 = FOREVER): Message<M> {
    const tags = memory.data(8);
    store<i64>(tags, tag);
    return this.receiveFrom(tags, 1, timeoutMs);
  }

  /** The oldest message that has one of these tags. */
  receiveTags(tags: i64[], timeoutMs: u64 = FOREVER): Message<M> {
    if (tags.length == 0) abort("receiveTags needs at least one tag; receive() takes any message");
    return this.receiveFrom(tags.dataStart, tags.length, timeoutMs);
  }

  private receiveFrom(tags: usize, count: u32, timeoutMs: u64): Message<M> {
    const deadlineNs = timeoutMs == FOREVER ? 0 : clockNs() + timeoutMs * NS_PER_MS;
    let leftMs = timeoutMs;
    while (true) {
      const kind = receive(tags, count, leftMs);
      if (kind == MessageKind.Timeout) return new Message<M>(kind, 0, 0, nothing<M>());
      const tag = getTag();
      if (kind != MessageKind.Data) return new Message<M>(kind, tag, getProcessId(), nothing<M>());
      if (tag >= 0 || count > 0) return new Message<M>(kind, tag, 0, readMessage<M>());
      // An answer that came after its request had timed out: nobody wants it any more.
      if (timeoutMs != FOREVER) {
        const nowNs = clockNs();
        leftMs = nowNs < deadlineNs ? (deadlineNs - nowNs) / NS_PER_MS : 0;
      }
    }
  }
}

/** What stands for the value in a message that has none; `Message.value` guards it. */
function nothing<M>(): M {
  if (isReference<M>()) return changetype<M>(0);
  return <M>0;
}

/** Reads the data message that `receive` has put in the scratch area. */
export function readMessage<M>(): M {
  const size = <usize>dataSize();
  const writer = sharedWriter();
  writer.reset();
  const bytes = writer.claim(size);
  readData(bytes, <u32>size);
  const reader = sharedReader();
  reader.open(bytes, size);
  const value = decode<M>(reader);
  if (reader.remaining > 0) abort("a message is longer than its type: sender and receiver disagree about its type");
  writer.reset();
  return value;
}

/** Puts a message in the scratch area, from where the next call sends it. */
export function writeMessage<M>(value: M, tag: i64): void {
  const writer = sharedWriter();
  writer.reset();
  encode<M>(writer, value);
  createData(tag, writer.length);
  writeData(writer.pointer, writer.length);
  writer.reset();
}

/** Sends a value. A process that does not exist (any more) is no error: the message is dropped. */
export function sendMessage<M>(processId: u64, value: M, tag: i64): void {
  writeMessage<M>(value, tag);
  send(processId);
}
