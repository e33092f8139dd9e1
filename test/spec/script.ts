// Runs one `.wast` script against an adapter and counts what came of each assertion.
// Spec: the script format of the reference interpreter (WebAssembly/spec, interpreter/README).

import { type Adapter, type Outcome, RefusedError, type TestInstance } from './adapter.ts';
import { type Expression, isList, type List, lineOf, parseExpressions, wordAt } from './s_expression.ts';
import { makeSpectest } from './spectest.ts';
import {
  HostReferences,
  matches,
  parseExpectation,
  parseValue,
  printExpectation,
  printValue,
  type Value,
} from './values.ts';
import { type ScriptParser, TextError } from './wat.ts';

/** Why an assertion could not be judged. Never silent: each is counted under its reason. */
export interface Unjudged {
  /**
   * `refused`: the implementation does not serve the module. `text`: our text parser does not. `format`: it tests text parsers only.
   * `obsolete`: a proposal's folder says what later versions of the specification took back.
   */
  readonly kind: 'refused' | 'text' | 'format' | 'obsolete';
  readonly reason: string;
}

export interface ScriptReport {
  passed: number;
  readonly failures: string[];
  /** Count by kind and reason. */
  readonly unjudged: Map<string, { readonly unjudged: Unjudged; count: number }>;
}

/** A module that could not be made, and everything that needs it. */
class Missing extends Error {
  readonly unjudged: Unjudged;

  constructor(unjudged: Unjudged) {
    super(unjudged.reason);
    this.unjudged = unjudged;
  }
}

/** An assertion that does not hold. */
class Failure extends Error {}

type Slot = { readonly instance: TestInstance } | { readonly missing: Unjudged };

/** A script may also be one module without its parentheses. */
const MODULE_FIELDS = new Set([
  'type',
  'import',
  'func',
  'memory',
  'table',
  'global',
  'export',
  'start',
  'elem',
  'data',
  'tag',
  'rec',
]);
/** What some proposals' copies of core files still call invalid. */
const OBSOLETE_ERRORS = new Set(['multiple tables', 'multiple memories']);

export async function runScript(source: string, adapter: Adapter, parser: ScriptParser): Promise<ScriptReport> {
  const spectest = await makeSpectest(parser, adapter.hostCalled);
  const run = new ScriptRun(source, adapter, parser, spectest);
  const commands = parseExpressions(source);
  if (isList(commands[0]) && MODULE_FIELDS.has(wordAt(commands[0], 0) ?? '')) {
    return runScript(`(module ${source})`, adapter, parser);
  }
  for (const command of commands) await run.command(command);
  return run.report;
}

class ScriptRun {
  readonly report: ScriptReport = { passed: 0, failures: [], unjudged: new Map() };
  readonly #source: string;
  readonly #adapter: Adapter;
  readonly #parser: ScriptParser;
  readonly #hosts = new HostReferences();
  readonly #named = new Map<string, Slot>();
  readonly #definitions = new Map<string, List>();
  readonly #registered: WebAssembly.Imports;
  /** Names under which a module was registered that could not be made: whatever imports them cannot be judged. */
  readonly #missingRegistrations = new Map<string, Unjudged>();
  #current: Slot = { missing: { kind: 'refused', reason: 'no module yet' } };
  #lastDefinition: List | undefined;

  constructor(source: string, adapter: Adapter, parser: ScriptParser, spectest: WebAssembly.Exports) {
    this.#source = source;
    this.#adapter = adapter;
    this.#parser = parser;
    this.#registered = { spectest };
  }

  async command(command: Expression): Promise<void> {
    if (!isList(command)) return this.#fail(command, `stray ${command.kind}`);
    const head = wordAt(command, 0) ?? '';
    try {
      switch (head) {
        case 'module':
          await this.#module(command);
          return;
        case 'register':
          this.#register(command);
          return;
        case 'invoke':
        case 'get':
          this.#expectValues(this.#act(command));
          break;
        case 'assert_return':
          this.#assertReturn(command);
          break;
        case 'assert_trap':
          await this.#assertOutcome(command, 'trap');
          break;
        case 'assert_exhaustion':
          await this.#assertOutcome(command, 'exhaustion');
          break;
        case 'assert_exception':
          await this.#assertOutcome(command, 'exception');
          break;
        case 'assert_invalid':
        case 'assert_invalid_custom':
        case 'assert_malformed':
        case 'assert_malformed_custom':
          await this.#assertRejected(command, head);
          break;
        case 'assert_unlinkable':
          await this.#assertUnlinkable(command);
          break;
        default:
          throw new Missing({ kind: 'refused', reason: `script command "${head}"` });
      }
      this.report.passed++;
    } catch (error) {
      this.#judge(command, error);
    }
  }

  #judge(command: Expression, error: unknown): void {
    if (error instanceof Missing) this.#count(error.unjudged);
    else if (error instanceof RefusedError) this.#count({ kind: 'refused', reason: error.message });
    else
      this.#fail(
        command,
        error instanceof Error ? `${error instanceof Failure ? '' : `${error.name}: `}${error.message}` : String(error),
      );
  }

  #count(unjudged: Unjudged): void {
    const key = `${unjudged.kind} ${unjudged.reason}`;
    const entry = this.report.unjudged.get(key);
    if (entry) entry.count++;
    else this.report.unjudged.set(key, { unjudged, count: 1 });
  }

  #fail(command: Expression, text: string): void {
    this.report.failures.push(`line ${lineOf(this.#source, command.start)}: ${text}`);
  }

  // ---- modules ----

  async #module(list: List): Promise<void> {
    if (wordAt(list, 1) === 'definition') {
      const id = nameAt(list, 2);
      this.#lastDefinition = list;
      if (id !== undefined) this.#definitions.set(id, list);
      return;
    }
    let definition: List = list;
    let id = nameAt(list, 1);
    if (wordAt(list, 1) === 'instance') {
      id = nameAt(list, 2);
      const of = nameAt(list, 3);
      const found = of === undefined ? this.#lastDefinition : this.#definitions.get(of);
      if (found === undefined) return this.#fail(list, `no module definition ${of ?? ''}`);
      definition = found;
    }
    let slot: Slot;
    try {
      slot = { instance: this.#instantiate(await this.#bytesOf(definition)) };
    } catch (error) {
      slot = { missing: unjudgedBy(error) ?? { kind: 'refused', reason: 'a module that failed' } };
      // The module itself is an assertion too: it must be accepted.
      this.#judge(list, error instanceof WebAssembly.CompileError ? new Missing(refusedByEngine(error)) : error);
    }
    this.#current = slot;
    if (id !== undefined) {
      this.#named.set(id, slot);
      this.#definitions.set(id, definition);
    }
  }

  #instantiate(bytes: Uint8Array<ArrayBuffer>): TestInstance {
    if (this.#missingRegistrations.size > 0 && WebAssembly.validate(bytes)) {
      for (const { module } of WebAssembly.Module.imports(new WebAssembly.Module(bytes))) {
        const missing = this.#missingRegistrations.get(module);
        if (missing !== undefined) throw new Missing(missing);
      }
    }
    return this.#adapter.instantiate(bytes, this.#registered);
  }

  async #bytesOf(list: List): Promise<Uint8Array<ArrayBuffer>> {
    let at = 1;
    if (wordAt(list, at) === 'definition') at++;
    const id = nameAt(list, at);
    if (id !== undefined) at++;
    const form = wordAt(list, at);
    if (form === 'binary') return joined(list, at + 1);
    const text =
      form === 'quote' ? `(module ${id ?? ''} ${utf8.decode(joined(list, at + 1))})` : this.#moduleText(list);
    try {
      return await this.#parser.parse(text);
    } catch (error) {
      if (error instanceof TextError)
        throw new Missing({ kind: 'text', reason: 'the text parser does not know this syntax' });
      throw error;
    }
  }

  #moduleText(list: List): string {
    return this.#source.slice(list.start, list.end).replace(/^\(module\s+definition\b/, '(module');
  }

  #slot(id: string | undefined): TestInstance {
    const slot = id === undefined ? this.#current : this.#named.get(id);
    if (slot === undefined) throw new Failure(`no module named ${id}`);
    if ('missing' in slot) throw new Missing(slot.missing);
    return slot.instance;
  }

  #register(list: List): void {
    const name = textAt(list, 1);
    const id = nameAt(list, 2);
    const slot = id === undefined ? this.#current : this.#named.get(id);
    if (slot === undefined) throw new Failure(`no module named ${id}`);
    if ('missing' in slot) {
      this.#missingRegistrations.set(name, slot.missing);
      return;
    }
    this.#missingRegistrations.delete(name);
    this.#registered[name] = slot.instance.exports;
  }

  // ---- actions and assertions ----

  #act(list: List): Outcome {
    const id = nameAt(list, 1);
    const at = id === undefined ? 1 : 2;
    const instance = this.#slot(id);
    const name = textAt(list, at);
    if (wordAt(list, 0) === 'get') return { kind: 'values', values: [instance.read(name)] };
    return instance.invoke(
      name,
      list.items.slice(at + 1).map((item) => parseValue(item, this.#hosts)),
    );
  }

  #expectValues(outcome: Outcome): readonly Value[] {
    if (outcome.kind !== 'values') throw new Failure(`${printOutcome(outcome)} instead of values`);
    return outcome.values;
  }

  #assertReturn(list: List): void {
    const action = list.items[1];
    if (!isList(action)) throw new Failure('no action');
    const expected = list.items.slice(2).map((item) => parseExpectation(item, this.#hosts));
    const values = this.#expectValues(this.#act(action));
    const same = values.length === expected.length && values.every((value, i) => matches(value, expected[i]));
    if (!same)
      throw new Failure(
        `gave [${values.map(printValue).join(', ')}], expected [${expected.map(printExpectation).join(', ')}]`,
      );
  }

  async #assertOutcome(list: List, kind: Outcome['kind']): Promise<void> {
    const action = list.items[1];
    if (!isList(action)) throw new Failure('no action');
    if (wordAt(action, 0) !== 'module') {
      const outcome = this.#act(action);
      if (outcome.kind !== kind) throw new Failure(`${printOutcome(outcome)} instead of ${kind}`);
      return;
    }
    const bytes = await this.#bytesOf(action);
    try {
      this.#instantiate(bytes);
    } catch (error) {
      if (error instanceof WebAssembly.CompileError) throw new Missing(refusedByEngine(error));
      if (error instanceof RefusedError) throw error;
      if (kind === 'trap' && error instanceof WebAssembly.RuntimeError) return;
      if (kind === 'exhaustion' && error instanceof RangeError) return;
      if (kind === 'exception' && error instanceof WebAssembly.Exception) return;
      throw error;
    }
    throw new Failure(`instantiation succeeded instead of ${kind}`);
  }

  async #assertRejected(list: List, head: string): Promise<void> {
    const module = list.items[1];
    if (!isList(module)) throw new Failure('no module');
    const form = wordAt(module, nameAt(module, 1) === undefined ? 1 : 2);
    // A module in quotes is there to be refused by text parsers, and custom sections are read by nobody here.
    if (head.endsWith('_custom') || (form === 'quote' && head === 'assert_malformed')) {
      throw new Missing({ kind: 'format', reason: 'tests the text format only' });
    }
    if (OBSOLETE_ERRORS.has(textAt(list, 2)))
      throw new Missing({ kind: 'obsolete', reason: 'valid in later versions' });
    const bytes = await this.#bytesOf(module);
    try {
      this.#instantiate(bytes);
    } catch (error) {
      if (error instanceof WebAssembly.CompileError) return;
      // Linking or running it means that it was found valid.
      if (
        !(
          error instanceof WebAssembly.LinkError ||
          error instanceof TypeError ||
          error instanceof WebAssembly.RuntimeError
        )
      )
        throw error;
    }
    throw new Failure('accepted instead of rejected');
  }

  async #assertUnlinkable(list: List): Promise<void> {
    const module = list.items[1];
    if (!isList(module)) throw new Failure('no module');
    const bytes = await this.#bytesOf(module);
    try {
      this.#instantiate(bytes);
    } catch (error) {
      if (error instanceof WebAssembly.LinkError || error instanceof TypeError) return;
      if (error instanceof WebAssembly.CompileError) throw new Missing(refusedByEngine(error));
      throw error;
    }
    throw new Failure('linked instead of being refused');
  }
}

function unjudgedBy(error: unknown): Unjudged | undefined {
  if (error instanceof Missing) return error.unjudged;
  if (error instanceof RefusedError) return { kind: 'refused', reason: error.message };
  if (error instanceof WebAssembly.CompileError) return refusedByEngine(error);
  return undefined;
}

/** V8 does not serve a module that the script holds valid. */
function refusedByEngine(error: WebAssembly.CompileError): Unjudged {
  const text = error.message
    .replace(/^.*?: /, '')
    .replace(/ @\+\d+$/, '')
    .replace(/#\d+(:"[^"]*")?/g, '')
    .replace(/0x[0-9a-f]+|\d+/g, 'N');
  return { kind: 'refused', reason: `V8: ${text}` };
}

function printOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'values':
      return `[${outcome.values.map(printValue).join(', ')}]`;
    case 'trap':
      return `trap (${outcome.message})`;
    default:
      return outcome.kind;
  }
}

/** A byte order mark is a character of a name like any other. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function nameAt(list: List, index: number): string | undefined {
  const word = wordAt(list, index);
  return word?.startsWith('$') ? word : undefined;
}

function textAt(list: List, index: number): string {
  const item = list.items[index];
  if (item?.kind !== 'string') throw new Failure('expected a name in quotes');
  return utf8.decode(item.bytes);
}

/** The strings of a list from `first` on, as one. */
function joined(list: List, first: number): Uint8Array<ArrayBuffer> {
  const parts = list.items.slice(first).map((item) => {
    if (item.kind !== 'string') throw new Failure('expected a string');
    return item.bytes;
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
