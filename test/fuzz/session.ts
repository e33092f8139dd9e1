// Many generated modules, each compared under several policies of stops; what came of them, counted.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { RefusedError } from '../spec/adapter.ts';
import { PlainAdapter } from '../spec/plain_adapter.ts';
import {
  type Counts,
  EVERY,
  NEVER,
  RewrittenAdapter,
  randomStops,
  type StopPolicy,
} from '../spec/rewritten_adapter.ts';
import { compare, Mismatch } from './compare.ts';
import { generate } from './generate.ts';
import { mayStop } from './host.ts';
import { WasmOpt } from './wasm_opt.ts';

const KEPT = path.resolve(import.meta.dirname, '..', '..', '.cache', 'fuzz');
/** One module in so many has a resume point put before every instruction. */
const DENSE_INTERVAL = 4;

export interface SessionReport {
  modules: number;
  refusedModules: number;
  modulesWithoutPoints: number;
  pointsExisting: number;
  pointsTaken: number;
  stops: number;
  calls: number;
  values: number;
  traps: number;
  exceptions: number;
  exhausted: number;
  readonly refusals: Map<string, number>;
  readonly failures: string[];
}

/** Modules of the seeds `first` to `first + count - 1`. `progress` is told after each. */
export async function runSession(
  first: number,
  count: number,
  progress: (report: SessionReport) => void,
): Promise<SessionReport> {
  const report: SessionReport = {
    modules: 0,
    refusedModules: 0,
    modulesWithoutPoints: 0,
    pointsExisting: 0,
    pointsTaken: 0,
    stops: 0,
    calls: 0,
    values: 0,
    traps: 0,
    exceptions: 0,
    exhausted: 0,
    refusals: new Map(),
    failures: [],
  };
  const wasmOpt = new WasmOpt();
  try {
    for (let seed = first; seed < first + count; seed++) {
      await checkSeed(seed, wasmOpt, report);
      progress(report);
    }
  } finally {
    wasmOpt.close();
  }
  return report;
}

async function checkSeed(seed: number, wasmOpt: WasmOpt, report: SessionReport): Promise<void> {
  const { bytes, options } = await generate(seed, wasmOpt);
  report.modules++;
  const policies: StopPolicy[] = [NEVER, EVERY, randomStops(new SeededRandom(seed))];
  for (const policy of policies) {
    const adapter = new RewrittenAdapter({
      policy,
      tracked: seed % 2 === 0,
      dense: policy !== NEVER && seed % DENSE_INTERVAL === 0,
      stops: mayStop,
    });
    try {
      const result = await compare(bytes, seed, new PlainAdapter(), adapter);
      report.calls += result.calls;
      report.values += result.values;
      report.traps += result.traps;
      report.exceptions += result.exceptions;
      report.exhausted += Number(result.exhausted);
    } catch (error) {
      if (error instanceof RefusedError) {
        report.refusals.set(error.message, (report.refusals.get(error.message) ?? 0) + 1);
        if (policy === EVERY) report.refusedModules++;
        continue;
      }
      const file = keep(seed, bytes);
      const text =
        error instanceof Mismatch
          ? error.message
          : error instanceof Error
            ? `${error.name}: ${error.message}`
            : String(error);
      report.failures.push(
        `seed ${seed} (${adapter.name}): ${text}\n    options ${options.join(' ')}\n    module ${file}`,
      );
    }
    report.stops += adapter.counts.stops;
    if (policy === EVERY) addPoints(report, adapter.counts);
  }
}

function addPoints(report: SessionReport, counts: Counts): void {
  report.pointsExisting += counts.pointsExisting;
  report.pointsTaken += counts.pointsTaken;
  report.modulesWithoutPoints += counts.modulesWithoutPoints;
}

/** For whoever looks into it. */
function keep(seed: number, bytes: Uint8Array): string {
  mkdirSync(KEPT, { recursive: true });
  const file = path.join(KEPT, `seed-${seed}.wasm`);
  writeFileSync(file, bytes);
  return path.relative(process.cwd(), file);
}

export function printReport(report: SessionReport): string {
  const refusals = [...report.refusals]
    .toSorted((a, b) => b[1] - a[1])
    .map(([reason, count]) => `  ${count} x ${reason}`);
  return [
    `modules ${report.modules}: compared ${report.modules - report.refusedModules}, refused ${report.refusedModules}, without any resume point ${report.modulesWithoutPoints}`,
    `resume points existing ${report.pointsExisting}, taken ${report.pointsTaken}; stops ${report.stops}`,
    `calls ${report.calls}: values ${report.values}, traps ${report.traps}, exceptions ${report.exceptions}; modules left at a stack overflow ${report.exhausted}`,
    ...(refusals.length > 0 ? ['refusals (each policy counts):', ...refusals] : []),
    `failures ${report.failures.length}`,
    ...report.failures.map((failure) => `  ${failure}`),
  ].join('\n');
}
