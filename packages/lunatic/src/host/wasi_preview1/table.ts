// All functions of WASI preview 1.
// Spec: WebAssembly/WASI, phases/snapshot/witx/wasi_snapshot_preview1.witx (the last preview-1 snapshot, sock_accept included).

import type { HostFunction } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import { namespace } from '../table.ts';
import { ARGS_ROWS, ENVIRON_ROWS } from './args.ts';
import { clockRows } from './clock.ts';
import { fdRows } from './fd.ts';
import { ioRows } from './io.ts';
import { PATH_ROWS } from './path.ts';
import { pollRows } from './poll.ts';
import { PROC_ROWS } from './proc.ts';
import { randomRows } from './random.ts';
import { SCHED_ROWS } from './sched.ts';
import { SOCK_ROWS } from './sock.ts';

export function wasiPreview1Functions(env: HostEnvironment): readonly HostFunction[] {
  return namespace('wasi_snapshot_preview1', [
    ...ARGS_ROWS,
    ...ENVIRON_ROWS,
    ...clockRows(env),
    ...fdRows(env),
    ...ioRows(env),
    ...PATH_ROWS,
    ...pollRows(env),
    ...PROC_ROWS,
    ...randomRows(env),
    ...SCHED_ROWS,
    ...SOCK_ROWS,
  ]);
}
