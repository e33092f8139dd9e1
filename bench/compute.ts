// What preemption and suspension cost running code: each kernel as the plain module in V8, and rewritten and run by the
// engine in slices of 0.1 ms, in turn in one OS process. Twice: as the VM runs it (`compute`), and with every write recorded
// (`compute-tracked`), which the VM changes to for modules whose processes change instances often.
//
// Not measured here: compilation (all sides are warmed up until V8 has optimized them), start-up of processes, and the
// rewrite itself (see rewrite.ts).

import { type BenchContext, type Benchmark, geometricMean, type Samples } from './harness.ts';
import { buildKernel, KERNELS, type Kernel } from './kernels.ts';
import { KernelEngine } from './rewritten.ts';

const PLAIN = 'plain module, same V8';
/** Rounds before measuring, on all sides: V8 optimizes in the background meanwhile. */
const WARM_UP_ROUNDS = 4;
/** With --quick a run is so much shorter. */
const QUICK_DIVISOR = 4;
/** Kernels whose work is not in proportion to n: the argument for --quick. */
const QUICK_N: Readonly<Record<string, number>> = { recursion: 34, matrix: 260, lu: 450 };

/** One run of a kernel, from its `begin` to its `done`. */
export interface KernelRun {
  readonly checksum: number;
  readonly ms: number;
}

type Runner = (n: number) => Promise<KernelRun>;

function plainRunner(bytes: Uint8Array<ArrayBuffer>): Runner {
  let beganMs = 0;
  let run: KernelRun = { checksum: 0, ms: 0 };
  const bench = {
    begin: () => {
      beganMs = performance.now();
    },
    done: (checksum: number) => {
      run = { checksum, ms: performance.now() - beganMs };
    },
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { bench });
  // Every kernel exports this function; see kernels/kernel.h.
  const kernel = exports.kernel as (n: number) => void;
  return async (n) => {
    kernel(n);
    return run;
  };
}

interface Engines {
  readonly tracked: KernelEngine;
  readonly vm: KernelEngine;
}

/** Milliseconds of each side, run by run in turn. All must agree on the checksum. */
async function measure(
  context: BenchContext,
  kernel: Kernel,
  engines: Engines,
  runs: number,
): Promise<Record<'plain' | 'tracked' | 'vm', number[]>> {
  const { name } = kernel;
  const n = context.quick ? (QUICK_N[name] ?? Math.round(kernel.n / QUICK_DIVISOR)) : kernel.n;
  const bytes = await buildKernel(name);
  const plain = plainRunner(bytes);
  const tracked = engines.tracked.load(bytes, name);
  const vm = engines.vm.load(bytes, name);
  const { checksum } = await plain(n);
  const sides: Record<'plain' | 'tracked' | 'vm', Runner> = {
    plain,
    tracked: (size) => engines.tracked.run(tracked, size),
    vm: (size) => engines.vm.run(vm, size),
  };
  const samples = { plain: [] as number[], tracked: [] as number[], vm: [] as number[] };
  const order = ['plain', 'tracked', 'vm'] as const;
  for (let round = -WARM_UP_ROUNDS; round < runs; round++) {
    // Whoever goes first changes, so that nobody always inherits another's heat.
    for (let k = 0; k < order.length; k++) {
      const side = order[(k + round + WARM_UP_ROUNDS) % order.length];
      const run = await sides[side](n);
      if (run.checksum !== checksum) throw new Error(`kernel ${name} gave ${run.checksum} ${side}, ${checksum} plain`);
      if (round >= 0) samples[side].push(run.ms);
    }
  }
  return samples;
}

export const computeBenchmark: Benchmark = {
  name: 'compute',
  about: 'C kernels, rewritten and run in slices, against the plain module on the same V8',
  goals: [
    { bench: 'compute/geometric-mean', bounds: 'ratio', atMost: 1.15 },
    { bench: 'compute-tracked/geometric-mean', bounds: 'ratio', atMost: 1.3 },
    { bench: 'compute/*', bounds: 'ratio', atMost: 2 },
    { bench: 'compute-tracked/*', bounds: 'ratio', atMost: 2 },
  ],
  async run(context) {
    const engines = { tracked: new KernelEngine(true), vm: new KernelEngine(undefined) };
    const all: { readonly kernel: Kernel; readonly tracked: Samples; readonly vm: Samples }[] = [];
    const { runs } = context;
    for (const kernel of KERNELS) {
      const { plain, tracked, vm } = await measure(context, kernel, engines, runs);
      all.push({ kernel, tracked: { ours: tracked, theirs: plain }, vm: { ours: vm, theirs: plain } });
    }
    for (const variant of ['vm', 'tracked'] as const) {
      const name = variant === 'vm' ? 'compute' : 'compute-tracked';
      const ratios = all.map((entry) =>
        context.report.compare(`${name}/${entry.kernel.name}`, PLAIN, entry[variant], 'ms'),
      );
      const perRun = all[0][variant].ours.map((_, run) =>
        geometricMean(all.map(({ [variant]: { ours, theirs } }) => ours[run] / theirs[run])),
      );
      context.report.summary(`${name}/geometric-mean`, PLAIN, geometricMean(ratios), perRun);
    }
  },
};
