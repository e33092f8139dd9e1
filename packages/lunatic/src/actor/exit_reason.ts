// Why a process ended: a value, never an Error. Printed in crash reports, sent in notices of death.

const LIMIT_NAMES = [
  'fuel',
  'memory',
  'stack',
  'mailbox',
  'message',
  'processes',
  'timers',
  'names',
  'links',
  'instances',
] as const;

/** The bound a process ran into. */
export type LimitName = (typeof LIMIT_NAMES)[number];

export type ExitReason =
  /** The body returned, or asked to exit with code 0. */
  | { readonly kind: 'normal' }
  /** The guest asked to exit with a code other than 0. */
  | { readonly kind: 'exit'; readonly code: number }
  /** WebAssembly aborted; `stack` is the guest's stack with function names, one a line, innermost first. */
  | { readonly kind: 'trap'; readonly message: string; readonly stack?: string }
  /** A TypeScript body threw or rejected. */
  | { readonly kind: 'error'; readonly message: string; readonly stack?: string }
  | { readonly kind: 'killed' }
  /** A supervisor asked it to end. */
  | { readonly kind: 'shutdown' }
  /** A linked process failed. `pid` and `reason` are of the first in the chain, not of the neighbour. */
  | { readonly kind: 'linked'; readonly pid: number; readonly reason: ExitReason }
  | { readonly kind: 'limit'; readonly limit: LimitName }
  /** There was no such process (any more) when a link or a monitor was asked for. */
  | { readonly kind: 'noproc' };

export const EXIT_NORMAL: ExitReason = Object.freeze({ kind: 'normal' });
export const EXIT_KILLED: ExitReason = Object.freeze({ kind: 'killed' });
export const EXIT_SHUTDOWN: ExitReason = Object.freeze({ kind: 'shutdown' });
export const EXIT_NOPROC: ExitReason = Object.freeze({ kind: 'noproc' });
export const EXIT_LINKS_LIMIT: ExitReason = Object.freeze({ kind: 'limit', limit: 'links' });
export const EXIT_MAILBOX_LIMIT: ExitReason = Object.freeze({ kind: 'limit', limit: 'mailbox' });

/** The reason for a guest that exits with `code`: 0 is normal. */
export function exitWithCode(code: number): ExitReason {
  return code === 0 ? EXIT_NORMAL : { kind: 'exit', code };
}

/**
 * A reason from code that is not the VM's, with the fields of its kind and no others: it may go to other threads, and into reports. Throws TypeError for
 * what is no reason.
 */
export function copyExitReason(given: ExitReason): ExitReason {
  switch (given?.kind) {
    case 'normal':
    case 'killed':
    case 'shutdown':
    case 'noproc':
      return { kind: given.kind };
    case 'exit':
      if (Number.isInteger(given.code)) return { kind: 'exit', code: given.code };
      break;
    case 'trap':
    case 'error': {
      const { kind, message, stack } = given;
      if (typeof message !== 'string') break;
      return typeof stack === 'string' ? { kind, message, stack } : { kind, message };
    }
    case 'linked':
      // A chain is told by its first link alone.
      if (Number.isSafeInteger(given.pid) && given.reason?.kind !== 'linked')
        return { kind: 'linked', pid: given.pid, reason: copyExitReason(given.reason) };
      break;
    case 'limit':
      if (LIMIT_NAMES.includes(given.limit)) return { kind: 'limit', limit: given.limit };
  }
  throw new TypeError('an exit reason is an object with a kind, and what belongs to that kind');
}

/** Failures fire links; a normal end is silent. */
export function isFailure(reason: ExitReason): boolean {
  return reason.kind !== 'normal';
}

/** The reason of a process that dies because the linked process `pid` failed with `reason`. */
export function linkedTo(pid: number, reason: ExitReason): ExitReason {
  // The first cause is passed on as it is: a chain of a million links makes one object, not a million nested ones.
  return reason.kind === 'linked' ? reason : { kind: 'linked', pid, reason };
}

/** One line without the stack: `trap: unreachable`. */
export function describeExitReason(reason: ExitReason): string {
  switch (reason.kind) {
    case 'normal':
    case 'killed':
    case 'shutdown':
      return reason.kind;
    case 'exit':
      return `exit code ${reason.code}`;
    case 'trap':
    case 'error':
      return `${reason.kind}: ${reason.message}`;
    case 'linked':
      return `linked process ${reason.pid} failed (${describeExitReason(reason.reason)})`;
    case 'limit':
      return `limit reached: ${reason.limit}`;
    case 'noproc':
      return 'no such process';
  }
}
