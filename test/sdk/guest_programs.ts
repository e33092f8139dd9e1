// Programs that are their own tests: NAME.expected beside the source is what standard output must be. NAME.json, where there is one, adds what
// the program is given and how it ends; without it: nothing, and quietly with code 0.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { lunatic, type Outcome } from '../cli/command.ts';

interface Expectation {
  readonly args?: readonly string[];
  readonly env?: { readonly [name: string]: string };
  readonly stdin?: string;
  readonly exitCode?: number;
  /** Texts that standard error must contain, in this order; if there are none it must be empty. */
  readonly stderr?: readonly string[];
}

/** The names of the programs in a directory, without the suffix. */
export function programsIn(directory: string, suffix: string): string[] {
  const names = readdirSync(directory).filter((name) => name.endsWith(suffix));
  return names.map((name) => name.slice(0, -suffix.length)).sort();
}

/** Runs `file` as the program `name` of `directory`. */
export async function checkProgram(directory: string, name: string, file: string): Promise<void> {
  const expectation = readExpectation(path.join(directory, `${name}.json`));
  const options = Object.entries(expectation.env ?? {}).flatMap(([variable, value]) => [
    '--env',
    `${variable}=${value}`,
  ]);
  const outcome = await lunatic([...options, file, ...(expectation.args ?? [])], { stdin: expectation.stdin ?? '' });
  const expected = readFileSync(path.join(directory, `${name}.expected`), 'utf8');
  assert.equal(outcome.stdout, expected, outcome.stderr);
  assert.equal(outcome.code, expectation.exitCode ?? 0, outcome.stderr);
  checkStderr(outcome, expectation.stderr);
}

function readExpectation(file: string): Expectation {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Expectation) : {}; // our own files
}

function checkStderr(outcome: Outcome, texts: readonly string[] | undefined): void {
  const { stderr } = outcome;
  if (texts === undefined) assert.equal(stderr, '');
  let at = 0;
  for (const text of texts ?? []) {
    const found = stderr.indexOf(text, at);
    assert(found >= 0, `standard error lacks ${JSON.stringify(text)} after ${at} characters:\n${stderr}`);
    at = found + text.length;
  }
}

/** The lines of the founding example, whatever their order. */
export function checkSums(outcome: Outcome): void {
  const lines = outcome.stdout.split('\n');
  assert.equal(lines.pop(), '', 'the last line is complete');
  const expected = Array.from({ length: 1000 }, (_, i) => `Sum until ${i}: ${(i * (i + 1)) / 2}`);
  assert.deepEqual(lines.sort(), expected.sort());
  assert.equal(outcome.code, 0, outcome.stderr);
}

/** The first program in a README of a kit. */
export function firstExample(readme: string, language: string): string {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(readFileSync(readme, 'utf8'));
  assert(fence !== null, `${readme} has no example`);
  return fence[1] as string; // the expression has one group, which always takes part
}
