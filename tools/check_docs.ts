// Runs the examples of the documentation, so that they cannot rot. In README.md, docs/*.md and the guest kits' READMEs, a
// fenced block whose info string is `ts run` or `sh run` is an example: TypeScript is type-checked and run by Node.js with
// 'lunatic' resolved to the sources, sh runs in the repository's root with its commands (npx lunatic ...) on the path. It
// must end with exit code 0, and, when the next block is a `text output`, print exactly that text on standard output.
//
// Prints one line for each example; exit code 1 if one failed.

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENTS = ['README.md', 'docs/**/*.md', 'packages/*/README.md', 'sdk/*/README.md'];
/** Inside the repository, so that `import 'lunatic'` is found in its node_modules; named in tsconfig.json. */
const WORK_DIRECTORY = path.join(ROOT, '.cache', 'docs');
const TIMEOUT_MS = 60_000;

export interface Example {
  readonly language: 'ts' | 'sh';
  readonly code: string;
  /** What standard output must be, or undefined where anything goes. */
  readonly output: string | undefined;
  /** 1-based line of the opening fence. */
  readonly line: number;
}

/** The runnable examples of a Markdown text. Throws where an `output` block follows no example. */
export function examplesOf(markdown: string): Example[] {
  const examples: Example[] = [];
  const fences = /^```([^\n`]*)\n([\s\S]*?)^```[ \t]*$/gm;
  for (const fence of markdown.matchAll(fences)) {
    const info = (fence[1] as string).trim();
    const code = fence[2] as string;
    const line = markdown.slice(0, fence.index).split('\n').length;
    if (info === 'ts run') examples.push({ language: 'ts', code, output: undefined, line });
    else if (info === 'sh run') examples.push({ language: 'sh', code, output: undefined, line });
    else if (info === 'text output') {
      const last = examples.pop();
      if (last === undefined || last.output !== undefined)
        throw new Error(`line ${line}: an output without an example`);
      examples.push({ ...last, output: code });
    }
  }
  return examples;
}

interface Outcome {
  readonly ok: boolean;
  readonly report: string;
}

/** Runs one example; `name` becomes a file name. */
export function runExample(name: string, example: Example): Outcome {
  const file = path.join(WORK_DIRECTORY, `${name}.${example.language}`);
  mkdirSync(WORK_DIRECTORY, { recursive: true });
  writeFileSync(file, example.code);
  const [command, args] =
    example.language === 'ts'
      ? [process.execPath, ['--conditions=lunatic-source', file]]
      : ['bash', ['-euo', 'pipefail', file]];
  const bin = path.join(ROOT, 'node_modules', '.bin');
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` },
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (result.error !== undefined) return { ok: false, report: result.error.message };
  if (result.status !== 0) {
    return { ok: false, report: `ended with ${result.signal ?? result.status}\n${result.stdout}${result.stderr}` };
  }
  if (example.output !== undefined && result.stdout !== example.output) {
    return { ok: false, report: `printed\n${result.stdout}instead of\n${example.output}${result.stderr}` };
  }
  return { ok: true, report: '' };
}

/** Type-checks the TypeScript examples, which runExample has left in the work directory. */
function checkTypes(): Outcome {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const config = path.join(WORK_DIRECTORY, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({ extends: '../../tsconfig.json', include: ['*.ts', '../../packages/lunatic/types'] }),
  );
  const result = spawnSync(process.execPath, [tsc, '-p', config], { cwd: ROOT, encoding: 'utf8' });
  return { ok: result.status === 0, report: result.stdout + result.stderr };
}

function main(): void {
  rmSync(WORK_DIRECTORY, { recursive: true, force: true });
  let failures = 0;
  let count = 0;
  let typed = false;
  const tell = (what: string, { ok, report }: Outcome) => {
    console.log(`${ok ? 'ok' : 'FAILED'} ${what}`);
    if (ok) return;
    process.stderr.write(`${report}\n`);
    failures++;
  };
  for (const document of DOCUMENTS.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort()) {
    for (const example of examplesOf(readFileSync(path.join(ROOT, document), 'utf8'))) {
      const name = `${document.replace(/\W+/g, '_')}_${example.line}`;
      tell(`${document}:${example.line} (${example.language})`, runExample(name, example));
      count++;
      typed ||= example.language === 'ts';
    }
  }
  if (typed) tell('types of the TypeScript examples', checkTypes());
  console.log(`${count} documentation examples, ${failures} failures`);
  if (failures > 0) process.exitCode = 1;
}

if (import.meta.main) main();
