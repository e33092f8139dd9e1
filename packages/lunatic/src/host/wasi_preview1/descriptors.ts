// The descriptor table of a process: what fd_* functions act on.
//
// A process that only prints never has one: until it closes, renumbers or changes a
// standard stream, descriptors 0 to 2 are the shared, immutable entries below.

import type { HostState } from '../state.ts';
import { ERRNO_BADF, ERRNO_SUCCESS } from './numbers.ts';

export type Descriptor =
  | { readonly kind: 'input'; flags: number }
  | { readonly kind: 'output'; readonly fd: 1 | 2; flags: number };

export class DescriptorTable {
  readonly entries: (Descriptor | undefined)[];

  constructor() {
    this.entries = STANDARD.map((entry) => ({ ...entry }));
  }

  get(fd: number): Descriptor | undefined {
    return this.entries[fd];
  }

  /** EBADF if it is not open. */
  close(fd: number): number {
    if (this.entries[fd] === undefined) return ERRNO_BADF;
    this.entries[fd] = undefined;
    return ERRNO_SUCCESS;
  }

  /** Moves `from` to the number `to`, closing what was there. EBADF if either is not open. */
  renumber(from: number, to: number): number {
    const entry = this.entries[from];
    if (entry === undefined || this.entries[to] === undefined) return ERRNO_BADF;
    if (from === to) return ERRNO_SUCCESS;
    this.close(to);
    this.entries[to] = entry;
    this.entries[from] = undefined;
    return ERRNO_SUCCESS;
  }
}

/** What `fd` is for this process; undefined if it is not open. For reading: use `ownDescriptors` before a change. */
export function descriptorOf(state: HostState, fd: number): Descriptor | undefined {
  return state.descriptors === null ? STANDARD[fd] : state.descriptors.get(fd);
}

/** The process's own table, made on first use. */
export function ownDescriptors(state: HostState): DescriptorTable {
  state.descriptors ??= new DescriptorTable();
  return state.descriptors;
}

const STANDARD: readonly Descriptor[] = [
  { kind: 'input', flags: 0 },
  { kind: 'output', fd: 1, flags: 0 },
  { kind: 'output', fd: 2, flags: 0 },
];
