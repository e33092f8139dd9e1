// All benchmarks, in the order they run and stand on the page. A quick run on a slow machine measures the last ones only once: those
// that take long even then stand first.

import {
  depthBenchmark,
  fanBenchmark,
  pairsBenchmark,
  pingpongBenchmark,
  ringBenchmark,
  spawnBenchmark,
} from './actors.ts';
import { computeBenchmark } from './compute.ts';
import { densityBenchmark } from './density.ts';
import { fairnessBenchmark } from './fairness.ts';
import type { Benchmark } from './harness.ts';
import { idleBenchmark } from './idle.ts';
import { rewriteBenchmark } from './rewrite.ts';
import { startupBenchmark } from './startup.ts';
import { threadsBenchmark } from './threads.ts';
import { workersBenchmark } from './workers.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  computeBenchmark,
  workersBenchmark,
  rewriteBenchmark,
  startupBenchmark,
  spawnBenchmark,
  pingpongBenchmark,
  pairsBenchmark,
  ringBenchmark,
  idleBenchmark,
  densityBenchmark,
  fanBenchmark,
  fairnessBenchmark,
  depthBenchmark,
  threadsBenchmark,
];
