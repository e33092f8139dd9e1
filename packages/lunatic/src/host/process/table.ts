// `lunatic::process`. Spec: ABI reference 1.9, 2.2, 2.3 and 2.5.

import type { HostFunction } from '../../engine/host_function.ts';
import { answers, mayStop, namespace } from '../table.ts';
import { idNumber, splitTag, tagWords } from '../values.ts';
import { sleep } from '../waits.ts';
import { CONFIG_ROWS } from './config.ts';
import { MODULE_ROWS } from './module.ts';
import { SPAWN_ROWS } from './spawn.ts';

export const PROCESS_FUNCTIONS: readonly HostFunction[] = namespace('lunatic::process', [
  ...MODULE_ROWS,
  ...CONFIG_ROWS,
  ...SPAWN_ROWS,
  mayStop('sleep_ms', 'I', '', sleep),
  answers('die_when_link_dies', 'i', '', (ctx, flag) => {
    ctx.process.dieWhenLinkDies = flag !== 0;
  }),
  answers('process_id', '', 'I', (ctx) => BigInt(ctx.process.pid)),
  answers('environment_id', '', 'I', () => ENVIRONMENT_ID),
  // The tag comes first. An unknown process counts as one that has failed.
  answers('link', 'II', '', (ctx, tag, pid) => {
    splitTag(tag);
    ctx.process.system.link(ctx.process, idNumber(pid), tagWords[0], tagWords[1]);
  }),
  answers('unlink', 'I', '', (ctx, pid) => ctx.process.system.unlink(ctx.process, idNumber(pid))),
  // A process that is dead already is reported at once.
  answers('monitor', 'I', '', (ctx, pid) => ctx.process.system.monitor(ctx.process, idNumber(pid))),
  answers('stop_monitoring', 'I', '', (ctx, pid) => ctx.process.system.stopMonitoring(ctx.process, idNumber(pid))),
  // To kill oneself takes effect at the next stop.
  answers('kill', 'I', '', (ctx, pid) => ctx.process.system.kill(idNumber(pid))),
  answers('exists', 'I', 'i', (ctx, pid) => (ctx.process.system.exists(idNumber(pid)) ? 1 : 0)),
]);

/** There is one environment, and its number is that of the original's main program. */
const ENVIRONMENT_ID = 1n;
