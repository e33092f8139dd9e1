// What code that is not the VM's has thrown, read with care: it may be anything, a revoked proxy, an object without a prototype, an error
// whose message is a getter that throws.

import { AssertionError } from './assert.ts';

/** A bug of ours, which goes on to the top. */
export function isOurBug(thrown: unknown): boolean {
  try {
    return thrown instanceof AssertionError;
  } catch {
    return false;
  }
}

/** In one line: name and message of an error, anything else as text. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return 'something was thrown that has no description';
  }
}

/** The stack of an error; undefined where there is none. */
export function stackOfThrown(thrown: unknown): string | undefined {
  try {
    return thrown instanceof Error && thrown.stack !== undefined ? String(thrown.stack) : undefined;
  } catch {
    return undefined;
  }
}
