// Processes of the early interface. Spec: ABI reference 7.1, 7.2.

import { FOREVER, IO_NONE, IO_WAIT } from '../../actor/process.ts';
import { type HostContext, STOP_WAIT } from '../../engine/host_function.ts';
import { mayStop, type Row } from '../table.ts';
import { sleep, yieldOnce } from '../waits.ts';
import { addEarly, earlyAt } from './channels.ts';

export const PROCESS_ROWS: readonly Row[] = [
  mayStop('spawn', 'iiI', 'i', spawn),
  mayStop('join', 'i', '', join),
  mayStop('sleep_ms', 'I', '', sleep),
  mayStop('yield', '', '', yieldOnce),
];

/** A new process of the same module that calls element `index` of the table with both arguments. Returns its handle. */
function spawn(ctx: HostContext, index: number, first: number, second: bigint): number {
  const config = ctx.engine.configOf(ctx.process);
  if (!config.canSpawnProcesses) ctx.trap('this process is not permitted to spawn processes');
  paramsView.setInt32(1, first, true);
  paramsView.setBigInt64(18, second, true);
  const child = ctx.engine.spawn({
    module: null,
    config,
    entry: { kind: 'table', index: index >>> 0 },
    params,
    link: null,
  });
  if (typeof child === 'string') ctx.trap(`cannot spawn: ${child}`);
  return addEarly(ctx, { kind: 'process', pid: child });
}

/** Waits until the process has ended, whatever the reason. */
function join(ctx: HostContext, handle: number): void {
  const proc = ctx.process;
  const waited = proc.pollIo();
  if (waited === IO_WAIT) return ctx.stop(STOP_WAIT);
  if (waited !== IO_NONE) return;
  const object = earlyAt(ctx, handle);
  if (object.kind !== 'process') ctx.trap(`handle ${handle} is no process but ${object.kind}`);
  if (!proc.system.exists(object.pid)) return;
  const token = proc.beginIo(FOREVER, false);
  proc.system.onceExited(object.pid, () => proc.completeIo(token, null));
  ctx.stop(STOP_WAIT);
}

/** Spawn parameters (i32, i64), 17 bytes each; filled anew for every call, read during it. */
const params = new Uint8Array(34);
params[0] = 0x7f;
params[17] = 0x7e;
const paramsView = new DataView(params.buffer);
