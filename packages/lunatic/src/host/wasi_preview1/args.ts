// Command-line arguments and environment variables: the same two-call shape, so one encoder.
//
// Both lists come from the process's configuration, in order, as zero-terminated UTF-8.
// Spec: witx args_get, args_sizes_get, environ_get, environ_sizes_get.

import type { HostContext } from '../../engine/host_function.ts';
import type { ProcessConfig } from '../../engine/services.ts';
import { answers, mayStop, type Row } from '../table.ts';
import { ERRNO_SUCCESS } from './numbers.ts';

export const ARGS_ROWS: readonly Row[] = [
  mayStop('args_get', 'ii', 'i', (ctx, pointers, buffer) => writeStrings(ctx, encoded(ctx).args, pointers, buffer)),
  answers('args_sizes_get', 'ii', 'i', (ctx, count, size) => writeSizes(ctx, encoded(ctx).args, count, size)),
];

export const ENVIRON_ROWS: readonly Row[] = [
  mayStop('environ_get', 'ii', 'i', (ctx, pointers, buffer) =>
    writeStrings(ctx, encoded(ctx).environ, pointers, buffer),
  ),
  answers('environ_sizes_get', 'ii', 'i', (ctx, count, size) => writeSizes(ctx, encoded(ctx).environ, count, size)),
];

/** A list of strings, each with its terminating zero, laid out one after the other. */
interface StringBlock {
  readonly bytes: Uint8Array;
  /** Where each string starts in `bytes`. */
  readonly starts: readonly number[];
}

interface EncodedConfig {
  readonly args: StringBlock;
  readonly environ: StringBlock;
}

/** Configurations are immutable and shared by many processes, so each is encoded once. */
const encodedConfigs = new WeakMap<ProcessConfig, EncodedConfig>();

function encoded(ctx: HostContext): EncodedConfig {
  const config = ctx.engine.configOf(ctx.process);
  let result = encodedConfigs.get(config);
  if (result === undefined) {
    result = {
      args: encodeStrings(config.args),
      environ: encodeStrings(config.env.map(([name, value]) => `${name}=${value}`)),
    };
    encodedConfigs.set(config, result);
  }
  return result;
}

function encodeStrings(list: readonly string[]): StringBlock {
  const starts: number[] = [];
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const text of list) {
    const part = UTF8.encode(`${text}\0`);
    starts.push(size);
    parts.push(part);
    size += part.length;
  }
  const bytes = new Uint8Array(size);
  for (const [i, part] of parts.entries()) bytes.set(part, starts[i]);
  return { bytes, starts };
}

/** Writes `u32` count and `u32` size in bytes, terminators included. */
function writeSizes(ctx: HostContext, block: StringBlock, count: number, size: number): number {
  ctx.memory.writeU32(count, block.starts.length);
  ctx.memory.writeU32(size, block.bytes.length);
  return ERRNO_SUCCESS;
}

/** Writes the strings at `buffer` and one `u32` pointer per string at `pointers`. */
function writeStrings(ctx: HostContext, block: StringBlock, pointers: number, buffer: number): number {
  ctx.memory.write(buffer, block.bytes);
  ctx.memory.check(pointers, block.starts.length * 4);
  for (const [i, start] of block.starts.entries())
    ctx.memory.writeU32((pointers >>> 0) + i * 4, (buffer >>> 0) + start);
  ctx.charge(block.bytes.length);
  return ERRNO_SUCCESS;
}

const UTF8 = new TextEncoder();
