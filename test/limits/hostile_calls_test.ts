// Every host function, called with arguments no honest guest would give: wild pointers, huge lengths, unknown ids, invalid text. The caller
// may trap, wait or get an answer; the VM and a neighbour must not notice.
//
// LUNATIC_HOSTILE_ROUNDS=1000 for a longer form, LUNATIC_TEST_SEED for another seed.

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { randomBelow, SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import type { HostFunction } from '../../packages/lunatic/src/engine/host_function.ts';
import { hostFunctions } from '../../packages/lunatic/src/host/tables.ts';
import { Node } from '../../packages/lunatic/src/node/node.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';

const ROUNDS = Number(process.env.LUNATIC_HOSTILE_ROUNDS ?? 30);
const SEED = Number(process.env.LUNATIC_TEST_SEED ?? 1);
/** Calls that one process makes; most end it earlier. */
const CALLS = 6;
/** Pages of the guest; with a mebibyte of them, lengths that are valid are long. */
const PAGES = 32;

const I32_VALUES = [0, 1, 2, 3, 8, 17, 64, 255, 1000, 4096, 65535, 65536, PAGES * 65536 - 1, PAGES * 65536];
const I32_WILD = [2 ** 31 - 1, -(2 ** 31), -1, -2, -8, 0x7fff0000, 1 << 30];
const I64_VALUES = ['0', '1', '2', '3', '5', '100'];
const I64_WILD = ['-1', '-2', '4294967296', '9007199254740992', '9223372036854775807', '-9223372036854775808'];

function pick<T>(random: SeededRandom, common: readonly T[], wild: readonly T[]): T {
  const list = randomBelow(random, 3) === 0 ? wild : common;
  return list[randomBelow(random, list.length)] as T;
}

function argument(random: SeededRandom, letter: string): string {
  if (letter === 'i') return `(i32.const ${pick(random, I32_VALUES, I32_WILD)})`;
  assert.equal(letter, 'I');
  return `(i64.const ${pick(random, I64_VALUES, I64_WILD)})`;
}

/** A module may import a name with one signature only. */
function oneOfEachName(functions: readonly HostFunction[], random: SeededRandom): HostFunction[] {
  const byName = Map.groupBy(functions, ({ module, name }) => `${module} ${name}`);
  return [...byName.values()].map((rows) => rows[randomBelow(random, rows.length)] as HostFunction);
}

const WAT_TYPES: Readonly<Record<string, string>> = { i: 'i32', I: 'i64' };
const types = (letters: string): string => [...letters].map((letter) => WAT_TYPES[letter] as string).join(' ');

/** Functions `guest0`, `guest1`, ..., each a few calls; and a neighbour, whose exit code tells that it counted right. */
function hostileModule(functions: readonly HostFunction[], random: SeededRandom): Uint8Array {
  const imports = functions.map(
    ({ module, name, params, results }, k) =>
      `(import "${module}" "${name}" (func $h${k} (param ${types(params)}) (result ${types(results)})))`,
  );
  const call = (k: number): string => {
    const { params, results } = functions[k] as HostFunction;
    const code = `(call $h${k} ${[...params].map((letter) => argument(random, letter)).join(' ')})`;
    return results === '' ? code : `(drop ${code})`;
  };
  const create = functions.findIndex(({ name }) => name === 'create_data');
  const guests = functions.map((_, k) => {
    const calls = Array.from({ length: CALLS }, () =>
      call(randomBelow(random, 2) === 0 ? k : randomBelow(random, functions.length)),
    );
    const scratch = randomBelow(random, 2) === 0 ? `(call $h${create} (i64.const 1) (i64.const 0))` : '';
    return `(func (export "guest${k}") ${scratch} ${call(k)} ${calls.join(' ')})`;
  });
  const garbage = Array.from(
    { length: 1000 },
    () => `\\${(randomBelow(random, 256) | 256).toString(16).slice(1)}`,
  ).join('');
  return assemble(`(module
    ${imports.join('\n')}
    (memory (export "memory") ${PAGES})
    (table (export "table") 4 funcref)
    (elem (i32.const 0) $allocate)
    (data (i32.const 0) "${garbage}")
    (data (i32.const 4096) "name\\00asm\\01\\00\\00\\00")
    (func $allocate (param i32) (result i32) (local.get 0))
    (func (export "_lunatic_catch_trap") (param i32 i32) (result i32) (local.get 1))
    (func (export "neighbour") (local $n i32)
      (loop $more
        (i32.store (i32.const 8192) (i32.add (i32.load (i32.const 8192)) (i32.const 1)))
        (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000000))))
      (if (i32.ne (i32.load (i32.const 8192)) (i32.const 1000000)) (then unreachable)))
    ${guests.join('\n')})`);
}

it(`host functions called with hostile arguments harm the caller only, seed ${SEED}`, async () => {
  const random = new SeededRandom(SEED);
  const output = new CapturedOutput();
  const node = new Node({ output, input: new FixedInput('some input\n'), limits: { maxProcesses: 20_000 } });
  const functions = hostFunctions(node.environment);
  const reasons = new Map<number, ExitReason>();
  node.onProcessEnd = (pid, reason) => reasons.set(pid, reason);
  let started = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const imported = oneOfEachName(functions, random);
    const module = node.load(hostileModule(imported, random), `hostile ${round}`);
    const spawn = (name: string): number => {
      const request = { module, entry: { kind: 'export', name }, params: new Uint8Array(0), link: null } as const;
      const proc = node.engine.spawn({ ...request, config: DEFAULT_PROCESS_CONFIG });
      assert.ok(typeof proc !== 'string', `${proc}`);
      return proc;
    };
    const neighbour = spawn('neighbour');
    for (let k = 0; k < imported.length; k++, started++) spawn(`guest${k}`);
    const deadline = performance.now() + 60_000;
    while (node.scheduler.runnable > 0) {
      assert.ok(performance.now() < deadline, `round ${round} comes to rest`);
      await setTimeout(1);
    }
    const reason = reasons.get(neighbour);
    // Guests may well have killed the neighbour, or linked themselves to it: ids are easily guessed.
    assert.ok(
      reason !== undefined && ['normal', 'killed', 'linked'].includes(reason.kind),
      `neighbour of round ${round}: ${JSON.stringify(reason)}`,
    );
    for (const { pid } of [...node.system.processes()]) node.system.kill(pid);
  }
  assert.ok(started >= 100 * ROUNDS, 'every host function had its turn');
  const kinds = new Set([...reasons.values()].map(({ kind }) => kind));
  assert.ok(kinds.has('trap') && kinds.has('normal') && kinds.has('killed'), [...kinds].join(', '));
  await node.close();
  assert.equal(node.system.processCount, 0);
  const { held, timers } = node.system;
  assert.ok(timers.size > 0 ? held.bytes > 0 : held.bytes === 0, 'what the dead held is taken back');
});
