// LUNATIC_OPTIONS: one line, split into words as a POSIX shell splits simple ones. Quotes and backslashes have their
// shell meaning; nothing is expanded.

/** Throws RangeError for a quote that is not closed, or a backslash at the end. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  /** undefined between words; '' is a word too, if quoted. */
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === '\\' && quote === '"' && '"\\$`'.includes(line[at + 1] ?? ' ')) word += line[++at] as string;
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === '\\') {
      if (at + 1 === line.length) throw new RangeError('a backslash at the end');
      word = (word ?? '') + line[++at];
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw new RangeError(`a ${quote} without its partner`);
  if (word !== undefined) words.push(word);
  return words;
}
