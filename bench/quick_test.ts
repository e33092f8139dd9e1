// Every benchmark runs, in its shortest form, and prints the lines it promises. How long anything took is not looked at.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { BENCHMARKS } from './benchmarks.ts';
import { goalOf, Reporter } from './harness.ts';
import { BENCH } from './places.ts';

const KEYS = ['bench', 'peer', 'ours', 'theirs', 'ratio', 'unit', 'runs'];

function assertIsResult(line: string, runs: number): string {
  const result = JSON.parse(line) as Record<string, unknown>;
  assert.deepEqual(Object.keys(result), KEYS, line);
  const { bench, peer, ours, theirs, ratio, unit } = result;
  for (const text of [bench, peer, unit]) assert.ok(typeof text === 'string' && text !== '', line);
  assert.ok(typeof ours === 'number' && Number.isFinite(ours), line);
  assert.equal(result.runs, runs, line);
  if (theirs === null) assert.equal(ratio, null, line);
  else assert.ok(typeof theirs === 'number' && theirs !== 0 && ratio === ours / theirs, line);
  return bench as string;
}

for (const benchmark of BENCHMARKS) {
  test(`the benchmark ${benchmark.name} runs`, async () => {
    let text = '';
    const report = new Reporter(true, (more) => {
      text += more;
    });
    report.begin(benchmark);
    await benchmark.run({ quick: true, runs: 1, report });
    assert.ok(text.endsWith('\n'), 'it printed a result');
    const names = text
      .trimEnd()
      .split('\n')
      .map((line) => assertIsResult(line, 1));
    assert.equal(new Set(names).size, names.length, `names of results differ: ${names.join(', ')}`);
    assert.equal(report.results.length, names.length);
    if (benchmark.goals) {
      const judged = names.filter((name) => goalOf(benchmark.goals, name) !== undefined);
      // The goal may be for a size that only a full run has.
      assert.ok(judged.length > 0 || benchmark.goals.every(({ bench }) => /\d/.test(bench)), names.join(', '));
    }
  });
}

test('the command prints nothing but JSON lines to standard output, and refuses names it does not know', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [path.join(BENCH, 'main.ts'), ...args], { encoding: 'utf8' });
  const known = run('pingpong', '--quick', '--json');
  assert.equal(known.status, 0, known.stderr);
  const lines = known.stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => assertIsResult(line, 5)),
    ['pingpong'],
  );
  const unknown = run('pingpong', 'sprawn');
  assert.equal(unknown.status, 2);
  assert.equal(unknown.stdout, '');
  assert.match(unknown.stderr, /no benchmark named "sprawn"/);
});
