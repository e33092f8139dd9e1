// The tests of the original VM's Rust guest library (crate lunatic, as published), compiled here and run in this VM: `npm run compat`.
//
// Each test is an export `#lunatic_test_NAME`, run as a process of its own; `#panic_` before the name says that it must fail (ABI reference 4.4).
// Test programs that import what is not served yet are listed with their first missing import.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describeExitReason, type ExitReason } from '../../packages/lunatic/src/actor/exit_reason.ts';
import { LinkError } from '../../packages/lunatic/src/host/link.ts';
import { CapturedOutput } from '../../packages/lunatic/src/node/streams.ts';
import { createVm } from '../../packages/lunatic/src/node/vm.ts';
import { compileRust, ensureRust } from '../../tools/toolchain.ts';

const GUEST = path.join(import.meta.dirname, 'original_guest');
const PREFIX = '#lunatic_test_';
const TEST_TIMEOUT_MS = 20_000;
const FEATURES = 'json_serializer,msgpack_serializer';

const directory = mkdtempSync(path.join(os.tmpdir(), 'lunatic-compat-'));
const totals = { passed: 0, failed: 0, ignored: 0, refused: 0 };
try {
  const source = fetchLibrary();
  for (const name of readdirSync(path.join(source, 'tests')).filter((file) => file.endsWith('.rs'))) {
    const file = compileTests(source, path.basename(name, '.rs'));
    if (file !== undefined) await runFile(path.basename(name, '.rs'), readFileSync(file));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(
  `${totals.passed} passed, ${totals.failed} failed, ${totals.ignored} skipped; ${totals.refused} programs refused`,
);
if (totals.failed > 0 || totals.passed === 0) process.exitCode = 1;

/** Has cargo fetch the crate, and copies its source to where it can be built. */
function fetchLibrary(): string {
  const { cargo, rustc } = ensureRust();
  compileRust(GUEST);
  const metadata = spawnSync(cargo, ['metadata', '--format-version', '1'], {
    cwd: GUEST,
    env: { ...process.env, RUSTC: rustc },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (metadata.status !== 0) throw new Error(`cargo metadata failed: ${metadata.stderr}`);
  const { packages } = JSON.parse(metadata.stdout) as { packages: { name: string; manifest_path: string }[] };
  const library = packages.find(({ name }) => name === 'lunatic');
  if (library === undefined) throw new Error('the crate lunatic is not among the dependencies');
  const copy = path.join(directory, 'lunatic');
  cpSync(path.dirname(library.manifest_path), copy, { recursive: true });
  return copy;
}

/** The compiled test program; undefined, and counted, if it does not compile. */
function compileTests(source: string, name: string): string | undefined {
  const { cargo, rustc, target } = ensureRust();
  const args = ['test', '--release', '--no-run', '--test', name, '--target', target, '--message-format=json'];
  const built = spawnSync(cargo, [...args, '--features', FEATURES], {
    cwd: source,
    env: { ...process.env, RUSTC: rustc },
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  const made = built.stdout
    .split('\n')
    .filter((line) => line.includes('"compiler-artifact"'))
    .map((line) => JSON.parse(line) as { target: { name: string }; executable: string | null })
    .find((artifact) => artifact.target.name === name && artifact.executable !== null);
  if (built.status === 0 && made?.executable) return made.executable;
  totals.refused++;
  const reason = built.stderr.split('\n').find((line) => line.startsWith('error')) ?? 'cargo says nothing';
  console.log(`${name}: does not compile here: ${reason}`);
  return undefined;
}

async function runFile(program: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const names = WebAssembly.Module.exports(new WebAssembly.Module(bytes))
    .map(({ name }) => name)
    .filter((name) => name.startsWith(PREFIX));
  const counted = { ...totals };
  for (const name of names) {
    if (name.startsWith(`${PREFIX}#ignore_`)) {
      totals.ignored++;
      continue;
    }
    try {
      const { reason, printed } = await runTest(bytes, name);
      const mustFail = name.startsWith(`${PREFIX}#panic_`);
      if ((reason.kind !== 'normal') === mustFail && reason.kind !== 'killed') {
        totals.passed++;
        continue;
      }
      totals.failed++;
      console.log(`${name.slice(PREFIX.length)}: ${describeExitReason(reason)}\n${printed}`);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      totals.refused++;
      console.log(`${program}: ${error.message.split('\n').slice(0, 2).join(' ')}`);
      return;
    }
  }
  console.log(`${program}: ${totals.passed - counted.passed} passed, ${totals.failed - counted.failed} failed`);
}

async function runTest(bytes: Uint8Array, entry: string): Promise<{ reason: ExitReason; printed: string }> {
  const output = new CapturedOutput();
  const vm = createVm({ output });
  try {
    const test = vm.spawn(vm.load(bytes, 'test'), { entry });
    // A test that hangs is killed, which no test expects.
    const timer = setTimeout(() => test.kill(), TEST_TIMEOUT_MS);
    const reason = await test.exited;
    clearTimeout(timer);
    return { reason, printed: output.text(1) + output.text(2) };
  } finally {
    await vm.close();
  }
}
