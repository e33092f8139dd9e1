// Handles of the early interface: numbers a process holds for channels and processes.
//
// 0, 1 and 2 are the standard streams, so the first handle is 3. Freed numbers are used again, the last one freed first.
// Spec: ABI reference 7.1.

import type { Channel } from './channel.ts';

export type EarlyObject =
  | Channel
  | { readonly kind: 'process'; readonly pid: number }
  /** What comes of a number that names no parked channel: can be dropped, and nothing else. */
  | { readonly kind: 'nothing' };

const FIRST_HANDLE = 3;

export class EarlyState {
  /**
   * Messages taken from a channel for which the guest is allocating memory, by the depth of that call. Those of calls that were given up stay until a
   * call of their depth, or of a lower one, comes or ends.
   */
  readonly delivered: (Uint8Array | undefined)[] = [];
  /** The message that a call is copying in portions, out of guest memory or to `copyPointer` in it; `HostState.progress` says how far. */
  copying: Uint8Array | null = null;
  copyPointer = 0;
  /** Index: handle - FIRST_HANDLE. */
  readonly #objects: (EarlyObject | undefined)[] = [];
  readonly #free: number[] = [];

  /** Handles in use. */
  get size(): number {
    return this.#objects.length - this.#free.length;
  }

  add(object: EarlyObject): number {
    if (object.kind === 'channel') object.retain();
    const handle = this.#free.pop() ?? this.#objects.length + FIRST_HANDLE;
    this.#objects[handle - FIRST_HANDLE] = object;
    return handle;
  }

  get(handle: number): EarlyObject | undefined {
    return this.#objects[handle - FIRST_HANDLE];
  }

  /** False if there is no such handle. */
  drop(handle: number): boolean {
    const object = this.get(handle);
    if (object === undefined) return false;
    if (object.kind === 'channel') object.release();
    this.#objects[handle - FIRST_HANDLE] = undefined;
    this.#free.push(handle);
    return true;
  }

  /** The process has ended. Releases what the handles hold, so that a channel nobody reaches gives its memory back. */
  dispose(): void {
    for (const object of this.#objects) {
      if (object !== undefined && object.kind === 'channel') object.release();
    }
    this.#objects.length = 0;
    this.#free.length = 0;
    this.delivered.length = 0;
    this.copying = null;
  }
}
