import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomBelow, SeededRandom } from '../base/random.ts';
import { SLICE_ENDED, SLICE_WAITING } from '../scheduler/task.ts';
import type { ExitReason } from './exit_reason.ts';
import { MESSAGE_LINK_DIED, MESSAGE_PROCESS_DIED } from './message.ts';
import type { Process } from './process.ts';
import { byteMessage, takeAll, testSystem } from './test_system.ts';

const TRAP: ExitReason = { kind: 'trap', message: 'unreachable' };

test('A failure ends linked processes with the first cause, over any distance', () => {
  const t = testSystem();
  const [a, b, c, apart] = [t.spawn(), t.spawn(), t.spawn(), t.spawn()];
  t.system.link(a, b.pid);
  t.system.link(c, b.pid);
  t.run();
  t.system.exit(a, TRAP);
  assert.deepEqual(b.exitReason, { kind: 'linked', pid: a.pid, reason: TRAP });
  assert.equal(c.exitReason, b.exitReason, 'one object, however long the chain');
  assert.equal(apart.isAlive, true);
  assert.deepEqual([...t.disposed.values()], [1, 1, 1]);
});

test('A normal end is silent for links, and removes them', () => {
  const t = testSystem();
  const a = t.spawn(() => SLICE_ENDED);
  const b = t.spawn();
  b.dieWhenLinkDies = false;
  t.system.link(a, b.pid, 4);
  t.run();
  assert.equal(a.exitReason?.kind, 'normal');
  assert.equal(b.isAlive, true);
  assert.deepEqual(takeAll(b), []);
  assert.equal(b.peers?.links?.size, 0);
});

test('With dieWhenLinkDies off, a failure becomes a message with the tag of this side, the pid and the reason', () => {
  const t = testSystem();
  const parent = t.spawn();
  parent.dieWhenLinkDies = false;
  const child = t.spawn(() => SLICE_WAITING, parent, 42);
  t.system.exit(child, TRAP);
  assert.deepEqual(takeAll(parent), [[MESSAGE_LINK_DIED, 42, child.pid, 'trap', undefined]]);

  const orphan = t.spawn(() => SLICE_WAITING, parent, 42);
  orphan.dieWhenLinkDies = false;
  t.system.kill(parent.pid);
  assert.deepEqual(takeAll(orphan), [[MESSAGE_LINK_DIED, 0, parent.pid, 'killed', undefined]], 'the child has no tag');
});

test('A link-died message wakes a receive for its tag and no other', () => {
  const t = testSystem();
  let outcomes: number[] = [];
  const tags = Int32Array.of(9, 0);
  const waiter = t.spawn((proc) => {
    outcomes.push(proc.receive(tags, 1, -1));
    return SLICE_WAITING;
  });
  waiter.dieWhenLinkDies = false;
  const [other, awaited] = [t.spawn(), t.spawn()];
  t.system.link(waiter, other.pid, 8);
  t.system.link(waiter, awaited.pid, 9);
  t.run();
  outcomes = [];
  t.system.kill(other.pid);
  t.run();
  assert.deepEqual(outcomes, []);
  t.system.kill(awaited.pid);
  t.run();
  assert.deepEqual(outcomes, [0]);
  assert.equal(waiter.takeReceived().kind, MESSAGE_LINK_DIED);
});

test('Linking again replaces the tag on both sides; unlink removes both; linking to oneself does nothing', () => {
  const t = testSystem();
  const [a, b] = [t.spawn(), t.spawn()];
  a.dieWhenLinkDies = false;
  t.system.link(a, b.pid, 1);
  t.system.link(b, a.pid, 2);
  t.system.link(a, a.pid, 3);
  assert.equal(a.peers?.links?.size, 1);
  const c = t.spawn();
  t.system.link(a, c.pid, 5);
  t.system.unlink(c, a.pid);
  t.system.unlink(c, 999_999);
  t.system.kill(c.pid);
  t.system.kill(b.pid);
  assert.deepEqual(takeAll(a), [[MESSAGE_LINK_DIED, 2, b.pid, 'killed', undefined]]);
});

test('Linking to a process that does not exist counts as its failure', () => {
  const t = testSystem();
  const gone = t.spawn(() => SLICE_ENDED);
  t.run();
  const traps = t.spawn();
  traps.dieWhenLinkDies = false;
  t.system.link(traps, gone.pid, 6);
  assert.deepEqual(takeAll(traps), [[MESSAGE_LINK_DIED, 6, gone.pid, 'noproc', undefined]]);
  const dies = t.spawn();
  t.system.link(dies, 12345);
  assert.deepEqual(dies.exitReason, { kind: 'linked', pid: 12345, reason: { kind: 'noproc' } });
});

test('A process that fails itself by a link while running ends when its slice does', () => {
  const t = testSystem();
  let after = false;
  const proc = t.spawn((self) => {
    t.system.link(self, 12345);
    assert.equal(self.killRequested, true);
    assert.equal(self.isAlive, true);
    after = true;
    return SLICE_WAITING;
  });
  t.run();
  assert.equal(after, true);
  assert.equal(proc.exitReason?.kind, 'linked');
  assert.equal(t.disposed.get(proc.pid), 1);
});

test('A monitor fires once per watcher at every end, and says who and why', () => {
  const t = testSystem();
  const watcher = t.spawn();
  const ends = t.spawn(() => SLICE_ENDED);
  const fails = t.spawn();
  t.system.monitor(watcher, ends.pid);
  t.system.monitor(watcher, ends.pid);
  t.system.monitor(watcher, fails.pid);
  const left = t.spawn();
  t.system.monitor(watcher, left.pid);
  t.system.stopMonitoring(watcher, left.pid);
  t.run();
  t.system.exit(fails, TRAP);
  t.system.kill(left.pid);
  t.system.monitor(watcher, 777);
  assert.deepEqual(takeAll(watcher), [
    [MESSAGE_PROCESS_DIED, 0, ends.pid, 'normal', undefined],
    [MESSAGE_PROCESS_DIED, 0, fails.pid, 'trap', undefined],
    [MESSAGE_PROCESS_DIED, 0, 777, 'noproc', undefined],
  ]);
  assert.equal(watcher.isAlive, true);
});

test('Every monitorWithRef is a monitor of its own', () => {
  const t = testSystem();
  const [watcher, target] = [t.spawn(), t.spawn()];
  const refs = [0, 1, 2].map(() => t.system.monitorWithRef(watcher, target.pid));
  t.system.monitor(watcher, target.pid);
  assert.equal(t.system.demonitor(watcher, refs[1] as number), true);
  assert.equal(t.system.demonitor(watcher, refs[1] as number), false);
  assert.equal(t.system.demonitor(target, refs[0] as number), false, 'not its own');
  t.system.kill(target.pid);
  const got: number[] = [];
  for (let message = watcher.mailHead; message !== null; message = message.next) got.push(message.ref);
  assert.deepEqual(got.sort(), [0, refs[0], refs[2]]);
  assert.equal(t.system.demonitor(watcher, refs[0] as number), false, 'it has fired');
});

test('A watcher that ends leaves nothing with those it watched', () => {
  const t = testSystem();
  const [watcher, target] = [t.spawn(), t.spawn()];
  for (let i = 0; i < 20; i++) t.system.monitorWithRef(watcher, target.pid);
  t.system.monitor(watcher, target.pid);
  t.system.kill(watcher.pid);
  assert.equal(target.peers?.watchers?.size, 0);
});

test('Order between two processes is kept for messages and the notice of an end', () => {
  const t = testSystem();
  const receiver = t.spawn();
  receiver.dieWhenLinkDies = false;
  const sender = t.spawn((proc) => {
    t.system.send(receiver.pid, byteMessage(1));
    t.system.send(receiver.pid, byteMessage(2));
    proc.exitReason = TRAP;
    return SLICE_ENDED;
  });
  t.system.link(receiver, sender.pid);
  t.system.monitor(receiver, sender.pid);
  t.run();
  assert.deepEqual(
    takeAll(receiver).map(([kind, , , , byte]) => [kind, byte]),
    [
      [0, 1],
      [0, 2],
      [MESSAGE_LINK_DIED, undefined],
      [MESSAGE_PROCESS_DIED, undefined],
    ],
  );
});

test('Notices get room beyond a full mailbox, and end the process when even that is full', () => {
  const t = testSystem({ maxMailboxMessages: 2 });
  const watcher = t.spawn();
  t.system.send(watcher.pid, byteMessage(1));
  t.system.send(watcher.pid, byteMessage(2));
  for (let i = 0; i < 2; i++) t.system.monitor(watcher, 1000 + i);
  assert.equal(watcher.isAlive, true);
  t.system.monitor(watcher, 2000);
  assert.deepEqual(watcher.exitReason, { kind: 'limit', limit: 'mailbox' });
});

test('A3: a chain of 100,000 links ends without recursion, and in slices', () => {
  const t = testSystem();
  const count = 100_000;
  const chain: Process[] = [];
  for (let i = 0; i < count; i++) {
    const proc = t.spawn();
    const before = chain.at(-1);
    if (before !== undefined) t.system.link(proc, before.pid);
    chain.push(proc);
  }
  const middle = chain[count / 2] as Process;
  t.system.exit(middle, TRAP);
  assert.ok(t.system.processCount > count / 2, 'no more than a batch at once');
  t.run();
  assert.equal(t.system.processCount, 0);
  assert.equal(t.disposed.size, count);
  assert.deepEqual(chain[0]?.exitReason, { kind: 'linked', pid: middle.pid, reason: TRAP });
  assert.deepEqual(chain.at(-1)?.exitReason, chain[0]?.exitReason);
});

test('A3: the end of a hub with 50,000 links and monitors is told to all', () => {
  const t = testSystem();
  const hub = t.spawn();
  const spokes = Array.from({ length: 50_000 }, (_, i) => {
    const spoke = t.spawn();
    spoke.dieWhenLinkDies = i % 2 === 0;
    t.system.link(spoke, hub.pid, i);
    t.system.monitor(spoke, hub.pid);
    return spoke;
  });
  t.system.exit(hub, TRAP);
  // L2: what unlinks while the signal is on its way hears nothing.
  const late = spokes.at(-1) as Process;
  const told = late.mailCount;
  t.system.unlink(late, hub.pid);
  t.run();
  assert.equal(told, 0, 'the last has not been reached by the first batch');
  assert.equal(t.system.processCount, 25_000);
  for (const [i, spoke] of spokes.entries()) {
    const kinds = takeAll(spoke).map((message) => message[0]);
    if (i % 2 === 0) assert.equal(spoke.exitReason?.kind, 'linked');
    else if (spoke !== late) assert.deepEqual(kinds, [MESSAGE_LINK_DIED, MESSAGE_PROCESS_DIED]);
    else assert.deepEqual(kinds, [MESSAGE_PROCESS_DIED]);
  }
});

test('L1 L3: links and monitors stay two-sided under random operations and ends', () => {
  const seed = Date.now() >>> 0;
  const random = new SeededRandom(seed);
  const t = testSystem();
  const procs: Process[] = [];
  const pick = (): Process => procs[randomBelow(random, procs.length)] as Process;
  for (let step = 0; step < 20_000; step++) {
    if (procs.length < 30) {
      const proc = t.spawn(
        () => SLICE_WAITING,
        procs.length > 0 && randomBelow(random, 2) === 0 ? pick() : undefined,
        3,
      );
      proc.dieWhenLinkDies = randomBelow(random, 4) === 0;
      procs.push(proc);
    }
    const [a, b] = [pick(), pick()];
    switch (randomBelow(random, 8)) {
      case 0:
      case 1:
        t.system.link(a, b.pid, step);
        break;
      case 2:
        t.system.unlink(a, b.pid);
        break;
      case 3:
        t.system.monitor(a, b.pid);
        break;
      case 4:
        t.system.stopMonitoring(a, b.pid);
        break;
      case 5:
        t.system.monitorWithRef(a, b.pid);
        break;
      case 6:
        t.system.demonitor(a, randomBelow(random, step + 1));
        break;
      default:
        if (randomBelow(random, 4) === 0) t.system.kill(a.pid);
    }
    t.run();
    for (let i = procs.length - 1; i >= 0; i--) {
      if (!procs[i]?.isAlive) procs.splice(i, 1);
    }
    if (step % 20 === 0) checkTwoSided(t.system.processes(), t.system, `seed ${seed}, step ${step}`);
    for (const proc of procs) takeAll(proc);
  }
  for (const times of t.disposed.values()) assert.equal(times, 1);
});

function checkTwoSided(
  procs: Iterable<Process>,
  system: { find(pid: number): Process | undefined },
  context: string,
): void {
  for (const proc of procs) {
    for (const { pid } of proc.peers?.links?.entries() ?? []) {
      assert.ok(system.find(pid)?.peers?.links?.get(proc.pid), `link ${proc.pid} - ${pid}: ${context}`);
    }
    for (const { key, pid } of proc.peers?.watching?.entries() ?? []) {
      const otherKey = key < 0 ? key : proc.pid;
      assert.ok(system.find(pid)?.peers?.watchers?.get(otherKey), `monitor ${proc.pid} of ${pid}: ${context}`);
    }
    for (const { key, pid } of proc.peers?.watchers?.entries() ?? []) {
      const otherKey = key < 0 ? key : proc.pid;
      assert.ok(system.find(pid)?.peers?.watching?.get(otherKey), `watcher ${pid} of ${proc.pid}: ${context}`);
    }
  }
}
