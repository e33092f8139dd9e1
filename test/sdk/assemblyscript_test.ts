// The AssemblyScript guest kit: the founding example, and the programs of test/guests/assemblyscript and examples/assemblyscript.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, test } from 'node:test';
import { AssemblyScriptCompiler } from '../../packages/lunatic/src/cli/assemblyscript.ts';
import { ROOT } from '../../tools/toolchain.ts';
import { fixture, lunatic } from '../cli/command.ts';
import { checkProgram, checkSums, firstExample, programsIn } from './guest_programs.ts';

const compiler = new AssemblyScriptCompiler();
after(() => compiler.close());

function compile(file: string): Promise<Uint8Array> {
  return compiler.compile(file, () => {});
}

async function compileText(name: string, text: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(new Uint8Array(await compile(fixture(name, text))));
}

/** Compiles a program, and leaves it where the command can run it. */
async function compileProgram(directory: string, name: string): Promise<string> {
  return fixture(`${name}.wasm`, await compile(path.join(ROOT, directory, `${name}.ts`)));
}

test('the founding example in AssemblyScript, compiled and run in one go', async () => {
  checkSums(await lunatic([path.join(ROOT, 'examples/sum.ts')]));
});

test('the example of the README', async () => {
  const text = firstExample(path.join(ROOT, 'sdk/assemblyscript/README.md'), 'ts');
  const outcome = await lunatic([fixture('readme.wasm', await compile(fixture('readme.ts', text)))]);
  assert.deepEqual(outcome.stdout.split('\n').sort(), ['', 'first: 6', 'second: 9'], outcome.stderr);
});

test('a small program has one page of memory and imports only what it uses', async () => {
  const module = await compileText('small.ts', 'import { print } from "lunatic-as";\nprint("hello");\n');
  const imports = WebAssembly.Module.imports(module).map(({ module: from, name }) => `${from}.${name}`);
  assert.deepEqual(imports, ['wasi_snapshot_preview1.fd_write']);
  const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
  assert.deepEqual(exported.sort(), ['_lunatic_spawn_by_index', '_start', 'memory', 'table']);
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: { fd_write: () => 0 } });
  assert.equal((instance.exports.memory as WebAssembly.Memory).buffer.byteLength, 65536); // exported above
});

test('an export that is called first initialises what it uses, once, and runs nothing else of the program', async () => {
  const module = await compileText(
    'exports.ts',
    `import { print } from "lunatic-as";
     const table = new Map<string, i32>();
     let calls = 40;
     print("the program itself");
     export function add(by: i32): i32 { table.set(calls.toString(), calls); return (calls += by) + table.size; }`,
  );
  let printed = 0;
  const fd_write = () => {
    printed++;
    return 0;
  };
  const { add, _start } = new WebAssembly.Instance(module, { wasi_snapshot_preview1: { fd_write } }).exports as {
    add: (by: number) => number;
    _start: () => void;
  }; // exported above
  assert.deepEqual([add(1), add(1), printed], [42, 44, 0]);
  _start();
  assert.equal(printed, 0, 'the instance had been entered already');
});

test('a class that is not marked is refused where it is sent', async () => {
  await assert.rejects(
    compileText(
      'unmarked.ts',
      'import { Process } from "lunatic-as";\nclass Plain { x: i32 = 1; }\nProcess.self<Plain>().send(new Plain());\n',
    ),
    /mark its class with @message/,
  );
});

test('a marked class whose base is not marked is refused', async () => {
  await assert.rejects(
    compileText('base.ts', 'class Base { x: i32 = 1; }\n@message\nclass Derived extends Base {}\n'),
    /class Derived is marked @message, its base class Base is not/,
  );
});

test('a process spawned by the initialiser of a variable that functions use is spawned once, and known to the main process', async () => {
  const file = fixture(
    'server.ts',
    `import { Mailbox, print, Process, Reply, Request, request } from "lunatic-as";
     const server = Process.spawnActor<i32, Request<i32, i32>>(10, serve);
     function serve(factor: i32, mailbox: Mailbox<Request<i32, i32>>): void {
       while (true) { const message = mailbox.receive().value; message.reply(message.value * factor); }
     }
     function ask(value: i32): i32 { return request<i32, i32>(server, value); }
     function child(reply: Reply<i32>): void { reply.send(ask(5)); }
     print(ask(4).toString());
     const reply = new Reply<i32>();
     Process.spawn(reply, child);
     print(reply.tryReceive(200).isTimeout.toString());`,
  );
  const outcome = await lunatic([file]);
  assert.equal(outcome.stdout, '40\ntrue\n', outcome.stderr);
  assert.match(outcome.stderr, /only the main process knows this process/);
});

for (const directory of ['test/guests/assemblyscript', 'examples/assemblyscript']) {
  test(`the programs in ${directory}`, async (t) => {
    for (const name of programsIn(path.join(ROOT, directory), '.ts')) {
      await t.test(name, async () => {
        await checkProgram(path.join(ROOT, directory), name, await compileProgram(directory, name));
      });
    }
  });
}
