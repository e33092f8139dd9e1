import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ERLANG } from './actors.ts';
import { drawGrowth, THEMES } from './growth_plot.ts';
import type { RecordedResult } from './harness.ts';
import { performancePage } from './page.ts';
import { type RunRecord, readRecord, writeRecord } from './record.ts';

function result(benchmark: string, bench: string, ours: number, theirs: number | null): RecordedResult {
  const ratio = theirs === null ? null : ours / theirs;
  const peer = theirs === null ? '-' : ERLANG;
  return {
    bench,
    peer,
    ours,
    theirs,
    ratio,
    unit: 'us',
    runs: 5,
    benchmark,
    spread: [0.03, theirs === null ? null : 0.1],
  };
}

const RECORD: RunRecord = {
  run: {
    date: '2026-01-02',
    commit: '0123456789ab',
    node: 'v26.0.0',
    v8: '14.0',
    erlang: '27',
    platform: 'linux x64',
    cpu: 'Processor "A" & B',
    cores: 2,
    memoryGiB: 8,
    command: '',
    minutes: 12.3,
  },
  results: [
    result('spawn', 'spawn', 0.5, 1),
    result('spawn', 'spawn/1000-alive', 0.6, 1),
    result('spawn', 'spawn/1000000-alive', 1.8, 2),
    result('pingpong', 'pingpong', 0.9, 1),
    result('fairness', 'fairness/loop/end', 7, null),
  ],
};

test('the page judges each goal by its worst result and says what was not measured', () => {
  const lines = performancePage(RECORD).split('\n');
  const row = (start: string) => lines.find((line) => line.startsWith(`| ${start} |`));
  const command = (name: string) => `\`npm run bench -- ${name}\``;
  assert.equal(row('spawn'), `| spawn | 0.500 | 1.00 | 0.500 | us | ratio ≤ 0.7 | yes | ${command('spawn')} |`);
  assert.match(
    row('spawn/1000000-alive \\(worst of 2\\)'.replaceAll('\\', '')) ?? '',
    / 0\.900 \| us \| ratio ≤ 0\.7 \| no \|/,
  );
  assert.match(row('startup') ?? '', /not measured/);
  assert.ok(lines.includes('| fairness/loop/end | - | 7.00 | - | - | us |  | ±3% | 5 |'), lines.join('\n'));
  assert.ok(lines.some((line) => line.startsWith('| Spawn,') && line.endsWith('| Lunatic | 0.600 | 1.80 | 3.00 |')));
});

test('a record is read as it was written', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lunatic-record-'));
  try {
    const file = path.join(directory, 'record.jsonl');
    writeRecord(file, RECORD.run, RECORD.results);
    assert.deepEqual(readRecord(file), RECORD);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the plot is well-formed, shows both sides, and is left out when there is nothing to draw', () => {
  for (const theme of THEMES) {
    const svg = drawGrowth(RECORD, theme) ?? '';
    // What is left of well-formed tags is text: no attribute ends early, no bare `&` or `<`.
    const rest = svg
      .replaceAll(/<!\[CDATA\[[^\]]*\]\]>/g, '')
      .replaceAll(/<\/?[\w:-]+(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '');
    assert.doesNotMatch(rest, /[<>]|&(?!\w+;|#\d+;)/);
    for (const text of ['Lunatic for Node.js', 'Erlang/OTP', 'commit 0123456789ab', '0.600', '1.80']) {
      assert.ok(svg.includes(text), text);
    }
    assert.ok(svg.includes(theme.ours) && svg.includes(theme.theirs));
  }
  assert.equal(drawGrowth({ ...RECORD, results: [] }, THEMES[0]), undefined);
});
