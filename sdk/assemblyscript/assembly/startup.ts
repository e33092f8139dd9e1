// What a process runs before its own function: the initialisers of global variables.
//
// The compiler collects all top-level code of a program in `_start`, which only the main process is told to run. The transform arranges
// (transform/entry.js) that any other process which enters the module runs, before the function it was started for,
// the top level of all imported files, and of the program's own file the initialisers of those variables that its functions use.

import { procExit } from "./bindings/wasi";

let phase: u32 = 0;

const INITIALISING: u32 = 1;
const READY: u32 = 2;

/** True in processes other than the main one. Read by the program's top level: what follows its imports is for the main process. */
// @ts-ignore: decorator
@global
function __lunatic_is_spawned(): bool {
  return phase != 0;
}

/** Called by generated code before and after the initialisers. */
// @ts-ignore: decorator
@global
function __lunatic_begin_spawned(): void {
  phase = INITIALISING;
}

// @ts-ignore: decorator
@global
function __lunatic_end_spawned(): void {
  phase = READY;
}

export function isInitialising(): bool {
  return phase == INITIALISING;
}

/** For a `main` that returns an exit code. */
// @ts-ignore: decorator
@global
function __lunatic_exit(code: i32): void {
  if (code != 0) procExit(code);
}
