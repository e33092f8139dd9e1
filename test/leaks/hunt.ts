// The leak hunt: processes of random guests share instances, end in every way there is, are parked and killed; what each finds
// must be what plain V8 makes of the module, and what it is must be the same after every stop.
//
// Looked at from both sides. Inside: every process first logs pages, a hash of its whole memory and of its globals, its table and whether its passive
// segments are there. Outside: after every round the memories of all idle instances are compared byte by byte with those of plain V8.

import { Buffer } from 'node:buffer';
import { ActorSystem } from '../../packages/lunatic/src/actor/actor_system.ts';
import type { Process } from '../../packages/lunatic/src/actor/process.ts';
import { ManualClock } from '../../packages/lunatic/src/base/clock.ts';
import { randomBelow, SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { Engine } from '../../packages/lunatic/src/engine/engine.ts';
import type { HostFunction } from '../../packages/lunatic/src/engine/host_function.ts';
import type { EngineModule } from '../../packages/lunatic/src/engine/loaded_module.ts';
import { HostIndex, linkImports } from '../../packages/lunatic/src/host/link.ts';
import { disposeHostState } from '../../packages/lunatic/src/host/state.ts';
import { nodeEnvironment } from '../../packages/lunatic/src/host/stdio.ts';
import { hostFunctions } from '../../packages/lunatic/src/host/tables.ts';
import { encodeParameters } from '../../packages/lunatic/src/node/parameters.ts';
import { DEFAULT_PROCESS_CONFIG } from '../../packages/lunatic/src/node/process_config.ts';
import { CapturedOutput, FixedInput } from '../../packages/lunatic/src/node/streams.ts';
import { Scheduler } from '../../packages/lunatic/src/scheduler/scheduler.ts';
import { assemble } from '../../packages/lunatic/src/wasm/test_modules.ts';
import { I32 } from '../../packages/lunatic/src/wasm/types.ts';
import { generateGuest } from './guest.ts';

/** Which form of the rewrite: writes recorded, searched for, or changing on the way, as in a VM. */
export type Form = 'marked' | 'scanned' | 'changing';

export interface HuntOptions {
  readonly form: Form;
  /** Processes that find an instance which others have used. */
  readonly reuses: number;
  readonly seed: number;
  readonly onRound?: (report: HuntReport) => void;
}

export interface HuntReport {
  readonly form: Form;
  modules: number;
  /** Of them, those whose instances are never shared. */
  unshared: number;
  processes: number;
  /** Processes that began in an instance used before. */
  reuses: number;
  instances: number;
  parked: number;
  /** Idle instances compared with plain V8 byte by byte. */
  compared: number;
  /** How processes ended, by kind of exit reason. */
  readonly ends: Map<string, number>;
  readonly failures: string[];
}

const MODULES_AT_ONCE = 3;
const ROUNDS_PER_MODULE = 25;
/** More than a module may have instances, so that some are parked. */
const MOST_AT_ONCE = 120;
const WAVES = 3;
const MOST_STEPS = 60;
/** The clock stands still during a slice: this is 5,000 units of fuel, so that most processes are preempted here and there. */
const SLICE_MS = 0.1;
/** A round of processes that take longer has one that does not end. */
const MAX_SLICES = 2_000_000;
const MAX_FAILURES = 20;

interface Quarry {
  readonly seed: number;
  readonly module: EngineModule;
  /** What a process logs first. */
  readonly expected: readonly number[];
  readonly memory: Uint8Array;
}

class Hunt {
  readonly report: HuntReport;
  readonly #clock = new ManualClock();
  readonly #random: SeededRandom;
  readonly #system: ActorSystem;
  readonly #engine: Engine;
  readonly #logs = new Map<number, number[]>();
  /** Processes whose state was not what it had been, or that began in a used instance. */
  readonly #changed = new Set<number>();

  constructor({ form, seed }: HuntOptions) {
    this.report = {
      form,
      modules: 0,
      unshared: 0,
      processes: 0,
      reuses: 0,
      instances: 0,
      parked: 0,
      compared: 0,
      ends: new Map(),
      failures: [],
    };
    this.#random = new SeededRandom(seed);
    const driver = { requestTurn() {}, armTimer() {}, disarmTimer() {}, close() {} };
    const slices = { sliceSharedMs: SLICE_MS, sliceAloneMs: SLICE_MS, turnMs: 0 };
    this.#system = new ActorSystem({ scheduler: new Scheduler({ clock: this.#clock, driver, ...slices }) });
    this.#system.onExit = (proc, reason) => {
      disposeHostState(proc);
      this.report.ends.set(reason.kind, (this.report.ends.get(reason.kind) ?? 0) + 1);
    };
    const input = new FixedInput(new Uint8Array(1 << 20).fill(0x5a));
    const environment = nodeEnvironment(this.#clock, new SeededRandom(seed + 1), new CapturedOutput(), input);
    const index = new HostIndex([...hostFunctions(environment), ...this.#functions()]);
    this.#engine = new Engine({
      system: this.#system,
      link: (module) => linkImports(module, index),
      ...(form !== 'changing' && { tracked: form === 'marked' }),
    });
  }

  #functions(): readonly HostFunction[] {
    return [
      {
        module: 'leaks',
        name: 'log',
        params: 'i',
        results: '',
        stops: false,
        call: (ctx, value) => void this.#logs.get(ctx.process.pid)?.push(Number(value)),
      },
      {
        module: 'leaks',
        name: 'fail',
        params: '',
        results: '',
        stops: false,
        call: (ctx) => void this.#changed.add(ctx.process.pid),
      },
    ];
  }

  /** New modules, and several rounds with them. */
  huntSome(): void {
    const quarries = Array.from({ length: 1 + randomBelow(this.#random, MODULES_AT_ONCE) }, () => this.#load());
    for (let round = 0; round < ROUNDS_PER_MODULE; round++) this.#round(quarries);
  }

  #load(): Quarry {
    const seed = this.#random.nextU32();
    const guest = generateGuest(new SeededRandom(seed));
    const bytes = assemble(guest.wat);
    const module = this.#engine.loadModule(bytes, `guest ${seed}`);
    this.report.modules++;
    if (module.unshared !== undefined) this.report.unshared++;
    return { seed, module, expected: plainObservation(bytes), memory: plainMemory(assemble(guest.unstarted)) };
  }

  #round(quarries: readonly Quarry[]): void {
    const random = this.#random;
    const { pool } = this.#engine;
    const { created, parked } = pool;
    const running: { readonly quarry: Quarry; readonly proc: Process }[] = [];
    // Late ones find what those have left who were parked for their sake.
    for (let wave = 0; wave < WAVES; wave++) {
      for (let count = 1 + randomBelow(random, MOST_AT_ONCE / WAVES); count > 0; count--) {
        const quarry = quarries[randomBelow(random, quarries.length)] as Quarry;
        running.push({ quarry, proc: this.#spawn(quarry, random.nextU32() | 0, randomBelow(random, MOST_STEPS)) });
      }
      this.#run(randomBelow(random, 1_500));
    }
    for (const { proc } of running) if (randomBelow(random, 5) === 0) this.#system.kill(proc.pid);
    this.#run(MAX_SLICES);
    this.report.processes += running.length;
    this.report.reuses += Math.max(0, running.length - (pool.created - created));
    this.report.instances += pool.created - created;
    this.report.parked += pool.parked - parked;
    for (const { quarry, proc } of running) this.#check(quarry, proc);
    for (const quarry of new Set(quarries)) this.#checkIdle(quarry);
  }

  #spawn({ module }: Quarry, seed: number, steps: number): Process {
    const pid = this.#engine.spawn({
      module,
      config: DEFAULT_PROCESS_CONFIG,
      entry: { kind: 'export', name: 'main' },
      params: encodeParameters('main', [I32, I32], [seed, steps]),
      link: null,
    });
    if (typeof pid === 'string') throw new Error(pid);
    this.#logs.set(pid, []);
    const proc = this.#system.find(pid);
    if (proc === undefined) throw new Error('a process that was spawned does not run before its slice');
    return proc;
  }

  #run(slices: number): void {
    const { scheduler } = this.#system;
    for (let k = 0; k < slices; k++) {
      if (scheduler.runTurn()) continue;
      if (scheduler.timerCount === 0) return;
      this.#clock.advance(1);
    }
  }

  #check({ seed, expected }: Quarry, proc: Process): void {
    const log = this.#logs.get(proc.pid) ?? [];
    this.#logs.delete(proc.pid);
    if (proc.isAlive) this.#fail(`guest ${seed}, process ${proc.pid}: it does not end`);
    if (this.#changed.delete(proc.pid))
      this.#fail(`guest ${seed}, process ${proc.pid}: its state changed while it was stopped`);
    const wrong = log.findIndex((value, k) => value !== expected[k]);
    // One that was killed may not have told everything; one that trapped before it had is a finding.
    const complete = log.length === expected.length || proc.exitReason?.kind === 'killed';
    if (wrong < 0 && complete) return;
    this.#fail(
      `guest ${seed}, process ${proc.pid}: finds ${log.join(' ')}, a fresh instance gives ${expected.join(' ')}`,
    );
  }

  #checkIdle({ seed, module, memory }: Quarry): void {
    for (const instance of module.idleInstances()) {
      this.report.compared++;
      const bytes = new Uint8Array(instance.memory?.buffer ?? new ArrayBuffer(0));
      if (bytes.length !== instance.pages * 65_536)
        this.#fail(`guest ${seed}: an idle instance has ${bytes.length} bytes`);
      if (Buffer.compare(bytes.subarray(0, memory.length), memory) !== 0)
        this.#fail(`guest ${seed}: the memory of an idle instance differs at ${firstDifference(bytes, memory)}`);
      const grown = new BigUint64Array(bytes.buffer, memory.length);
      if (!grown.every((word) => word === 0n))
        this.#fail(`guest ${seed}: grown pages of an idle instance are not zero`);
    }
  }

  #fail(text: string): void {
    if (this.report.failures.length < MAX_FAILURES) this.report.failures.push(text);
  }
}

/** Hunts until there were so many reuses. `seed` repeats it. */
export function hunt(options: HuntOptions): HuntReport {
  const hunting = new Hunt(options);
  const { report } = hunting;
  while (report.reuses < options.reuses && report.failures.length < MAX_FAILURES) {
    hunting.huntSome();
    options.onRound?.(report);
  }
  return report;
}

export function printReport(report: HuntReport): string {
  const ends = [...report.ends].sort().map(([kind, count]) => `${count} ${kind}`);
  const lines = [
    `${report.form}: ${report.reuses} reuses by ${report.processes} processes of ${report.modules} random modules (${report.unshared} of them never share)`,
    `  ${report.instances} instances made, ${report.parked} processes parked, ${report.compared} idle instances compared with plain V8`,
    `  ends: ${ends.join(', ')}; ${report.failures.length} differences`,
    ...report.failures.map((failure) => `  ${failure}`),
  ];
  return lines.join('\n');
}

/** What the first lines of a process are in plain V8. */
function plainObservation(bytes: Uint8Array): number[] {
  const log: number[] = [];
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const imports: { [module: string]: { [name: string]: (value: number) => number } } = {};
  for (const item of WebAssembly.Module.imports(module)) (imports[item.module] ??= {})[item.name] = () => 0;
  (imports.leaks as { log: (value: number) => number }).log = (value) => log.push(value);
  const { main } = new WebAssembly.Instance(module, imports).exports as { main: (seed: number, steps: number) => void }; // generated so
  main(1, 0);
  return log;
}

function plainMemory(bytes: Uint8Array): Uint8Array {
  const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  const imports: { [module: string]: { [name: string]: () => number } } = {};
  for (const item of WebAssembly.Module.imports(module)) (imports[item.module] ??= {})[item.name] = () => 0;
  const { memory } = new WebAssembly.Instance(module, imports).exports as { memory: WebAssembly.Memory }; // generated so
  return new Uint8Array(memory.buffer).slice();
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return b.findIndex((byte, k) => byte !== a[k]);
}
