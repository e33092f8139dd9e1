// Descriptors: what they are, closing and renumbering, and the answers of functions that need a file.
//
// The standard streams are the only descriptors so far: no directory is opened for a guest, so the
// functions on files and directories find none and say so.
// Spec: witx fd_*.

import type { HostContext } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import { hostState } from '../state.ts';
import { answers, type Row } from '../table.ts';
import { type Descriptor, descriptorOf, ownDescriptors } from './descriptors.ts';
import {
  ERRNO_BADF,
  ERRNO_INVAL,
  ERRNO_NOTDIR,
  ERRNO_SPIPE,
  ERRNO_SUCCESS,
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  FDFLAGS_ALL,
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_UNKNOWN,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHT_POLL_FD_READWRITE,
} from './numbers.ts';

const FDSTAT_SIZE = 24;
const FILESTAT_SIZE = 64;

export function fdRows(env: HostEnvironment): readonly Row[] {
  return [
    answers('fd_advise', 'iIIi', 'i', notSeekable),
    answers('fd_allocate', 'iII', 'i', notSeekable),
    answers('fd_close', 'i', 'i', (ctx, fd) => {
      if (descriptorOf(hostState(ctx), fd) === undefined) return ERRNO_BADF;
      return ownDescriptors(hostState(ctx)).close(fd);
    }),
    answers('fd_datasync', 'i', 'i', notSyncable),
    answers('fd_fdstat_get', 'ii', 'i', (ctx, fd, stat) => fdstatGet(env, ctx, fd, stat)),
    answers('fd_fdstat_set_flags', 'ii', 'i', fdstatSetFlags),
    answers('fd_fdstat_set_rights', 'iII', 'i', ifOpen),
    answers('fd_filestat_get', 'ii', 'i', (ctx, fd, stat) => filestatGet(env, ctx, fd, stat)),
    answers('fd_filestat_set_size', 'iI', 'i', notSyncable),
    answers('fd_filestat_set_times', 'iIIi', 'i', notSyncable),
    answers('fd_pread', 'iiiIi', 'i', notSeekable),
    answers('fd_prestat_get', 'ii', 'i', () => ERRNO_BADF),
    answers('fd_prestat_dir_name', 'iii', 'i', () => ERRNO_BADF),
    answers('fd_pwrite', 'iiiIi', 'i', notSeekable),
    answers('fd_readdir', 'iiiIi', 'i', notDirectory),
    answers('fd_renumber', 'ii', 'i', (ctx, from, to) => ownDescriptors(hostState(ctx)).renumber(from, to)),
    answers('fd_seek', 'iIii', 'i', notSeekable),
    answers('fd_sync', 'i', 'i', notSyncable),
    answers('fd_tell', 'ii', 'i', notSeekable),
  ];
}

/**
 * Writes an fdstat, 24 bytes: u8 file type, u16 flags at 2, u64 rights at 8, u64 inheritable rights at 16.
 * A terminal is a character device without the right to seek, which is how C libraries tell one. EBADF: not open.
 */
function fdstatGet(env: HostEnvironment, ctx: HostContext, fd: number, stat: number): number {
  const descriptor = descriptorOf(hostState(ctx), fd);
  if (descriptor === undefined) return ERRNO_BADF;
  const rights = RIGHT_FD_FDSTAT_SET_FLAGS | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE;
  const bytes = ctx.memory.writable(stat, FDSTAT_SIZE);
  bytes.fill(0);
  ctx.memory.writeU8(stat, fileType(env, descriptor));
  ctx.memory.writeU16((stat >>> 0) + 2, descriptor.flags);
  ctx.memory.writeU32((stat >>> 0) + 8, rights | (descriptor.kind === 'input' ? RIGHT_FD_READ : RIGHT_FD_WRITE));
  return ERRNO_SUCCESS;
}

/** EBADF: not open. EINVAL: unknown flags. Only `nonblock` and `append` mean something to a stream. */
function fdstatSetFlags(ctx: HostContext, fd: number, flags: number): number {
  if (descriptorOf(hostState(ctx), fd) === undefined) return ERRNO_BADF;
  if ((flags & ~FDFLAGS_ALL) !== 0) return ERRNO_INVAL;
  const own = ownDescriptors(hostState(ctx)).get(fd);
  if (own !== undefined) own.flags = flags & (FDFLAG_NONBLOCK | FDFLAG_APPEND);
  return ERRNO_SUCCESS;
}

/** Writes a filestat, 64 bytes; for a stream everything is 0 but the u8 type at 16 and the u64 link count at 24. EBADF: not open. */
function filestatGet(env: HostEnvironment, ctx: HostContext, fd: number, stat: number): number {
  const descriptor = descriptorOf(hostState(ctx), fd);
  if (descriptor === undefined) return ERRNO_BADF;
  ctx.memory.writable(stat, FILESTAT_SIZE).fill(0);
  ctx.memory.writeU8((stat >>> 0) + 16, fileType(env, descriptor));
  ctx.memory.writeId((stat >>> 0) + 24, 1);
  return ERRNO_SUCCESS;
}

function fileType(env: HostEnvironment, descriptor: Descriptor): number {
  const fd = descriptor.kind === 'input' ? 0 : descriptor.fd;
  return env.isTerminal(fd) ? FILETYPE_CHARACTER_DEVICE : FILETYPE_UNKNOWN;
}

function answerIfOpen(ctx: HostContext, fd: number, errno: number): number {
  return descriptorOf(hostState(ctx), fd) === undefined ? ERRNO_BADF : errno;
}

function ifOpen(ctx: HostContext, fd: number): number {
  return answerIfOpen(ctx, fd, ERRNO_SUCCESS);
}

/** ESPIPE, as POSIX has it for streams. */
function notSeekable(ctx: HostContext, fd: number): number {
  return answerIfOpen(ctx, fd, ERRNO_SPIPE);
}

/** EINVAL, as POSIX has it for streams. */
function notSyncable(ctx: HostContext, fd: number): number {
  return answerIfOpen(ctx, fd, ERRNO_INVAL);
}

function notDirectory(ctx: HostContext, fd: number): number {
  return answerIfOpen(ctx, fd, ERRNO_NOTDIR);
}
