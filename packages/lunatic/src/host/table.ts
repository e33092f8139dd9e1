// How a namespace declares its functions: one row per import, checked by the compiler
// (the handler's parameters follow from the signature string).
//
// A name may have several rows with different signatures: older guest libraries declare
// other shapes for the same import, and link.ts picks the row that fits exactly.

import type { HostContext, HostFunction, Signature } from '../engine/host_function.ts';
import type { WindowCall } from '../transform/message_window.ts';

/** The JavaScript type behind one signature letter. */
type ValueOf<Letter> = Letter extends 'I' ? bigint : number;

type ArgumentsOf<Params extends Signature> = Params extends `${infer Letter}${infer Rest}`
  ? [ValueOf<Letter>, ...ArgumentsOf<Rest>]
  : [];

/** The same with both halves of each i64. */
type HalvesOf<Params extends Signature> = Params extends `${infer Letter}${infer Rest}`
  ? Letter extends 'I'
    ? [lo: number, hi: number, ...HalvesOf<Rest>]
    : [number, ...HalvesOf<Rest>]
  : [];

type ResultOf<Results extends Signature> = Results extends '' ? void : ValueOf<Results>;

/** A row before it knows its namespace. */
export type Row = Omit<HostFunction, 'module'>;

/** A function that answers at once, always. */
export function answers<const Params extends Signature, const Results extends Signature>(
  name: string,
  params: Params,
  results: Results,
  call: (ctx: HostContext, ...args: ArgumentsOf<Params>) => ResultOf<Results>,
): Row {
  return { name, params, results, stops: false, call: erase(call) };
}

/** A function that may wait, yield, end the process, call back into the guest, or take long. */
export function mayStop<const Params extends Signature, const Results extends Signature>(
  name: string,
  params: Params,
  results: Results,
  call: (ctx: HostContext, ...args: ArgumentsOf<Params>) => ResultOf<Results>,
): Row {
  return { name, params, results, stops: true, call: erase(call) };
}

/** As `mayStop`, but each i64 comes as its two halves, low and high, signed: without a bigint. For calls that are made all the time. */
export function mayStopSplit<const Params extends Signature, const Results extends Signature>(
  name: string,
  params: Params,
  results: Results,
  call: (ctx: HostContext, ...args: HalvesOf<Params>) => ResultOf<Results>,
  inlined?: 'receive',
): Row {
  const form = inlined === undefined ? { split: true } : { split: true, inlined };
  return { name, params, results, stops: true, form, call: erase(call) };
}

/** A row whose calls are answered inside the guest as long as the scratch message is a small one. */
export function inWindow(row: Row, inlined: WindowCall): Row {
  return { ...row, form: { inlined } };
}

/** Link checking has matched the guest's signature with the row's, so the arguments are what `call` declares. */
function erase<Args extends unknown[]>(
  call: (ctx: HostContext, ...args: Args) => number | bigint | void,
): HostFunction['call'] {
  return call as unknown as HostFunction['call'];
}

/** Rows of one import namespace. */
export function namespace(module: string, rows: readonly Row[]): readonly HostFunction[] {
  return rows.map((row) => ({ module, ...row }));
}

/** `(i32, i64) -> i32`, for error texts and listings. */
export function printSignature(params: Signature, results: Signature): string {
  const list = `(${printLetters(params)})`;
  return results === '' ? list : `${list} -> ${printLetters(results)}`;
}

function printLetters(letters: Signature): string {
  return [...letters].map(printLetter).join(', ');
}

export function printLetter(letter: string): string {
  switch (letter) {
    case 'i':
      return 'i32';
    case 'I':
      return 'i64';
    case 'f':
      return 'f32';
    case 'F':
      return 'f64';
    default:
      throw new RangeError(`signature letter ${JSON.stringify(letter)} is none of i, I, f, F`);
  }
}
