// The standard streams of guests as an embedder gives them, made safe: they are called in the middle of a guest's call, or between two
// threads, where what they throw would end the VM.
//
// What such a stream throws is thrown again outside of the VM, where it is the embedder's to handle; for guests the stream is broken from
// then on: output fails (EIO), input has ended.

import { INPUT_NOTHING_YET, type InputSource, type OutputSink, type WriteOutcome } from '../host/environment.ts';

/** Throws TypeError for what is no sink. `tell` gets what it throws, once. */
export function guardOutput(sink: OutputSink, tell: (error: unknown) => void = throwLater): OutputSink {
  checkMethods('output', sink, ['write', 'onDrain']);
  const guard = new Guard(tell);
  return {
    write: (fd, bytes) => guard.call(() => checkedOutcome(sink.write(fd, bytes)), 'failed'),
    onDrain: (wake) => {
      const woken = guard.waiter(wake);
      guard.call(() => sink.onDrain(woken), undefined);
    },
  };
}

/** Throws TypeError for what is no source. `tell` gets what it throws, once. */
export function guardInput(source: InputSource, tell: (error: unknown) => void = throwLater): InputSource {
  checkMethods('input', source, ['read', 'available', 'onReadable']);
  const guard = new Guard(tell);
  return {
    read: (target) => guard.call(() => checkedCount(source.read(target), target.length), 0),
    available: () => guard.call(() => checkedCount(source.available(), Infinity), 0),
    onReadable: (wake) => {
      const woken = guard.waiter(wake);
      const withdraw = guard.call(() => source.onReadable(woken), NOTHING_TO_WITHDRAW);
      return () => {
        guard.forget(woken);
        guard.call(withdraw, undefined);
      };
    },
  };
}

/** Calls an embedder's code until it throws once. Who waits for it then is woken, and finds the stream broken. */
class Guard {
  readonly #tell: (error: unknown) => void;
  readonly #waiters = new Set<() => void>();
  #isBroken = false;

  constructor(tell: (error: unknown) => void) {
    this.#tell = tell;
  }

  call<Result>(action: () => Result, broken: Result): Result {
    if (!this.#isBroken) {
      try {
        return action();
      } catch (error) {
        this.#isBroken = true;
        this.#tell(error);
      }
    }
    for (const woken of this.#waiters) woken();
    return broken;
  }

  /** What to give the stream instead of `wake`; calls it once. */
  waiter(wake: () => void): () => void {
    const woken = (): void => {
      if (this.#waiters.delete(woken)) wake();
    };
    this.#waiters.add(woken);
    return woken;
  }

  forget(woken: () => void): void {
    this.#waiters.delete(woken);
  }
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

function checkedOutcome(outcome: WriteOutcome): WriteOutcome {
  if (outcome === 'accepted' || outcome === 'full' || outcome === 'failed') return outcome;
  throw new TypeError(`output.write returned ${String(outcome)}, which is none of accepted, full, failed`);
}

function checkedCount(count: number, max: number): number {
  if (count === INPUT_NOTHING_YET || (Number.isInteger(count) && count >= 0 && count <= max)) return count;
  throw new TypeError(`input gave ${String(count)} as a number of bytes`);
}

export function checkMethods(what: string, value: object, names: readonly string[]): void {
  for (const name of names) {
    if (typeof value !== 'object' || value === null || typeof Reflect.get(value, name) !== 'function')
      throw new TypeError(`${what} has no function \`${name}\``);
  }
}

const NOTHING_TO_WITHDRAW = (): void => {};
