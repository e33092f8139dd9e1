import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { rewriteVersion, rewriteVersionOf } from './rewrite_version.ts';

const SOURCES = path.join(import.meta.dirname, '..');

test('rewriteVersionOf changes with every source that the rewrite consists of, and with nothing else', (t) => {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'lunatic-sources-'));
  t.after(() => rmSync(copy, { recursive: true }));
  for (const folder of ['wasm', 'transform', 'engine'])
    cpSync(path.join(SOURCES, folder), path.join(copy, folder), { recursive: true });
  const version = rewriteVersionOf(copy);
  assert.equal(version, rewriteVersion());
  for (const file of ['wasm/module_test.ts', 'transform/golden/call.txt', 'engine/arena.ts']) {
    writeFileSync(path.join(copy, file), 'changed');
    assert.equal(rewriteVersionOf(copy), version, file);
  }
  const seen = new Set([version]);
  for (const file of ['transform/emitter.ts', 'wasm/sections/code.ts', 'engine/context.ts', 'transform/new.ts']) {
    writeFileSync(path.join(copy, file), 'changed');
    seen.add(rewriteVersionOf(copy));
  }
  assert.equal(seen.size, 5);
});
