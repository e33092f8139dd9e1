#!/usr/bin/env node
// The `lunatic` command. Runs the command line on this Node.js when it is new enough; otherwise older_node.js looks for another.
// In a checkout the sources run as they are (Node.js strips the types); in the published package, the build in dist/.
//
// Every file and every import of a built-in module is time before the first line of a program; so there are none here (tools/bundle.ts
// tells what an import costs). This must itself run on the oldest Node.js somebody may have (18).

/** As in find_node.js; a test compares the two. */
const MINIMUM_NODE_MAJOR = 24;

if (Number.parseInt(process.versions.node, 10) >= MINIMUM_NODE_MAJOR) start();
else import('./older_node.js');

function start() {
  const { existsSync } = process.getBuiltinModule('node:fs');
  // Compiled code is kept between runs (of TypeScript, the stripped source too).
  process.getBuiltinModule('node:module').enableCompileCache();
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const main = existsSync(source) ? source : new URL('../dist/cli.js', import.meta.url);
  if (!existsSync(main)) {
    process.stderr.write(`lunatic: the command line is missing from this installation: ${main.pathname}\n`);
    process.exit(1);
  }
  import(main.href)
    .then((cli) => cli.main(process.argv.slice(2)))
    .then((exitCode) => {
      process.exitCode = exitCode;
    });
}
