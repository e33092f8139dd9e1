// Malformed input: every truncation of a valid module and 10,000 byte flips with a seed. Each must end in a clean error, or be
// a module that runs contained: never another exception, never a hang. First by the rewrite alone, then in a VM, where a witness works on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import wabt from 'wabt';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { LinkError } from '../../packages/lunatic/src/host/link.ts';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm, SpawnError, type Vm } from '../../packages/lunatic/src/node/vm.ts';
import { WasmError } from '../../packages/lunatic/src/wasm/error.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import type { WasmModule } from '../../packages/lunatic/src/wasm/types.ts';
import { RefusedError, type TestInstance } from '../spec/adapter.ts';
import { exportedFunctionType } from '../spec/plain_adapter.ts';
import { RewrittenAdapter, randomStops } from '../spec/rewritten_adapter.ts';
import type { Value } from '../spec/values.ts';
import { makeHost, mayStop } from './host.ts';

const SEED = 20_201;
const FLIPS = 10_000;
/** A mutated module may loop for ever; it is given up after so many stops. */
const MAX_STOPS = 20;

/** Every section, and at least one of every kind of construct that the rewrite knows. */
const SOURCE = `(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "fuzzing-support" "log-i32" (func $log (param i32)))
  (memory (export "memory") 1 4)
  (table (export "table") 4 8 funcref)
  (global $counter (export "counter") (mut i64) (i64.const 5))
  (global $half f64 (f64.const 0.5))
  (export "collatz" (func $collatz))
  (start $start)
  (elem (i32.const 0) $add $multiply)
  (elem $passive func $collatz)
  (data (i32.const 16) "some bytes of data")
  (data $later "more of them")
  (func $start (memory.init $later (i32.const 64) (i32.const 0) (i32.const 12)) (data.drop $later))
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $multiply (type $binary) (i32.mul (local.get 0) (local.get 1)))
  (func $collatz (param $n i32) (result i32) (local $steps i32)
    (block $done
      (loop $next
        (br_if $done (i32.le_u (local.get $n) (i32.const 1)))
        (local.set $steps (i32.add (local.get $steps) (i32.const 1)))
        (if (i32.and (local.get $n) (i32.const 1))
          (then (local.set $n (call_indirect (type $binary)
            (call_indirect (type $binary) (local.get $n) (i32.const 3) (i32.const 1)) (i32.const 1) (i32.const 0))))
          (else (local.set $n (i32.shr_u (local.get $n) (i32.const 1)))))
        (br $next)))
    (call $log (local.get $steps))
    (local.get $steps))
  (func $fibonacci (export "fibonacci") (param i64) (result i64)
    (if (result i64) (i64.lt_u (local.get 0) (i64.const 2))
      (then (local.get 0))
      (else (i64.add
        (call $fibonacci (i64.sub (local.get 0) (i64.const 1)))
        (call $fibonacci (i64.sub (local.get 0) (i64.const 2)))))))
  (func (export "choose") (param i32) (result f64)
    (block $two (block $one (block $zero (br_table $zero $one $two (local.get 0)))
      (return (f64.const 1)))
      (return (f64.mul (global.get $half) (f64.const 3))))
    (f64.convert_i32_s (memory.grow (i32.const 1))))
  (func (export "vectors") (param i32) (result i32)
    (memory.fill (i32.const 100) (i32.const 7) (i32.const 5000))
    (v128.store (i32.const 32) (i32x4.add (v128.load (i32.const 16)) (i32x4.splat (local.get 0))))
    (global.set $counter (i64.add (global.get $counter) (i64.load (i32.const 32))))
    (table.init $passive (i32.const 3) (i32.const 0) (i32.const 1))
    (select (i32.load8_s (i32.const 40)) (i32.trunc_sat_f32_s (f32.const 1e10)) (local.get 0)))
)`;

async function validModule(): Promise<Uint8Array<ArrayBuffer>> {
  const module = (await wabt()).parseWat('valid.wat', SOURCE, { simd: true, bulk_memory: true, reference_types: true });
  return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
}

interface Tally {
  rejected: number;
  refused: number;
  ran: number;
}

/** Throws whatever must not happen. */
async function feed(bytes: Uint8Array<ArrayBuffer>, adapter: RewrittenAdapter, tally: Tally): Promise<void> {
  if (!WebAssembly.validate(bytes)) {
    tally.rejected++;
    // The rewrite never sees what V8 rejects (its contract), but the decoder serves `inspect` as well.
    decodedOrRefused(bytes, false);
    return;
  }
  const module = decodedOrRefused(bytes, true);
  if (module === undefined) {
    tally.refused++;
    return;
  }
  try {
    const host = await makeHost(module, adapter.hostCalled);
    const instance = adapter.instantiate(bytes, host.imports);
    for (const { name, kind } of module.exports) {
      const type = exportedFunctionType(module, name);
      if (kind === 'func' && type !== undefined && type.params.length < 10)
        invokeContained(instance, name, type.params.length, module);
    }
    tally.ran++;
  } catch (error) {
    // Imports that nobody serves, segments out of bounds, a start function that traps, a feature not served: clean ends all.
    if (!isCleanEnd(error)) throw error;
    tally.refused++;
  }
}

function isCleanEnd(error: unknown): boolean {
  if (
    error instanceof RefusedError ||
    error instanceof WebAssembly.LinkError ||
    error instanceof WebAssembly.RuntimeError
  )
    return true;
  if (error instanceof RangeError) return /WebAssembly\.Memory|call stack/.test(error.message);
  return error instanceof TypeError && /import/i.test(error.message);
}

function decodedOrRefused(bytes: Uint8Array, valid: boolean): WasmModule | undefined {
  try {
    return decodeModule(bytes);
  } catch (error) {
    // Too strict is wrong as well: what V8 finds valid may only be refused for a feature that is not served.
    if (error instanceof WasmError && (!valid || error.code === 'ERR_WASM_UNSUPPORTED')) return undefined;
    throw error;
  }
}

const ARGUMENTS: Readonly<Record<number, Value>> = {
  127: { type: 'i32', bits: 27n },
  126: { type: 'i64', bits: 12n },
  125: { type: 'f32', bits: 0n },
  124: { type: 'f64', bits: 0n },
  123: { type: 'v128', bits: 1n },
};

function invokeContained(instance: TestInstance, name: string, params: number, module: WasmModule): void {
  const types = exportedFunctionType(module, name)?.params ?? [];
  const args = types.slice(0, params).map((type) => ARGUMENTS[type] ?? { type: 'ref' as const, ref: null });
  try {
    instance.invoke(name, args);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
}

function makeAdapter(): RewrittenAdapter {
  return new RewrittenAdapter({
    policy: randomStops(new SeededRandom(SEED)),
    tracked: true,
    dense: false,
    maxStops: MAX_STOPS,
    stops: mayStop,
  });
}

test('the module that is mutated runs as it is', async () => {
  const tally = { rejected: 0, refused: 0, ran: 0 };
  await feed(await validModule(), makeAdapter(), tally);
  assert.deepEqual(tally, { rejected: 0, refused: 0, ran: 1 });
});

test('every truncation of a valid module is rejected cleanly or runs contained', async () => {
  const valid = await validModule();
  const adapter = makeAdapter();
  const tally = { rejected: 0, refused: 0, ran: 0 };
  for (let length = 0; length < valid.length; length++) {
    try {
      await feed(valid.slice(0, length), adapter, tally);
    } catch (cause) {
      throw new Error(`truncated to ${length} bytes`, { cause });
    }
  }
  assert.equal(tally.rejected + tally.refused + tally.ran, valid.length);
  assert.ok(tally.rejected > valid.length / 2, JSON.stringify(tally));
});

function flipped(valid: Uint8Array<ArrayBuffer>, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const bytes = valid.slice();
  // One flip most of the time, a few sometimes; the first eight bytes are left, or most modules would end there.
  for (let k = random.nextU32() % 3; k >= 0; k--) {
    bytes[8 + (random.nextU32() % (bytes.length - 8))] = random.nextU32() & 0xff;
  }
  return bytes;
}

test(`${FLIPS} byte flips (seed ${SEED}) are rejected cleanly or run contained`, async (t) => {
  const valid = await validModule();
  const adapter = makeAdapter();
  const random = new SeededRandom(SEED);
  const tally = { rejected: 0, refused: 0, ran: 0 };
  for (let flip = 0; flip < FLIPS; flip++) {
    try {
      await feed(flipped(valid, random), adapter, tally);
    } catch (cause) {
      throw new Error(`flip ${flip} of seed ${SEED}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    }
  }
  t.diagnostic(JSON.stringify(tally));
  assert.ok(tally.ran > FLIPS / 100, JSON.stringify(tally));
  assert.ok(tally.rejected > FLIPS / 100, JSON.stringify(tally));
});

/** For a VM: with an entry, and an import that is served. */
async function moduleForVm(): Promise<Uint8Array<ArrayBuffer>> {
  const source = SOURCE.replace(
    '"fuzzing-support" "log-i32" (func $log (param i32))',
    '"wasi_snapshot_preview1" "sched_yield" (func $yield (result i32))',
  )
    .replace('(call $log (local.get $steps))', '(drop (call $yield))')
    .replace(
      /\)$/,
      `
      (func (export "_start")
        (drop (call $collatz (i32.const 27)))
        (drop (call $fibonacci (i64.const 12)))
        (drop (memory.grow (i32.const 1)))
        (memory.fill (i32.const 200) (i32.const 7) (i32.const 60000)))
    )`,
    );
  const module = (await wabt()).parseWat('vm.wat', source, { simd: true, bulk_memory: true, reference_types: true });
  return new Uint8Array(module.toBinary({ write_debug_names: true }).buffer);
}

/** What came of it; throws whatever must not happen. */
async function runInVm(vm: Vm, bytes: Uint8Array): Promise<string> {
  try {
    const handle = vm.spawn(vm.load(bytes, 'mutated'), { maxFuel: 20, maxMemoryBytes: 2 ** 24 });
    return (await handle.exited).kind;
  } catch (error) {
    // Bytes that are no module, imports that nobody serves, no entry, too much memory.
    if (error instanceof WasmError || error instanceof LinkError || error instanceof SpawnError) return error.name;
    if (error instanceof TypeError && /_start/.test(error.message)) return 'no entry';
    throw error;
  }
}

test(`in a VM: every truncation, and ${FLIPS} byte flips (seed ${SEED}), and a witness works on`, async (t) => {
  const valid = await moduleForVm();
  const vm = createVm({ output: new CapturedOutput(), limits: { maxProcesses: 100 } });
  const witness = await vm.openMailbox();
  const random = new SeededRandom(SEED);
  const tally = new Map<string, number>();
  const run = async (bytes: Uint8Array, what: string): Promise<void> => {
    try {
      const outcome = await runInVm(vm, bytes);
      tally.set(outcome, 1 + (tally.get(outcome) ?? 0));
    } catch (cause) {
      throw new Error(what, { cause });
    }
  };
  await run(valid, 'as it is');
  assert.deepEqual([...tally], [['normal', 1]]);
  for (let length = 0; length < valid.length; length++)
    await run(valid.slice(0, length), `truncated to ${length} bytes`);
  for (let flip = 0; flip < FLIPS; flip++) await run(flipped(valid, random), `flip ${flip} of seed ${SEED}`);
  t.diagnostic(JSON.stringify(Object.fromEntries(tally)));
  for (const outcome of ['WasmError', 'LinkError', 'normal', 'trap']) assert.ok((tally.get(outcome) ?? 0) > 0, outcome);
  assert.equal(vm.processCount, 1);
  assert.ok(vm.send(witness.pid, new Uint8Array([1])));
  assert.equal((await witness.receive())?.kind, 'data');
  await vm.close();
});
