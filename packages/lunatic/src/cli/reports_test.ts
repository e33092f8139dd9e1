import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ExitReason } from '../actor/exit_reason.ts';
import { ManualClock } from '../base/clock.ts';
import type { OutputSink, WriteOutcome } from '../host/environment.ts';
import { CapturedOutput } from '../node/streams.ts';
import { MAX_REPORTS_PER_SECOND } from './limits.ts';
import { Log, type LogLevel, printable } from './log.ts';
import { FailureReports, reportMain } from './reports.ts';

const TRAP: ExitReason = {
  kind: 'trap',
  message: 'unreachable',
  stack: Array.from({ length: 20 }, (_, i) => `at f${i}`).join('\n'),
};

function describeIt(pid: number) {
  return { pid, moduleName: 'a.wasm', names: pid === 7 ? ['x', 'y'] : [], waitsFor: null };
}

function reportAll(level: LogLevel, reasons: readonly ExitReason[]): string {
  const output = new CapturedOutput();
  const reports = new FailureReports(new Log(output, level, () => false), new ManualClock());
  for (const [i, reason] of reasons.entries()) reports.failed(reason, () => describeIt(i + 1));
  reports.finish();
  return output.text(2);
}

describe('FailureReports', () => {
  it('says who, why, and where, within bounds', () => {
    const lines = reportAll('warn', [TRAP]).split('\n');
    assert.equal(lines[0], 'lunatic: warning: process 1 (a.wasm) failed: trap: unreachable');
    assert.equal(lines[1], '    at f0');
    assert.equal(lines[17], '    and 4 more');
  });

  it('gives the stack of the first cause', () => {
    const text = reportAll('info', [{ kind: 'linked', pid: 9, reason: TRAP }]);
    assert.match(
      text,
      /^lunatic: info: process 1 \(a\.wasm\) failed: linked process 9 failed \(trap: unreachable\)\n {4}at f0/,
    );
  });

  it('warns of failures; kills and links are for the level info', () => {
    const reasons: ExitReason[] = [{ kind: 'killed' }, { kind: 'shutdown' }, { kind: 'linked', pid: 9, reason: TRAP }];
    assert.equal(reportAll('warn', reasons), '');
    assert.equal(reportAll('info', reasons).match(/failed:/g)?.length, 3);
    assert.match(reportAll('warn', [{ kind: 'exit', code: 3 }]), /failed: exit code 3/);
    assert.equal(reportAll('error', [TRAP]), '');
  });

  it('shows so many a second and counts the rest', () => {
    const output = new CapturedOutput();
    const clock = new ManualClock();
    const reports = new FailureReports(new Log(output, 'warn', () => false), clock);
    let described = 0;
    const fail = (times: number) => {
      for (let i = 0; i < times; i++) {
        reports.failed({ kind: 'limit', limit: 'fuel' }, () => {
          described++;
          return describeIt(1);
        });
      }
    };
    fail(MAX_REPORTS_PER_SECOND + 5);
    clock.advance(1000);
    fail(1);
    fail(1);
    reports.finish();
    assert.equal(described, MAX_REPORTS_PER_SECOND + 2);
    const lines = output.text(2).trimEnd().split('\n');
    assert.equal(lines.length, MAX_REPORTS_PER_SECOND + 3);
    assert.equal(
      lines[MAX_REPORTS_PER_SECOND],
      'lunatic: warning: 5 more processes failed; their reports were left out',
    );
  });
});

describe('Log', () => {
  it('keeps order and loses nothing when the reader is slow', () => {
    const taken: string[] = [];
    let wake: () => void = () => {};
    let full = true;
    const slow: OutputSink = {
      write: (_fd, bytes): WriteOutcome => {
        if (full) return 'full';
        taken.push(Buffer.from(bytes).toString());
        return 'accepted';
      },
      onDrain: (callback) => {
        wake = callback;
      },
    };
    const log = new Log(slow, 'warn', () => false);
    log.write('warn', 'one');
    log.write('error', 'two');
    log.write('info', 'not shown');
    assert.equal(log.waiting, 2);
    wake();
    assert.equal(log.waiting, 2);
    full = false;
    wake();
    log.write('warn', 'three');
    assert.deepEqual(taken, ['lunatic: warning: one\n', 'lunatic: error: two\n', 'lunatic: warning: three\n']);
  });

  it('colours labels only when told to', () => {
    const output = new CapturedOutput();
    reportMain(new Log(output, 'error', () => true), describeIt(7), '_start', { kind: 'killed' });
    assert.equal(
      output.text(2),
      'lunatic: \x1b[1;31merror:\x1b[0m the main process failed: killed\n  process 7, module a.wasm, entry _start, registered as "x", "y"\n',
    );
  });
});

it('printable takes the teeth out of what a guest chose', () => {
  assert.equal(printable('a\x1b[31mb\x07\n\tc\u202e'), 'a\ufffd[31mb\ufffd\n\tc\ufffd');
  assert.ok(printable('x'.repeat(1e6)).length < 3000);
});
