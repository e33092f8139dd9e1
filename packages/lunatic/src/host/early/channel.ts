// Channels of the early interface: first-in first-out queues with many senders and many receivers.
// Spec: ABI reference 7.1.
//
// Invariants
// C1  A message goes to exactly one receiver; waiting receivers are served in the order they came.
// C2  If a receiver waits, the queue is empty; if a sender waits, the queue is full.
// C3  Who waits and dies leaves its list at once (`Waiter.withdraw`).
// C4  `holders` counts handles and parked entries. At 0 nobody can reach the channel, and its messages are dropped.

import type { Process } from '../../actor/process.ts';
import { assert } from '../../base/assert.ts';
import { Deque } from '../../base/deque.ts';
import { CHANNEL_MESSAGE_OVERHEAD_BYTES, MAX_CHANNEL_BYTES, MAX_CHANNEL_MESSAGES } from '../limits.ts';
import type { Withdrawal } from '../state.ts';

/** Memory held by the channels of one VM. */
export interface ChannelUsage {
  bytes: number;
}

export class Channel {
  readonly kind = 'channel';
  readonly capacity: number;
  holders = 0;
  readonly #usage: ChannelUsage;
  readonly #queue: Deque<Uint8Array>;
  #bytes = 0;
  readonly #receivers = new WaiterList();
  readonly #senders = new WaiterList();

  /** `bound` 0: as many messages as the limits allow. */
  constructor(bound: number, usage: ChannelUsage) {
    this.capacity = bound === 0 ? MAX_CHANNEL_MESSAGES : Math.min(bound, MAX_CHANNEL_MESSAGES);
    this.#usage = usage;
    this.#queue = new Deque(this.capacity);
  }

  /** Hands `bytes` to a waiting receiver or queues them. False: the channel is full, `waitToSend`. */
  send(bytes: Uint8Array): boolean {
    const waiter = this.#receivers.takeFirst();
    if (waiter !== null) {
      waiter.serve(bytes);
      return true;
    }
    if (!this.#hasRoom()) return false;
    this.#enqueue(bytes);
    return true;
  }

  /** `proc` waits for room with `token`; the bytes are queued in its place, in its turn. */
  waitToSend(proc: Process, token: number, bytes: Uint8Array): Withdrawal {
    return this.#senders.add(proc, token, bytes);
  }

  /** The oldest message; undefined if there is none, `waitToReceive`. */
  receive(): Uint8Array | undefined {
    const bytes = this.#queue.popFront();
    if (bytes === undefined) return undefined;
    this.#count(-cost(bytes));
    while (this.#hasRoom()) {
      const waiter = this.#senders.takeFirst();
      if (waiter === null) break;
      waiter.serve(null);
      if (waiter.bytes !== null) this.#enqueue(waiter.bytes);
    }
    return bytes;
  }

  /** `proc` waits with `token`, whose answer will be the message. */
  waitToReceive(proc: Process, token: number): Withdrawal {
    return this.#receivers.add(proc, token, null);
  }

  retain(): void {
    this.holders++;
  }

  release(): void {
    this.holders--;
    if (this.holders > 0) return;
    this.#queue.clear();
    this.#count(-this.#bytes);
  }

  #hasRoom(): boolean {
    return this.#queue.length < this.capacity && this.#bytes < MAX_CHANNEL_BYTES;
  }

  #enqueue(bytes: Uint8Array): void {
    this.#queue.pushBack(bytes);
    this.#count(cost(bytes));
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#usage.bytes += bytes;
  }
}

function cost(bytes: Uint8Array): number {
  return bytes.length + CHANNEL_MESSAGE_OVERHEAD_BYTES;
}

/** A process waiting at a channel, linked into its list until it is served or withdraws. */
class Waiter implements Withdrawal {
  readonly proc: Process;
  readonly token: number;
  /** What a sender wants to send. */
  readonly bytes: Uint8Array | null;
  list: WaiterList | null;
  previous: Waiter | null = null;
  next: Waiter | null = null;

  constructor(proc: Process, token: number, bytes: Uint8Array | null, list: WaiterList) {
    this.proc = proc;
    this.token = token;
    this.bytes = bytes;
    this.list = list;
  }

  /** The wait is over: wakes the process with its answer. The waiter has left its list. */
  serve(answer: Uint8Array | null): void {
    const taken = this.proc.completeIo(this.token, answer);
    assert(taken, 'C3: who waits at a channel is alive and waits for it');
  }

  withdraw(): void {
    if (this.list !== null) this.list.remove(this);
  }
}

class WaiterList {
  #first: Waiter | null = null;
  #last: Waiter | null = null;

  add(proc: Process, token: number, bytes: Uint8Array | null): Waiter {
    const waiter = new Waiter(proc, token, bytes, this);
    waiter.previous = this.#last;
    if (this.#last === null) this.#first = waiter;
    else this.#last.next = waiter;
    this.#last = waiter;
    return waiter;
  }

  takeFirst(): Waiter | null {
    const waiter = this.#first;
    if (waiter !== null) this.remove(waiter);
    return waiter;
  }

  remove(waiter: Waiter): void {
    if (waiter.previous === null) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === null) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
    waiter.previous = null;
    waiter.next = null;
    waiter.list = null;
  }
}
