// The Rust guest kit: its own tests on this machine, the founding example, and the programs of test/guests/rust in the VM.
//
// Each program prints what it saw; what it must print stands beside its source, as NAME.expected. The table below adds what
// a program is given, and how it must end where that is not "quietly, with code 0".

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compileRust, ensureRust, ROOT } from '../../tools/toolchain.ts';

const LUNATIC = path.join(ROOT, 'packages', 'lunatic', 'bin', 'lunatic.js');
const KIT = path.join(ROOT, 'sdk', 'rust');
const GUESTS = path.join(ROOT, 'test', 'guests', 'rust');
const TIMEOUT_MS = 60_000;

interface Run {
  /** Options of `lunatic`, before the file. */
  readonly options?: readonly string[];
  readonly args?: readonly string[];
  readonly stdin?: string;
  /** The exit code; 'failure' is any but 0. */
  readonly code?: number | 'failure';
  /** Each must match standard error; without any it must be empty. */
  readonly stderr?: readonly RegExp[];
}

/** Programs whose children fail on purpose report it on standard error. */
const REPORTS = [/panicked|process \d+|trap/i];
/** The standard library of Rust 1.63 counts caught panics, and says so when there is another. */
const ANYTHING = [/(?:)/];

const PROGRAMS: { readonly [name: string]: Run } = {
  boxes: {},
  busy: {},
  catching: { stderr: ANYTHING },
  channels: { stderr: REPORTS },
  configs: { stderr: REPORTS },
  crashes: { stderr: REPORTS },
  exit_code: { args: ['3'], code: 3 },
  formatting: {},
  hash_map: {},
  interpreter: {},
  json: {},
  links: { stderr: REPORTS },
  messages: { stderr: [/a message of 3 bytes is not a .*Shape: byte 0: 4 bytes expected, 3 left/] },
  monitors: { stderr: REPORTS },
  // The report names the guest's functions, innermost first.
  panics: { code: 'failure', stderr: [/not enough money/, /withdraw[\s\S]*spend_everything[\s\S]*main/] },
  ping_pong: {},
  recursion: {},
  registry: {},
  requests: {},
  selective: {},
  sha256: {},
  sorting: {},
  surroundings: {
    options: ['--env', 'GREETING=good morning'],
    args: ['one', 'two words', '--größe', ''],
    stdin: `first\n${Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join('')}`,
    stderr: [/^on standard error\n$/],
  },
  timers: {},
  waits: { code: 'failure', stderr: [/wait/i] },
};

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runLunatic(file: string, run: Run): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const args = [LUNATIC, ...(run.options ?? []), file, ...(run.args ?? [])];
    const child = spawn(process.execPath, args, { timeout: TIMEOUT_MS });
    const printed = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        printed[name] += text;
      });
    }
    child.stdin.end(run.stdin ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...printed }));
  });
}

test('the encoding and the documentation examples, on this machine', () => {
  const { rustc, cargo } = ensureRust();
  const targetDirectory = path.join(ROOT, '.cache', 'rust', 'kit-tests');
  const tested = spawnSync(cargo, ['test', '--quiet', '--target-dir', targetDirectory], {
    cwd: KIT,
    env: { ...process.env, RUSTC: rustc, RUSTDOC: path.join(path.dirname(rustc), 'rustdoc') },
    encoding: 'utf8',
  });
  assert.equal(tested.status, 0, `${tested.stdout}${tested.stderr}`);
});

test('the founding example', async () => {
  const file = compileRust('examples/sum-rust').get('example');
  assert(file !== undefined);
  const ended = await runLunatic(file, {});
  const lines = ended.stdout.split('\n');
  const numbers = Array.from({ length: 1000 }, (_, i) => `Sum until ${i}: ${(i * (i + 1)) / 2}`);
  assert.equal(lines.pop(), '', 'the last line is complete');
  assert.deepEqual(lines.sort(), numbers.sort());
  assert.equal(ended.stderr, '');
  assert.equal(ended.code, 0);
});

test('the programs in test/guests/rust', async (t) => {
  const files = compileRust(GUESTS);
  files.delete('guests');
  await t.test('are all in the table', () => {
    assert.deepEqual([...files.keys()].sort(), Object.keys(PROGRAMS).sort());
  });
  for (const [name, run] of Object.entries(PROGRAMS)) {
    await t.test(name, async () => {
      const file = files.get(name);
      assert(file !== undefined);
      const ended = await runLunatic(file, run);
      assert.equal(
        ended.stdout,
        readFileSync(path.join(GUESTS, 'src', 'bin', `${name}.expected`), 'utf8'),
        ended.stderr,
      );
      if (run.stderr === undefined) assert.equal(ended.stderr, '');
      for (const pattern of run.stderr ?? []) assert.match(ended.stderr, pattern);
      if (run.code === 'failure') assert.notEqual(ended.code, 0);
      else assert.equal(ended.code, run.code ?? 0, ended.stderr);
    });
  }
});
