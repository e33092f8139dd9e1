// Request and answer between two processes.

import { processId } from "./bindings/process";
import { decode, encode, Reader, Writer } from "./codec";
import { Mailbox, Message, sendMessage, FOREVER } from "./mailbox";
import { Process } from "./process";
import { freshTag } from "./tags";

/**
 * A place for one answer of type R. Whoever waits for the answer makes it and puts it into a message; whoever gets that message
 * sends the answer to it.
 */
@final
export class Reply<R> {
  private processId: u64;
  private tag: i64;

  /** For an answer to the calling process. */
  constructor() {
    this.processId = processId();
    this.tag = freshTag();
  }

  /** Sends the answer. */
  send(answer: R): void {
    sendMessage<R>(this.processId, answer, this.tag);
  }

  /** Waits for the answer. Ends the caller if none comes in time. */
  receive(timeoutMs: u64 = FOREVER): R {
    const message = this.tryReceive(timeoutMs);
    if (message.isTimeout) abort("no answer within " + timeoutMs.toString() + " ms");
    return message.value;
  }

  /** Waits for the answer; the message has no value if none came in time. */
  tryReceive(timeoutMs: u64): Message<R> {
    return new Mailbox<R>().receiveTag(this.tag, timeoutMs);
  }

  __lunatic_encode(writer: Writer): void {
    writer.number<u64>(this.processId);
    writer.number<i64>(this.tag);
  }

  __lunatic_decode(reader: Reader): void {
    this.processId = reader.number<u64>();
    this.tag = reader.number<i64>();
  }
}

/** A message of type M that wants an answer of type R: what a process that answers requests takes. */
@final
export class Request<M, R> {
  constructor(public value: M, private answer: Reply<R>) {}

  /** Answers it. */
  reply(answer: R): void {
    this.answer.send(answer);
  }

  __lunatic_encode(writer: Writer): void {
    encode(writer, this.value);
    encode(writer, this.answer);
  }

  __lunatic_decode(reader: Reader): void {
    this.value = decode<M>(reader);
    this.answer = decode<Reply<R>>(reader);
  }
}

/** Sends a request and waits for its answer. Ends the caller if none comes in time. */
export function request<M, R>(to: Process<Request<M, R>>, value: M, timeoutMs: u64 = FOREVER): R {
  const reply = new Reply<R>();
  to.send(new Request<M, R>(value, reply));
  return reply.receive(timeoutMs);
}
