// One real program, plain and rewritten, under every policy of stops: what it asked of the host call by call, what it printed, how it ended,
// every byte of its memories and every mutable global must be the same.

import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import { isRef, type WasmModule } from '../../packages/lunatic/src/wasm/types.ts';
import { compareMemories, Mismatch } from '../fuzz/compare.ts';
import type { Adapter, TestInstance } from '../spec/adapter.ts';
import { exportedGlobalType, PlainAdapter } from '../spec/plain_adapter.ts';
import { EVERY, NEVER, RewrittenAdapter, randomStops, type StopPolicy } from '../spec/rewritten_adapter.ts';
import { printValue } from '../spec/values.ts';
import type { Program } from './programs.ts';
import { DeterministicWasi, type Given, GuestExit, WASI_MODULE } from './wasi.ts';

const ENTRY = '_start';

export interface CheckOptions {
  /** Of the random stops. Each run draws others from it. */
  readonly seed: number;
  /** In the dense run: stops at every instruction until so many stops have been made, at random ones after that. */
  readonly denseStops: number;
  /** Larger modules get no dense run: compiling what it makes of them takes seconds. */
  readonly maxDenseBytes: number;
}

export interface RunReport {
  readonly policy: string;
  readonly tracked: boolean;
  /** With a resume point before every instruction, see densify.ts. */
  readonly dense: boolean;
  readonly pointsExisting: number;
  /** Different points at which the program stopped. */
  readonly pointsTaken: number;
  readonly stops: number;
}

export interface ProgramReport {
  readonly name: string;
  /** How the plain program ended. */
  readonly ending: string;
  readonly hostCalls: number;
  /** Compared after every run. */
  readonly memoryBytes: number;
  readonly globals: number;
  readonly runs: readonly RunReport[];
  /** Empty: all the same. */
  readonly failures: readonly string[];
}

interface Plan {
  readonly policy: StopPolicy;
  readonly tracked: boolean;
  readonly dense: boolean;
}

interface Run {
  readonly instance: TestInstance;
  readonly wasi: DeterministicWasi;
  readonly ending: string;
}

/** What goes wrong, also inside the rewrite, is told in the report. */
export function checkProgram(program: Program, options: CheckOptions): ProgramReport {
  const module = decodeModule(program.bytes);
  const plain = run(program, new PlainAdapter());
  const failures = judgePlain(program, plain).map((text) => `${program.name} (plain): ${text}`);
  const runs: RunReport[] = [];
  for (const { policy, tracked, dense } of plans(program, options)) {
    const stops = (imported: string) => imported === WASI_MODULE;
    const adapter = new RewrittenAdapter({ policy, tracked, dense, stops });
    try {
      compareRuns(module, plain, run(program, adapter));
    } catch (error) {
      const text = error instanceof Mismatch ? error.message : error instanceof Error ? error.stack : String(error);
      failures.push(`${program.name} (${adapter.name}; --seed ${options.seed}): ${text}`);
    }
    const { pointsExisting, pointsTaken, stops: stopsMade, modulesNotDense } = adapter.counts;
    if (modulesNotDense > 0) failures.push(`${program.name}: could not be made dense`);
    runs.push({ policy: policy.name, tracked, dense, pointsExisting, pointsTaken, stops: stopsMade });
  }
  failures.push(...judgeCounts(runs).map((text) => `${program.name}: ${text}`));
  return {
    name: program.name,
    ending: plain.ending,
    hostCalls: plain.wasi.calls.length,
    memoryBytes: plain.wasi.memory?.buffer.byteLength ?? 0,
    globals: exportedGlobals(module).length,
    runs,
    failures,
  };
}

function plans({ bytes }: Program, { seed, denseStops, maxDenseBytes }: CheckOptions): Plan[] {
  const random = (run: number) => randomStops(new SeededRandom(seed + run));
  const dense: Plan = { policy: everyThenRandom(denseStops, random(2)), tracked: true, dense: true };
  return [
    { policy: NEVER, tracked: false, dense: false },
    { policy: NEVER, tracked: true, dense: false },
    { policy: EVERY, tracked: false, dense: false },
    { policy: EVERY, tracked: true, dense: false },
    { policy: random(0), tracked: false, dense: false },
    { policy: random(1), tracked: true, dense: false },
    ...(bytes.length <= maxDenseBytes ? [dense] : []),
  ];
}

/** Every point until `count` turns have ended, so that what lasts long ends in bearable time. */
function everyThenRandom(count: number, random: StopPolicy): StopPolicy {
  let turns = 0;
  return {
    name: `every ${count} times, then random`,
    nextFuel: () => (turns++ < count ? EVERY.nextFuel() : random.nextFuel()),
    stopHostCall: EVERY.stopHostCall,
  };
}

/** A run that hardly stops would prove nothing, and the two forms of a module must agree in where they stop. */
function judgeCounts(runs: readonly RunReport[]): string[] {
  const every = runs.filter(({ policy }) => policy === EVERY.name);
  const shown = new Set(every.map((run) => `${run.pointsTaken} of ${run.pointsExisting} points, ${run.stops} stops`));
  return [
    ...(every.every(({ pointsTaken }) => pointsTaken > 0) ? [] : ['it never stopped']),
    ...(shown.size === 1 ? [] : [`untracked and tracked form differ: ${[...shown].join('; ')}`]),
  ];
}

function run({ bytes, given }: { bytes: Uint8Array<ArrayBuffer>; given: Given }, adapter: Adapter): Run {
  const wasi = new DeterministicWasi(given, adapter.hostCalled);
  const instance = adapter.instantiate(bytes, { [WASI_MODULE]: wasi.imports });
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new TypeError('the program exports no memory');
  wasi.memory = memory;
  return { instance, wasi, ending: end(instance) };
}

function end(instance: TestInstance): string {
  try {
    const outcome = instance.invoke(ENTRY, []);
    if (outcome.kind === 'values') return 'exit 0';
    return outcome.kind === 'trap' ? `trap: ${outcome.message}` : outcome.kind;
  } catch (error) {
    if (error instanceof GuestExit) return `exit ${error.code}`;
    throw error;
  }
}

/** The baseline must be right by itself, or both sides could be wrong alike. */
function judgePlain({ ending, expectedStdout }: Program, plain: Run): string[] {
  const stdout = plain.wasi.stdout();
  const ended = ending.kind === 'trap' ? plain.ending.startsWith('trap: ') : plain.ending === `exit ${ending.code}`;
  return [
    ...(stdout === expectedStdout ? [] : [`standard output is ${JSON.stringify(stdout)}; ${plain.wasi.stderr()}`]),
    ...(ended ? [] : [`it ended with ${plain.ending}: ${plain.wasi.stderr()}`]),
  ];
}

/** Throws Mismatch. */
function compareRuns(module: WasmModule, plain: Run, rewritten: Run): void {
  compareTexts('calls of the host', plain.wasi.calls, rewritten.wasi.calls);
  compareTexts('standard output', plain.wasi.stdout().split('\n'), rewritten.wasi.stdout().split('\n'));
  compareTexts('standard error', plain.wasi.stderr().split('\n'), rewritten.wasi.stderr().split('\n'));
  compareTexts('end', [plain.ending], [rewritten.ending]);
  for (const { name, kind } of module.exports) {
    if (kind === 'memory')
      compareMemories(plain.instance.exports[name], rewritten.instance.exports[name], `export "${name}"`);
  }
  for (const name of exportedGlobals(module)) {
    const [expected, actual] = [printValue(plain.instance.read(name)), printValue(rewritten.instance.read(name))];
    compareTexts(`export "${name}"`, [expected], [actual]);
  }
}

function exportedGlobals(module: WasmModule): string[] {
  const globals = module.exports.filter(({ kind }) => kind === 'global').map(({ name }) => name);
  return globals.filter((name) => {
    const type = exportedGlobalType(module, name);
    return type !== undefined && !isRef(type.valType);
  });
}

function compareTexts(what: string, plain: readonly string[], rewritten: readonly string[]): void {
  const length = Math.max(plain.length, rewritten.length);
  for (let i = 0; i < length; i++) {
    if (plain[i] === rewritten[i]) continue;
    throw new Mismatch(`${what}, number ${i}: plain ${show(plain[i])}, rewritten ${show(rewritten[i])}`);
  }
}

function show(text: string | undefined): string {
  return text === undefined ? 'has no more' : JSON.stringify(text);
}
