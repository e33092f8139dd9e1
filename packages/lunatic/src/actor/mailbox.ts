// The mailbox of a process: messages in order of arrival, linked through themselves, head and tail in the process record.
//
// Invariants
// B1  Order of arrival is kept; a search takes the oldest match and leaves all others as they were.
// B2  `mailCount` and `mailBytes` are the sums over the list.
// B3  A list of tags is pairs of signed 32-bit words (low, high), as i64 values lie in memory. Untagged messages match no list,
//     and a tag 0 in a list matches nothing. An empty list matches every message.
// B4  A position saved by an unfinished search stays valid: only the owner removes messages, and only by searching.
//
// Spec: ABI reference 2.4, without its reordering bug.

import type { ActorLimits } from './limits.ts';
import { MAX_MAILBOX_SCAN } from './limits.ts';
import type { Message } from './message.ts';
import type { Process } from './process.ts';

/** Appends, unless that exceeds `factor` times the bounds, or what all processes may hold. Returns whether it did. */
export function mailboxAppend(proc: Process, message: Message, limits: ActorLimits, factor: number): boolean {
  const { held } = proc.system;
  const cost = message.costBytes();
  const bytes = proc.mailBytes + cost;
  if (proc.mailCount >= limits.maxMailboxMessages * factor || bytes > limits.maxMailboxBytes * factor) return false;
  if (!held.hasRoom(cost, proc.mailBytes)) return false;
  append(proc, message, cost);
  return true;
}

/** Appends a message that was in this mailbox before the process moved here: no bound is looked at again. */
export function mailboxRestore(proc: Process, message: Message): void {
  append(proc, message, message.costBytes());
}

function append(proc: Process, message: Message, cost: number): void {
  proc.system.held.bytes += cost;
  message.next = null;
  if (proc.mailTail === null) proc.mailHead = message;
  else proc.mailTail.next = message;
  proc.mailTail = message;
  proc.mailCount++;
  proc.mailBytes += cost;
}

/** Takes the oldest message. */
export function mailboxTakeFirst(proc: Process): Message | null {
  const message = proc.mailHead;
  if (message !== null) unlinkAfter(proc, null, message);
  return message;
}

/** How a search ended; the message, or the place to go on from, is in `mailboxSearch.message`. */
export type SearchOutcome = typeof SEARCH_FOUND | typeof SEARCH_NONE | typeof SEARCH_UNFINISHED;
export const SEARCH_FOUND = 0;
export const SEARCH_NONE = 1;
export const SEARCH_UNFINISHED = 2;

/** The second result of `searchMailbox`, without an object per call. */
export const mailboxSearch: { message: Message | null } = { message: null };

/**
 * Takes the oldest message that matches one of the tags and comes after `from` (null: from the start). Looks at no more than
 * MAX_MAILBOX_SCAN messages: SEARCH_UNFINISHED leaves the last one looked at as the next `from`.
 */
export function searchMailbox(proc: Process, tags: Int32Array, tagCount: number, from: Message | null): SearchOutcome {
  let before = from;
  let message = before === null ? proc.mailHead : before.next;
  let left = Math.max(1, Math.floor(MAX_MAILBOX_SCAN / tagCount));
  while (message !== null) {
    if (matchesTags(message, tags, tagCount)) {
      unlinkAfter(proc, before, message);
      mailboxSearch.message = message;
      return SEARCH_FOUND;
    }
    before = message;
    message = message.next;
    if (--left === 0 && message !== null) {
      mailboxSearch.message = before;
      return SEARCH_UNFINISHED;
    }
  }
  mailboxSearch.message = null;
  return SEARCH_NONE;
}

/** B3. */
export function matchesTags(message: Message, tags: Int32Array, tagCount: number): boolean {
  if (tagCount === 0) return true;
  const lo = message.tagLo;
  const hi = message.tagHi;
  if ((lo | hi) === 0) return false;
  for (let i = 0; i < tagCount; i++) {
    if (tags[2 * i] === lo && tags[2 * i + 1] === hi) return true;
  }
  return false;
}

/** Drops everything, at the end of the process. */
export function clearMailbox(proc: Process): void {
  // A large mailbox is left to the collector in one piece, unless its resources must be released one by one.
  if (proc.mailCount <= CLEAR_ONE_BY_ONE || proc.mailHasResources) {
    let message = proc.mailHead;
    while (message !== null) {
      const next: Message | null = message.next;
      message.release();
      message = next;
    }
  }
  proc.system.held.bytes -= proc.mailBytes;
  proc.mailHead = null;
  proc.mailTail = null;
  proc.mailCount = 0;
  proc.mailBytes = 0;
}

function unlinkAfter(proc: Process, before: Message | null, message: Message): void {
  if (before === null) proc.mailHead = message.next;
  else before.next = message.next;
  if (proc.mailTail === message) proc.mailTail = before;
  message.next = null;
  proc.mailCount--;
  const cost = message.costBytes();
  proc.mailBytes -= cost;
  proc.system.held.bytes -= cost;
}

const CLEAR_ONE_BY_ONE = 64;
