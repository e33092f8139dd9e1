// The standard streams of guests as an embedder gives them, made safe: they are called in the middle of a guest's call, or between two
// threads, where what they throw would end the VM.
//
// What such a stream throws is thrown again outside of the VM, where it is the embedder's to handle; for guests the stream is broken from
// then on: output fails (EIO), input has ended.

import { INPUT_NOTHING_YET, type InputSource, type OutputSink, type WriteOutcome } from '../host/environment.ts';

/** Throws TypeError for what is no sink. `tell` gets what it throws, once. */
export function guardOutput(sink: OutputSink, tell: (error: unknown) => void = throwLater): OutputSink {
  checkMethods('output', sink, ['write', 'onDrain']);
  const call = guard(tell);
  return {
    write: (fd, bytes) => call(() => checkedOutcome(sink.write(fd, bytes)), 'failed'),
    // Whoever is not woken any more finds the stream broken.
    onDrain: (wake) => call(() => sink.onDrain(wake), undefined, wake),
  };
}

/** Throws TypeError for what is no source. `tell` gets what it throws, once. */
export function guardInput(source: InputSource, tell: (error: unknown) => void = throwLater): InputSource {
  checkMethods('input', source, ['read', 'available', 'onReadable']);
  const call = guard(tell);
  return {
    read: (target) => call(() => checkedCount(source.read(target), target.length), 0),
    available: () => call(() => checkedCount(source.available(), Infinity), 0),
    onReadable: (wake) => {
      const withdraw = call(() => source.onReadable(wake), NOTHING_TO_WITHDRAW, wake);
      return () => call(withdraw, undefined);
    },
  };
}

/** Calls an embedder's code until it throws once; from then on answers `broken`, after `otherwise`, if given. */
function guard(
  tell: (error: unknown) => void,
): <Result>(action: () => Result, broken: Result, otherwise?: () => void) => Result {
  let isBroken = false;
  return (action, broken, otherwise) => {
    if (!isBroken) {
      try {
        return action();
      } catch (error) {
        isBroken = true;
        tell(error);
      }
    }
    otherwise?.();
    return broken;
  };
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
