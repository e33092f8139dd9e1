// A program written with the original VM's guest library, unmodified from its registry: it runs as it did there.
// `npm run compat` runs the library's own tests.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm } from '../../packages/lunatic/src/node/vm.ts';
import { compileRust } from '../../tools/toolchain.ts';

const DIRECTORY = path.join(import.meta.dirname, 'original_guest');
const TIMEOUT_MS = 30_000;

test("a program of the original VM's guest library", async () => {
  const file = compileRust(DIRECTORY).get('original_guest');
  assert(file !== undefined);
  const output = new CapturedOutput();
  const vm = createVm({ output });
  const main = vm.spawn(vm.load(readFileSync(file), 'original_guest'), { entry: '_start' });
  const timer = setTimeout(() => main.kill(), TIMEOUT_MS);
  const reason = await main.exited;
  clearTimeout(timer);
  await vm.close();
  assert.equal(output.text(1), readFileSync(path.join(DIRECTORY, 'expected'), 'utf8'), output.text(2));
  assert.deepEqual(reason, { kind: 'normal' });
});
