// One process answers another beside 100 that never end, and the program ends when it is asked to: the guests of the fairness benchmark,
// each kind for a short while. Times depend on the machine; what does not is how many slices others get between a message and its
// answer, so the clock that the guest reads counts those.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const GUESTS = path.join(import.meta.dirname, '..', '..', 'bench', 'guests');
const ROUNDS = 60;
/** A slice that the operating system interrupts is over when it goes on: the process that answers may then wait a whole round. */
const QUANTILE = 0.8;
/** Were it not for the priority of woken processes, 100 or 200 slices would come before an answer. */
const MAX_SLICES = 40;
/** When all 100 others are woken all the time, that priority is no help: they are one queue. */
const MAX_SLICES_AMONG_WOKEN = 500;
const MAX_MEMORY_BYTES = 2 * 2 ** 20;

/** In the order of their numbers in fairness.wat. */
const KINDS = [
  'plain loops',
  'memory.fill',
  'cold loads',
  'host calls',
  'caught traps',
  'deep recursion',
  'a chain of calls that doubles',
  'floods of messages',
  'spawning',
  'growing memory',
  'polling the mailbox',
  'waking each other',
  'large messages',
  'yielding',
  'timers',
  'changes of pace',
];
const WAKING = KINDS.indexOf('waking each other');

const read = (name: string): string => readFileSync(path.join(GUESTS, `${name}.wat`), 'utf8');
const program = assemble(`(module ${read('common')} ${read('fairness')})`);

for (const [kind, name] of KINDS.entries()) {
  it(`fairness: answers come soon beside ${name}`, async () => {
    const output = new CapturedOutput();
    const node = new Node({ output, input: new FixedInput('') });
    // Nanoseconds that are slices.
    const clock = { nowMs: () => node.scheduler.counts().slices / 1e6, wallNs: () => 0n };
    Object.assign(node.environment, { clock });
    const config = {
      ...DEFAULT_PROCESS_CONFIG,
      maxMemoryBytes: MAX_MEMORY_BYTES,
      args: ['fairness', `${ROUNDS}`, `${kind}`],
    };
    const outcome = await node.runMain(node.load(program, 'fairness'), config);
    assert.ok(outcome.kind === 'ended');
    assert.deepEqual(outcome.reason, { kind: 'normal' });
    assert.ok(node.system.processCount >= 100, 'the others live');
    const slices = [...output.text(1).matchAll(/^ns (\d+)$/gm)].map((match) => Number(match[1])).sort((a, b) => a - b);
    assert.equal(slices.length, ROUNDS);
    const typical = slices[Math.floor(ROUNDS * QUANTILE)] as number;
    const bound = kind === WAKING ? MAX_SLICES_AMONG_WOKEN : MAX_SLICES;
    assert.ok(typical <= bound, `${typical} slices between message and answer; all: ${slices.join(' ')}`);
    await node.close();
    assert.equal(node.system.processCount, 0);
  });
}
