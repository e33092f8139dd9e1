import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '../base/clock.ts';
import { EventLoopDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { SLICE_PREEMPTED } from '../scheduler/task.ts';
import { ActorSystem } from './actor_system.ts';
import { MAX_MESSAGE_BYTES } from './limits.ts';
import { MAILBOX_FULL, NO_PROCESS, SENT } from './message.ts';
import type { Process } from './process.ts';
import { buildMessage, ProcessEndedError, type ProcessFunction, type Received, spawnFunction } from './ts_process.ts';

function start(limits = {}): { system: ActorSystem; spawn: (run: ProcessFunction) => Process } {
  const system = new ActorSystem({
    scheduler: new Scheduler({ clock: new SystemClock(), driver: new EventLoopDriver() }),
    limits,
  });
  system.scheduler.start();
  return {
    system,
    spawn: (run) => {
      const proc = spawnFunction(system, run);
      assert.ok(proc !== null);
      return proc;
    },
  };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const show = (received: Received | null): string =>
  received?.kind === 'data' ? new TextDecoder().decode(received.bytes) : (received?.kind ?? 'timeout');

test('TypeScript processes talk, select by tag, and end normally', async () => {
  const { system, spawn } = start();
  const log: string[] = [];
  const server = spawn(async (self) => {
    self.register('server');
    log.push(show(await self.receive({ tags: [-2n, 1n << 40n] })));
    log.push(show(await self.receive()));
    log.push(show(await self.receive({ timeoutMs: 0 })));
    log.push(show(await self.receive({ timeoutMs: 5 })));
  });
  const client = spawn(async (self) => {
    await self.sleep(1);
    const pid = self.whereIs('server') ?? 0;
    assert.equal(self.send(pid, text('untagged')), SENT);
    assert.equal(self.send(pid, text('tagged'), { tag: 1n << 40n }), SENT);
  });
  assert.equal((await system.waitExit(client.pid)).kind, 'normal');
  assert.equal((await system.waitExit(server.pid)).kind, 'normal');
  assert.deepEqual(log, ['tagged', 'untagged', 'timeout', 'timeout']);
  assert.equal(system.registry.get('server'), null);
  assert.equal(system.idleState(), 'ended');
  assert.equal(system.externalHandles, 0);
});

test('A rejection is a failure with message and stack, and takes linked processes along', async () => {
  const { system, spawn } = start();
  const parent = spawn(async (self) => {
    self.spawn(
      async () => {
        throw new RangeError('no good');
      },
      { link: 3n },
    );
    await self.receive();
  });
  const reason = await system.waitExit(parent.pid);
  assert.equal(reason.kind, 'linked');
  assert.ok(reason.kind === 'linked' && reason.reason.kind === 'error');
  assert.equal(reason.reason.message, 'RangeError: no good');
  assert.match(reason.reason.stack ?? '', /ts_process_test/);

  const thrower = spawn(() => {
    throw 'a string';
  });
  assert.deepEqual(await system.waitExit(thrower.pid), { kind: 'error', message: 'a string' });
});

test('Links and monitors reach TypeScript processes as messages', async () => {
  const { system, spawn } = start();
  const seen: unknown[] = [];
  const watcher = spawn(async (self) => {
    self.dieWhenLinkDies = false;
    const pid = self.spawn(async (child) => child.exit({ kind: 'exit', code: 4 }), { link: -7n });
    const ref = self.monitor(pid ?? 0);
    seen.push(await self.receive(), await self.receive(), { ref, pid });
  });
  await system.waitExit(watcher.pid);
  const [link, down, expected] = seen as [Received, Received, { ref: number; pid: number }];
  const reason = { kind: 'exit', code: 4 };
  assert.deepEqual(link, { kind: 'link-died', tag: -7n, pid: expected.pid, reason });
  assert.deepEqual(down, { kind: 'process-died', pid: expected.pid, ref: expected.ref, reason });
});

test('kill rejects what the process awaits, aborts its signal, and drops its later effects', async () => {
  const { system, spawn } = start();
  const log: string[] = [];
  const other = spawn(async (self) => {
    log.push(show(await self.receive()));
  });
  let aborted = false;
  const waiting = Promise.withResolvers<void>();
  const cleanedUp = Promise.withResolvers<void>();
  const victim = spawn(async (self) => {
    self.signal.addEventListener('abort', () => {
      aborted = true;
    });
    try {
      const received = self.receive();
      waiting.resolve();
      await received;
    } catch (error) {
      assert.ok(error instanceof ProcessEndedError);
      log.push(error.message);
      const later = async (): Promise<void> => {
        assert.equal(self.send(other.pid, text('ghost')), NO_PROCESS);
        self.kill(other.pid);
        self.link(other.pid);
        assert.equal(
          self.spawn(() => {}),
          null,
        );
        assert.equal(self.register('ghost'), false);
        await assert.rejects(self.receive(), ProcessEndedError);
        await assert.rejects(self.sleep(1), ProcessEndedError);
        log.push('dropped');
      };
      cleanedUp.resolve(later());
    } finally {
      log.push('finally');
    }
  });
  await waiting.promise;
  system.kill(victim.pid);
  assert.equal(aborted, true);
  await cleanedUp.promise;
  assert.equal(system.send(other.pid, buildMessage(text('real'))), SENT);
  await system.waitExit(other.pid);
  assert.deepEqual(log, [`process ${victim.pid} has ended: killed`, 'finally', 'dropped', 'real']);
});

test('A process awaits one thing at a time', async () => {
  const { system, spawn } = start();
  const proc = spawn(async (self) => {
    const first = self.receive({ timeoutMs: 5 });
    await assert.rejects(self.receive(), /one receive or sleep at a time/);
    await assert.rejects(self.sleep(1), TypeError);
    assert.equal(await first, null);
  });
  assert.equal((await system.waitExit(proc.pid)).kind, 'normal');
});

test('A full mailbox and an oversized message are told to the sender', async () => {
  const { system, spawn } = start({ maxMailboxMessages: 1, maxProcesses: 2 });
  const sink = spawn(async (self) => void (await self.receive({ tags: [1n] })));
  let released = 0;
  const resource = { kind: 'thing', release: () => released++ };
  const sender = spawn(async (self) => {
    assert.equal(
      self.spawn(() => {}),
      null,
      'the limit of processes',
    );
    await self.sleep(1);
    assert.equal(self.send(sink.pid, text('a')), SENT);
    assert.equal(self.send(sink.pid, text('b'), { resources: [resource] }), MAILBOX_FULL);
    assert.throws(() => self.send(sink.pid, new Uint8Array(MAX_MESSAGE_BYTES + 1)), RangeError);
    assert.equal(self.send(sink.pid, text('c'), { tag: 1n }), SENT, 'a message that is awaited needs no room');
  });
  assert.deepEqual(await system.waitExit(sender.pid), { kind: 'normal' });
  assert.equal(released, 1);
  assert.deepEqual(await system.waitExit(sink.pid), { kind: 'normal' });
});

test('Resources travel to the receiver and are not released on the way', async () => {
  const { system, spawn } = start();
  let released = 0;
  const resource = { kind: 'thing', release: () => released++ };
  let got: Received | null = null;
  const receiver = spawn(async (self) => {
    got = await self.receive();
  });
  spawn((self) => void self.send(receiver.pid, text('x'), { resources: [resource] }));
  await system.waitExit(receiver.pid);
  assert.deepEqual(
    (got as Received | null)?.kind === 'data' && (got as unknown as { resources: unknown[] }).resources,
    [resource],
  );
  assert.equal(released, 0);
});

test('A TypeScript process goes on beside one that never waits', async () => {
  const { system, spawn } = start();
  const busy = system.spawn({
    runSlice: (_proc, sliceMs) => {
      const end = performance.now() + sliceMs;
      while (performance.now() < end);
      return SLICE_PREEMPTED;
    },
    dispose: () => {},
  });
  let rounds = 0;
  const proc = spawn(async (self) => {
    for (; rounds < 50; rounds++) await self.sleep(0.1);
  });
  await system.waitExit(proc.pid);
  assert.equal(rounds, 50);
  system.kill(busy?.pid ?? 0);
  assert.equal(system.idleState(), 'ended');
});

test('Whatever a body throws ends its process, and nothing else', async () => {
  const { system, spawn } = start();
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const unreadable = Object.defineProperty(new Error(), 'message', {
    get: () => {
      throw revoked.proxy;
    },
  });
  for (const value of [revoked.proxy, Object.create(null), unreadable]) {
    const throws = (): never => {
      throw value;
    };
    for (const run of [throws, async () => throws()]) {
      const reason = await system.waitExit(spawn(run).pid);
      assert.equal(reason.kind, 'error');
    }
  }
});

test('Times that are none, and content that is no bytes, are refused', async () => {
  const { system, spawn } = start();
  const proc = spawn(async (self) => {
    for (const timeoutMs of [-1, Number.NaN]) {
      await assert.rejects(self.receive({ timeoutMs }), RangeError);
      await assert.rejects(self.sleep(timeoutMs), RangeError);
    }
    // As from a program without types.
    assert.throws(() => self.send(self.pid, 'text' as never), TypeError);
    assert.throws(() => self.send(self.pid, [1] as never), TypeError);
  });
  assert.deepEqual(await system.waitExit(proc.pid), { kind: 'normal' });
});
