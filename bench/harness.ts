// What every benchmark shares: measuring two things in turn, the statistics, and the report.
//
// Every figure is a ratio of two things measured alternately in one run (A B A B ...), because machines are noisy:
// medians of the runs, with their spread. A peer that is not installed is reported as missing, with the package that
// brings it; it is never left out in silence. Figures of different runs or machines must not be compared.

/** Fewer runs than this are not a measurement. */
export const MIN_RUNS = 5;

export interface Samples {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

/** One line of the result. A cost: smaller is better, `ratio` = ours / theirs. */
export interface Result {
  /** Benchmark, and what part of it after a slash. */
  readonly bench: string;
  readonly peer: string;
  readonly ours: number;
  /** null: there is nothing beside it, or the peer is missing (then `note` says what brings it). */
  readonly theirs: number | null;
  readonly ratio: number | null;
  readonly unit: string;
  readonly runs: number;
}

/** A result with the benchmark that it is of, and with how far its runs lie apart, for each side: see `spread`. */
export interface RecordedResult extends Result {
  readonly benchmark: string;
  readonly spread: readonly [ours: number, theirs: number | null];
}

/** What a result should come to: the first that matches its name counts. */
export interface Goal {
  /** A name, or the beginning of names followed by `*`. */
  readonly bench: string;
  /** Bound of `ratio`, or of `ours` in the result's own unit. */
  readonly bounds: 'ratio' | 'ours';
  readonly atMost: number;
}

export interface BenchContext {
  /** Sizes are reduced so that all benchmarks together end within a minute. */
  readonly quick: boolean;
  /**
   * How often each side is measured: at least MIN_RUNS, unless a quick run has used up its time on a slow machine. Read it
   * anew for each measurement.
   */
  readonly runs: number;
  readonly report: Reporter;
}

export interface Benchmark {
  readonly name: string;
  /** One sentence: what is measured, against what. */
  readonly about: string;
  /** From design to measurement: where there is no goal, the figure is shown as it is. */
  readonly goals?: readonly Goal[];
  readonly run: (context: BenchContext) => Promise<void>;
}

export type Measure = () => number | Promise<number>;

/** Measures both sides in turn, `runs` times each. The one that goes first changes every time, so that neither always inherits the other's heat. */
export async function alternate(ours: Measure, theirs: Measure, runs: number): Promise<Samples> {
  const samples = { ours: [] as number[], theirs: [] as number[] };
  for (let run = 0; run < runs; run++) {
    if (run % 2 === 0) {
      samples.ours.push(await ours());
      samples.theirs.push(await theirs());
    } else {
      samples.theirs.push(await theirs());
      samples.ours.push(await ours());
    }
  }
  return samples;
}

export async function repeat(measure: Measure, runs: number): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run++) samples.push(await measure());
  return samples;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Linear interpolation between the two nearest samples. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('a quantile of no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  return low + (high - low) * (at - Math.floor(at));
}

/** The goal that a result is judged by. */
export function goalOf(goals: readonly Goal[] | undefined, bench: string): Goal | undefined {
  return goals?.find((goal) =>
    goal.bench.endsWith('*') ? bench.startsWith(goal.bench.slice(0, -1)) : goal.bench === bench,
  );
}

export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a mean of no values');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** Half the distance between the outer samples, as a share of the median: "±3%". */
function spread(samples: readonly number[]): number {
  const middle = median(samples);
  return middle === 0 ? 0 : (Math.max(...samples) - Math.min(...samples)) / 2 / Math.abs(middle);
}

/** Prints a table for people, or one JSON object per line; notes for people go to standard error in both cases. */
export class Reporter {
  readonly results: RecordedResult[] = [];
  readonly #json: boolean;
  readonly #write: (text: string) => void;
  #headerPrinted = false;
  #benchmark = '';

  constructor(json: boolean, write: (text: string) => void = (text) => process.stdout.write(text)) {
    this.#json = json;
    this.#write = write;
  }

  /** Facts about this run that belong above every table. */
  heading(lines: readonly string[]): void {
    for (const line of lines) process.stderr.write(`# ${line}\n`);
  }

  /** What follows is of this benchmark. */
  begin({ name, about }: Benchmark): void {
    this.#benchmark = name;
    this.heading([`${name}: ${about}`]);
  }

  /** Both sides were measured. Returns the ratio of the medians. */
  compare(bench: string, peer: string, samples: Samples, unit: string): number {
    const ours = median(samples.ours);
    const theirs = median(samples.theirs);
    const ratio = ours / theirs;
    this.#add({ bench, peer, ours, theirs, ratio, unit, runs: Math.min(samples.ours.length, samples.theirs.length) }, [
      spread(samples.ours),
      spread(samples.theirs),
    ]);
    return ratio;
  }

  /** A ratio made of other ratios, as the mean over several kernels; `perRun` is the same of each run, for the spread. */
  summary(bench: string, peer: string, ratio: number, perRun: readonly number[]): void {
    this.#add({ bench, peer, ours: ratio, theirs: 1, ratio, unit: 'ratio', runs: perRun.length }, [spread(perRun), 0]);
  }

  /** Only our side exists in this run. `peer` says why: "-" where there is nothing to compare with. */
  single(bench: string, peer: string, ours: readonly number[], unit: string): void {
    this.#add({ bench, peer, ours: median(ours), theirs: null, ratio: null, unit, runs: ours.length }, [
      spread(ours),
      null,
    ]);
  }

  /** A peer that is not installed here. */
  missing(bench: string, peer: string, remedy: string): void {
    process.stderr.write(`! ${bench}: ${peer} is missing: ${remedy}\n`);
  }

  note(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }

  #add(result: Result, spreads: RecordedResult['spread']): void {
    this.results.push({ ...result, benchmark: this.#benchmark, spread: spreads });
    if (this.#json) {
      this.#write(`${JSON.stringify(result)}\n`);
      return;
    }
    if (!this.#headerPrinted) {
      this.#write(row('benchmark', 'ours', 'theirs', 'ratio', 'unit', 'peer', 'spread'));
      this.#headerPrinted = true;
    }
    const { bench, ours, theirs, ratio, unit, peer } = result;
    this.#write(row(bench, figure(ours), figure(theirs), figure(ratio), unit, peer, spreadText(spreads)));
  }
}

const COLUMNS = [30, -11, -11, -8, 14, 24] as const;

function row(...cells: string[]): string {
  const padded = cells.map((cell, i) => {
    const width = COLUMNS[i];
    if (width === undefined) return cell;
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  });
  return `${padded.join(' ').trimEnd()}\n`;
}

/** "±3% / ±5%", or our side's alone. */
export function spreadText([ours, theirs]: RecordedResult['spread']): string {
  return theirs === null ? `±${percent(ours)}` : `±${percent(ours)} / ±${percent(theirs)}`;
}

/** Three significant digits, without exponents. */
export function figure(value: number | null): string {
  if (value === null) return '-';
  const magnitude = Math.abs(value);
  return magnitude >= 1000 ? Math.round(value).toString() : magnitude >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
