// Compilers for guests written in C and Rust, for the examples, the tests and the benchmarks.
//
// C: @yowasp/clang, a devDependency that carries clang, lld and a wasip1 sysroot, so C needs no system package and every
// machine compiles with the same version. Results are kept in .cache/guests under a hash of everything that went in.
// Rust: a compiler of the system with a WASI target: rustup's, else Debian's. `ensureRust` installs what is missing where
// it can (rustup, or apt-get as root) and otherwise throws ToolMissingError, whose message names the command that helps.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tree } from '@yowasp/clang';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = path.join(ROOT, '.cache');
const DEBIAN_RUST_PACKAGES = ['rustc', 'cargo', 'libstd-rust-dev-wasm32', 'lld'];
/** In order of preference: the first is the name since Rust 1.78, the second the one that Rust 1.63 knows. */
const RUST_TARGETS = ['wasm32-wasip1', 'wasm32-wasi'];

/** A compiler is not there and could not be installed. The message names the one command that brings it. */
export class ToolMissingError extends Error {
  override readonly name = 'ToolMissingError';
}

/** The compiler refused the program. The message holds its diagnostics. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

export interface CompileCOptions {
  /** Added to `-O2 -std=gnu17 -Wl,--export-table`; later flags win. */
  readonly flags?: readonly string[];
  /** Directories whose headers, at any depth, can be included, besides those beside the sources. */
  readonly includeDirectories?: readonly string[];
}

/** A C source that exists only as text; `name` appears in diagnostics and must end in `.c`. */
export interface CText {
  readonly name: string;
  readonly text: string;
}

/**
 * Compiles and links C sources (paths relative to the repository or absolute, or texts) to a WASI command, and returns the
 * path of the module. The same inputs are compiled once: later calls only read and hash them. Throws CompileError.
 */
export async function compileC(sources: readonly (string | CText)[], options: CompileCOptions = {}): Promise<string> {
  const files = new Map<string, Buffer>();
  const inputs: string[] = [];
  const directories = new Set<string>();
  for (const source of sources) {
    if (typeof source === 'string') {
      const file = path.resolve(ROOT, source);
      files.set(virtualPath(file), readFileSync(file));
      inputs.push(virtualPath(file));
      directories.add(path.dirname(file));
    } else {
      files.set(`text/${source.name}`, Buffer.from(source.text));
      inputs.push(`text/${source.name}`);
    }
  }
  for (const directory of directories) addHeaders(files, readdirSync(directory), directory);
  for (const include of options.includeDirectories ?? []) {
    const directory = path.resolve(ROOT, include);
    directories.add(directory);
    addHeaders(files, readdirSync(directory, { recursive: true, encoding: 'utf8' }), directory);
  }
  const args = ['clang', '--target=wasm32-wasip1', '-O2', '-std=gnu17', '-Wl,--export-table'];
  for (const directory of directories) args.push('-I', virtualPath(directory));
  args.push(...(options.flags ?? []), ...inputs, '-o', 'guest.wasm');

  const name = path.basename(inputs[0] as string, '.c');
  const output = path.join(CACHE, 'guests', `${name}-${hashInputs(args, files)}.wasm`);
  if (!existsSync(output)) writeWhole(output, await runClang(args, files));
  return output;
}

/** Where a file of this machine stands in the compiler's own file system. */
function virtualPath(file: string): string {
  const relative = path.relative(ROOT, file).split(path.sep).join('/');
  return relative.startsWith('..') ? `outside${file.split(path.sep).join('/')}` : relative || '.';
}

function addHeaders(files: Map<string, Buffer>, names: readonly string[], directory: string): void {
  for (const name of names) {
    const file = path.join(directory, name);
    if (name.endsWith('.h')) files.set(virtualPath(file), readFileSync(file));
  }
}

function hashInputs(args: readonly string[], files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([yowaspVersion(), args]));
  for (const [name, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

function yowaspVersion(): string {
  return readFileSync(path.join(ROOT, 'node_modules', '@yowasp', 'clang', 'package.json'), 'utf8');
}

async function runClang(args: readonly string[], files: ReadonlyMap<string, Buffer>): Promise<Uint8Array> {
  const { commands, Exit, runLLVM } = await import('@yowasp/clang');
  // Loads the compiler without its progress lines on standard output; `commands.clang` has no way to say so.
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  const tree: { [name: string]: Tree | Uint8Array } = {};
  for (const [name, bytes] of files) {
    const parts = name.split('/');
    const last = parts.pop() as string;
    let directory = tree;
    // Each inner value was made by this loop, from a path's directory part, so it is a directory.
    for (const part of parts) directory = (directory[part] ??= {}) as typeof tree;
    directory[last] = bytes;
  }
  const diagnostics: Uint8Array[] = [];
  const stderr = (bytes: Uint8Array | null) => {
    if (bytes !== null) diagnostics.push(bytes.slice());
  };
  const printed = () => Buffer.concat(diagnostics).toString().trim();
  try {
    const clang = commands.clang as NonNullable<typeof commands.clang>;
    const result = await clang(args.slice(1), tree, { stdout: stderr, stderr, fetchProgress: () => {} });
    if (printed() !== '') process.stderr.write(`${printed()}\n`);
    return (result as { 'guest.wasm': Uint8Array })['guest.wasm'];
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
    throw new CompileError(`clang refused ${args.filter((arg) => arg.endsWith('.c')).join(', ')}:\n${printed()}`);
  }
}

/** Parallel test processes may compile the same guest: each writes its own file, the last rename wins, all are equal. */
function writeWhole(file: string, bytes: Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}

export interface RustToolchain {
  /** Absolute paths of the compiler and of the cargo that belongs to it. */
  readonly rustc: string;
  readonly cargo: string;
  /** `wasm32-wasip1` or `wasm32-wasi`. */
  readonly target: string;
}

/** Every directory that may hold a rustc, those of the path first. */
function toolDirectories(): string[] {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).filter((directory) => directory !== '');
  return [...new Set([...onPath, path.join(os.homedir(), '.cargo', 'bin'), '/usr/bin'])];
}

/**
 * A Rust compiler with a WASI target, or undefined. The first rustc on the path is not enough: rustup's often stands before
 * Debian's and lacks the target that Debian's has.
 */
export function findRust(): RustToolchain | undefined {
  for (const directory of toolDirectories()) {
    const rustc = path.join(directory, 'rustc');
    const cargo = path.join(directory, 'cargo');
    if (!existsSync(rustc) || !existsSync(cargo)) continue;
    for (const target of RUST_TARGETS) {
      const asked = spawnSync(rustc, ['--print', 'target-libdir', '--target', target], { cwd: ROOT, encoding: 'utf8' });
      if (asked.status === 0 && globSync(path.join(asked.stdout.trim(), 'libcore-*.rlib')).length > 0) {
        return { rustc, cargo, target };
      }
    }
  }
  return undefined;
}

/** Like findRust, but installs what is missing where that is possible, telling so on standard error. */
export function ensureRust(): RustToolchain {
  const found = findRust();
  if (found !== undefined) return found;
  const rustup = toolDirectories()
    .map((directory) => path.join(directory, 'rustup'))
    .find((file) => existsSync(file));
  if (rustup !== undefined) runVisibly(rustup, ['target', 'add', 'wasm32-wasip1']);
  const viaRustup = rustup === undefined ? undefined : findRust();
  if (viaRustup !== undefined) return viaRustup;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    runVisibly('apt-get', ['update', '-q']);
    runVisibly('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...DEBIAN_RUST_PACKAGES]);
    const viaApt = findRust();
    if (viaApt !== undefined) return viaApt;
  }
  throw new ToolMissingError(
    'no Rust compiler with the target wasm32-wasip1 or wasm32-wasi was found. This brings it:\n' +
      (rustup !== undefined
        ? '  rustup target add wasm32-wasip1'
        : `  sudo apt-get install ${DEBIAN_RUST_PACKAGES.join(' ')}`),
  );
}

/** Runs an installer with its output on standard error. Whether it helped is for the caller to look. */
function runVisibly(command: string, args: readonly string[]): void {
  process.stderr.write(`set-up: ${command} ${args.join(' ')}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync(command, args, { stdio: ['ignore', 2, 2], env });
}

/**
 * Builds a cargo package (a directory, relative to the repository or absolute) in release mode for WASI, and returns the
 * paths of its modules by target name. Extra arguments go to `cargo build`. Cargo's progress goes to standard error.
 * Throws ToolMissingError and CompileError.
 */
export function compileRust(directory: string, cargoArgs: readonly string[] = []): Map<string, string> {
  const { rustc, cargo, target } = ensureRust();
  const cwd = path.resolve(ROOT, directory);
  // One target directory for each package: packages may well name their programs alike.
  const key = createHash('sha256').update(`${cwd} ${rustc}`).digest('hex').slice(0, 8);
  const targetDirectory = path.join(CACHE, 'rust', `${path.basename(cwd)}-${key}`);
  const args = [
    'build',
    '--release',
    '--target',
    target,
    '--target-dir',
    targetDirectory,
    '--message-format=json-render-diagnostics',
  ];
  const built = spawnSync(cargo, [...args, ...cargoArgs], {
    cwd,
    env: { ...process.env, RUSTC: rustc },
    stdio: ['ignore', 'pipe', 2],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (built.error !== undefined) throw built.error;
  if (built.status !== 0) throw new CompileError(`cargo could not build ${directory}; its diagnostics stand above`);
  return artifacts(built.stdout);
}

/** The modules that cargo's JSON messages name. Spec: doc.rust-lang.org/cargo/reference/external-tools.html#json-messages */
function artifacts(messages: string): Map<string, string> {
  const modules = new Map<string, string>();
  for (const line of messages.split('\n')) {
    if (!line.startsWith('{')) continue;
    const message = JSON.parse(line) as { reason: string; target?: { name: string }; filenames?: string[] };
    const module = message.filenames?.find((file) => file.endsWith('.wasm'));
    if (message.target !== undefined && module !== undefined) modules.set(message.target.name, module);
  }
  return modules;
}
