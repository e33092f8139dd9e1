// A program written with the original VM's guest library, unmodified from its registry: it runs as it did there.
// `npm run compat` runs the library's own tests.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm } from '../../packages/lunatic/src/node/vm.ts';
import { compileRust, ensureRust } from '../../tools/toolchain.ts';

const DIRECTORY = path.join(import.meta.dirname, 'original_guest');
const TIMEOUT_MS = 30_000;

/** Why cargo cannot get the library from its registry; undefined: it can. Cargo before 1.68 reads the whole index from github.com. */
function whyUnavailable(): string | undefined {
  const { cargo, rustc } = ensureRust();
  const env = { ...process.env, RUSTC: rustc };
  const { status, stderr } = spawnSync(cargo, ['fetch'], { cwd: DIRECTORY, env, encoding: 'utf8' });
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1)?.trim();
}

test("a program of the original VM's guest library", async (t) => {
  const unavailable = whyUnavailable();
  if (unavailable !== undefined) return t.skip(`the crate lunatic 0.14.1 cannot be fetched: ${unavailable}`);
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
