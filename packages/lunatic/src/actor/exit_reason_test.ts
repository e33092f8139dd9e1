import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyExitReason, type ExitReason } from './exit_reason.ts';

test('copyExitReason copies every kind, without what does not belong to it', () => {
  const reasons: readonly ExitReason[] = [
    { kind: 'normal' },
    { kind: 'killed' },
    { kind: 'shutdown' },
    { kind: 'noproc' },
    { kind: 'exit', code: -3 },
    { kind: 'trap', message: 'unreachable' },
    { kind: 'error', message: 'Error: no', stack: 'at here' },
    { kind: 'linked', pid: 7, reason: { kind: 'exit', code: 1 } },
    { kind: 'limit', limit: 'fuel' },
  ];
  for (const reason of reasons) assert.deepEqual(copyExitReason(Object.assign({ extra: 1n }, reason)), reason);
});

test('copyExitReason refuses what is none', () => {
  const circular: { kind: string; pid: number; reason?: unknown } = { kind: 'linked', pid: 1 };
  circular.reason = circular;
  for (const given of [
    undefined,
    null,
    5,
    {},
    { kind: 'ended' },
    { kind: 'exit' },
    { kind: 'exit', code: 1n },
    { kind: 'error', message: 5 },
    { kind: 'limit', limit: 'time' },
    { kind: 'linked', pid: 1 },
    circular,
  ])
    assert.throws(() => copyExitReason(given as ExitReason), { name: 'TypeError', message: /an exit reason is/ });
});
