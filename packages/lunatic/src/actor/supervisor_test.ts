import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '../base/clock.ts';
import { EventLoopDriver } from '../scheduler/driver.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { SLICE_WAITING } from '../scheduler/task.ts';
import { ActorSystem } from './actor_system.ts';
import { EXIT_KILLED, EXIT_NORMAL, EXIT_SHUTDOWN, type ExitReason, exitWithCode } from './exit_reason.ts';
import type { Process } from './process.ts';
import { type ChildSpec, functionChild, type SupervisorSpec, startSupervisor, supervise } from './supervisor.ts';

/** Children that log their start and end, found again by their id. */
function setUp(limits = {}) {
  const system = new ActorSystem({
    scheduler: new Scheduler({ clock: new SystemClock(), driver: new EventLoopDriver() }),
    limits,
  });
  system.scheduler.start();
  const log: string[] = [];
  const alive = new Map<string, Process>();
  const names = new Map<number, string>();
  system.onExit = (proc, reason) => {
    const name = names.get(proc.pid);
    if (name === undefined) return;
    log.push(`-${name} ${reason.kind}`);
    if (alive.get(name) === proc) alive.delete(name);
  };
  const child = (id: string, options: Omit<ChildSpec, 'id' | 'start'> = {}): ChildSpec => ({
    id,
    start: (supervisor) => {
      const proc = system.spawn({ runSlice: () => SLICE_WAITING, dispose: () => {} }, null, supervisor);
      if (proc === null) return null;
      log.push(`+${id}`);
      alive.set(id, proc);
      names.set(proc.pid, id);
      return proc;
    },
    ...options,
  });
  const start = async (spec: SupervisorSpec): Promise<Process> => {
    const supervisor = startSupervisor(system, spec);
    assert.ok(supervisor !== null);
    await settled();
    return supervisor;
  };
  /** Ends a child and lets the supervisor do its work. */
  const end = async (id: string, reason: ExitReason): Promise<string[]> => {
    log.length = 0;
    const proc = alive.get(id);
    assert.ok(proc !== undefined, `${id} is alive`);
    system.exit(proc, reason);
    await settled();
    return [...log];
  };
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { system, log, alive, child, start, end, settled };
}

const FAILED = exitWithCode(1);

test('one_for_one restarts the child that ended, and leaves the others', async () => {
  const t = setUp();
  const supervisor = await t.start({ children: ['a', 'b', 'c'].map((id) => t.child(id)) });
  assert.deepEqual(t.log, ['+a', '+b', '+c']);
  assert.deepEqual(await t.end('b', FAILED), ['-b exit', '+b']);
  assert.deepEqual(await t.end('b', EXIT_NORMAL), ['-b normal', '+b']);
  t.system.kill(supervisor.pid);
  assert.equal(t.alive.size, 0, 'its links end its children');
});

test('one_for_all ends the others in reverse order and starts all again', async () => {
  const t = setUp();
  const supervisor = await t.start({ strategy: 'one_for_all', children: ['a', 'b', 'c'].map((id) => t.child(id)) });
  assert.deepEqual(await t.end('b', FAILED), ['-b exit', '-c shutdown', '-a shutdown', '+a', '+b', '+c']);
  assert.equal(supervisor.isAlive, true);
  t.system.kill(supervisor.pid);
});

test('rest_for_one ends and restarts those started after the child', async () => {
  const t = setUp();
  const supervisor = await t.start({
    strategy: 'rest_for_one',
    children: ['a', 'b', 'c', 'd'].map((id) => t.child(id)),
  });
  assert.deepEqual(await t.end('b', FAILED), ['-b exit', '-d shutdown', '-c shutdown', '+b', '+c', '+d']);
  t.system.kill(supervisor.pid);
});

test('Several children that end at once are each counted and restarted once', async () => {
  const t = setUp();
  const supervisor = await t.start({ strategy: 'one_for_all', children: ['a', 'b', 'c'].map((id) => t.child(id)) });
  t.log.length = 0;
  for (const id of ['a', 'c']) t.system.exit(t.alive.get(id) as Process, FAILED);
  await t.settled();
  assert.deepEqual(t.log, ['-a exit', '-c exit', '-b shutdown', '+a', '+b', '+c']);
  // Here the notice of b comes while the end of c is awaited.
  t.log.length = 0;
  for (const id of ['a', 'b']) t.system.exit(t.alive.get(id) as Process, FAILED);
  await t.settled();
  assert.deepEqual(t.log, ['-a exit', '-b exit', '-c shutdown', '+a', '+b', '+c']);
  assert.equal(supervisor.isAlive, true);
  assert.deepEqual(await t.end('c', FAILED), ['-c exit', '-b shutdown', '-a shutdown', '+a', '+b', '+c']);
  t.system.kill(supervisor.pid);
});

test('transient children are restarted after failures only, temporary ones never', async () => {
  const t = setUp();
  const supervisor = await t.start({
    strategy: 'one_for_all',
    children: [
      t.child('transient', { restart: 'transient' }),
      t.child('temporary', { restart: 'temporary' }),
      t.child('p'),
    ],
  });
  assert.deepEqual(await t.end('transient', FAILED), [
    '-transient exit',
    '-p shutdown',
    '-temporary shutdown',
    '+transient',
    '+p',
  ]);
  assert.deepEqual(await t.end('transient', EXIT_SHUTDOWN), ['-transient shutdown']);
  assert.equal(supervisor.isAlive, true);
  t.system.kill(supervisor.pid);
});

test('Too many restarts in the period end all children, then the supervisor with shutdown', async () => {
  const t = setUp();
  const supervisor = await t.start({ intensity: 2, periodMs: 60_000, children: [t.child('a'), t.child('b')] });
  await t.end('a', FAILED);
  await t.end('b', FAILED);
  assert.deepEqual(await t.end('a', FAILED), ['-a exit', '-b shutdown']);
  assert.deepEqual(supervisor.exitReason, EXIT_SHUTDOWN);
  assert.equal(t.system.idleState(), 'ended');
});

test('Restarts that lie apart by more than the period go on for ever', async () => {
  const t = setUp();
  const supervisor = await t.start({ intensity: 1, periodMs: 1, children: [t.child('a')] });
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    await t.end('a', FAILED);
  }
  assert.equal(supervisor.isAlive, true);
  t.system.kill(supervisor.pid);
});

test('A child that cannot be started ends the supervisor, and those started before it', async () => {
  const t = setUp({ maxProcesses: 2 });
  const supervisor = await t.start({ children: [t.child('a'), t.child('b')] });
  assert.deepEqual(supervisor.exitReason, { kind: 'limit', limit: 'processes' });
  assert.deepEqual(t.log, ['+a', '-a shutdown']);
});

test('A child that traps links gets its time to end, and is killed after it', async () => {
  const t = setUp();
  const log: string[] = [];
  const patient = functionChild('patient', async (self) => {
    self.dieWhenLinkDies = false;
    const asked = await self.receive();
    log.push(asked?.kind === 'link-died' ? `patient: ${asked.reason.kind}` : 'patient: ?');
  });
  const stubborn = functionChild(
    'stubborn',
    async (self) => {
      self.dieWhenLinkDies = false;
      for (;;) log.push(`stubborn: ${(await self.receive())?.kind}`);
    },
    { shutdownMs: 20 },
  );
  const supervisor = await t.start({ strategy: 'one_for_all', children: [t.child('a'), patient, stubborn] });
  const reasons: string[] = [];
  const allEnded = new Promise<void>((resolve) => {
    t.system.onExit = (_proc, reason) => {
      if (reasons.push(reason.kind) === 3) resolve();
    };
  });
  t.system.exit(t.alive.get('a') as Process, FAILED);
  await allEnded;
  assert.deepEqual(log, ['stubborn: link-died', 'patient: shutdown']);
  assert.deepEqual(reasons, ['exit', 'killed', 'normal']);
  t.system.kill(supervisor.pid);
});

test('A tree of supervisors ends from the top, children before supervisors', async () => {
  const t = setUp();
  const sub = functionChild('sub', supervise({ children: [t.child('x'), t.child('y')] }), { shutdownMs: Infinity });
  const top = await t.start({ strategy: 'one_for_all', children: [t.child('a'), sub] });
  assert.deepEqual(t.log, ['+a', '+x', '+y']);
  assert.deepEqual(await t.end('a', FAILED), ['-a exit', '-y shutdown', '-x shutdown', '+a', '+x', '+y']);
  // Its own supervisor fails: it ends its children and itself.
  t.log.length = 0;
  t.system.exit(top, EXIT_KILLED);
  await t.settled();
  assert.equal(t.system.processCount, 0);
  assert.deepEqual(t.log.sort(), ['-a linked', '-x shutdown', '-y shutdown']);
});

test('supervise refuses words and numbers that mean nothing', () => {
  const start = () => null;
  const wrong: readonly [object, string, RegExp][] = [
    [{ children: 'none' }, 'TypeError', /are an array/],
    [{ children: [], strategy: 'one-for-one' }, 'TypeError', /strategy is one of one_for_one, .*, not one-for-one/],
    [{ children: [{ id: 'a', start, restart: 'always' }] }, 'TypeError', /restart is one of permanent, .*, not always/],
    [{ children: [{ id: 'a' }] }, 'TypeError', /the child "a" has no function `start`/],
    [{ children: [{ id: 'a', start, shutdownMs: NaN }] }, 'RangeError', /shutdownMs is a number from 0, not NaN/],
    [{ children: [], intensity: -1 }, 'RangeError', /intensity is a number from 0, not -1/],
    [{ children: [], periodMs: '5' }, 'RangeError', /periodMs is a number from 0, not 5/],
  ];
  for (const [spec, name, message] of wrong) assert.throws(() => supervise(spec as SupervisorSpec), { name, message });
});

test('Ids of children must be unique', () => {
  const t = setUp();
  assert.throws(() => supervise({ children: [t.child('a'), t.child('a')] }), TypeError);
});
