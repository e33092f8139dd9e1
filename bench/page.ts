// Makes docs/performance.md of a recorded run. Every figure on it comes from there.

import { BENCHMARKS } from './benchmarks.ts';
import { FAMILIES, type Point, pointsOf } from './growth.ts';
import { type Benchmark, figure, type Goal, goalOf, type RecordedResult, spreadText } from './harness.ts';
import type { RunRecord } from './record.ts';

export function performancePage(record: RunRecord): string {
  const { run, results } = record;
  const measured = BENCHMARKS.map((benchmark) => ({
    benchmark,
    own: results.filter((result) => result.benchmark === benchmark.name),
  }));
  const absent = measured.filter(({ own }) => own.length === 0).map(({ benchmark }) => `\`${benchmark.name}\``);
  return [
    '# Performance',
    '',
    'Made by `npm run plots` from [performance.jsonl](performance.jsonl), the record of one run; `npm run performance` makes a',
    'new record, this page and its picture. No figure is typed in.',
    '',
    table(
      ['this run', ''],
      [
        ['command', `\`npm run bench${run.command === '' ? '' : ` -- ${run.command}`}\``],
        ['date, commit', `${run.date}, ${run.commit}`],
        ['machine', `${run.cores} × ${run.cpu}, ${run.memoryGiB} GiB, ${run.platform}`],
        ['software', `Node.js ${run.node} (V8 ${run.v8}), Erlang/OTP ${run.erlang ?? 'not installed'}`],
        ['took', `${run.minutes.toFixed(0)} minutes`],
      ],
    ),
    '',
    'Figures are costs: smaller is better. Both sides are measured in turn in the same run; shown are medians, the ratio of the',
    'medians (ours / theirs), and half the distance between the outer samples as a share of the median, ours / theirs. Only the',
    'ratio means anything on another machine. Memory is the resident size of the whole OS process, before and after.',
    ...(absent.length > 0 ? ['', `Not in this run: ${absent.join(', ')}.`] : []),
    '',
    '## Goals',
    '',
    goalTable(measured),
    '',
    '## Growth',
    '',
    '<picture>',
    '  <source media="(prefers-color-scheme: dark)" srcset="growth-dark.svg">',
    '  <img src="growth-light.svg" alt="Cost of a process against the number of processes, ours and Erlang/OTP\'s">',
    '</picture>',
    '',
    growthTable(results),
    '',
    ...measured.filter(({ own }) => own.length > 0).flatMap(({ benchmark, own }) => section(benchmark, own)),
  ].join('\n');
}

interface Measured {
  readonly benchmark: Benchmark;
  readonly own: readonly RecordedResult[];
}

/** A row for each goal: the result that is furthest from it. */
function goalTable(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ benchmark, own }) =>
    (benchmark.goals ?? []).map((goal) => {
      const command = `\`npm run bench -- ${benchmark.name}\``;
      const judged = own.filter(({ bench }) => goalOf(benchmark.goals, bench) === goal);
      if (judged.length === 0) return [goal.bench, '', '', '', '', goalText(goal), 'not measured', command];
      const worst = judged.reduce((a, b) => ((judgedValue(goal, b) ?? 0) > (judgedValue(goal, a) ?? 0) ? b : a));
      const name = judged.length === 1 ? worst.bench : `${worst.bench} (worst of ${judged.length})`;
      return [name, ...figures(worst), goalText(goal), verdict(goal, worst), command];
    }),
  );
  return table(['result', 'ours', 'theirs', 'ratio', 'unit', 'goal', 'met', 'command'], rows);
}

function growthTable(results: readonly RecordedResult[]): string {
  const sizes = [...new Set(FAMILIES.flatMap((family) => pointsOf(family, results).map(({ n }) => n)))];
  const rows = FAMILIES.flatMap((family) => {
    const points = pointsOf(family, results);
    const row = (side: 'ours' | 'theirs', name: string) => [
      `${family.title}, ${family.unit}`,
      name,
      ...sizes.map((size) => figure(points.find(({ n }) => n === size)?.[side] ?? null)),
      growthOf(points, side),
    ];
    return points.length === 0 ? [] : [row('ours', 'Lunatic'), row('theirs', 'Erlang/OTP')];
  });
  const heads = sizes.map((size) => size.toLocaleString('en'));
  return table(['cost', 'of', ...heads, 'last / first'], rows);
}

/** The cost at the largest number of processes, as a multiple of that at the smallest. */
function growthOf(points: readonly Point[], side: 'ours' | 'theirs'): string {
  const first = points.at(0)?.[side] ?? null;
  const last = points.at(-1)?.[side] ?? null;
  return first === null || last === null ? '-' : figure(last / first);
}

function section({ name, about, goals }: Benchmark, own: readonly RecordedResult[]): string[] {
  const rows = own.map((result) => {
    const goal = goalOf(goals, result.bench);
    return [
      result.bench,
      result.peer,
      ...figures(result),
      goal === undefined ? '' : `${goalText(goal)}: ${verdict(goal, result)}`,
      spreadText(result.spread),
      String(result.runs),
    ];
  });
  return [
    `## ${name}`,
    '',
    `\`npm run bench -- ${name}\`: ${about}.`,
    '',
    table(['result', 'peer', 'ours', 'theirs', 'ratio', 'unit', 'goal', 'spread', 'runs'], rows),
    '',
  ];
}

function figures({ ours, theirs, ratio, unit }: RecordedResult): string[] {
  return [figure(ours), figure(theirs), figure(ratio), unit];
}

function goalText({ bounds, atMost }: Goal): string {
  return bounds === 'ratio' ? `ratio ≤ ${Number(atMost.toPrecision(3))}` : `≤ ${atMost.toLocaleString('en')}`;
}

/** null: the peer was missing. */
function judgedValue({ bounds }: Goal, result: RecordedResult): number | null {
  return bounds === 'ratio' ? result.ratio : result.ours;
}

function verdict(goal: Goal, result: RecordedResult): string {
  const value = judgedValue(goal, result);
  return value === null ? 'not measured' : value <= goal.atMost ? 'yes' : 'no';
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
