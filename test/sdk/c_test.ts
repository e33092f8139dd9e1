// The C guest kit: the founding example, and the programs of test/guests/c and examples/c in the VM.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { compileC, ROOT } from '../../tools/toolchain.ts';
import { lunatic } from '../cli/command.ts';
import { checkProgram, checkSums, firstExample, programsIn } from './guest_programs.ts';

const compile = (source: string) =>
  compileC([source], { includeDirectories: ['sdk/c'], flags: ['-Wall', '-Wextra', '-Werror'] });

test('the founding example in C', async () => {
  checkSums(await lunatic([await compile('examples/sum.c')]));
});

test('the example of the README', async () => {
  const text = firstExample(path.join(ROOT, 'sdk/c/README.md'), 'c');
  const outcome = await lunatic([await compileC([{ name: 'readme.c', text }], { includeDirectories: ['sdk/c'] })]);
  assert.equal(outcome.stdout, 'hello\n', outcome.stderr);
});

test('lunatic.h may be included by several files of a program', async () => {
  const part = { name: 'part.c', text: '#include "lunatic.h"\nlunatic_pid part(void) { return lunatic_self(); }' };
  const main = {
    name: 'main.c',
    text: '#include "lunatic.h"\nextern lunatic_pid part(void);\nint main(void) { return part() == lunatic_self() ? 0 : 1; }',
  };
  const file = await compileC([main, part], { includeDirectories: ['sdk/c'] });
  assert.equal((await lunatic([file])).code, 0);
});

test('a program imports only what it uses', async () => {
  const file = await compileC([{ name: 'quiet.c', text: '#include "lunatic.h"\nint main(void) { return 0; }' }], {
    includeDirectories: ['sdk/c'],
  });
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(file)));
  const own = imports
    .filter(({ module }) => module.startsWith('lunatic'))
    .map(({ module, name }) => `${module}.${name}`);
  assert.deepEqual(own.sort(), ['lunatic::message.read_data', 'lunatic::message.receive']); // where a spawned process begins
});

for (const directory of ['test/guests/c', 'examples/c']) {
  test(`the programs in ${directory}`, async (t) => {
    for (const name of programsIn(path.join(ROOT, directory), '.c')) {
      await t.test(name, async () => {
        await checkProgram(path.join(ROOT, directory), name, await compile(path.join(directory, `${name}.c`)));
      });
    }
  });
}
