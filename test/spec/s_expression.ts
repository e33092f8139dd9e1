// S-expressions of WebAssembly text: just enough structure to find the commands of a `.wast` script and the exact
// source text of the modules in it, which goes to a real text parser. Spec: core/text/lexical.

/** A word, number or `$name`. */
export interface Atom {
  readonly kind: 'atom';
  readonly text: string;
  readonly start: number;
}

/** A string literal, decoded to bytes: it need not be UTF-8. */
export interface Text {
  readonly kind: 'string';
  readonly bytes: Uint8Array;
  readonly start: number;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Expression[];
  /** Character offsets of the parentheses in the source; `end` is past the closing one. */
  readonly start: number;
  readonly end: number;
}

export type Expression = Atom | Text | List;

/** The source is not balanced or a string is not closed. The message names the line. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

export function lineOf(source: string, offset: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) line++;
  return line;
}

/** All expressions at the top level of `source`. Characters that no token may contain are taken as parts of atoms. */
export function parseExpressions(source: string): Expression[] {
  const top: Expression[] = [];
  const open: { items: Expression[]; start: number }[] = [];
  let items = top;
  let at = 0;
  while (at < source.length) {
    const char = source[at];
    if (char === ' ' || char === '\n' || char === '\t' || char === '\r') {
      at++;
    } else if (char === ';' && source[at + 1] === ';') {
      at = endOfLine(source, at);
    } else if (char === '(' && source[at + 1] === ';') {
      at = endOfBlockComment(source, at);
    } else if (char === '(') {
      items = [];
      open.push({ items, start: at++ });
    } else if (char === ')') {
      const list = open.pop();
      if (list === undefined)
        throw new ScriptError(`line ${lineOf(source, at)}: a closing parenthesis without an opening one`);
      items = open.at(-1)?.items ?? top;
      if (source.startsWith('(@', list.start)) {
        // An annotation may stand anywhere and means nothing here.
        at++;
        continue;
      }
      items.push({ kind: 'list', items: list.items, start: list.start, end: ++at });
    } else if (char === '"') {
      const end = endOfString(source, at);
      items.push({ kind: 'string', bytes: decodeString(source.slice(at + 1, end - 1)), start: at });
      at = end;
    } else {
      const start = at;
      while (at < source.length && !/[\s()";]/.test(source[at])) at++;
      if (at === start) at++;
      items.push({ kind: 'atom', text: source.slice(start, at), start });
    }
  }
  if (open.length > 0)
    throw new ScriptError(`line ${lineOf(source, open[0].start)}: an opening parenthesis is never closed`);
  return top;
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at);
  return end === -1 ? source.length : end;
}

function endOfBlockComment(source: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    if (at >= source.length) throw new ScriptError(`line ${lineOf(source, start)}: a comment is never closed`);
    if (source.startsWith('(;', at)) {
      depth++;
      at += 2;
    } else if (source.startsWith(';)', at)) {
      depth--;
      at += 2;
    } else {
      at++;
    }
  } while (depth > 0);
  return at;
}

function endOfString(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === '"') return at + 1;
  }
  throw new ScriptError(`line ${lineOf(source, start)}: a string is never closed`);
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', "'": "'", '\\': '\\' };
const utf8 = new TextEncoder();

function decodeString(raw: string): Uint8Array {
  const bytes: number[] = [];
  const pattern = /\\u\{([0-9a-fA-F_]+)\}|\\([0-9a-fA-F]{2})|\\(.)|([^\\]+)/gsu;
  for (const [, codePoint, hex, letter, plain] of raw.matchAll(pattern)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (codePoint !== undefined)
      bytes.push(...utf8.encode(String.fromCodePoint(Number.parseInt(codePoint.replaceAll('_', ''), 16))));
    else for (const byte of utf8.encode(plain ?? ESCAPES[letter] ?? '')) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

/** The word at position `index` of a list, or undefined if there is no atom. */
export function wordAt(list: List, index: number): string | undefined {
  const item = list.items[index];
  return item?.kind === 'atom' ? item.text : undefined;
}

export function isList(expression: Expression | undefined, head?: string): expression is List {
  return expression?.kind === 'list' && (head === undefined || wordAt(expression, 0) === head);
}
