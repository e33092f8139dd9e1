// For the tests of the command line: guests in the text form, and the `lunatic` command as a child process.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

export const COMMAND = fileURLToPath(new URL('../../packages/lunatic/bin/lunatic.js', import.meta.url));
/** Node.js keeps what it made of our sources: a third of the time of a start. */
const COMPILE_CACHE = fileURLToPath(new URL('../../.cache/node', import.meta.url));
/** And the command what it made of guests: not in the developer's own place. */
const LUNATIC_CACHE = fileURLToPath(new URL('../../.cache/lunatic', import.meta.url));
/** On a busy machine of two cores the command alone may take seconds to start. */
const TIMEOUT_MS = 60_000;

const directory = mkdtempSync(path.join(os.tmpdir(), 'lunatic-cli-'));
after(() => rmSync(directory, { recursive: true }));

/**
 * What most guests here start from: one page of memory and functions around the imports.
 * $print (pointer, length), $spawn (name pointer, name length) -> 0 or 1 with the id at 16, $print_number, $exit.
 */
export const PRELUDE = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "lunatic::process" "spawn" (func $spawn_in (param i64 i64 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "lunatic::process" "sleep_ms" (func $sleep (param i64)))
  (import "lunatic::process" "process_id" (func $pid (result i64)))
  (import "lunatic::process" "exists" (func $exists (param i64) (result i32)))
  (import "lunatic::message" "create_data" (func $create_data (param i64 i64)))
  (import "lunatic::message" "send" (func $send (param i64) (result i32)))
  (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
  (memory (export "memory") 1)
  (func $print (param $at i32) (param $length i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $length))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $spawn (param $name i32) (param $length i32) (result i32)
    (call $spawn_in (i64.const 0) (i64.const -1) (i64.const -1) (local.get $name) (local.get $length)
      (i32.const 0) (i32.const 0) (i32.const 16)))
  (func $wait_for_ever (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1))))
  ;; In decimal, with a line feed, at 64 and before.
  (func $print_number (param $n i32)
    (local $at i32)
    (local.set $at (i32.const 64))
    (i32.store8 (i32.const 64) (i32.const 10))
    (loop $digits
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))
      (br_if $digits (local.tee $n (i32.div_u (local.get $n) (i32.const 10)))))
    (call $print (local.get $at) (i32.sub (i32.const 65) (local.get $at))))
`;

const assembler = wabt();

/** Writes a module as NAME.wasm, from its fields after those of the prelude; returns the path. */
export async function guest(name: string, fields: string, prelude = PRELUDE): Promise<string> {
  const module = (await assembler).parseWat(`${name}.wat`, `(module ${prelude} ${fields})`);
  try {
    return fixture(`${name}.wasm`, module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** Writes a file into the directory of this test file, which goes away with the tests; returns the path. */
export function fixture(name: string, content: string | Uint8Array): string {
  const file = path.join(directory, name);
  writeFileSync(file, content);
  return file;
}

export interface RunOptions {
  /** Variables beside those of this process; undefined removes one. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Default: none, the end at once. */
  readonly stdin?: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command; the caller reads, writes and awaits. */
export function start(args: readonly string[], { env }: RunOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [COMMAND, ...args], {
    stdio: 'pipe',
    env: { ...process.env, LUNATIC_OPTIONS: undefined, NODE_COMPILE_CACHE: COMPILE_CACHE, LUNATIC_CACHE, ...env },
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
}

/** Runs the command to its end. */
export async function lunatic(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = start(args, options);
  // A guest that does not read leaves us with a closed pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  return finish(child);
}

/** Collects what the command prints from now on, until it ends. */
export function finish(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** Resolves when the command has printed `text` on standard output. */
export function printed(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  let seen = '';
  return new Promise((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      seen += chunk;
      if (!seen.includes(text)) return;
      child.stdout.off('data', look);
      resolve();
    };
    child.stdout.on('data', look);
    child.once('close', () => reject(new Error(`ended after printing ${JSON.stringify(seen)}`)));
  });
}
