import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { checkTree, importsOf, LAYERS, violation } from './check_layers.ts';

test('importsOf finds every form of import with its line and no import inside a comment', () => {
  const source = [
    "import { a } from './a.ts';",
    "// import { b } from './b.ts';",
    ' * import { c } from "./c.ts";',
    'import {',
    '  d,',
    '} from "../wasm/d.ts";',
    "export type { E } from './e.ts';",
    "import './f.ts';",
    "  const g = await import('../node/g.ts');",
    "new Worker(new URL('./worker.ts', import.meta.url));",
    "export const text = 'nothing';",
  ].join('\n');
  assert.deepEqual(importsOf(source), [
    { specifier: './a.ts', line: 1 },
    { specifier: '../wasm/d.ts', line: 6 },
    { specifier: './e.ts', line: 7 },
    { specifier: './f.ts', line: 8 },
    { specifier: '../node/g.ts', line: 9 },
    { specifier: './worker.ts', line: 10 },
  ]);
});

test('violation lets a file import its own folder and each lower layer', () => {
  for (const [from, layer] of LAYERS) {
    const file = from.endsWith('.ts') ? from : `${from}/x.ts`;
    const up = from.endsWith('.ts') ? '.' : '..';
    for (const [to, lower] of LAYERS) {
      if (to.endsWith('.ts')) continue;
      const apart = (from === 'actor' && to === 'wasm') || (from === 'transform' && to === 'scheduler');
      const allowed = from === to || (lower < layer && !apart);
      assert.equal(violation(file, `${up}/${to}/y.ts`) === undefined, allowed, `${from} -> ${to}`);
    }
  }
});

test('violation keeps Node.js and packages out of the layers up to engine, except in tests', () => {
  for (const folder of ['base', 'wasm', 'scheduler', 'transform', 'actor', 'engine']) {
    assert.match(violation(`${folder}/x.ts`, 'node:fs') ?? '', /know neither Node.js nor packages/);
    assert.match(violation(`${folder}/x.ts`, 'commander') ?? '', /know neither Node.js nor packages/);
    assert.equal(violation(`${folder}/x_test.ts`, 'node:test'), undefined);
  }
  for (const folder of ['host', 'node', 'cli']) assert.equal(violation(`${folder}/x.ts`, 'node:fs'), undefined);
});

test('violation reports unknown folders, tests imported as sources, and files that are not published', () => {
  assert.match(violation('misc/x.ts', './y.ts') ?? '', /misc has no layer/);
  assert.match(violation('cli/x.ts', '../misc/y.ts') ?? '', /misc has no layer/);
  assert.match(violation('cli/x.ts', './y_test.ts') ?? '', /for tests only/);
  assert.match(violation('cli/x.ts', './test_guest.ts') ?? '', /for tests only/);
  assert.equal(violation('cli/x_test.ts', './test_guest.ts'), undefined);
  assert.equal(violation('wasm/test_modules.ts', 'wabt'), undefined);
  assert.match(violation('cli/x.ts', '../../bin/find_node.js') ?? '', /not published/);
  assert.equal(violation('cli/x_test.ts', '../../../../tools/toolchain.ts'), undefined);
});

test('checkTree names file and line of a violation', () => {
  const root = mkdtempSync(path.join(os.tmpdir(), 'layers-'));
  try {
    mkdirSync(path.join(root, 'wasm'));
    mkdirSync(path.join(root, 'engine'));
    writeFileSync(path.join(root, 'engine', 'pool.ts'), "import { a } from '../wasm/reader.ts';\n");
    writeFileSync(path.join(root, 'wasm', 'reader.ts'), "\nimport { b } from '../engine/pool.ts';\n");
    const { files, violations } = checkTree(root);
    assert.equal(files, 2);
    assert.deepEqual(violations, [
      `${path.join(root, 'wasm', 'reader.ts')}:2: wasm (layer 1) imports engine (layer 3); only lower layers may be imported`,
    ]);
  } finally {
    rmSync(root, { recursive: true });
  }
});
