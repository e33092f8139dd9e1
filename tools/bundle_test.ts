// What gets published runs: built into a package of its own, without the sources beside it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import wabt from 'wabt';
import { bundle, nameBuiltWorkers, takeBuiltins } from './bundle.ts';
import { ROOT } from './toolchain.ts';

describe('the published package', () => {
  const project = mkdtempSync(path.join(os.tmpdir(), 'lunatic-published-'));
  const home = path.join(project, 'node_modules', 'lunatic');
  before(async () => {
    for (const name of ['bin', 'package.json']) {
      cpSync(path.join(ROOT, 'packages', 'lunatic', name), path.join(home, name), { recursive: true });
    }
    await bundle(path.join(home, 'dist'));
    for (const name of ['commander', 'assemblyscript', 'binaryen', 'long', 'lunatic-as', 'wabt']) {
      symlinkSync(path.join(ROOT, 'node_modules', name), path.join(project, 'node_modules', name));
    }
  });
  after(() => rmSync(project, { recursive: true }));

  const run = (file: string, ...args: string[]) => {
    const env = { ...process.env, LUNATIC_CACHE: path.join(project, 'cache'), LUNATIC_OPTIONS: '' };
    const { stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: project, env, encoding: 'utf8' });
    return { stdout, stderr };
  };
  const command = path.join(home, 'bin', 'lunatic.js');

  it('runs a module, rewritten and from its cache', async () => {
    const text = readFileSync(path.join(ROOT, 'bench', 'guests', 'hello.wat'), 'utf8');
    const module = (await wabt()).parseWat('hello.wat', `(module ${text})`);
    writeFileSync(path.join(project, 'hello.wasm'), module.toBinary({}).buffer);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(run(command, 'hello.wasm'), { stdout: 'hello\n', stderr: '' });
      assert.equal(readdirSync(path.join(project, 'cache')).length, 1);
    }
    assert.match(run(command, 'inspect', 'hello.wasm').stdout, /fd_write/);
  });

  it('knows its options and its version', () => {
    assert.match(run(command, '--help').stdout, /LUNATIC_CACHE/);
    assert.equal(
      run(command, '--version').stdout,
      `${JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')).version}\n`,
    );
  });

  it('compiles AssemblyScript, in its worker', () => {
    writeFileSync(
      path.join(project, 'program.ts'),
      'import { print } from "lunatic-as";\nexport function _start(): void { print("compiled"); }\n',
    );
    const { stderr } = run(command, 'program.ts');
    assert.match(stderr, /compiling program.ts with AssemblyScript/);
    assert.ok(existsSync(path.join(home, 'dist', 'assemblyscript_worker.js')));
  });

  it('is a library', () => {
    const program = path.join(project, 'embed.mjs');
    writeFileSync(
      program,
      "import { createVm } from 'lunatic';\nconst vm = createVm();\nconsole.log(vm.processCount);\nawait vm.close();\n",
    );
    assert.deepEqual(run(program), { stdout: '0\n', stderr: '' });
  });
});

describe('takeBuiltins', () => {
  it('takes built-in modules from process, and leaves everything else', () => {
    const taken = takeBuiltins(
      [
        "import fs from 'node:fs';",
        "import { type Stats, statSync } from 'node:fs';",
        "import { setTimeout as sleep } from 'node:timers/promises';",
        "import {\n  readFile,\n  writeFile,\n} from 'node:fs/promises';",
        "import type { Readable } from 'node:stream';",
        "import { run } from './run.ts';",
      ].join('\n'),
    );
    assert.equal(
      taken,
      [
        "const fs = process.getBuiltinModule('node:fs');",
        "const { statSync } = process.getBuiltinModule('node:fs');",
        "const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');",
        "const {\n  readFile,\n  writeFile,\n} = process.getBuiltinModule('node:fs/promises');",
        "import type { Readable } from 'node:stream';",
        "import { run } from './run.ts';",
      ].join('\n'),
    );
  });
});

describe('nameBuiltWorkers', () => {
  it('names what a worker becomes', () => {
    const source =
      "new Worker(new URL('../cli/some_worker.ts', import.meta.url)); new URL('./other.txt', import.meta.url)";
    const named = "new Worker(new URL('./some_worker.js', import.meta.url)); new URL('./other.txt', import.meta.url)";
    assert.equal(nameBuiltWorkers(source), named);
  });
});
