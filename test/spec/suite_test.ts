// The specification's own suite in the tests, where a copy of it is at hand. `npm run spec` shows more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Adapter } from './adapter.ts';
import { ExecutedCounts } from './executed.ts';
import { PlainAdapter } from './plain_adapter.ts';
import { EVERY, RewrittenAdapter } from './rewritten_adapter.ts';
import { runSuite } from './suite.ts';
import { loadParser } from './wat.ts';

const FOLDER = process.env.WASM_SPEC_TESTS;
const SKIP = FOLDER ? false : 'WASM_SPEC_TESTS does not name a folder of .wast files';

async function check(adapter: Adapter, mode: 'plain' | 'rewritten'): Promise<void> {
  const parser = await loadParser();
  const lines: string[] = [];
  const result = await runSuite({
    folder: FOLDER ?? '',
    filters: [],
    adapter,
    parser,
    executed: new ExecutedCounts(mode, parser.complete),
    shownFailures: 3,
    print: (text) => lines.push(text),
  });
  assert.equal(result.failed + result.unexpected, 0, lines.join(''));
}

test('the specification suite passes on plain V8', { skip: SKIP }, async () => {
  await check(new PlainAdapter(), 'plain');
});

test('the specification suite passes rewritten, with a stop at every resume point', { skip: SKIP }, async () => {
  const stops = (module: string) => module === 'spectest';
  await check(new RewrittenAdapter({ policy: EVERY, tracked: true, dense: false, stops }), 'rewritten');
});
