import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examplesOf, runExample } from './check_docs.ts';

const FENCE = '```';

test('examplesOf takes blocks marked run, with the output that follows them, and no others', () => {
  const markdown = [
    'text',
    `${FENCE}ts run`,
    'console.log(1);',
    FENCE,
    `${FENCE}text output`,
    '1',
    FENCE,
    `${FENCE}ts`,
    'not(run);',
    FENCE,
    `${FENCE}sh run`,
    'true',
    FENCE,
  ].join('\n');
  assert.deepEqual(examplesOf(markdown), [
    { language: 'ts', code: 'console.log(1);\n', output: '1\n', line: 2 },
    { language: 'sh', code: 'true\n', output: undefined, line: 11 },
  ]);
});

test('examplesOf refuses an output that follows no example', () => {
  assert.throws(() => examplesOf(`${FENCE}text output\n1\n${FENCE}\n`), /line 1: an output without an example/);
});

test('runExample fails on a non-zero exit code and on another output', () => {
  const run = (code: string, output?: string) => runExample('test', { language: 'sh', code, output, line: 1 });
  assert.equal(run('echo a', 'a\n').ok, true);
  assert.match(run('echo a', 'b\n').report, /printed\na\ninstead of\nb\n/);
  assert.match(run('false; true').report, /ended with 1/);
});

test('runExample runs TypeScript', () => {
  const outcome = runExample('test', {
    language: 'ts',
    code: 'const n: number = 2;\nconsole.log(n);\n',
    output: '2\n',
    line: 1,
  });
  assert.deepEqual(outcome, { ok: true, report: '' });
});
