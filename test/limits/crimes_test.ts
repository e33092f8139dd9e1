// What a guilty process gets for each kind of crash, and that 1,000 neighbours of the same module finish their work.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { describeExitReason, type ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import type { ProcessOptions } from '../../packages/lunatic/src/node/vm.ts';
import { assembleGuilty, Neighbourhood } from './neighbours.ts';

/** Live values of the functions that need a large frame. */
const WIDE = 400;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const GUILTY = assembleGuilty(`
  (type $nothing (func))
  (type $number (func (param i32) (result i32)))
  (table 4 funcref)
  (elem (i32.const 0) $identity)
  (tag $thrown)
  (data (i32.const 512) "\\ff\\fe")
  (func $identity (param i32) (result i32) (local.get 0))

  (func (export "unreachable") (call $deeper))
  (func $deeper (call $deepest))
  (func $deepest unreachable)
  (func (export "divide") (drop (i32.div_u (i32.const 1) (i32.load (i32.const 600)))))
  (func (export "overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
  (func (export "convert") (drop (i32.trunc_f32_s (f32.const nan))))
  (func (export "load") (drop (i32.load (i32.const 65533))))
  (func (export "store") (i64.store offset=0xffffffff (i32.const -1) (i64.const 1)))
  (func (export "fill") (memory.fill (i32.const 4096) (i32.const 255) (i32.const 100000)))
  (func (export "wrong_type") (call_indirect (type $nothing) (i32.const 0)))
  (func (export "empty_element") (call_indirect (type $nothing) (i32.const 2)))
  (func (export "no_element") (call_indirect (type $nothing) (i32.const 4)))
  (func (export "throw") (throw $thrown))
  (func (export "exit") (call $exit (i32.const 7)))

  ;; Frames of kilobytes: the native stack is full before the first slice is over.
  (func (export "recurse_wide") (drop (call $wide (i64.const 1))))
  (func $wide (param $n i64) (result i64)
    (local ${range(WIDE)
      .map(() => 'i64')
      .join(' ')})
    ${range(WIDE)
      .map((i) => `(local.set ${i + 1} (i64.mul (local.get $n) (i64.load (i32.const ${8 * i}))))`)
      .join('\n')}
    (local.set $n (call $wide (i64.add (local.get $n) (i64.const 1))))
    ${range(WIDE)
      .map((i) => `(local.set $n (i64.add (local.get $n) (local.get ${i + 1})))`)
      .join('\n')}
    (local.get $n))

  ;; Small frames, and a stop now and then: the native stack stays small, the saved frames do not.
  (func (export "recurse") (drop (call $narrow (i32.const 1))))
  (func $narrow (param $n i32) (result i32)
    (i32.add (local.get $n) (call $narrow (i32.add (local.get $n) (i32.const 1)))))

  ;; Large frames, and a stop at every call.
  (func (export "recurse_stopping") (drop (call $stopping (i64.const 1))))
  (func $stopping (param $n i64) (result i64)
    (local ${range(WIDE)
      .map(() => 'i64')
      .join(' ')})
    ${range(WIDE)
      .map((i) => `(local.set ${i + 1} (i64.mul (local.get $n) (i64.load (i32.const ${8 * i}))))`)
      .join('\n')}
    (drop (call $yield))
    (local.set $n (call $stopping (i64.add (local.get $n) (i64.const 1))))
    ${range(WIDE)
      .map((i) => `(local.set $n (i64.add (local.get $n) (local.get ${i + 1})))`)
      .join('\n')}
    (local.get $n))

  ;; The guest's own stack, in its memory, as compilers lay it out.
  (func (export "own_stack") (drop (call $own_frame (i32.const 1))))
  (func $own_frame (param $n i32) (result i32)
    (global.set $stack_pointer (i32.sub (global.get $stack_pointer) (i32.const 1024)))
    (i32.store (global.get $stack_pointer) (local.get $n))
    (local.set $n (call $own_frame (i32.add (local.get $n) (i32.const 1))))
    (global.set $stack_pointer (i32.add (global.get $stack_pointer) (i32.const 1024)))
    (i32.add (local.get $n) (i32.load (global.get $stack_pointer))))

  (func (export "catch_forever") (drop (call $catch (i32.const 0) (i32.const 0))))
  (func (export "_lunatic_catch_trap") (param i32 i32) (result i32)
    (if (local.get 0) (then unreachable))
    (call $catch (i32.const 0) (i32.const 0)))
  (func (export "catch_then_trap")
    (drop (call $catch (i32.const 1) (i32.const 0)))
    (drop (call $catch (i32.const 1) (i32.const 0)))
    unreachable)

  (func (export "name") (call $put (i32.const 512) (i32.const 2) (i64.const 0) (i64.const 0)))
  (func (export "takes") (param i32))
  (func (export "forever") (loop $l (br $l)))
`);

interface Crime {
  readonly entry: string;
  /** As `describeExitReason` puts it. */
  readonly reason: string | RegExp;
  readonly options?: ProcessOptions;
}

const CRIMES: readonly Crime[] = [
  { entry: 'unreachable', reason: 'trap: unreachable' },
  { entry: 'divide', reason: 'trap: divide by zero' },
  { entry: 'overflow', reason: 'trap: divide result unrepresentable' },
  { entry: 'convert', reason: 'trap: float unrepresentable in integer range' },
  { entry: 'load', reason: 'trap: memory access out of bounds' },
  { entry: 'store', reason: 'trap: memory access out of bounds' },
  { entry: 'fill', reason: 'trap: memory access out of bounds' },
  { entry: 'wrong_type', reason: /^trap: (null function or )?function signature mismatch$/ },
  { entry: 'empty_element', reason: /^trap: (null function or )?function signature mismatch$/ },
  { entry: 'no_element', reason: 'trap: table index is out of bounds' },
  { entry: 'throw', reason: 'trap: an exception that nobody caught' },
  { entry: 'exit', reason: 'exit code 7' },
  { entry: 'recurse_wide', reason: 'limit reached: stack' },
  { entry: 'recurse', reason: 'limit reached: stack' },
  { entry: 'recurse_stopping', reason: 'limit reached: stack' },
  { entry: 'own_stack', reason: 'trap: memory access out of bounds' },
  // The trap at the bound on depth is caught by the innermost of them.
  { entry: 'catch_forever', reason: 'normal' },
  { entry: 'catch_then_trap', reason: 'trap: unreachable' },
  { entry: 'name', reason: 'trap: invalid UTF-8 in the string at 512' },
];

describe('a process that crashes', () => {
  let neighbourhood: Neighbourhood;

  before(async () => {
    neighbourhood = await Neighbourhood.open(GUILTY);
  });

  after(() => neighbourhood.close());

  /** The crime happens while the neighbours work, and they work on when it is over. */
  async function commit(entry: string, options: ProcessOptions = {}): Promise<ExitReason> {
    neighbourhood.ask();
    const guilty = neighbourhood.vm.spawn(neighbourhood.module, { entry, ...options });
    await neighbourhood.answers();
    const reason = await guilty.exited;
    neighbourhood.ask();
    await neighbourhood.answers();
    return reason;
  }

  for (const { entry, reason, options } of CRIMES) {
    it(`gets its reason, and nobody else notices: ${entry}`, async () => {
      const actual = describeExitReason(await commit(entry, options));
      if (typeof reason === 'string') assert.equal(actual, reason);
      else assert.match(actual, reason);
    });
  }

  it('tells where it crashed', async () => {
    const reason = await commit('unreachable');
    assert.ok(reason.kind === 'trap');
    // Not to its end: V8 may show the rewrite's own function below these as one of the guest's that it has inlined there.
    assert.match(
      reason.stack ?? '',
      /^at deepest \(function \d+\)\nat deeper \(function \d+\)\nat \S+ \(function \d+\)/,
    );
  });

  it('is killed in the middle of an endless loop', async () => {
    neighbourhood.ask();
    const guilty = neighbourhood.vm.spawn(neighbourhood.module, { entry: 'forever' });
    await neighbourhood.answers();
    assert.ok(guilty.isAlive);
    guilty.kill();
    assert.deepEqual(await guilty.exited, { kind: 'killed' });
    neighbourhood.ask();
    await neighbourhood.answers();
  });

  it('may be one of a hundred of each kind at once', async () => {
    neighbourhood.ask();
    const guilty = CRIMES.filter(({ entry }) => !entry.startsWith('recurse')).flatMap(({ entry, reason }) =>
      range(100).map(() => ({ reason, process: neighbourhood.vm.spawn(neighbourhood.module, { entry }) })),
    );
    await neighbourhood.answers();
    for (const { process, reason } of guilty) {
      const actual = describeExitReason(await process.exited);
      if (typeof reason === 'string') assert.equal(actual, reason);
      else assert.match(actual, reason);
    }
    neighbourhood.ask();
    await neighbourhood.answers();
  });
});
