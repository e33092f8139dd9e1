// Channels on their way between processes: parked under a number that travels inside a message. Each can be taken once.
//
// The numbers are random: whoever was not sent one cannot take the channel.

import type { Random } from '../../base/random.ts';
import { MAX_PARKED_CHANNELS } from '../limits.ts';
import type { Channel } from './channel.ts';

export class ParkedChannels {
  readonly #random: Random;
  readonly #channels = new Map<number, Channel>();
  readonly #pool = new Uint32Array(POOL_WORDS);
  #used = POOL_WORDS;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#channels.size;
  }

  /** A number from 1 to 2^53 - 1; undefined if too many are parked. */
  park(channel: Channel): number | undefined {
    if (this.#channels.size >= MAX_PARKED_CHANNELS) return undefined;
    let number = this.#draw();
    while (number === 0 || this.#channels.has(number)) number = this.#draw();
    channel.retain();
    this.#channels.set(number, channel);
    return number;
  }

  /** The channel, with the hold that `park` took on it now the caller's. */
  take(number: number): Channel | undefined {
    const channel = this.#channels.get(number);
    if (channel !== undefined) this.#channels.delete(number);
    return channel;
  }

  #draw(): number {
    if (this.#used + 2 > POOL_WORDS) {
      this.#random.fill(new Uint8Array(this.#pool.buffer));
      this.#used = 0;
    }
    const low = this.#pool[this.#used++];
    const high = this.#pool[this.#used++] & HIGH_MASK;
    return high * 2 ** 32 + low;
  }
}

/** Drawn in batches: a request to the system costs more than a kilobyte of its answer. */
const POOL_WORDS = 256;

/** 21 bits, which with the 32 low ones make 53. */
const HIGH_MASK = 0x1fffff;
