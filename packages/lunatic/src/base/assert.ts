// Checks of our own invariants. A failure is a bug of the VM, never of a guest: every boundary
// that catches errors rethrows AssertionError, so that the node dies loudly.

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** Throws AssertionError when `condition` is false. `message` states the invariant that was broken. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the end of a switch over a union: a type error if a case is missing, an AssertionError at run time. */
export function assertNever(value: never, what: string): never {
  throw new AssertionError(`${what}: unexpected ${String(value)}`);
}
