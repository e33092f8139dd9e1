// Channels: queues beside the mailboxes, which any number of processes may send to and receive from. Each message goes to
// exactly one receiver; there is no timeout and no tag. Whoever has the channel can use both ends.

import {
  channel, channelDeserialize, channelReceive, channelSend, channelSerialize
} from "./bindings/early";
import { decode, encode, Reader, sharedReader, sharedWriter, Writer } from "./codec";

/** Owns one handle of the host; the garbage collector gives it back (finalize.ts). */
@final
export class Handle {
  constructor(public number: i32) {}
}

@final
export class Channel<T> {
  private handle: Handle;

  /** `bound` messages fit before a sender has to wait; 0 is no bound. */
  constructor(bound: u32 = 0) {
    this.handle = new Handle(channel(bound));
  }

  /** Appends a message; waits while the channel is full. */
  send(value: T): void {
    const writer = sharedWriter();
    writer.reset();
    encode<T>(writer, value);
    const iovec = memory.data(8);
    store<usize>(iovec, writer.pointer);
    store<u32>(iovec + 4, writer.length);
    channelSend(this.handle.number, iovec);
    writer.reset();
  }

  /** Takes the oldest message; waits for one. */
  receive(): T {
    const pointerOut = memory.data(4);
    const allocate = (size: i32): i32 => <i32>heap.alloc(size);
    const size = <usize>channelReceive(this.handle.number, allocate.index, pointerOut);
    const bytes = load<usize>(pointerOut);
    const reader = sharedReader();
    reader.open(bytes, size);
    const value = decode<T>(reader);
    heap.free(bytes);
    return value;
  }

  /** A channel inside a message is a ticket that the receiver turns into a handle of its own. It can be used once. */
  __lunatic_encode(writer: Writer): void {
    writer.number<u64>(channelSerialize(this.handle.number));
  }

  __lunatic_decode(reader: Reader): void {
    this.handle = new Handle(channelDeserialize(reader.number<u64>()));
  }
}
