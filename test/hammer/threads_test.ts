// The processes of worker.wat on several threads: placed at random, moved at random, and all the while sending, linking and killing as on one. Each checks that
// what it gets from another comes once and in order; nobody may end for a reason that no one gave, and everybody who lives answers in the end.
//
// LUNATIC_HAMMER_SEEDS=1000 for a longer form, LUNATIC_HAMMER_SEED to begin with another seed. Threads do not repeat exactly: a seed gives the same
// processes, not the same times.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { describeExitReason, type ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { createMessage } from '../../packages/lunatic/src/actor/message.ts';
import { PidSpace } from '../../packages/lunatic/src/actor/pid_space.ts';
import { spawnFunction } from '../../packages/lunatic/src/actor/ts_process.ts';
import { randomBelow, SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { encodeParameters } from '../../packages/lunatic/src/node/parameters.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { type StartedNode, startNode } from '../../packages/lunatic/src/node/start_node.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import type { ThreadTransport } from '../../packages/lunatic/src/node/thread_transport.ts';
import { areOthersStuck } from '../../packages/lunatic/src/node/workers.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';
import { I64 } from '../../packages/lunatic/src/wasm/types.ts';
import { isExpected } from './expected_ends.ts';

const SEEDS = Number(process.env.LUNATIC_HAMMER_SEEDS ?? 3);
const FIRST_SEED = Number(process.env.LUNATIC_HAMMER_SEED ?? 1);
const ROOTS = 40;
const GENERATIONS = 2n;
const MAX_PROCESSES = 300;
const ASK_TAG = 9;
const NOBODY = 2_000;
/** worker.wat has tables of this many processes of the main thread, and as many of others. */
const MAX_PIDS = 8_192;
const MAX_ORDINAL = 1_000;
const DEADLINE_MS = 120_000;

const source = assemble(readFileSync(path.join(import.meta.dirname, 'worker.wat'), 'utf8'));

/** Resolves when `condition` holds. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < deadline, what);
    await setTimeout(2);
  }
}

function transportOf({ node }: StartedNode): ThreadTransport {
  return node.system.remote?.transport as ThreadTransport; // startNode has made it
}

/** From now on spawns go anywhere, and at the end of a turn processes are given away at random. */
function scatter({ node }: StartedNode, workers: number, seed: number): void {
  const random = new SeededRandom(seed);
  const travel = node.system.remote?.travel;
  node.engine.placement = () => randomBelow(random, workers);
  const endTurn = node.scheduler.onTurnEnd;
  node.scheduler.onTurnEnd = () => {
    if (randomBelow(random, 2) === 0)
      travel?.giveAway(1 + randomBelow(random, workers - 1), 1 + randomBelow(random, 8));
    endTurn?.();
  };
}

function highestPid(transport: ThreadTransport): number {
  const { workers } = transport;
  const space = new PidSpace(0, workers);
  const pairs = Array.from({ length: workers * workers }, (_, k) => [Math.floor(k / workers), k % workers] as const);
  return Math.max(
    ...pairs.slice(1).map(([spawner, home]) => space.pid(spawner, home, transport.numberedBy(spawner, home))),
  );
}

/** More than were ever given. */
function* everyPid(workers: number): IterableIterator<number> {
  const space = new PidSpace(0, workers);
  for (let spawner = 0; spawner < workers; spawner++)
    for (let home = 0; home < workers; home++)
      for (let ordinal = 0; ordinal < MAX_ORDINAL; ordinal++) yield space.pid(spawner, home, ordinal);
}

async function hammer(workers: number, seed: number): Promise<{ moved: number; ends: number; alive: number }> {
  const vm = startNode({
    output: new CapturedOutput(),
    input: new FixedInput(''),
    limits: { maxProcesses: MAX_PROCESSES },
    workers,
  });
  const { node, pool } = vm;
  const { system } = node;
  const transport = transportOf(vm);
  const reasons = new Map<number, ExitReason>();
  node.onProcessEnd = (pid, reason) => reasons.set(pid, reason);
  let crash: Error | null = null;
  node.crashed = (error) => {
    crash = error;
  };
  const answers = new Set<number>();
  const collector = spawnFunction(system, async (self) => {
    for (;;) {
      const received = await self.receive();
      if (received?.kind !== 'data' || received.bytes.length !== 16) continue;
      answers.add(Number(new DataView(received.bytes.buffer, received.bytes.byteOffset).getBigUint64(0, true)));
    }
  });
  assert.ok(collector !== null);
  const module = node.load(source, 'worker');
  pool?.start();
  for (let worker = 1; worker < workers; worker++) await until('the threads are up', () => transport.isUp(worker));
  scatter(vm, workers, seed);
  // Nobody shall know the collector, and do it harm.
  let newest = NOBODY;
  for (let k = 0; k < ROOTS; k++) {
    const args = [BigInt(seed * 1_000_003 + k * 7919 + 1), BigInt(newest), GENERATIONS];
    const params = encodeParameters('worker', [I64, I64, I64], args);
    const entry = { kind: 'export', name: 'worker' } as const;
    const pid = node.engine.spawn({ module, config: DEFAULT_PROCESS_CONFIG, entry, params, link: null });
    assert.ok(typeof pid === 'number');
    newest = pid;
  }
  const isQuiet = (): boolean =>
    crash !== null ||
    (node.scheduler.runnable + node.scheduler.timerCount === 0 &&
      system.remote?.travel.isBusy === false &&
      areOthersStuck(transport));
  await until('the processes come to rest', isQuiet);
  assert.equal(crash, null);
  const alive = system.processCount - 1;
  assert.ok(highestPid(transport) % 2 ** 40 < MAX_PIDS, 'the processes fit the tables of worker.wat');
  // Whoever ever lived is asked; those that have ended do not answer.
  for (const pid of everyPid(workers)) {
    if (pid === collector.pid) continue;
    const message = createMessage(ASK_TAG, 0);
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(collector.pid), true);
    message.append(bytes);
    system.send(pid, message);
  }
  await until('all have answered', () => isQuiet() && system.processCount === 1);
  await until('all answers are here', () => answers.size >= alive || crash !== null);
  assert.equal(answers.size, alive, 'everybody who lives answers');
  for (const [pid, reason] of reasons)
    assert.ok(isExpected(reason), `process ${pid}: ${describeExitReason(reason)}\n${JSON.stringify(reason)}`);
  const moved = system.remote?.travel.movedOut ?? 0;
  await vm.close();
  assert.equal(system.held.bytes, 0);
  return { moved, ends: reasons.size, alive };
}

for (const workers of [2, 3]) {
  it(`${workers} threads: processes that do random things to each other, placed and moved at random`, async (context) => {
    let moved = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      const round = await hammer(workers, seed);
      moved += round.moved;
      context.diagnostic(
        `seed ${seed}: ${round.alive} lived to the end, ${round.ends} failed before, ${round.moved} moved away from the main thread`,
      );
    }
    assert.ok(moved > 0);
  });
}
