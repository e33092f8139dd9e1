// `lunatic::process`. Spec: ABI reference 1.9, 2.2, 2.3 and 2.5.

import type { HostFunction } from '../../engine/host_function.ts';
import { awaitAnswer, mustAsk } from '../elsewhere.ts';
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
  mayStop('link', 'II', '', (ctx, tag, pid) => {
    const { system } = ctx.process;
    splitTag(tag);
    const id = idNumber(pid);
    const [lo, hi] = tagWords;
    if (mustAsk(ctx, id)) awaitAnswer(ctx, (done) => system.link(ctx.process, id, lo, hi, () => done(true)));
    else system.link(ctx.process, id, lo, hi);
  }),
  answers('unlink', 'I', '', (ctx, pid) => ctx.process.system.unlink(ctx.process, idNumber(pid))),
  // A process that is dead already is reported at once.
  mayStop('monitor', 'I', '', (ctx, pid) => {
    const { system } = ctx.process;
    const id = idNumber(pid);
    if (mustAsk(ctx, id)) awaitAnswer(ctx, (done) => system.monitor(ctx.process, id, () => done(true)));
    else system.monitor(ctx.process, id);
  }),
  answers('stop_monitoring', 'I', '', (ctx, pid) => ctx.process.system.stopMonitoring(ctx.process, idNumber(pid))),
  // To kill oneself takes effect at the next stop.
  mayStop('kill', 'I', '', (ctx, pid) => {
    const { system } = ctx.process;
    const id = idNumber(pid);
    if (mustAsk(ctx, id)) awaitAnswer(ctx, (done) => system.kill(id, () => done(true)));
    else system.kill(id);
  }),
  mayStop('exists', 'I', 'i', (ctx, pid) => {
    const { system } = ctx.process;
    const id = idNumber(pid);
    if (!mustAsk(ctx, id)) return system.exists(id) ? 1 : 0;
    return awaitAnswer<boolean>(ctx, (done) => system.remote?.exists(id, done)) === true ? 1 : 0;
  }),
]);

/** There is one environment, and its number is that of the original's main program. */
const ENVIRONMENT_ID = 1n;
