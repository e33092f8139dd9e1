// Reading and writing through io vectors. Spec: witx fd_read, fd_write.
//
// An io vector is 8 bytes: u32 pointer, u32 length. A call moves at most MAX_IO_BYTES and
// tells the guest how much; C, Rust and AssemblyScript libraries all go on from there.

import { FOREVER } from '../../actor/process.ts';
import type { HostContext } from '../../engine/host_function.ts';
import { goesToMain } from '../elsewhere.ts';
import { type HostEnvironment, INPUT_NOTHING_YET } from '../environment.ts';
import { MAX_IO_BYTES, MAX_IOVECS } from '../limits.ts';
import { hostState } from '../state.ts';
import { mayStop, type Row } from '../table.ts';
import { endWait, waitForInput, waitForOutput } from '../waits.ts';
import { descriptorOf } from './descriptors.ts';
import { ERRNO_AGAIN, ERRNO_BADF, ERRNO_INVAL, ERRNO_IO, ERRNO_SUCCESS, FDFLAG_NONBLOCK } from './numbers.ts';

export function ioRows(env: HostEnvironment): readonly Row[] {
  return [
    mayStop('fd_read', 'iiii', 'i', (ctx, fd, iovecs, count, read) => fdRead(env, ctx, fd, iovecs, count, read)),
    mayStop('fd_write', 'iiii', 'i', (ctx, fd, iovecs, count, written) =>
      fdWrite(env, ctx, fd, iovecs, count, written),
    ),
  ];
}

/**
 * Writes to standard output or error. The process waits while too much output is on its way to a slow reader
 * (EAGAIN instead if the descriptor is non-blocking). Stores the bytes taken as u32 at `written`.
 * EBADF: not open for writing. EINVAL: too many io vectors. EIO: the stream is broken.
 */
function fdWrite(
  env: HostEnvironment,
  ctx: HostContext,
  fd: number,
  iovecs: number,
  count: number,
  written: number,
): number {
  const state = hostState(ctx);
  if (!endWait(ctx, state)) return ERRNO_SUCCESS;
  const descriptor = descriptorOf(state, fd);
  if (descriptor === undefined || descriptor.kind !== 'output') return ERRNO_BADF;
  if (count >>> 0 > MAX_IOVECS) return ERRNO_INVAL;
  ctx.memory.check(written, 4);
  const bytes = gather(ctx, iovecs >>> 0, count >>> 0);
  const outcome = env.output.write(descriptor.fd, bytes);
  switch (outcome) {
    case 'accepted':
      ctx.memory.writeU32(written, bytes.length);
      ctx.charge(bytes.length);
      return ERRNO_SUCCESS;
    case 'failed':
      return ERRNO_IO;
    case 'full':
      if ((descriptor.flags & FDFLAG_NONBLOCK) !== 0) return ERRNO_AGAIN;
      waitForOutput(ctx, env.output);
      return ERRNO_SUCCESS;
  }
}

/**
 * Reads from standard input: waits for the first byte or the end, then takes what is there. Stores the bytes
 * read as u32 at `read`; 0 is the end of the input.
 * EBADF: not open for reading. EINVAL: too many io vectors. EAGAIN: nothing yet on a non-blocking descriptor.
 */
function fdRead(
  env: HostEnvironment,
  ctx: HostContext,
  fd: number,
  iovecs: number,
  count: number,
  read: number,
): number {
  const state = hostState(ctx);
  if (!endWait(ctx, state)) return ERRNO_SUCCESS;
  const descriptor = descriptorOf(state, fd);
  if (descriptor === undefined || descriptor.kind !== 'input') return ERRNO_BADF;
  if (count >>> 0 > MAX_IOVECS) return ERRNO_INVAL;
  if (goesToMain(ctx)) return ERRNO_SUCCESS;
  ctx.memory.check(read, 4);
  const bytes = readInput(env, ctx, iovecs >>> 0, count >>> 0);
  if (bytes === INPUT_NOTHING_YET) {
    if ((descriptor.flags & FDFLAG_NONBLOCK) !== 0) return ERRNO_AGAIN;
    waitForInput(ctx, env.input, FOREVER);
    return ERRNO_SUCCESS;
  }
  ctx.memory.writeU32(read, bytes);
  ctx.charge(bytes);
  return ERRNO_SUCCESS;
}

/** Fills the io vectors in order with what is available; INPUT_NOTHING_YET if that is nothing and the input goes on. */
function readInput(env: HostEnvironment, ctx: HostContext, iovecs: number, count: number): number {
  ctx.memory.check(iovecs, count * 8);
  let total = 0;
  for (let i = 0; i < count && total < MAX_IO_BYTES; i++) {
    const pointer = ctx.memory.readU32(iovecs + i * 8);
    const length = Math.min(ctx.memory.readU32(iovecs + i * 8 + 4), MAX_IO_BYTES - total);
    if (length === 0) continue;
    const got = env.input.read(ctx.memory.writable(pointer, length));
    if (got === INPUT_NOTHING_YET) return total === 0 ? INPUT_NOTHING_YET : total;
    total += got;
  }
  return total;
}

/**
 * The bytes of the io vectors, cut at MAX_IO_BYTES: a view of guest memory if they are in one piece, else a view of a shared buffer.
 * Valid until the next call. All vectors must lie inside memory, also those beyond the cut.
 */
export function gather(ctx: HostContext, iovecs: number, count: number): Uint8Array {
  const memory = ctx.memory;
  memory.check(iovecs, count * 8);
  let total = 0;
  let pieces = 0;
  let single: Uint8Array = NO_BYTES;
  for (let i = 0; i < count; i++) {
    const piece = memory.read(memory.readU32(iovecs + i * 8), memory.readU32(iovecs + i * 8 + 4));
    if (piece.length === 0) continue;
    pieces++;
    total += piece.length;
    single = piece;
  }
  if (pieces <= 1) return total > MAX_IO_BYTES ? single.subarray(0, MAX_IO_BYTES) : single;
  const size = Math.min(total, MAX_IO_BYTES);
  if (gathered.length < size) gathered = new Uint8Array(Math.max(size, 2 * gathered.length));
  let filled = 0;
  for (let i = 0; i < count && filled < size; i++) {
    const length = Math.min(memory.readU32(iovecs + i * 8 + 4), size - filled);
    gathered.set(memory.read(memory.readU32(iovecs + i * 8), length), filled);
    filled += length;
  }
  return gathered.subarray(0, size);
}

const NO_BYTES = new Uint8Array(0);

/** Grows to the largest write seen, at most MAX_IO_BYTES; contents matter only inside one call. */
let gathered: Uint8Array = new Uint8Array(4096);
