// Sockets of preview 1 act on descriptors that a host hands in already open; this VM hands in none.
// Spec: witx sock_accept, sock_recv, sock_send, sock_shutdown.

import type { HostContext } from '../../engine/host_function.ts';
import { hostState } from '../state.ts';
import { answers, type Row } from '../table.ts';
import { descriptorOf } from './descriptors.ts';
import { ERRNO_BADF, ERRNO_NOTSOCK } from './numbers.ts';

export const SOCK_ROWS: readonly Row[] = [
  answers('sock_accept', 'iii', 'i', noSocket),
  answers('sock_recv', 'iiiiii', 'i', noSocket),
  answers('sock_send', 'iiiii', 'i', noSocket),
  answers('sock_shutdown', 'ii', 'i', noSocket),
];

/** ENOTSOCK: the descriptor is open. EBADF: it is not. */
function noSocket(ctx: HostContext, fd: number): number {
  return descriptorOf(hostState(ctx), fd) === undefined ? ERRNO_BADF : ERRNO_NOTSOCK;
}
