// `npm start [-- LANGUAGE]`: compiles and runs the founding example (a parent spawns 1,000 children, which answer through a
// channel). Standard output is the program's alone: 1,000 lines. Languages: as (AssemblyScript, the default), c, rust.

import path from 'node:path';
import { runInstead } from '../packages/lunatic/bin/find_node.js';
import { CompileError, compileC, compileRust, ROOT, ToolMissingError } from './toolchain.ts';

async function exampleIn(language: string): Promise<string | undefined> {
  switch (language) {
    case 'as':
      // The command line compiles AssemblyScript itself.
      return path.join(ROOT, 'examples', 'sum.ts');
    case 'c':
      return compileC(['examples/sum.c'], { includeDirectories: ['sdk/c'] });
    case 'rust':
      return [...compileRust('examples/sum-rust').values()][0];
    default:
      return undefined;
  }
}

async function main(args: readonly string[]): Promise<void> {
  const language = args[0] ?? 'as';
  try {
    const file = await exampleIn(language);
    if (file === undefined) {
      process.stderr.write(`npm start: there is no example in '${language}'; choose as, c or rust\n`);
      process.exitCode = 2;
      return;
    }
    process.stderr.write(`running ${path.relative(ROOT, file)}\n`);
    runInstead(process.execPath, [path.join(ROOT, 'packages', 'lunatic', 'bin', 'lunatic.js'), file]);
  } catch (error) {
    if (!(error instanceof CompileError || error instanceof ToolMissingError)) throw error;
    process.stderr.write(`npm start: ${error.message}\n`);
    process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
