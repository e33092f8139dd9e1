// Crash reports: who failed, why, and where in its code.

import { describeExitReason, type ExitReason } from '../actor/exit_reason.ts';
import type { Clock } from '../base/clock.ts';
import type { ProcessDescription } from '../node/process_description.ts';
import { MAX_REPORT_STACK_LINES, MAX_REPORTS_PER_SECOND } from './limits.ts';
import { type Log, printable } from './log.ts';

/** The main process has failed. `entry`: the function it began in. */
export function reportMain(log: Log, process: ProcessDescription, entry: string, reason: ExitReason): void {
  const lines = [`the main process failed: ${printable(describeExitReason(reason))}`];
  lines.push(`  process ${process.pid}, module ${process.moduleName ?? '-'}, entry ${entry}${registered(process)}`);
  lines.push(...stackLines(reason, Infinity));
  log.write('error', lines.join('\n'));
}

/** Every process waits. */
export function reportDeadlock(log: Log, waiting: readonly ProcessDescription[], count: number): void {
  const lines = ['deadlock: every process waits, and nothing outside can wake one'];
  for (const process of waiting) {
    const what = process.waitsFor ?? 'nothing that is known';
    lines.push(
      `  process ${process.pid}, module ${process.moduleName ?? '-'}, waits for ${what}${registered(process)}`,
    );
  }
  if (count > waiting.length) lines.push(`  and ${count - waiting.length} more processes`);
  log.write('error', lines.join('\n'));
}

/** Reports of processes other than the main one, so many a second and no more. */
export class FailureReports {
  readonly #log: Log;
  readonly #clock: Clock;
  #windowStartMs = -Infinity;
  #inWindow = 0;
  #leftOut = 0;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** `describe` is called only if the report is shown. */
  failed(reason: ExitReason, describe: () => ProcessDescription): void {
    const level = levelOf(reason);
    if (!this.#log.shows(level)) return;
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#windowStartMs >= 1000) {
      this.finish();
      this.#windowStartMs = nowMs;
      this.#inWindow = 0;
    }
    if (this.#inWindow >= MAX_REPORTS_PER_SECOND || this.#log.waiting >= MAX_REPORTS_PER_SECOND) {
      this.#leftOut++;
      return;
    }
    this.#inWindow++;
    const process = describe();
    const who = `process ${process.pid} (${process.moduleName ?? 'TypeScript'}${registered(process)})`;
    const lines = [
      `${who} failed: ${printable(describeExitReason(reason))}`,
      ...stackLines(reason, MAX_REPORT_STACK_LINES),
    ];
    this.#log.write(level, lines.join('\n'));
  }

  /** Tells how many reports were left out, if any. */
  finish(): void {
    if (this.#leftOut === 0) return;
    this.#log.write('warn', `${this.#leftOut} more processes failed; their reports were left out`);
    this.#leftOut = 0;
  }
}

/** What somebody asked for, and what follows from a failure told elsewhere, is no warning. */
function levelOf(reason: ExitReason): 'warn' | 'info' {
  return reason.kind === 'killed' || reason.kind === 'shutdown' || reason.kind === 'linked' ? 'info' : 'warn';
}

function registered(process: ProcessDescription): string {
  if (process.names.length === 0) return '';
  return `, registered as ${process.names.map((name) => printable(JSON.stringify(name))).join(', ')}`;
}

/** The stack of the process that failed first, if the reason is a failed link. */
function stackLines(reason: ExitReason, limit: number): string[] {
  const cause = reason.kind === 'linked' ? reason.reason : reason;
  const stack = cause.kind === 'trap' || cause.kind === 'error' ? (cause.stack ?? '') : '';
  if (stack === '') return [];
  const lines = stack.split('\n').map((line) => `    ${printable(line)}`);
  return lines.length <= limit ? lines : [...lines.slice(0, limit), `    and ${lines.length - limit} more`];
}
