// Tags and links made by the kit. All are negative, so they never meet a program's own; each is used once per process.

/** The first message of a spawned process: its context. */
export const CONTEXT_TAG: i64 = i64.MIN_VALUE;

let lastTag: i64 = 0;

/** A tag that this process has not used before. */
export function freshTag(): i64 {
  return --lastTag;
}
