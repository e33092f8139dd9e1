// Enforces the layers of the runtime: a source file imports its own folder, or a folder of a strictly lower layer. The two
// lowest kinds of knowledge stay apart besides: `actor` knows no wasm, `transform` no scheduler. Layers up to `engine` know
// no Node.js and no package, so they run wherever JavaScript does. Tests (`*_test.ts`) and what they share (`test_*.ts`) may
// use both, but keep to the layers; only tests import them.
//
// Prints `file:line: what is wrong` for each violation; exit code 1 if there is one.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder (or file at the top) of packages/lunatic/src, and its layer. */
export const LAYERS: ReadonlyMap<string, number> = new Map([
  ['base', 0],
  ['wasm', 1],
  ['scheduler', 1],
  ['transform', 2],
  ['actor', 2],
  ['engine', 3],
  ['host', 4],
  ['node', 5],
  ['cluster', 6],
  ['inspect', 6],
  ['dashboard', 7],
  ['cli', 8],
  ['index.ts', 8],
]);

/** Lower layers that a folder nevertheless must not know. */
const FORBIDDEN: ReadonlyMap<string, readonly string[]> = new Map([
  ['transform', ['scheduler']],
  ['actor', ['wasm']],
]);

const HIGHEST_PURE_LAYER = 3;

/** Whether a file serves tests alone; the publish build leaves the same ones out. */
function isTestFile(file: string): boolean {
  return /_test\.ts$|(?:^|\/)test_[^/]*\.ts$/.test(file);
}

export interface ImportLine {
  readonly specifier: string;
  /** 1-based. */
  readonly line: number;
}

/** The module specifiers that a source file imports, re-exports, loads on demand or starts as a worker. */
export function importsOf(source: string): ImportLine[] {
  const forms = [
    // Static forms stand at the beginning of a line; a comment that shows an import does not.
    /^(?:import|export)\s(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  const imports: ImportLine[] = [];
  for (const form of forms) {
    for (const match of source.matchAll(form)) {
      const end = match.index + match[0].length;
      imports.push({ specifier: match[1] as string, line: source.slice(0, end).split('\n').length });
    }
  }
  return imports.sort((a, b) => a.line - b.line);
}

/** What is wrong with one import of `file` (path relative to the source root, with slashes), or undefined. */
export function violation(file: string, specifier: string): string | undefined {
  const from = file.split('/')[0] as string;
  const layer = LAYERS.get(from);
  if (layer === undefined) return `${from} has no layer; give it one in tools/check_layers.ts`;
  if (!specifier.startsWith('.')) {
    if (layer > HIGHEST_PURE_LAYER || isTestFile(file)) return undefined;
    return `${from} imports ${specifier}, but the layers up to ${HIGHEST_PURE_LAYER} know neither Node.js nor packages`;
  }
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (target.startsWith('..')) {
    return isTestFile(file) ? undefined : `${specifier} lies outside packages/lunatic/src and is not published`;
  }
  if (isTestFile(target) && !isTestFile(file)) return `${specifier} is there for tests only`;
  const to = target.split('/')[0] as string;
  if (to === from) return undefined;
  const lower = LAYERS.get(to);
  if (lower === undefined) return `${to} has no layer; give it one in tools/check_layers.ts`;
  if (lower >= layer)
    return `${from} (layer ${layer}) imports ${to} (layer ${lower}); only lower layers may be imported`;
  if (FORBIDDEN.get(from)?.includes(to)) return `${from} must know nothing of ${to}`;
  return undefined;
}

/** Checks every file under `sourceRoot`; `file:line: text` for each violation. */
export function checkTree(sourceRoot: string): { readonly files: number; readonly violations: readonly string[] } {
  const files = globSync('**/*.ts', { cwd: sourceRoot })
    .map((file) => file.split(path.sep).join('/'))
    .sort();
  const violations: string[] = [];
  for (const file of files) {
    for (const { specifier, line } of importsOf(readFileSync(path.join(sourceRoot, file), 'utf8'))) {
      const wrong = violation(file, specifier);
      if (wrong !== undefined) violations.push(`${path.join(sourceRoot, file)}:${line}: ${wrong}`);
    }
  }
  return { files: files.length, violations };
}

if (import.meta.main) {
  const sourceRoot = fileURLToPath(new URL('../packages/lunatic/src', import.meta.url));
  const { files, violations } = checkTree(path.relative(process.cwd(), sourceRoot));
  for (const line of violations) process.stderr.write(`${line}\n`);
  if (files === 0) process.stderr.write(`no source file under ${sourceRoot}\n`);
  if (violations.length > 0 || files === 0) process.exitCode = 1;
  else console.log(`${files} files keep to their layers`);
}
