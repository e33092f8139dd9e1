import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SLICE_ENDED, SLICE_PREEMPTED, SLICE_WAITING } from '../scheduler/task.ts';
import { describeExitReason, EXIT_NORMAL, type ExitReason, exitWithCode } from './exit_reason.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import { NO_PROCESS } from './message.ts';
import {
  FOREVER,
  IO_NONE,
  IO_READY,
  IO_TIMEOUT,
  IO_WAIT,
  type Process,
  type ProcessBody,
  RECEIVE_MESSAGE,
  RECEIVE_TIMEOUT,
  RECEIVE_WAIT,
} from './process.ts';
import { TIMER_REFUSED } from './process_timers.ts';
import { NAME_PUT, NAME_TOO_LONG, REGISTRY_FULL } from './registry.ts';
import { byteMessage, NO_TAGS, takeAll, testSystem } from './test_system.ts';

test('spawn gives pids from 1 that are never used again, and null at the limit of processes', () => {
  const t = testSystem({ maxProcesses: 2 });
  const body: ProcessBody = { runSlice: () => SLICE_ENDED, dispose: () => {} };
  const pids = [t.system.spawn(body)?.pid, t.system.spawn(body)?.pid, t.system.spawn(body)?.pid];
  assert.deepEqual(pids, [1, 2, undefined]);
  t.run();
  assert.equal(t.system.processCount, 0);
  assert.equal(t.system.spawn(body)?.pid, 3);
  assert.equal(t.system.exists(1), false);
  assert.equal(t.system.send(1, byteMessage(1)), NO_PROCESS);
});

test('kill ends a waiting, a preempted and a never run process at once, each disposed of once', () => {
  const t = testSystem();
  const waiting = t.spawn();
  let slices = 0;
  const preempted = t.spawn(() => {
    slices++;
    return SLICE_PREEMPTED;
  });
  const fresh: Process[] = [];
  t.spawn(() => {
    fresh.push(t.spawn(() => assert.fail('killed before it ran')));
    for (const proc of [preempted, waiting, ...fresh]) {
      t.system.kill(proc.pid);
      assert.equal(proc.isAlive, false);
      t.system.kill(proc.pid);
    }
    return SLICE_ENDED;
  });
  t.system.kill(4711);
  t.run();
  assert.equal(slices, 1);
  assert.deepEqual([...t.disposed.values()], [1, 1, 1, 1]);
  assert.equal(waiting.exitReason?.kind, 'killed');
  assert.equal(t.system.idleState(), 'ended');
});

test('A process that kills itself runs on to its next stop, and the first reason stands', () => {
  const t = testSystem();
  const reasons: ExitReason[] = [];
  t.system.onExit = (_proc, reason) => reasons.push(reason);
  const proc = t.spawn((self) => {
    t.system.kill(self.pid);
    t.system.exit(self, exitWithCode(3));
    assert.equal(self.isAlive, true);
    assert.equal(t.system.exists(self.pid), true);
    return SLICE_WAITING;
  });
  t.run();
  assert.equal(proc.isAlive, false);
  assert.deepEqual(reasons, [{ kind: 'killed' }]);
});

test('P5: a wait asked for after a kill of oneself stops instead of answering', () => {
  const t = testSystem();
  const outcomes: unknown[] = [];
  t.spawn((self) => {
    t.system.kill(self.pid);
    outcomes.push(self.receive(NO_TAGS, 0, 0));
    return SLICE_WAITING;
  });
  t.spawn((self) => {
    t.system.kill(self.pid);
    outcomes.push(self.sleep(0));
    return SLICE_WAITING;
  });
  t.run();
  assert.deepEqual(outcomes, [RECEIVE_WAIT, false]);
  assert.equal(t.system.processCount, 0);
});

test('Killing another during a slice applies at once, and its timers and mailbox go', () => {
  const t = testSystem();
  const victim = t.spawn((self) => {
    self.receive(NO_TAGS, 0, 1000);
    return SLICE_WAITING;
  });
  t.run();
  t.spawn(() => {
    t.system.kill(victim.pid);
    assert.equal(t.system.exists(victim.pid), false);
    assert.equal(t.disposed.get(victim.pid), 1);
    return SLICE_ENDED;
  });
  t.run();
  assert.equal(t.system.scheduler.timerCount, 0);
  t.run(2000);
});

test('receive: timeout 0 looks once; a timeout wakes no earlier than asked; a message cancels it', () => {
  const t = testSystem();
  const outcomes: number[] = [];
  const proc = t.spawn((self) => {
    outcomes.push(self.receive(NO_TAGS, 0, 10));
    return SLICE_WAITING;
  });
  t.run(9.999);
  assert.deepEqual(outcomes, [RECEIVE_WAIT]);
  t.run(0.001);
  assert.deepEqual(outcomes, [RECEIVE_WAIT, RECEIVE_TIMEOUT]);
  assert.equal(proc.receive(NO_TAGS, 0, 0), RECEIVE_TIMEOUT);
  assert.equal(proc.receive(NO_TAGS, 0, 10), RECEIVE_WAIT);
  t.system.send(proc.pid, byteMessage(1));
  assert.equal(t.system.scheduler.timerCount, 0);
  t.run();
  assert.deepEqual(outcomes.slice(2), [RECEIVE_MESSAGE]);
});

test('sleep answers after its time, and messages meanwhile wait in the mailbox', () => {
  const t = testSystem();
  const log: boolean[] = [];
  const proc = t.spawn((self) => {
    log.push(self.sleep(5));
    return SLICE_WAITING;
  });
  t.run();
  t.system.send(proc.pid, byteMessage(1));
  t.run(4);
  assert.deepEqual(log, [false]);
  t.run(1);
  assert.deepEqual(log, [false, true]);
  assert.equal(takeAll(proc).length, 1);
});

test('P4: an answer to I/O reaches only the wait that asked for it', () => {
  const t = testSystem();
  let wakes = -1;
  const proc = t.spawn(() => {
    wakes++;
    return SLICE_WAITING;
  });
  t.run();
  assert.equal(proc.pollIo(), IO_NONE);
  const first = proc.beginIo(10);
  assert.equal(proc.pollIo(), IO_WAIT);
  assert.equal(t.system.pendingIo, 1);
  t.run(10);
  t.run();
  assert.equal(wakes, 1);
  assert.equal(proc.pollIo(), IO_TIMEOUT);
  assert.equal(t.system.pendingIo, 0);
  const second = proc.beginIo();
  assert.equal(proc.completeIo(first, 'late'), false);
  assert.equal(proc.completeIo(second, 'answer'), true);
  assert.equal(proc.completeIo(second, 'again'), false);
  assert.equal(proc.pollIo(), IO_READY);
  assert.equal(proc.takeIoValue(), 'answer');
  assert.equal(proc.takeIoValue(), undefined);
  assert.equal(proc.pollIo(), IO_NONE);
  const third = proc.beginIo();
  t.system.kill(proc.pid);
  assert.equal(t.system.pendingIo, 0);
  assert.equal(proc.completeIo(third, 'too late'), false);
});

test('idleState tells a deadlock from a wait that something can end', () => {
  const t = testSystem();
  assert.equal(t.system.idleState(), 'ended');
  const proc = t.spawn();
  assert.equal(t.system.idleState(), 'runnable');
  t.run();
  assert.equal(t.system.idleState(), 'deadlocked');
  t.system.retain();
  assert.equal(t.system.idleState(), 'waiting');
  t.system.release();
  assert.throws(() => t.system.release(), /release follows retain/);
  const token = proc.beginIo();
  assert.equal(t.system.idleState(), 'waiting');
  proc.completeIo(token, 0);
  t.run();
  proc.pollIo();
  proc.beginIo(FOREVER, false);
  assert.equal(t.system.idleState(), 'deadlocked', 'another process would have to answer');
  t.system.timers.sendAfter(proc.pid, byteMessage(1), proc.pid, 5);
  assert.equal(t.system.idleState(), 'waiting');
});

test('waitExit resolves with the reason, and with noproc for what does not exist', async () => {
  const t = testSystem();
  const proc = t.spawn();
  const both = [t.system.waitExit(proc.pid), t.system.waitExit(proc.pid), t.system.waitExit(99)];
  t.system.exit(proc, exitWithCode(7));
  const reasons = await Promise.all(both);
  assert.deepEqual(reasons, [{ kind: 'exit', code: 7 }, { kind: 'exit', code: 7 }, { kind: 'noproc' }]);
});

test('describeExitReason is one line that names the cause', () => {
  assert.equal(exitWithCode(0), EXIT_NORMAL);
  const linked: ExitReason = {
    kind: 'linked',
    pid: 3,
    reason: { kind: 'trap', message: 'unreachable', stack: 'at f' },
  };
  assert.equal(describeExitReason(linked), 'linked process 3 failed (trap: unreachable)');
  assert.equal(describeExitReason(exitWithCode(2)), 'exit code 2');
  assert.equal(describeExitReason({ kind: 'limit', limit: 'fuel' }), 'limit reached: fuel');
  assert.equal(describeExitReason({ kind: 'error', message: 'no' }), 'error: no');
});

test('The registry forgets local processes when they end, and keeps others', () => {
  const t = testSystem();
  const { registry } = t.system;
  const proc = t.spawn();
  const other = t.spawn();
  assert.equal(registry.put('a', 0, proc.pid), NAME_PUT);
  registry.put('b', 0, proc.pid);
  registry.put('far', 5, proc.pid);
  registry.put('c', 0, other.pid);
  registry.put('b', 0, other.pid);
  assert.deepEqual(registry.get('b'), { nodeId: 0, pid: other.pid });
  let seen: readonly string[] = [];
  t.system.onExit = (ended) => {
    seen = registry.namesOf(ended.pid);
  };
  t.system.kill(proc.pid);
  assert.deepEqual(seen, ['a'], 'a crash report can name it');
  assert.equal(registry.get('a'), null);
  assert.deepEqual(registry.get('far'), { nodeId: 5, pid: proc.pid });
  assert.equal(registry.remove('c'), true);
  assert.equal(registry.remove('c'), false);
  assert.equal(registry.put('b', 0, proc.pid), NAME_PUT);
  assert.equal(registry.get('b'), null, 'as if it had ended right after');
  assert.deepEqual([...registry.entries()].length, 1);
});

test('The registry keeps its bounds', () => {
  const t = testSystem({ maxNames: 2 });
  const { registry } = t.system;
  const proc = t.spawn();
  assert.equal(registry.put('x'.repeat(MAX_NAME_LENGTH + 1), 0, proc.pid), NAME_TOO_LONG);
  registry.put('a', 0, proc.pid);
  registry.put('b', 0, proc.pid);
  assert.equal(registry.put('c', 0, proc.pid), REGISTRY_FULL);
  assert.equal(registry.put('a', 0, proc.pid), NAME_PUT, 'overwriting needs no room');
});

test('sendAfter delivers after its delay, also when its sender has ended; cancel is exact', () => {
  const t = testSystem();
  const [sender, receiver] = [t.spawn(), t.spawn()];
  const { timers } = t.system;
  const kept = timers.sendAfter(sender.pid, byteMessage(1), receiver.pid, 10);
  const cancelled = timers.sendAfter(sender.pid, byteMessage(2), receiver.pid, 10);
  assert.deepEqual([kept, cancelled], [0, 1]);
  assert.equal(timers.cancel(receiver.pid, cancelled), false, 'not its own');
  assert.equal(timers.cancel(sender.pid, cancelled), true);
  assert.equal(timers.cancel(sender.pid, cancelled), false);
  t.run();
  t.system.kill(sender.pid);
  t.run(9);
  assert.deepEqual(takeAll(receiver), []);
  t.run(1);
  t.run();
  assert.equal(takeAll(receiver)[0]?.[4], 1);
  assert.equal(timers.cancel(sender.pid, kept), false, 'it has fired');
  assert.equal(timers.size, 0);
  timers.sendAfter(receiver.pid, byteMessage(3), sender.pid, 1);
  t.run(1);
  t.run();
  assert.equal(timers.size, 0, 'dropped: the receiver has ended');
});

test('sendAfter keeps its bounds per sender and in all, and counts down again', () => {
  const t = testSystem({ maxTimersPerProcess: 2, maxTimers: 3, maxTimerBytesPerProcess: 2000 });
  const { timers } = t.system;
  const send = (pid: number): number => timers.sendAfter(pid, byteMessage(1), 1, 10);
  assert.deepEqual([send(1), send(1), send(1), send(2), send(2)], [0, 1, TIMER_REFUSED, 2, TIMER_REFUSED]);
  t.clock.advance(10);
  t.run();
  const large = byteMessage(1);
  large.append(new Uint8Array(4000));
  assert.equal(timers.sendAfter(1, large, 1, 10), TIMER_REFUSED);
  assert.equal(send(1), 3);
});

test('A message that is sent while its receiver is queued or running is not lost', () => {
  const t = testSystem();
  const got: number[] = [];
  const proc: Process = t.spawn((self) => {
    if (got.length === 0) t.system.send(self.pid, byteMessage(1));
    while (self.receive(NO_TAGS, 0, FOREVER) === RECEIVE_MESSAGE) {
      const message = self.takeReceived();
      got.push(message.bytes[0] as number);
      message.release();
      if (got.length === 1) t.system.send(self.pid, byteMessage(2));
    }
    return SLICE_WAITING;
  });
  t.system.send(proc.pid, byteMessage(0));
  t.run();
  t.system.send(proc.pid, byteMessage(3));
  t.system.send(proc.pid, byteMessage(4));
  t.run();
  assert.deepEqual(got, [0, 1, 2, 3, 4]);
});
