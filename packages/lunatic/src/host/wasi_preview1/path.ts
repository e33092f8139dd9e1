// Functions that start from an open directory. None is open, so the directory argument decides
// the answer: EBADF if it is no descriptor, ENOTDIR if it is a stream.
// Spec: witx path_*.

import type { HostContext } from '../../engine/host_function.ts';
import { hostState } from '../state.ts';
import { answers, type Row } from '../table.ts';
import { descriptorOf } from './descriptors.ts';
import { ERRNO_BADF, ERRNO_NOTDIR } from './numbers.ts';

export const PATH_ROWS: readonly Row[] = [
  answers('path_create_directory', 'iii', 'i', fromDirectory),
  answers('path_filestat_get', 'iiiii', 'i', fromDirectory),
  answers('path_filestat_set_times', 'iiiiIIi', 'i', fromDirectory),
  answers('path_link', 'iiiiiii', 'i', fromDirectory),
  answers('path_open', 'iiiiiIIii', 'i', fromDirectory),
  answers('path_readlink', 'iiiiii', 'i', fromDirectory),
  answers('path_remove_directory', 'iii', 'i', fromDirectory),
  answers('path_rename', 'iiiiii', 'i', fromDirectory),
  answers('path_symlink', 'iiiii', 'i', (ctx, _target, _targetLength, fd) => fromDirectory(ctx, fd)),
  answers('path_unlink_file', 'iii', 'i', fromDirectory),
];

function fromDirectory(ctx: HostContext, fd: number): number {
  return descriptorOf(hostState(ctx), fd) === undefined ? ERRNO_BADF : ERRNO_NOTDIR;
}
