// The single namespace `lunatic` of late 2020, generation B without TCP. Its handles are externrefs in name only: guests
// see numbers, and numbers are what is served. Spec: ABI reference 7.1 to 7.3.

import type { HostFunction } from '../../engine/host_function.ts';
import type { HostEnvironment } from '../environment.ts';
import { namespace } from '../table.ts';
import { channelRows } from './channels.ts';
import { PROCESS_ROWS } from './processes.ts';

export function earlyFunctions(env: HostEnvironment): readonly HostFunction[] {
  // Channels are shared by the processes that hold them, and are queues of one thread.
  return namespace('lunatic', [...channelRows(env), ...PROCESS_ROWS]).map((row) => ({ ...row, mainOnly: true }));
}
