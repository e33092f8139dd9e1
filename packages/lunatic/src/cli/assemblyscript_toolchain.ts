// Where the AssemblyScript compiler and the guest kit are: in the project of the program, else in the current directory's, else
// beside this installation. The compiler used is the one that the kit itself would import, so that the kit's transform and the
// compiler agree about the syntax tree.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const KIT = 'lunatic-as';
const COMPILER = 'assemblyscript';
/** What of the kit decides about the outcome. */
const KIT_FILES = /\.(ts|js|json)$/;

export interface AssemblyScriptToolchain {
  readonly compilerDir: string;
  readonly compilerVersion: string;
  readonly kitDir: string;
  /** Of all files of the kit. */
  readonly kitHash: string;
  /** The options of the kit's asconfig.json as arguments, without its transform. */
  readonly compilerArguments: readonly string[];
}

/**
 * Looks from the program's directory, then from the `others`. Throws an Error that says what to install, if something is missing.
 */
export async function findToolchain(
  programDir: string,
  others: readonly string[] = [process.cwd(), path.dirname(fileURLToPath(import.meta.url))],
): Promise<AssemblyScriptToolchain> {
  const missing = new Set<string>();
  for (const start of [programDir, ...others]) {
    const kitDir = await findPackage(KIT, start);
    if (kitDir === undefined) {
      missing.add(KIT);
      if ((await findPackage(COMPILER, start)) === undefined) missing.add(COMPILER);
      continue;
    }
    const compilerDir = await findPackage(COMPILER, kitDir);
    if (compilerDir === undefined) {
      missing.add(COMPILER);
      continue;
    }
    return {
      compilerDir,
      compilerVersion: await packageVersion(compilerDir),
      kitDir,
      kitHash: await hashFiles(kitDir),
      compilerArguments: await configuredArguments(kitDir),
    };
  }
  const names = [COMPILER, KIT].filter((name) => missing.has(name));
  throw new Error(
    `AssemblyScript programs are compiled by npm packages that are missing here. In ${programDir} run:\n` +
      `  npm install --save-dev ${names.join(' ')}`,
  );
}

/** Looks for node_modules/NAME in a directory and those above it, as Node.js does. */
async function findPackage(name: string, start: string): Promise<string | undefined> {
  for (let dir = start; ; dir = path.dirname(dir)) {
    const candidate = path.join(dir, 'node_modules', name);
    if (existsSync(path.join(candidate, 'package.json'))) return realpath(candidate);
    if (dir === path.dirname(dir)) return undefined;
  }
}

async function packageVersion(dir: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(dir, 'package.json'), 'utf8'));
  if (
    typeof manifest === 'object' &&
    manifest !== null &&
    'version' in manifest &&
    typeof manifest.version === 'string'
  ) {
    return manifest.version;
  }
  throw new Error(`${dir} has a package.json without a version`);
}

async function hashFiles(dir: string): Promise<string> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && KIT_FILES.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}node_modules${path.sep}`, dir.length))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${path.relative(dir, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

async function configuredArguments(kitDir: string): Promise<string[]> {
  const file = path.join(kitDir, 'asconfig.json');
  const config: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (typeof config !== 'object' || config === null || !('options' in config))
    throw new Error(`${file} has no options`);
  const options = config.options;
  if (typeof options !== 'object' || options === null) throw new Error(`${file}: options is not an object`);
  return Object.entries(options).flatMap(([name, value]) => {
    if (name === 'transform') return []; // given to the compiler as a loaded class instead
    if (value === true) return [`--${name}`];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.flatMap((one) => [`--${name}`, String(one)]);
  });
}
