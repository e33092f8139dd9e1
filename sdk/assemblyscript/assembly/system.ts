// What AssemblyScript expects of its surroundings, over WASI: `abort`, `trace`, `seed` and `process` (asconfig.json points the
// compiler at the names below), and the clocks and randomness behind `Date`, `performance` and `crypto` (the transform points
// the standard library's bindings at them).

import {
  argsGet, argsSizesGet, environGet, environSizesGet, procExit, randomGet
} from "./bindings/wasi";
import { CLOCK_REALTIME, clockNs } from "./clock";
import "./startup";
import { print, printError, report } from "./stdio";

const NS_PER_MS: f64 = 1_000_000;

/** Ends this process by a trap. The text goes to standard error; the crash report tells where it happened. */
// @ts-ignore: decorator
@global
function lunatic_abort(message: string | null = null, fileName: string | null = null, line: u32 = 0, column: u32 = 0): void {
  const text = report().add(message === null ? "abort" : "abort: ").add(message);
  if (fileName !== null) text.add(" (").add(fileName).add(":").addNumber(line).add(":").addNumber(column).add(")");
  text.print();
  unreachable();
}

// @ts-ignore: decorator
@global
function lunatic_trace(
  message: string, count: i32 = 0, a0: f64 = 0, a1: f64 = 0, a2: f64 = 0, a3: f64 = 0, a4: f64 = 0
): void {
  let text = "trace: " + message;
  if (count > 0) text += " " + a0.toString();
  if (count > 1) text += ", " + a1.toString();
  if (count > 2) text += ", " + a2.toString();
  if (count > 3) text += ", " + a3.toString();
  if (count > 4) text += ", " + a4.toString();
  printError(text);
}

// @ts-ignore: decorator
@global
function lunatic_seed(): f64 {
  const bytes = memory.data(8);
  randomGet(bytes, 8);
  return load<f64>(bytes);
}

// Read when first asked for: most processes never do.
let knownArguments: string[] | null = null;
let knownEnvironment: Map<string, string> | null = null;

/** Node.js' `process`, as far as a program in a sandbox has one. Not to be confused with the class `Process`. */
// @ts-ignore: decorator
@global
class lunatic_process {
  /** The arguments; the first one is the name of the program. */
  static get argv(): string[] {
    let known = knownArguments;
    if (known === null) knownArguments = known = readStrings(false);
    return known;
  }

  /** The environment variables that this process was given. */
  static get env(): Map<string, string> {
    let known = knownEnvironment;
    if (known === null) knownEnvironment = known = readEnvironment();
    return known;
  }

  /** Ends this process, and with it the program if it is the main process. Other codes than 0 count as a failure. */
  static exit(code: i32 = 0): void {
    procExit(code);
  }

  /** Milliseconds since 1970. */
  static time(): i64 {
    return <i64>dateNow();
  }

  /** Nanoseconds of a clock that never goes back. */
  static hrtime(): u64 {
    return clockNs();
  }
}

/** Milliseconds since 1970. */
export function dateNow(): f64 {
  return Math.floor(<f64>clockNs(CLOCK_REALTIME) / NS_PER_MS);
}

/** Milliseconds, with fraction, of a clock that never goes back. */
export function performanceNow(): f64 {
  return <f64>clockNs() / NS_PER_MS;
}

export function randomValues(array: Uint8Array): void {
  randomGet(array.dataStart, array.byteLength);
}

function readEnvironment(): Map<string, string> {
  const variables = new Map<string, string>();
  const lines = readStrings(true);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    const equals = line.indexOf("=");
    if (equals > 0) variables.set(line.substring(0, equals), line.substring(equals + 1));
  }
  return variables;
}

/** The strings of the environment, or those of the command line. */
function readStrings(environment: bool): string[] {
  const sizes = memory.data(8);
  const strings: string[] = [];
  if ((environment ? environSizesGet(sizes, sizes + 4) : argsSizesGet(sizes, sizes + 4)) != 0) return strings;
  const count = load<u32>(sizes);
  const pointersSize = <usize>count * sizeof<usize>();
  const size = <usize>load<u32>(sizes, 4);
  const block = heap.alloc(pointersSize + size);
  const bytes = block + pointersSize;
  if ((environment ? environGet(block, bytes) : argsGet(block, bytes)) == 0) {
    for (let i: usize = 0; i < <usize>count; i++) {
      const start = load<usize>(block + i * sizeof<usize>());
      let end = start;
      while (end < bytes + size && load<u8>(end) != 0) end++;
      strings.push(String.UTF8.decodeUnsafe(start, end - start));
    }
  }
  heap.free(block);
  return strings;
}
