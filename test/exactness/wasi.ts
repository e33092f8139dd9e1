// What guests see of the world here: the part of `wasi_snapshot_preview1` that compiled programs use to start, print and end,
// with the same answers in every run. Time goes on by a fixed step per question, random bytes come from a seed, standard input gives few
// bytes at a time.
//
// The host writes down every call that it answered, with its arguments and the output. A call that stops (`stopping`) has no effect and
// is not written down: it comes again.
//
// Spec: witx of wasi_snapshot_preview1, as pinned in packages/lunatic/src/host/wasi_preview1/table.ts.

import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import {
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
  FILETYPE_CHARACTER_DEVICE,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
} from '../../packages/lunatic/src/host/wasi_preview1/numbers.ts';

export const WASI_MODULE = 'wasi_snapshot_preview1';

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
/** Odd and small, so that lines and characters of several bytes are torn apart. */
const MAX_READ_BYTES = 5;
const FIRST_TIME_NS = 1_800_000_000_000_000_000n;
const TIME_STEP_NS = 1_234_567n;
const CLOCKS = 4;
const RANDOM_SEED = 7;
const FDSTAT_BYTES = 24;

/** What a program is given. */
export interface Given {
  /** With the name of the program as the first. */
  readonly args: readonly string[];
  readonly env: { readonly [name: string]: string };
  readonly stdin: string;
}

/** Thrown by `proc_exit`, through the guest's frames. */
export class GuestExit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

type Answer = (...args: never[]) => number;

/** One per run. `memory` must be set before the first call. */
export class DeterministicWasi {
  memory: WebAssembly.Memory | undefined;
  readonly imports: WebAssembly.ModuleImports;
  /** The calls that were answered, in order. */
  readonly calls: string[] = [];
  /** What was written to standard output and standard error. */
  readonly output: readonly [stdout: Uint8Array[], stderr: Uint8Array[]] = [[], []];
  readonly #args: readonly Uint8Array[];
  readonly #environ: readonly Uint8Array[];
  #stdin: Uint8Array;
  #nowNs = FIRST_TIME_NS;
  readonly #random = new SeededRandom(RANDOM_SEED);

  /** `stopping` is asked first in every call: 1 means that this call must do nothing, see Adapter.hostCalled. */
  constructor({ args, env, stdin }: Given, stopping: () => number) {
    const encode = (text: string) => new TextEncoder().encode(text);
    this.#args = args.map((arg) => encode(`${arg}\0`));
    this.#environ = Object.entries(env).map(([name, value]) => encode(`${name}=${value}\0`));
    this.#stdin = encode(stdin);
    const answers: { readonly [name: string]: Answer } = {
      args_sizes_get: (count: number, size: number) => this.#writeSizes(this.#args, count, size),
      args_get: (pointers: number, buffer: number) => this.#writeStrings(this.#args, pointers, buffer),
      environ_sizes_get: (count: number, size: number) => this.#writeSizes(this.#environ, count, size),
      environ_get: (pointers: number, buffer: number) => this.#writeStrings(this.#environ, pointers, buffer),
      clock_time_get: (clock: number, _precision: bigint, time: number) => this.#clockTime(clock, time),
      random_get: (buffer: number, length: number) => this.#fillRandomly(buffer, length),
      fd_write: (fd: number, vectors: number, count: number, written: number) =>
        this.#write(fd, vectors, count, written),
      fd_read: (fd: number, vectors: number, count: number, read: number) => this.#read(fd, vectors, count, read),
      fd_close: (fd: number) => (fd <= STDERR ? ERRNO_SUCCESS : ERRNO_BADF),
      fd_fdstat_get: (fd: number, stat: number) => this.#describe(fd, stat),
      fd_seek: (fd: number) => (fd <= STDERR ? ERRNO_SPIPE : ERRNO_BADF),
      proc_exit: (code: number) => {
        throw new GuestExit(code);
      },
    };
    this.imports = {};
    for (const [name, answer] of Object.entries(answers)) {
      this.imports[name] = (...args: unknown[]) => {
        if (stopping() === 1) return 0;
        this.calls.push(`${name}(${args.join(', ')})`);
        // The rewrite keeps signatures, and compiled programs declare those of the witx.
        return answer(...(args as never[]));
      };
    }
  }

  /** Text of standard output. */
  stdout(): string {
    return Buffer.concat(this.output[0]).toString();
  }

  stderr(): string {
    return Buffer.concat(this.output[1]).toString();
  }

  #buffer(): ArrayBuffer {
    if (this.memory === undefined) throw new TypeError('a host call before the memory is known');
    return this.memory.buffer;
  }

  #view(): DataView {
    return new DataView(this.#buffer());
  }

  #writeSizes(strings: readonly Uint8Array[], count: number, size: number): number {
    const view = this.#view();
    view.setUint32(count, strings.length, true);
    view.setUint32(
      size,
      strings.reduce((sum, { length }) => sum + length, 0),
      true,
    );
    return ERRNO_SUCCESS;
  }

  #writeStrings(strings: readonly Uint8Array[], pointers: number, buffer: number): number {
    const view = this.#view();
    const memory = new Uint8Array(this.#buffer());
    let at = buffer;
    strings.forEach((string, i) => {
      view.setUint32(pointers + 4 * i, at, true);
      memory.set(string, at);
      at += string.length;
    });
    return ERRNO_SUCCESS;
  }

  #clockTime(clock: number, time: number): number {
    if (clock >>> 0 >= CLOCKS) return ERRNO_INVAL;
    this.#nowNs += TIME_STEP_NS;
    this.#view().setBigUint64(time, this.#nowNs, true);
    return ERRNO_SUCCESS;
  }

  #fillRandomly(buffer: number, length: number): number {
    this.#random.fill(new Uint8Array(this.#buffer(), buffer, length));
    return ERRNO_SUCCESS;
  }

  /** The parts of memory that an array of `iovec` names. */
  #parts(vectors: number, count: number): Uint8Array[] {
    const view = this.#view();
    return Array.from({ length: count }, (_, i) => {
      const at = vectors + 8 * i;
      return new Uint8Array(this.#buffer(), view.getUint32(at, true), view.getUint32(at + 4, true));
    });
  }

  #write(fd: number, vectors: number, count: number, written: number): number {
    if (fd !== STDOUT && fd !== STDERR) return ERRNO_BADF;
    const bytes = Buffer.concat(this.#parts(vectors, count));
    this.output[fd === STDOUT ? 0 : 1].push(bytes);
    this.#view().setUint32(written, bytes.length, true);
    return ERRNO_SUCCESS;
  }

  #read(fd: number, vectors: number, count: number, read: number): number {
    if (fd !== STDIN) return ERRNO_BADF;
    let total = 0;
    for (const part of this.#parts(vectors, count)) {
      const taken = this.#stdin.subarray(0, Math.min(part.length, MAX_READ_BYTES - total));
      part.set(taken);
      this.#stdin = this.#stdin.subarray(taken.length);
      total += taken.length;
    }
    this.#view().setUint32(read, total, true);
    return ERRNO_SUCCESS;
  }

  /** All three are terminals: the C library then writes line by line, which makes more calls. */
  #describe(fd: number, stat: number): number {
    if (fd > STDERR) return ERRNO_BADF;
    new Uint8Array(this.#buffer(), stat, FDSTAT_BYTES).fill(0);
    const view = this.#view();
    view.setUint8(stat, FILETYPE_CHARACTER_DEVICE);
    view.setBigUint64(stat + 8, BigInt(fd === STDIN ? RIGHT_FD_READ : RIGHT_FD_WRITE), true);
    return ERRNO_SUCCESS;
  }
}
