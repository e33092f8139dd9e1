// Tests of packages/lunatic/bin/find_node.js; they stand here because bin/ is published as it is.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  findPackagedNode,
  MINIMUM_NODE_MAJOR,
  majorVersion,
  nodeVersion,
  platformPackage,
} from '../packages/lunatic/bin/find_node.js';

const FIND_NODE = new URL('../packages/lunatic/bin/find_node.js', import.meta.url).href;
const root = mkdtempSync(path.join(os.tmpdir(), 'find-node-'));
after(() => rmSync(root, { recursive: true }));

/** A project with one npm package that claims to carry Node.js of some version. */
function projectWith(packageName: string, version: string, bin: unknown): string {
  const project = mkdtempSync(path.join(root, 'project-'));
  const directory = path.join(project, 'node_modules', packageName);
  mkdirSync(path.join(directory, 'bin'), { recursive: true });
  writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name: packageName, version, bin }));
  writeFileSync(path.join(directory, 'bin', 'node'), '#!/bin/sh\n');
  chmodSync(path.join(directory, 'bin', 'node'), 0o755);
  return project + path.sep;
}

/** Runs `code` behind runInstead in an OS process of its own; `onOutput` is called at its first output. */
function behindRunInstead(code: string, onOutput: (pid: number) => void = () => {}) {
  const program = `import { runInstead } from ${JSON.stringify(FIND_NODE)};
    runInstead(process.execPath, ['-e', ${JSON.stringify(code)}]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.once('data', () => onOutput(child.pid as number));
  child.stdout.resume();
  return new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('exit', (exitCode, signal) => resolve({ code: exitCode, signal }));
  });
}

test('the command, find_node.js and package.json agree on the lowest Node.js', () => {
  const read = (file: string) => readFileSync(new URL(`../packages/lunatic/${file}`, import.meta.url), 'utf8');
  const inCommand = /MINIMUM_NODE_MAJOR = (\d+)/.exec(read('bin/lunatic.js'))?.[1];
  assert.equal(Number(inCommand), MINIMUM_NODE_MAJOR);
  assert.equal(JSON.parse(read('package.json')).engines.node, `>=${MINIMUM_NODE_MAJOR}`);
});

test('majorVersion reads versions with and without v', () => {
  assert.equal(majorVersion('v26.10.0'), 26);
  assert.equal(majorVersion('9.1.0'), 9);
});

test('nodeVersion knows a Node.js from another program', () => {
  assert.equal(nodeVersion(process.execPath), process.version);
  assert.equal(nodeVersion('/bin/ls'), undefined);
  assert.equal(nodeVersion('/nowhere/node'), undefined);
});

test('findPackagedNode finds the platform package and the package node, and takes the first place that has one', () => {
  const platform = projectWith(platformPackage() as string, '26.1.0', { node: 'bin/node' });
  const generic = projectWith('node', '24.0.0', 'bin/node');
  const nodeOf = (project: string, name: string) => path.join(project, 'node_modules', name, 'bin', 'node');
  assert.equal(findPackagedNode([platform]), nodeOf(platform, platformPackage() as string));
  assert.equal(findPackagedNode([generic, platform]), nodeOf(generic, 'node'));
});

test('findPackagedNode passes over packages that are too old, lack the binary, or are absent', () => {
  const old = projectWith('node', '23.9.0', { node: 'bin/node' });
  const broken = projectWith('node', '26.0.0', { node: 'bin/missing' });
  const empty = mkdtempSync(path.join(root, 'empty-')) + path.sep;
  assert.equal(findPackagedNode([old, broken, empty]), undefined);
});

test('runInstead ends with the exit code of what it ran', async () => {
  assert.deepEqual(await behindRunInstead('process.exit(7)'), { code: 7, signal: null });
  assert.deepEqual(await behindRunInstead(''), { code: 0, signal: null });
});

test('runInstead passes a signal on and ends by the same signal', { timeout: 20_000 }, async () => {
  const wait = "console.log('ready'); setInterval(() => {}, 1000);";
  const ended = await behindRunInstead(wait, (pid) => process.kill(pid, 'SIGTERM'));
  assert.deepEqual(ended, { code: null, signal: 'SIGTERM' });
});

test('runInstead leaves it to what it ran how to answer a signal', { timeout: 20_000 }, async () => {
  const answer = "process.on('SIGHUP', () => process.exit(3)); console.log('ready'); setInterval(() => {}, 1000);";
  const ended = await behindRunInstead(answer, (pid) => process.kill(pid, 'SIGHUP'));
  assert.deepEqual(ended, { code: 3, signal: null });
});
