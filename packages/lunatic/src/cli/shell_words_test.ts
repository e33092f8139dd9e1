import assert from 'node:assert/strict';
import { it } from 'node:test';
import { splitWords } from './shell_words.ts';

// The right column is what `printf '%s\n' ...` of a POSIX shell shows.
const CASES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ['', []],
  ['  \t\n ', []],
  ['a', ['a']],
  [' --env  A=1 ', ['--env', 'A=1']],
  ['"a b" c', ['a b', 'c']],
  [`'a "b' c`, ['a "b', 'c']],
  [`a'b c'd"e f"g`, ['ab cde fg']],
  [`'' x ""`, ['', 'x', '']],
  ['a\\ b', ['a b']],
  [`'a\\b'`, ['a\\b']],
  ['"a\\"b\\\\c\\$d\\e"', ['a"b\\c$d\\e']],
  [`"it's"`, [`it's`]],
];

it('splitWords splits as a shell does', () => {
  for (const [line, words] of CASES) assert.deepEqual(splitWords(line), words, line);
});

it('splitWords refuses what has no end', () => {
  for (const line of [`'a`, '"a', 'a\\', '"a\\"']) assert.throws(() => splitWords(line), RangeError, line);
});
