// What gets published of the runtime: one JavaScript file for each way to start it. A hundred small modules take Node.js several times
// as long to load as one file. Only `npm run build` and the benchmark of the start-up come here; the checkout runs its sources.
//
// Each file stands alone, with everything of `src/` that it needs in it; npm packages stay imports. What a source starts as a worker
// thread, written `new URL('./NAME.ts', import.meta.url)`, becomes a file of its own beside it, so such names must differ.

import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild-wasm';
import { rewriteVersionOf } from '../packages/lunatic/src/node/rewrite_version.ts';
import { ROOT } from './toolchain.ts';

const SOURCES = path.join(ROOT, 'packages', 'lunatic', 'src');
const WORKER = /new URL\(\s*'([^']+)\.ts'\s*,\s*import\.meta\.url\s*\)/g;
const BUILTIN = /^import (?!type )(\w+|\{[^}]*\}) from '(node:[\w/]+)';/gm;
const TESTS = /(?:_test\.ts|(?:^|\/)test_[^/]*\.ts)$/;

/** Writes the files into `directory`. */
export async function bundle(directory: string): Promise<void> {
  const { build, stop } = await import('esbuild-wasm');
  const common: BuildOptions = {
    outdir: directory,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    define: { LUNATIC_REWRITE_VERSION: JSON.stringify(rewriteVersionOf(SOURCES)) },
    logLevel: 'warning',
    plugins: [OUR_FORMS],
  };
  try {
    await build({ ...common, entryPoints: { index: path.join(SOURCES, 'index.ts'), ...workerFiles() } });
    // What the command line loads on demand must not be loaded with the rest.
    await build({
      ...common,
      entryPoints: { cli: path.join(SOURCES, 'cli', 'main.ts') },
      splitting: true,
      chunkNames: 'cli-[name]-[hash]',
    });
  } finally {
    // It would hold the event loop.
    await stop();
  }
}

const OUR_FORMS: Plugin = {
  name: 'forms of our sources',
  setup(setup) {
    setup.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => ({
      contents: takeBuiltins(nameBuiltWorkers(await readFile(file, 'utf8'))),
      loader: 'ts',
    }));
  },
};

/** Name -> source of what is started as a worker. */
function workerFiles(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const file of globSync('**/*.ts', { cwd: SOURCES })) {
    if (TESTS.test(file.split(path.sep).join('/'))) continue;
    for (const [, relative] of readFileSync(path.join(SOURCES, file), 'utf8').matchAll(WORKER)) {
      const name = path.basename(relative as string);
      const worker = path.resolve(SOURCES, path.dirname(file), `${relative}.ts`);
      if ((found[name] ??= worker) !== worker)
        throw new Error(`two workers are called ${name}: ${found[name]} and ${worker}`);
    }
  }
  return found;
}

/** Exported for its test. */
export function nameBuiltWorkers(source: string): string {
  return source.replaceAll(
    WORKER,
    (_, relative: string) => `new URL('./${path.posix.basename(relative)}.js', import.meta.url)`,
  );
}

/**
 * An `import` of a built-in module makes Node.js read each of its exports, those too that are made on demand: of node:fs all kinds of
 * streams, 6 ms. So what gets published takes such modules from `process`. Exported for its test.
 */
export function takeBuiltins(source: string): string {
  return source.replaceAll(BUILTIN, (_, names: string, module: string) => {
    const taken = names.replaceAll(/\btype \w+,?\s*/g, '').replaceAll(/(\w+) as (\w+)/g, '$1: $2');
    return `const ${taken} = process.getBuiltinModule('${module}');`;
  });
}
