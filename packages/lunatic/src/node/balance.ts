// Which worker runs what. Work is pushed: at the end of a turn a worker that has more runnable processes than it can use gives some to one that has few.
//
// Processes are placed when they are spawned as well, if the difference is large: a process placed elsewhere is at home there, and messages to it go there
// directly, while one that is moved later is reached through its home.
//
// A worker that has nothing gets half of what there is, at once. Between two that both have work only a lead that lasts is made up for: moving a process costs
// as much as many of its slices, and what is runnable at one moment says little.

import type { Travel } from '../actor/travel.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { LEAD_WEIGHT, MAX_GIVEN_AT_ONCE, MIN_LEAD, MIN_LEAD_SHARE, MIN_TO_PLACE } from './limits.ts';
import type { ThreadTransport } from './thread_transport.ts';

export class Balance {
  readonly #transport: ThreadTransport;
  readonly #scheduler: Scheduler;
  readonly #travel: Travel;
  /** How many more are runnable here than at the least loaded other worker: an average over the last turns. */
  #lead = 0;

  constructor(transport: ThreadTransport, scheduler: Scheduler, travel: Travel) {
    this.#transport = transport;
    this.#scheduler = scheduler;
    this.#travel = travel;
  }

  /** The worker at which a new process is to be. Hot: once per spawn. */
  placeSpawn(): number {
    const transport = this.#transport;
    const own = this.#scheduler.runnable + 1;
    if (own <= MIN_TO_PLACE) return transport.self;
    const other = leastLoaded(transport);
    return other !== -1 && 2 * transport.loadOf(other) + MIN_TO_PLACE < own ? other : transport.self;
  }

  /** At the end of a turn. */
  shareWork(): void {
    const own = this.#scheduler.runnable;
    const other = own < 2 ? -1 : leastLoaded(this.#transport);
    if (other === -1) {
      this.#lead = 0;
      return;
    }
    const load = this.#transport.loadOf(other);
    this.#lead += (own - load - this.#lead) * LEAD_WEIGHT;
    if (load === 0) {
      this.#give(other, Math.floor(own / 2));
      this.#lead = 0;
    } else if (this.#lead >= Math.max(MIN_LEAD, own * MIN_LEAD_SHARE)) {
      this.#lead -= 2 * this.#give(other, Math.round(this.#lead / 2));
    }
  }

  #give(worker: number, count: number): number {
    return this.#travel.giveAway(worker, Math.min(MAX_GIVEN_AT_ONCE, count));
  }
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
