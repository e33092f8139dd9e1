// The standard streams of this OS process, for guests and for the VM's own texts.
//
// Output. Writes to descriptors 1 and 2 are collected in one buffer and handed on at the next
// turn of the event loop, when the buffer fills, when the stream changes, or by `flush`: so the
// order between the two streams is kept, and a thousand small writes cost a few system calls.
// Everything goes out by `fs.writeSync`, in order, at once. Pipes and sockets are non-blocking (Node.js makes them so when
// `process.stdout` is opened): when one is full, the rest is given to Node's own stream, which waits for the
// reader without holding up the thread, and nothing else is written until that is done (O2).
//
// Input. Node's stream is opened at the first question, reads one chunk ahead at most, and holds the event loop only
// while somebody waits.
//
// Invariants
// O1  Bytes accepted come out in the order of acceptance, over both streams.
// O2  While a write is with Node's stream, `#pending` grows and nothing is written past it.
// O3  A reader that has gone (EPIPE) is no error: what is meant for it is dropped, and `onClosed` is told once.

import fs from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import {
  type HostEnvironment,
  INPUT_NOTHING_YET,
  type InputSource,
  type OutputSink,
  type WriteOutcome,
} from './environment.ts';
import { MAX_OUTPUT_BACKLOG_BYTES, OUTPUT_BUFFER_BYTES } from './limits.ts';

/** A run of bytes for one stream. */
interface Portion {
  readonly fd: 1 | 2;
  readonly bytes: Uint8Array;
}

export class NodeOutput implements OutputSink {
  /** Called once per stream when its reader has gone; the program should end quietly. */
  onClosed: ((fd: 1 | 2) => void) | null = null;
  /** Why a stream could not be written to, other than that its reader has gone: a full device. Null: all is well. */
  failure: { readonly fd: 1 | 2; readonly code: string } | null = null;
  readonly #streams: { readonly 1: () => Writable; readonly 2: () => Writable };
  /** Collected bytes, all for `#bufferFd`. */
  #buffer = new Uint8Array(OUTPUT_BUFFER_BYTES);
  #buffered = 0;
  #bufferFd: 1 | 2 = 1;
  #flushDue = false;
  /** What waits behind a write that Node's stream is busy with (O2), oldest first. */
  #pending: Portion[] = [];
  #pendingBytes = 0;
  #busy = false;
  #wakes: (() => void)[] = [];
  #state = { 1: STREAM_NEW, 2: STREAM_NEW };
  readonly #opened: { 1: Writable | null; 2: Writable | null } = { 1: null, 2: null };

  /** `streams` gives Node's stream of a descriptor: opened at most once, at the first use of the descriptor. */
  constructor(streams = { 1: (): Writable => process.stdout, 2: (): Writable => process.stderr }) {
    this.#streams = streams;
  }

  /** True while bytes are waiting for a slow reader. */
  get busy(): boolean {
    return this.#busy;
  }

  // Hot: one call per guest print.
  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome {
    const state = this.#state[fd];
    if (state === STREAM_CLOSED) return 'accepted';
    if (state === STREAM_FAILED) return 'failed';
    if (this.#pendingBytes >= MAX_OUTPUT_BACKLOG_BYTES) return 'full';
    if (fd !== this.#bufferFd || bytes.length > OUTPUT_BUFFER_BYTES - this.#buffered) {
      this.#passOn();
      this.#bufferFd = fd;
      if (bytes.length > OUTPUT_BUFFER_BYTES) {
        this.#emit({ fd, bytes: bytes.slice() });
        return 'accepted';
      }
    }
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
    if (!this.#flushDue) {
      this.#flushDue = true;
      setImmediate(() => {
        this.#flushDue = false;
        this.#passOn();
      });
    }
    return 'accepted';
  }

  onDrain(wake: () => void): void {
    if (this.#busy) this.#wakes.push(wake);
    else wake();
  }

  /** Hands on what is collected. With a slow reader some of it may still be on its way: see `drained`. */
  flush(): void {
    this.#passOn();
  }

  /** Resolves when everything accepted so far has been taken by the operating system, or its reader has gone. */
  async drained(): Promise<void> {
    this.#passOn();
    while (this.#busy) await new Promise<void>((resolve) => this.onDrain(resolve));
  }

  #passOn(): void {
    if (this.#buffered === 0) return;
    const bytes = this.#buffer.subarray(0, this.#buffered);
    this.#buffered = 0;
    this.#emit({ fd: this.#bufferFd, bytes: this.#busy ? bytes.slice() : bytes });
  }

  /** `portion.bytes` may be the buffer itself if nothing is busy: it is written, or copied, before this returns. */
  #emit(portion: Portion): void {
    if (this.#busy) {
      this.#pending.push(portion);
      this.#pendingBytes += portion.bytes.length;
      return;
    }
    this.#writeNow(portion);
  }

  #writeNow(portion: Portion): void {
    const { fd, bytes } = portion;
    if (this.#state[fd] === STREAM_NEW) this.#open(fd);
    let done = 0;
    while (done < bytes.length && this.#state[fd] === STREAM_OPEN) {
      try {
        done += fs.writeSync(fd, bytes, done);
      } catch (error) {
        const code = errorCode(error);
        if (code === 'EINTR') continue;
        if (code === 'EAGAIN') return this.#writeLater(fd, bytes.slice(done));
        this.#broken(fd, code);
      }
    }
  }

  /** Opening Node's stream makes a pipe or socket non-blocking; files and terminals need no stream. */
  #open(fd: 1 | 2): void {
    this.#state[fd] = STREAM_OPEN;
    const kind = fileKind(fd);
    if (kind === 'closed') this.#state[fd] = STREAM_CLOSED;
    else if (kind === 'stream') this.#stream(fd);
  }

  #stream(fd: 1 | 2): Writable {
    const known = this.#opened[fd];
    if (known !== null) return known;
    const stream = this.#streams[fd]();
    this.#opened[fd] = stream;
    // The error of a write also arrives at its callback, but Node ends the process if nobody listens here.
    stream.on('error', (error) => this.#broken(fd, errorCode(error)));
    return stream;
  }

  #writeLater(fd: 1 | 2, bytes: Uint8Array): void {
    this.#busy = true;
    this.#stream(fd).write(bytes, (error) => {
      if (error) this.#broken(fd, errorCode(error));
      this.#busy = false;
      this.#resume();
    });
  }

  /** Writes what waited, until the reader is slow again or all is out; then lets writers go on. */
  #resume(): void {
    let next = 0;
    while (next < this.#pending.length && !this.#busy) {
      const portion = this.#pending[next++] as Portion;
      this.#pendingBytes -= portion.bytes.length;
      this.#writeNow(portion);
    }
    this.#pending.splice(0, next);
    const wakes = this.#wakes;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }

  #broken(fd: 1 | 2, code: string): void {
    if (this.#state[fd] !== STREAM_OPEN) return;
    const closed = code === 'EPIPE' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED';
    this.#state[fd] = closed ? STREAM_CLOSED : STREAM_FAILED;
    if (!closed) this.failure ??= { fd, code };
    if (closed && this.onClosed !== null) this.onClosed(fd);
  }
}

export class NodeInput implements InputSource {
  readonly #open: () => Readable & { unref?(): unknown; ref?(): unknown };
  #stream: (Readable & { unref?(): unknown; ref?(): unknown }) | null = null;
  /** Bytes that have arrived and were not asked for yet. */
  #chunk: Uint8Array = NO_BYTES;
  #ended = false;
  #waiting = new Set<() => void>();

  constructor(open = (): Readable => process.stdin) {
    this.#open = open;
  }

  /** Readers waiting: while there are any, the outside can wake a process. */
  get waiters(): number {
    return this.#waiting.size;
  }

  read(target: Uint8Array): number {
    if (target.length === 0) return 0;
    if (this.available() === INPUT_NOTHING_YET) return INPUT_NOTHING_YET;
    const count = Math.min(target.length, this.#chunk.length);
    target.set(this.#chunk.subarray(0, count));
    this.#chunk = this.#chunk.subarray(count);
    return count;
  }

  available(): number {
    if (this.#chunk.length !== 0 || this.#ended) return this.#chunk.length;
    // Also for those who only ask and never wait; without a waiter the stream does not hold the event loop.
    this.#start();
    return INPUT_NOTHING_YET;
  }

  onReadable(wake: () => void): () => void {
    if (this.available() !== INPUT_NOTHING_YET) {
      wake();
      return NOTHING_TO_WITHDRAW;
    }
    // A fresh function each time, so that two requests of one process are two entries.
    const entry = (): void => wake();
    this.#waiting.add(entry);
    this.#stream?.ref?.();
    return () => {
      if (this.#waiting.delete(entry) && this.#waiting.size === 0) this.#rest();
    };
  }

  #start(): void {
    if (this.#stream === null) {
      const stream = this.#open();
      this.#stream = stream;
      stream.on('data', (chunk: Uint8Array) => {
        this.#chunk = this.#chunk.length === 0 ? chunk : Buffer.concat([this.#chunk, chunk]);
        this.#wakeAll();
      });
      stream.on('end', () => this.#end());
      // A broken input ends, as the reader of a pipe sees its writer gone.
      stream.on('error', () => this.#end());
      stream.on('close', () => this.#end());
    }
    if (this.#waiting.size === 0) this.#stream.unref?.();
    this.#stream.resume();
  }

  #rest(): void {
    this.#stream?.pause();
    this.#stream?.unref?.();
  }

  #end(): void {
    this.#ended = true;
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#rest();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}

/** The environment of a VM on this machine. */
export function nodeEnvironment(clock: Clock, random: Random, output: OutputSink, input: InputSource): HostEnvironment {
  return {
    clock,
    cpuNs: () => {
      const usage = process.cpuUsage();
      return BigInt(usage.user + usage.system) * 1000n;
    },
    random,
    output,
    input,
    isTerminal: defaultIsTerminal,
  };
}

/** Whether a descriptor is a terminal. Most are no device at all; for those node:tty, which is half of Node's networking, is not loaded. */
export function defaultIsTerminal(fd: 0 | 1 | 2): boolean {
  return fileKind(fd) === 'device' && process.getBuiltinModule('node:tty').isatty(fd);
}

/** `stream`: a pipe or socket, which can be full. `device`: a terminal, say. `closed`: not open. */
function fileKind(fd: number): 'stream' | 'file' | 'device' | 'closed' {
  let stat: fs.Stats;
  try {
    stat = fs.fstatSync(fd);
  } catch (error) {
    if (errorCode(error) === 'EBADF') return 'closed';
    throw error;
  }
  if (stat.isFIFO() || stat.isSocket()) return 'stream';
  return stat.isCharacterDevice() ? 'device' : 'file';
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EIO';
}

const NO_BYTES = new Uint8Array(0);
const NOTHING_TO_WITHDRAW = (): void => {};

const STREAM_NEW = 0;
const STREAM_OPEN = 1;
/** Its reader has gone, or it was never open: what is written is dropped. */
const STREAM_CLOSED = 2;
const STREAM_FAILED = 3;
