import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { AssemblyScriptCompiler, CompileError, compileAssemblyScript } from './assemblyscript.ts';
import { findToolchain } from './assemblyscript_toolchain.ts';

const directory = mkdtempSync(path.join(os.tmpdir(), 'lunatic-as-'));
const compiler = new AssemblyScriptCompiler();
before(() => {
  process.env.LUNATIC_CACHE = path.join(directory, 'cache');
});
after(async () => {
  await compiler.close();
  rmSync(directory, { recursive: true });
});

function program(name: string, text: string): string {
  const file = path.join(directory, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

async function compile(file: string): Promise<{ wasm: Uint8Array; progress: readonly string[] }> {
  const progress: string[] = [];
  const wasm = await compiler.compile(file, (line) => progress.push(line));
  return { wasm, progress };
}

const HELLO = 'import { print } from "lunatic-as";\nprint("hello");\n';

test('compileAssemblyScript makes a module, and the second time takes it from the cache', async () => {
  const file = program('hello.ts', HELLO);
  const progress: string[] = [];
  const first = await compileAssemblyScript(file, (line) => progress.push(line));
  assert(WebAssembly.validate(new Uint8Array(first)));
  assert.match(progress.join('\n'), /^compiling .*hello\.ts with AssemblyScript 0\.\d+\.\d+$/);
  const second = await compile(file);
  assert.deepEqual(second, { wasm: first, progress: [] });
});

test('compileAssemblyScript compiles again when the program or a file it imports has changed', async () => {
  const file = program('main.ts', 'import { value } from "./part";\nexport function main(): i32 { return value(); }\n');
  program('part.ts', 'export function value(): i32 { return 1; }\n');
  const first = await compile(file);
  assert.deepEqual((await compile(file)).progress, []);
  program('part.ts', 'export function value(): i32 { return 2; }\n');
  const second = await compile(file);
  assert.equal(second.progress.length, 1);
  assert.notDeepEqual(second.wasm, first.wasm);
  program('part.ts', 'export function value(): i32 { return 1; }\n');
  assert.deepEqual((await compile(file)).wasm, first.wasm);
});

test('compileAssemblyScript: runs at the same time do not disturb each other', async () => {
  const file = program('twice.ts', HELLO);
  const [one, two] = await Promise.all([compileAssemblyScript(file, () => {}), compileAssemblyScript(file, () => {})]);
  assert.deepEqual(one, two);
  assert.deepEqual(await compile(file), { wasm: one, progress: [] });
});

test('compileAssemblyScript keeps the names of functions', async () => {
  const { wasm } = await compile(
    program('names.ts', 'export function outer(n: i32): i32 { return n > 0 ? outer(n - 1) + outer(n - 2) : 1; }\n'),
  );
  const names = WebAssembly.Module.customSections(new WebAssembly.Module(new Uint8Array(wasm)), 'name');
  assert.match(Buffer.from(names[0] as ArrayBuffer).toString('latin1'), /names\/outer/);
});

test('compileAssemblyScript reports errors with file, line, column and the line itself', async () => {
  const file = program('errors.ts', 'import { other } from "./lib/broken";\n\nlet x: i32 = "text";\nother();\n');
  program('lib/broken.ts', 'export function other(): void {\n\tmissing();\n}\n');
  await assert.rejects(compile(file), (error) => {
    assert(error instanceof CompileError);
    assert.match(error.message, /errors\.ts does not compile\n/);
    assert.match(
      error.message,
      /errors\.ts:3:14: error TS2322: Type .*String' is not assignable to type 'i32'\.\n {2}let x: i32 = "text";\n {15}~{6}/,
    );
    assert.match(
      error.message,
      /broken\.ts:2:2: error TS2304: Cannot find name 'missing'\.\n {2}\tmissing\(\);\n {2}\t~{7}/,
    );
    return true;
  });
});

test('compileAssemblyScript reports a syntax error and a missing import', async () => {
  await assert.rejects(compile(program('syntax.ts', 'let = ;\n')), /syntax\.ts:1:\d+: error TS/);
  await assert.rejects(
    compile(program('import.ts', 'import { a } from "./nowhere";\na();\n')),
    /File '.*nowhere.*' not found/,
  );
});

test('compileAssemblyScript passes on warnings', async () => {
  const { progress } = await compile(program('warn.ts', 'export function f(x: usize): i32 { return x; }\n'));
  assert.match(progress.join('\n'), /warn\.ts:1:\d+: warning AS201/);
});

test('compileAssemblyScript rejects for a file that cannot be read', async () => {
  await assert.rejects(compile(path.join(directory, 'absent.ts')), { code: 'ENOENT' });
});

test('compileAssemblyScript survives a failure of the compiler itself', async () => {
  // The compiler of this version makes an export of what it has inlined.
  const text = '@inline const LIMIT = 5;\nexport { LIMIT as limit };\nexport function f(): i32 { return LIMIT; }\n';
  await assert.rejects(compile(program('crash.ts', text)), /the AssemblyScript compiler itself failed on .*crash\.ts/);
  assert.equal((await compile(program('after.ts', HELLO))).progress.length, 1);
});

test('findToolchain names the packages that are missing, in one command', async () => {
  const project = path.join(directory, 'project');
  mkdirSync(project);
  await assert.rejects(findToolchain(project, []), /\n {2}npm install --save-dev assemblyscript lunatic-as$/);
  const kit = path.join(project, 'node_modules', 'lunatic-as');
  mkdirSync(kit, { recursive: true });
  writeFileSync(path.join(kit, 'package.json'), '{ "version": "1.0.0" }');
  await assert.rejects(findToolchain(project, []), /\n {2}npm install --save-dev assemblyscript$/);
});

test('findToolchain takes the kit of the program before another one, and the compiler that this kit uses', async () => {
  const project = path.join(directory, 'own');
  const modules = path.join(project, 'node_modules');
  for (const name of ['lunatic-as', 'assemblyscript']) {
    mkdirSync(path.join(modules, name), { recursive: true });
    writeFileSync(path.join(modules, name, 'package.json'), '{ "version": "1.2.3" }');
  }
  writeFileSync(
    path.join(modules, 'lunatic-as', 'asconfig.json'),
    '{ "options": { "transform": ["x"], "debug": true, "use": ["a=b", "c=d"], "optimizeLevel": 3 } }',
  );
  const deep = path.join(project, 'src', 'deep');
  mkdirSync(deep, { recursive: true });
  const found = await findToolchain(deep);
  assert.equal(found.compilerVersion, '1.2.3');
  assert.deepEqual(found.compilerArguments, ['--debug', '--use', 'a=b', '--use', 'c=d', '--optimizeLevel', '3']);
  const before = found.kitHash;
  writeFileSync(path.join(modules, 'lunatic-as', 'index.ts'), '// changed');
  assert.notEqual((await findToolchain(deep)).kitHash, before);
});
