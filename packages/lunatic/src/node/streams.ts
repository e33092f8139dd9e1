// Standard streams of guests that are not those of this OS process: output kept in memory, or handed to a function; input that is
// known beforehand.

import type { InputSource, OutputSink, WriteOutcome } from '../host/environment.ts';
import { DEFAULT_CAPTURE_BYTES } from './limits.ts';

/** Keeps what guests print. Beyond its bound a write fails for the guest as on a full disk; nothing kept is lost. */
export class CapturedOutput implements OutputSink {
  readonly maxBytes: number;
  readonly #chunks: { readonly fd: 1 | 2; readonly bytes: Uint8Array }[] = [];
  #totalBytes = 0;

  constructor(options: { readonly maxBytes?: number } = {}) {
    this.maxBytes = options.maxBytes ?? DEFAULT_CAPTURE_BYTES;
  }

  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome {
    if (this.#totalBytes + bytes.length > this.maxBytes) return 'failed';
    this.#totalBytes += bytes.length;
    this.#chunks.push({ fd, bytes: bytes.slice() });
    return 'accepted';
  }

  onDrain(wake: () => void): void {
    wake();
  }

  /** All that was printed on standard output (1) or standard error (2). */
  bytes(fd: 1 | 2): Uint8Array {
    return Buffer.concat(this.#chunks.filter((chunk) => chunk.fd === fd).map((chunk) => chunk.bytes));
  }

  /** The same as text; what is not UTF-8 becomes U+FFFD. */
  text(fd: 1 | 2): string {
    return new TextDecoder().decode(this.bytes(fd));
  }
}

/** Hands what guests print to functions, as it comes: a call is one write of a guest, not a line. `bytes` is the receiver's to keep. */
export class OutputToFunctions implements OutputSink {
  readonly #stdout: (bytes: Uint8Array) => void;
  readonly #stderr: (bytes: Uint8Array) => void;

  constructor(stdout: (bytes: Uint8Array) => void, stderr: (bytes: Uint8Array) => void) {
    this.#stdout = stdout;
    this.#stderr = stderr;
  }

  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome {
    const own = bytes.slice();
    // Later, and outside the guest's call: what the embedder throws there is its own, and never seen by the guest.
    queueMicrotask(() => (fd === 1 ? this.#stdout : this.#stderr)(own));
    return 'accepted';
  }

  onDrain(wake: () => void): void {
    wake();
  }
}

/** Input that is there from the start, then ends. */
export class FixedInput implements InputSource {
  #rest: Uint8Array;

  constructor(content: string | Uint8Array) {
    this.#rest = typeof content === 'string' ? new TextEncoder().encode(content) : content.slice();
  }

  read(target: Uint8Array): number {
    const count = Math.min(target.length, this.#rest.length);
    target.set(this.#rest.subarray(0, count));
    this.#rest = this.#rest.subarray(count);
    return count;
  }

  available(): number {
    return this.#rest.length;
  }

  onReadable(wake: () => void): () => void {
    wake();
    return NOTHING_TO_WITHDRAW;
  }
}

const NOTHING_TO_WITHDRAW = (): void => {};
