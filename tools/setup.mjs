// Set-up in front of every npm script: `node tools/setup.mjs SCRIPT [ARGS...]` installs the npm packages when they are
// missing or older than package-lock.json, then runs SCRIPT on a Node.js that is new enough. Plain JavaScript for Node.js
// 18 and later, and no import from a package: it runs before anything is installed. Standard output belongs to SCRIPT
// alone; everything said here goes to standard error.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  findPackagedNode,
  MINIMUM_NODE_MAJOR,
  majorVersion,
  nodeVersion,
  runInstead,
} from '../packages/lunatic/bin/find_node.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LOCK_DIRECTORY = path.join(ROOT, '.cache', 'setup.lock');
const HEARTBEAT_MS = 10_000;
const LOCK_POLL_MS = 250;

/** A failure that its message explains by itself: shown without a stack. */
class SetupError extends Error {}

/** @param {string} text */
function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

/** @param {string} file */
function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * Why the packages must be installed, or undefined when node_modules holds what package-lock.json asks for. npm writes
 * node_modules/.package-lock.json as the last act of an installation, so an interrupted one is seen as missing; packages
 * for other platforms are optional in the lock file and absent here.
 */
function reasonToInstall() {
  const installed = readJson(path.join(ROOT, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'the npm packages are not installed yet';
  const wanted = readJson(path.join(ROOT, 'package-lock.json'));
  for (const [place, entry] of Object.entries(wanted.packages)) {
    if (place === '') continue;
    const present = installed.packages[place];
    if (present === undefined) {
      if (!entry.optional) return `${place} is missing`;
    } else if (present.version !== entry.version || present.integrity !== entry.integrity) {
      return `${place} is not the version that package-lock.json names`;
    }
    for (const bin of place.startsWith('packages/') ? Object.keys(entry.bin ?? {}) : []) {
      const link = process.platform === 'win32' ? `${bin}.cmd` : bin;
      if (!existsSync(path.join(ROOT, 'node_modules', '.bin', link))) return `the command ${bin} is not linked`;
    }
  }
  return undefined;
}

/** How to call npm: the one that runs this script, on the Node.js that runs it, else whichever is on the path. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli !== undefined && path.basename(cli) === 'npm-cli.js') {
    return [process.env.npm_node_execpath ?? process.execPath, cli];
  }
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** @param {string} reason */
async function install(reason) {
  say(`${reason}; running npm ci (about 600 MB, mostly Node.js and compilers)`);
  const started = Date.now();
  const elapsed = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const heartbeat = setInterval(() => say(`still installing, ${elapsed()}`), HEARTBEAT_MS);
  const [command, ...first] = npmCommand();
  // Notices off: nothing npm has to say about its own version or the packages' funding helps here. Its errors come through.
  const args = [...first, 'ci', '--loglevel=error', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], shell: command.endsWith('.cmd') });
    child.on('error', reject);
    child.on('exit', (exitCode, signal) => resolve(signal ?? exitCode));
  });
  clearInterval(heartbeat);
  if (code !== 0) throw new SetupError(`npm ci failed (${code}); is the npm registry within reach?`);
  say(`packages installed in ${elapsed()}`);
}

/** The lock appears with the pid in it, in one step: a set-up that is killed leaves none that nobody made. False: it is there already. */
function takeLock() {
  const mine = `${LOCK_DIRECTORY}.${process.pid}`;
  mkdirSync(mine, { recursive: true });
  writeFileSync(path.join(mine, 'pid'), String(process.pid));
  try {
    renameSync(mine, LOCK_DIRECTORY);
    return true;
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    // Windows answers EPERM for a directory that is there.
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM') return false;
    throw error;
  }
}

/** Whether the OS process that made the lock is dead: a set-up that was killed must not stop the next one. */
function lockIsStale() {
  try {
    process.kill(Number(readFileSync(path.join(LOCK_DIRECTORY, 'pid'), 'utf8')), 0);
    return false;
  } catch (error) {
    // Any other error: the lock is gone, or it is somebody else's.
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/** Two scripts started at once on a fresh clone must not both run `npm ci`, which begins by deleting node_modules. */
async function installOnce() {
  mkdirSync(path.dirname(LOCK_DIRECTORY), { recursive: true });
  let waiting = false;
  while (reasonToInstall() !== undefined) {
    if (!takeLock()) {
      if (lockIsStale()) rmSync(LOCK_DIRECTORY, { recursive: true, force: true });
      else if (!waiting) say('another set-up is installing the packages; waiting for it');
      waiting = true;
      await sleep(LOCK_POLL_MS);
      continue;
    }
    try {
      const reason = reasonToInstall();
      if (reason !== undefined) await install(reason);
    } finally {
      rmSync(LOCK_DIRECTORY, { recursive: true, force: true });
    }
    const left = reasonToInstall();
    if (left !== undefined) throw new SetupError(`npm ci ended well, but ${left}`);
  }
}

/** The Node.js of the lock file, so that everybody develops on the same one; ours where npm carries none that runs here. */
function chooseNode() {
  const packaged = findPackagedNode([path.join(ROOT, 'package.json')]);
  if (packaged !== undefined && (isRunning(packaged) || nodeVersion(packaged) !== undefined)) return packaged;
  if (majorVersion(process.version) >= MINIMUM_NODE_MAJOR) return process.execPath;
  throw new SetupError(
    `Node.js ${MINIMUM_NODE_MAJOR} or newer is needed, this is ${process.version}, and npm carries none that runs on ` +
      `${process.platform}-${process.arch}. Install one from https://nodejs.org and run the command again.`,
  );
}

/**
 * Whether we run on this binary. Ours may be gone: `npm ci` deletes node_modules, and with it the Node.js it runs on.
 * @param {string} node
 */
function isRunning(node) {
  return existsSync(process.execPath) && realpathSync(node) === realpathSync(process.execPath);
}

/**
 * @param {string} script
 * @param {readonly string[]} args
 */
async function main(script, args) {
  await installOnce();
  const node = chooseNode();
  const scriptPath = path.resolve(ROOT, script);
  if (!isRunning(node)) return runInstead(node, [scriptPath, ...args]);
  process.argv.splice(1, process.argv.length, scriptPath, ...args);
  return import(pathToFileURL(scriptPath).href);
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  say('usage: node tools/setup.mjs SCRIPT [ARGS...]');
  process.exit(2);
}
try {
  await main(script, args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(1);
}
