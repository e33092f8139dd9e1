// Bodies that have been written and wait for their section. They lie side by side in large chunks: memory of its own for each would
// cost more than what is written into it.

import type { ByteWriter } from '../wasm/writer.ts';

const FIRST_CHUNK_BYTES = 2 ** 14;
const MAX_CHUNK_BYTES = 2 ** 20;

export class BodyStore {
  #chunk = new Uint8Array(0);
  #used = 0;

  /** What `writer` holds; it may be cleared and used again. */
  keep(writer: ByteWriter): Uint8Array {
    const { length } = writer;
    if (this.#used + length > this.#chunk.length) {
      const chunkBytes = Math.min(Math.max(2 * this.#chunk.length, FIRST_CHUNK_BYTES), MAX_CHUNK_BYTES);
      this.#chunk = new Uint8Array(Math.max(length, chunkBytes));
      this.#used = 0;
    }
    const body = this.#chunk.subarray(this.#used, this.#used + length);
    writer.copyTo(body);
    this.#used += length;
    return body;
  }
}
