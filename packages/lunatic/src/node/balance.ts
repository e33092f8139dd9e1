// Which worker runs what. Work is pushed: at the end of a turn a worker that has more runnable processes than it can use gives some to one that has few.
//
// Processes are placed when they are spawned as well, if the difference is large: a process placed elsewhere is at home there, and messages to it go there
// directly, while one that is moved later is reached through its home.

import type { Travel } from '../actor/travel.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { MAX_GIVEN_AT_ONCE, MIN_IMBALANCE } from './limits.ts';
import type { ThreadTransport } from './thread_transport.ts';

/** Beyond twice what another worker has, a spawner keeps this many for itself. */
const MIN_TO_PLACE = 8;

/** The worker at which a new process is to be. Hot: once per spawn. */
export function placeSpawn(transport: ThreadTransport, scheduler: Scheduler): number {
  const own = scheduler.runnable + 1;
  if (own <= MIN_TO_PLACE) return transport.self;
  const other = leastLoaded(transport);
  return other !== -1 && 2 * transport.loadOf(other) + MIN_TO_PLACE < own ? other : transport.self;
}

/** At the end of a turn. */
export function shareWork(transport: ThreadTransport, scheduler: Scheduler, travel: Travel): void {
  const own = scheduler.runnable;
  if (own < 2) return;
  const other = leastLoaded(transport);
  if (other === -1) return;
  const load = transport.loadOf(other);
  if (load > 0 && own < 2 * load + MIN_IMBALANCE) return;
  travel.giveAway(other, Math.min(MAX_GIVEN_AT_ONCE, Math.ceil((own - load) / 2)));
}

/** Of the other workers that run; -1: none does. */
function leastLoaded(transport: ThreadTransport): number {
  let best = -1;
  let load = Infinity;
  for (let worker = 0; worker < transport.workers; worker++) {
    if (worker === transport.self || !transport.isUp(worker)) continue;
    const its = transport.loadOf(worker);
    if (its >= load) continue;
    best = worker;
    load = its;
  }
  return best;
}
