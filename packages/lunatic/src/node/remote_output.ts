// Standard output of processes on other workers: written by the main thread, in the order of their frames. Nothing is read here: who wants
// standard input goes to the main worker (host/elsewhere.ts).

import { MAIN_WORKER } from '../actor/actor_system.ts';
import { FIRST_OF_UPPER_LAYERS } from '../actor/frames.ts';
import type { RemoteSignals } from '../actor/remote_signals.ts';
import { INPUT_NOTHING_YET, type InputSource, type OutputSink, type WriteOutcome } from '../host/environment.ts';
import { MAX_OUTPUT_AHEAD_BYTES } from './limits.ts';
import type { ThreadTransport } from './thread_transport.ts';

/** fd u8, bytes: to the main worker. */
const FRAME_OUTPUT = FIRST_OF_UPPER_LAYERS + 1;
/** fd u8, bytes taken u32, whether the stream is broken u8: the answer. */
const FRAME_OUTPUT_TAKEN = FIRST_OF_UPPER_LAYERS + 2;

export class RemoteOutput implements OutputSink {
  #remote: RemoteSignals | null = null;
  #transport: ThreadTransport | null = null;
  #aheadBytes = 0;
  #wakes: (() => void)[] = [];
  readonly #failed = { 1: false, 2: false };

  connect(remote: RemoteSignals, transport: ThreadTransport): void {
    this.#remote = remote;
    this.#transport = transport;
    remote.handlers.set(FRAME_OUTPUT_TAKEN, (_, r) => {
      const fd = r.u8() === 1 ? 1 : 2;
      this.#aheadBytes -= r.u32();
      if (r.u8() !== 0) this.#failed[fd] = true;
      const wakes = this.#wakes;
      this.#wakes = [];
      for (const wake of wakes) wake();
    });
  }

  write(fd: 1 | 2, bytes: Uint8Array): WriteOutcome {
    const remote = this.#remote;
    if (remote === null || this.#failed[fd]) return 'failed';
    if (this.#aheadBytes >= MAX_OUTPUT_AHEAD_BYTES) return 'full';
    this.#aheadBytes += bytes.length;
    const w = remote.begin(FRAME_OUTPUT);
    w.u8(fd);
    w.raw(bytes);
    remote.post(MAIN_WORKER);
    this.#transport?.fenceOutput();
    return 'accepted';
  }

  onDrain(wake: () => void): void {
    if (this.#aheadBytes < MAX_OUTPUT_AHEAD_BYTES) wake();
    else this.#wakes.push(wake);
  }
}

/** At the main worker: writes what the others send. While the stream is full it is kept, and those who wrote it wait. */
export function serveOutput(remote: RemoteSignals, output: OutputSink): void {
  let kept: { readonly from: number; readonly fd: 1 | 2; readonly bytes: Uint8Array }[] = [];
  const taken = (from: number, fd: 1 | 2, count: number, failed: boolean): void => {
    const w = remote.begin(FRAME_OUTPUT_TAKEN);
    w.u8(fd);
    w.u32(count);
    w.u8(failed ? 1 : 0);
    remote.post(from);
  };
  const writeKept = (): void => {
    const waiting = kept;
    kept = [];
    for (const { from, fd, bytes } of waiting) write(from, fd, bytes);
  };
  const write = (from: number, fd: 1 | 2, bytes: Uint8Array): void => {
    const outcome = kept.length > 0 ? 'full' : output.write(fd, bytes);
    if (outcome !== 'full') {
      taken(from, fd, bytes.length, outcome === 'failed');
      return;
    }
    kept.push({ from, fd, bytes });
    if (kept.length === 1) output.onDrain(writeKept);
  };
  remote.handlers.set(FRAME_OUTPUT, (from, r) => {
    const fd = r.u8() === 1 ? 1 : 2;
    write(from, fd, r.rest());
  });
}

/** Where standard input is not. */
export const NO_INPUT: InputSource = {
  read: () => INPUT_NOTHING_YET,
  available: () => INPUT_NOTHING_YET,
  onReadable: () => () => {},
};
