// What the rewrite makes of small functions, line by line: golden/<name>.wat becomes golden/<name>.txt. BLESS=1 rewrites the latter;
// a change there is a change of the code that every guest runs, to be read before it is kept.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeModule } from '../wasm/module.ts';
import { assemble } from '../wasm/test_modules.ts';
import { printValType } from '../wasm/types.ts';
import { analyseCalls } from './call_graph.ts';
import { RewriteContext } from './context.ts';
import { listFunction } from './test_listing.ts';
import { transform } from './transform.ts';

const FOLDER = new URL('golden/', import.meta.url);
const TRACKED = /^;; tracked/;

function listing(source: string): string {
  const bytes = assemble(source);
  const stops = (_module: string, name: string): boolean => name === 'wait' || name === 'ask';
  const result = transform(bytes, { stops, tracked: TRACKED.test(source), tableEntries: [] });
  const original = decodeModule(bytes);
  const { globals } = new RewriteContext(original, analyseCalls(original, stops), result.tracked);
  const rewritten = decodeModule(result.bytes);
  const resumeOf = new Map([...result.resumedFunctions].map(([resume, funcIndex]) => [funcIndex, resume]));
  const parts: string[] = [];
  for (const body of original.bodies) {
    const { params, results } = original.types[original.funcTypeIndices[body.funcIndex]];
    const type = `(${params.map(printValType).join(' ')}) -> (${results.map(printValType).join(' ')})`;
    parts.push(`function ${body.funcIndex} ${type}`, listFunction(rewritten, body.funcIndex, globals));
    const resume = resumeOf.get(body.funcIndex);
    if (resume === undefined) continue;
    const number = result.resumeEntries.indexOf(resume);
    parts.push(`its frames: ${result.frameSizes[number].map((size) => size || '-').join(' ')} bytes`);
    parts.push('its resume version', listFunction(rewritten, resume, globals));
  }
  return `${parts.join('\n')}\n`;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.wat'))) {
  test(`golden: ${file}`, () => {
    const actual = listing(readFileSync(new URL(file, FOLDER), 'utf8'));
    const expected = new URL(file.replace('.wat', '.txt'), FOLDER);
    if (process.env.BLESS === '1') writeFileSync(fileURLToPath(expected), actual);
    assert.equal(actual, readFileSync(expected, 'utf8'));
  });
}
