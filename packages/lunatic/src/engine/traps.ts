// What an exception out of guest code means for the process, and the guest's stack for the report.
//
// A trap inside WebAssembly, one raised by a host function, an overflow of the native stack or of the frames that a stop makes, and a
// guest exception that nobody caught all end the process. Anything else is a bug of the VM and is thrown on.

import type { ExitReason } from '../actor/exit_reason.ts';
import { FRAME_HEADER } from '../transform/injected_abi.ts';
import { nameInBinary } from '../wasm/names.ts';
import type { GuestInstance } from './instance.ts';
import type { WasmProcess } from './wasm_process.ts';

/** Frames of a stack that go into a report. */
const MAX_REPORTED_FRAMES = 50;

/** `stack`: whether the reason shall tell where. */
export function endOfTrap(error: unknown, instance: GuestInstance, body: WasmProcess, stack: boolean): ExitReason {
  const message = instance.context.takeTrapMessage(error);
  if (error instanceof WebAssembly.RuntimeError) {
    // While frames are saved no guest code runs: a trap with fuel below zero is scratch that overflowed.
    if (message === null && instance.injected.fuel() < 0) return { kind: 'limit', limit: 'stack' };
    const trap = { kind: 'trap', message: message ?? error.message } as const;
    return stack ? { ...trap, stack: guestStack(error, instance, body) } : trap;
  }
  if (error instanceof RangeError && error.message.startsWith('Maximum call stack'))
    return { kind: 'limit', limit: 'stack' };
  if (error instanceof WebAssembly.Exception) return { kind: 'trap', message: 'an exception that nobody caught' };
  throw error;
}

/** Names of the guest functions on the native stack, then of those whose frames wait in the chunk; innermost first, one a line. */
function guestStack(error: Error, instance: GuestInstance, body: WasmProcess): string {
  const lines: string[] = [];
  for (const match of (error.stack ?? '').matchAll(/wasm-function\[(\d+)\](?::0x([0-9a-f]+))?/g)) {
    const line = functionLine(instance, Number(match[1]));
    if (line !== null) lines.push(line);
  }
  for (const line of savedFrames(instance, body)) {
    if (lines.length >= MAX_REPORTED_FRAMES) {
      lines.push('...');
      break;
    }
    lines.push(line);
  }
  return lines.join('\n');
}

function functionLine(instance: GuestInstance, index: number): string | null {
  const { transformed } = instance.form;
  let funcIndex = index;
  if (index >= transformed.firstAppended) {
    const original = transformed.resumedFunctions.get(index);
    if (original === undefined) return null;
    funcIndex = original;
  }
  return `at ${nameInBinary(transformed.source, funcIndex) ?? 'unnamed'} (function ${funcIndex})`;
}

function* savedFrames(instance: GuestInstance, body: WasmProcess): Iterable<string> {
  const { transformed } = instance.form;
  const { view } = body.engine.side;
  let top = instance.injected.top() >>> 0;
  while (top - FRAME_HEADER >= body.floor && top <= body.floor + body.chunkBytes) {
    const point = view.getUint32(top - FRAME_HEADER, true);
    const functionNumber = view.getUint32(top - FRAME_HEADER + 4, true);
    const sizes = transformed.frameSizes[functionNumber];
    if (sizes === undefined) return;
    const line = functionLine(instance, transformed.resumeEntries[functionNumber]);
    if (line !== null) yield line;
    // The frame of pending results is as long as its resume point says.
    const sizeBytes = sizes.length === 0 ? point + FRAME_HEADER : sizes.length === 1 ? sizes[0] : sizes[point];
    if (sizeBytes === undefined || sizeBytes < FRAME_HEADER) return;
    top -= sizeBytes;
  }
}
