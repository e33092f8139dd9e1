// Shared by the tests of this folder: an actor system on a manual clock, and bodies made of a function.

import assert from 'node:assert/strict';
import { ManualClock } from '../base/clock.ts';
import type { HostDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { SLICE_WAITING, type SliceOutcome } from '../scheduler/task.ts';
import { ActorSystem } from './actor_system.ts';
import type { ActorLimits } from './limits.ts';
import { createMessage, type Message } from './message.ts';
import { FOREVER, type Process, RECEIVE_MESSAGE } from './process.ts';

export const NO_TAGS = new Int32Array(0);

export interface TestSystem {
  readonly system: ActorSystem;
  readonly clock: ManualClock;
  /** Runs what is runnable, lets time pass, and runs what that made runnable. */
  readonly run: (passMs?: number) => void;
  /** A process that runs `slice` at every wake; by default it waits for ever without receiving. */
  readonly spawn: (slice?: (proc: Process) => SliceOutcome, parent?: Process, tag?: number) => Process;
  /** How often each process was disposed of. */
  readonly disposed: Map<number, number>;
}

/** The scheduler is not started: tests call `run`. */
export function testSystem(limits: Partial<ActorLimits> = {}): TestSystem {
  const clock = new ManualClock();
  const driver: HostDriver = {
    requestTurn: () => assert.fail('not started'),
    armTimer: () => assert.fail('not started'),
    disarmTimer: () => {},
    close: () => {},
  };
  const system = new ActorSystem({ scheduler: new Scheduler({ clock, driver }), limits });
  const disposed = new Map<number, number>();
  return {
    system,
    clock,
    disposed,
    run: (passMs = 0) => {
      system.scheduler.drain();
      if (passMs === 0) return;
      clock.advance(passMs);
      system.scheduler.drain();
    },
    spawn: (slice = () => SLICE_WAITING, parent, tag = 0) => {
      const body = {
        runSlice: slice,
        dispose: (proc: Process) => void disposed.set(proc.pid, (disposed.get(proc.pid) ?? 0) + 1),
      };
      const proc = system.spawn(body, null, parent ?? null, tag, 0);
      assert.ok(proc !== null, 'below the limit of processes');
      return proc;
    },
  };
}

/** A message of one byte. */
export function byteMessage(value: number, tagLo = 0, tagHi = 0): Message {
  const message = createMessage(tagLo, tagHi);
  assert.ok(message.append(Uint8Array.of(value)));
  return message;
}

/** All that lies in the mailbox, taken out, as [kind, tag, pid, reason kind, first byte]. */
export function takeAll(
  proc: Process,
): readonly (readonly [number, number, number, string | undefined, number | undefined])[] {
  const all = [];
  while (proc.mailHead !== null) {
    assert.equal(proc.receive(NO_TAGS, 0, FOREVER), RECEIVE_MESSAGE);
    const message = proc.takeReceived();
    const byte = message.length > 0 ? message.bytes[0] : undefined;
    all.push([message.kind, message.tagLo, message.pid, message.reason?.kind, byte] as const);
    message.release();
  }
  return all;
}
