// The standard library reaches a JavaScript host through the file bindings/dom. In a program of the VM there is WASI instead:
// the parts of that file which console, Date, performance and crypto use are replaced by the kit's.

import { NodeKind } from 'assemblyscript';
import { parseInto } from './syntax.js';

const BINDINGS = '~lib/bindings/dom';
const REPLACED = new Set(['console', 'Date', 'performance', 'crypto']);

const TEXT = `
import { print as consoleLog, printError as consoleError } from "lunatic-as/assembly/stdio";
import { dateNow, performanceNow, randomValues } from "lunatic-as/assembly/system";
export namespace console {
  export function assert(condition: bool, message: string): void { if (!condition) consoleError("Assertion failed: " + message); }
  export function log(message: string): void { consoleLog(message); }
  export function debug(message: string): void { consoleLog(message); }
  export function info(message: string): void { consoleLog(message); }
  export function warn(message: string): void { consoleError(message); }
  export function error(message: string): void { consoleError(message); }
  let timers: Map<string, f64> | null = null;
  export function time(label: string): void {
    let known = timers;
    if (known === null) timers = known = new Map();
    known.set(label, performanceNow());
  }
  export function timeLog(label: string): void {
    const known = timers;
    if (known !== null && known.has(label)) consoleLog(label + ": " + (performanceNow() - known.get(label)).toString() + "ms");
  }
  export function timeEnd(label: string): void {
    timeLog(label);
    const known = timers;
    if (known !== null) known.delete(label);
  }
}
export namespace Date { export function now(): f64 { return dateNow(); } }
export namespace performance { export function now(): f64 { return performanceNow(); } }
export namespace crypto { export function getRandomValues(array: Uint8Array): void { randomValues(array); } }
`;

export function bindStandardLibrary(parser) {
  const source = parser.sources.find((candidate) => candidate.internalPath === BINDINGS);
  if (source === undefined) throw new Error(`this compiler has no ${BINDINGS}: lunatic-as needs assemblyscript 0.28`);
  const kept = source.statements.filter(
    (statement) => !(statement.kind === NodeKind.NamespaceDeclaration && REPLACED.has(statement.name.text)),
  );
  source.statements = [...kept, ...parseInto(parser, source, TEXT)];
}
