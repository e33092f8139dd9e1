// Runs one module plain and rewritten, call by call, and compares everything that can be seen: results and traps bit for bit,
// what it logged, every memory, every mutable global.

import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  I32,
  I64,
  isRef,
  V128,
  type ValType,
  type WasmModule,
} from '../../packages/lunatic/src/wasm/types.ts';
import type { Adapter, Outcome, TestInstance } from '../spec/adapter.ts';
import { canPass } from '../spec/glue.ts';
import { exportedFunctionType, exportedGlobalType } from '../spec/plain_adapter.ts';
import { printValue, type Value } from '../spec/values.ts';
import { STATE_PREFIX } from './generate.ts';
import { type FuzzHost, makeHost } from './host.ts';

const PASSES = 3;

export interface Comparison {
  calls: number;
  values: number;
  traps: number;
  exceptions: number;
  /** Where both sides stopped comparing: their stacks are not equally deep. */
  exhausted: boolean;
}

/** The two sides differ. The message says where. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}

interface Side {
  readonly instance: TestInstance;
  readonly host: FuzzHost;
}

/**
 * Throws Mismatch, or RefusedError if `rewritten` does not serve the module. `passes`: how often the list of exports is gone through,
 * with other arguments.
 */
export async function compare(
  bytes: Uint8Array<ArrayBuffer>,
  seed: number,
  plain: Adapter,
  rewritten: Adapter,
  passes = PASSES,
): Promise<Comparison> {
  const module = decodeModule(bytes);
  const result: Comparison = { calls: 0, values: 0, traps: 0, exceptions: 0, exhausted: false };
  const started = [await start(bytes, module, plain), await start(bytes, module, rewritten)];
  const [left, right] = started;
  if (left instanceof Error || right instanceof Error) {
    if (left instanceof Error && right instanceof Error && left.name === right.name) return result;
    throw new Mismatch(`instantiation: plain ${describe(left)}, rewritten ${describe(right)}`);
  }
  const random = new SeededRandom(seed);
  const functions = module.exports.filter((entry) => entry.kind === 'func').map((entry) => entry.name);
  for (let pass = 0; pass < passes; pass++) {
    for (const name of functions) {
      const type = exportedFunctionType(module, name);
      if (type === undefined || !canPass(type.params) || !canPass(type.results)) continue;
      const args = type.params.map((param) => randomValue(param, random));
      const place = `call ${result.calls} of ${name}(${args.map(printValue).join(', ')})`;
      const expected = left.instance.invoke(name, args);
      const actual = right.instance.invoke(name, args);
      result.calls++;
      if (expected.kind === 'exhaustion' || actual.kind === 'exhaustion') return { ...result, exhausted: true };
      compareOutcomes(expected, actual, place);
      compareState(module, left, right, place);
      if (expected.kind === 'values') result.values++;
      else if (expected.kind === 'trap') result.traps++;
      else result.exceptions++;
    }
  }
  return result;
}

async function start(bytes: Uint8Array<ArrayBuffer>, module: WasmModule, adapter: Adapter): Promise<Side | Error> {
  const host = await makeHost(module, adapter.hostCalled);
  try {
    return { instance: adapter.instantiate(bytes, host.imports), host };
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.LinkError) return error;
    if (error instanceof WebAssembly.Exception) return new Error('the start function threw', { cause: error });
    throw error;
  }
}

function describe(side: Side | Error): string {
  return side instanceof Error ? side.message : 'succeeded';
}

const SPECIAL_32 = [0n, 1n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x3f800000n, 0x7f800000n, 0x00000001n, 0xbf800000n];
const SPECIAL_64 = [
  0n,
  1n,
  0x7fffffffffffffffn,
  0x8000000000000000n,
  0xffffffffffffffffn,
  0x3ff0000000000000n,
  0x7ff0000000000000n,
  256n,
];

/** Small numbers, special ones and random bits alike. */
function randomValue(type: ValType, random: SeededRandom): Value {
  const pick = random.nextU32();
  switch (type) {
    case I32:
    case F32: {
      const bits =
        pick % 3 === 0
          ? SPECIAL_32[pick % SPECIAL_32.length]
          : pick % 3 === 1
            ? BigInt(pick % 100)
            : BigInt(random.nextU32());
      return { type: type === I32 ? 'i32' : 'f32', bits: type === F32 && isNan32(bits) ? 0n : bits };
    }
    case I64:
    case F64: {
      const wide = (BigInt(random.nextU32()) << 32n) | BigInt(random.nextU32());
      const bits = pick % 3 === 0 ? SPECIAL_64[pick % SPECIAL_64.length] : pick % 3 === 1 ? BigInt(pick % 100) : wide;
      return { type: type === I64 ? 'i64' : 'f64', bits: type === F64 && isNan64(bits) ? 0n : bits };
    }
    case V128:
      return { type: 'v128', bits: [0, 0, 0, 0].reduce((bits) => (bits << 32n) | BigInt(random.nextU32() % 1000), 0n) };
    case EXTERNREF:
    case FUNCREF:
      return { type: 'ref', ref: null };
    default:
      throw new TypeError(`no argument for type ${type}`);
  }
}

/** A NaN given in would come out of operations with a payload that is not determined. */
function isNan32(bits: bigint): boolean {
  return (bits & 0x7fffffffn) > 0x7f800000n;
}

function isNan64(bits: bigint): boolean {
  return (bits & 0x7fffffffffffffffn) > 0x7ff0000000000000n;
}

function compareOutcomes(expected: Outcome, actual: Outcome, place: string): void {
  const [left, right] = [printOutcome(expected), printOutcome(actual)];
  if (left !== right) throw new Mismatch(`${place}: plain ${left}, rewritten ${right}`);
}

function printOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'values':
      return `[${outcome.values.map(printValue).join(', ')}]`;
    case 'trap':
      return `trap: ${outcome.message}`;
    default:
      return outcome.kind;
  }
}

function compareState(module: WasmModule, left: Side, right: Side, place: string): void {
  compareMemories(left.host.log, right.host.log, `${place}: the log`);
  for (const { name, kind } of module.exports) {
    if (!name.startsWith(STATE_PREFIX)) continue;
    if (kind === 'memory') {
      compareMemories(
        left.instance.exports[name],
        right.instance.exports[name],
        `${place}: ${name.slice(STATE_PREFIX.length)}`,
      );
    } else if (!isRef(exportedGlobalType(module, name)?.valType ?? I32)) {
      const [expected, actual] = [printValue(left.instance.read(name)), printValue(right.instance.read(name))];
      if (expected !== actual)
        throw new Mismatch(`${place}: ${name.slice(STATE_PREFIX.length)}: plain ${expected}, rewritten ${actual}`);
    }
  }
}

export function compareMemories(left: unknown, right: unknown, place: string): void {
  if (!(left instanceof WebAssembly.Memory && right instanceof WebAssembly.Memory))
    throw new TypeError(`${place} is no memory`);
  const [expected, actual] = [Buffer.from(left.buffer), Buffer.from(right.buffer)];
  if (expected.equals(actual)) return;
  if (expected.length !== actual.length)
    throw new Mismatch(`${place}: plain has ${expected.length} bytes, rewritten ${actual.length}`);
  const at = expected.findIndex((byte, i) => byte !== actual[i]);
  throw new Mismatch(`${place}: byte ${at} is ${expected[at]} plain, ${actual[at]} rewritten`);
}
