// Errors that the host reports: an id in a table of this process, with a text.

import { errorDrop, errorStringSize, errorToString } from "./bindings/process";

/** Adds the host's text to `what`, and drops the error. */
export function withError(what: string, errorId: u64): string {
  const size = <usize>errorStringSize(errorId);
  const bytes = heap.alloc(size);
  errorToString(errorId, bytes);
  errorDrop(errorId);
  const text = what + ": " + String.UTF8.decodeUnsafe(bytes, size);
  heap.free(bytes);
  return text;
}
