// The outcome of the checks as a table: one line per program, the sums below.

import type { ProgramReport, RunReport } from './check.ts';

const HEADINGS = [
  ['', 'ends with', 'host', 'memory', '', 'points', '', 'stops', '', '', 'dense:', 'points', ''],
  [
    'program',
    '',
    'calls',
    'KiB',
    'globals',
    'existing',
    'taken',
    'never',
    'every',
    'random',
    'existing',
    'taken',
    'stops',
  ],
];
/** Columns with text; the others hold numbers. */
const TEXT_COLUMNS = 2;

/** `never` stops only where memory grows. Points are those of one form of the module, stops those of both. */
export function printTable(reports: readonly ProgramReport[], denseStops: number): string {
  const rows = reports.map((report) => [report.name, report.ending, ...numbers(report).map(String)]);
  const all = reports.map(numbers);
  const sums = (all[0] ?? []).map((_, i) => String(all.reduce((sum, row) => sum + (row[i] as number), 0)));
  const table = [...HEADINGS, ...rows, [`${reports.length} programs`, '', ...sums]];
  const widths = HEADINGS[0].map((_, i) => Math.max(...table.map((row) => (row[i] ?? '').length)));
  const lines = table.map((row) =>
    row.map((cell, i) => (i < TEXT_COLUMNS ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
  const failures = reports.flatMap((report) => report.failures);
  return [
    ...lines.map((line) => line.trimEnd()),
    ...explainDense(reports, denseStops),
    `failures ${failures.length}`,
    ...failures.map((failure) => `  ${failure}`),
  ].join('\n');
}

function explainDense(reports: readonly ProgramReport[], denseStops: number): string[] {
  const names = (those: readonly ProgramReport[]) => those.map(({ name }) => name).join(', ');
  const cut = reports.filter((report) => (denseRun(report)?.stops ?? 0) >= denseStops);
  const without = reports.filter((report) => denseRun(report) === undefined);
  return [
    'points not taken: code that the program does not come to, and calls under which nothing stops',
    'dense: a resume point before every instruction, and a stop at each that is come to',
    ...(cut.length === 0
      ? []
      : [`  after ${denseStops} stops only at random ones, since these run long: ${names(cut)}`]),
    ...(without.length === 0 ? [] : [`  left out, since these are large: ${names(without)}`]),
  ];
}

function numbers(report: ProgramReport): number[] {
  const stops = (policy: string) =>
    report.runs.filter((run) => run.policy === policy).reduce((sum, run) => sum + run.stops, 0);
  const every = report.runs.find((run) => run.policy === 'every');
  const dense = denseRun(report);
  return [
    report.hostCalls,
    report.memoryBytes / 1024,
    report.globals,
    every?.pointsExisting ?? 0,
    every?.pointsTaken ?? 0,
    stops('never'),
    stops('every'),
    stops('random'),
    dense?.pointsExisting ?? 0,
    dense?.pointsTaken ?? 0,
    dense?.stops ?? 0,
  ];
}

function denseRun(report: ProgramReport): RunReport | undefined {
  return report.runs.find(({ dense }) => dense);
}
