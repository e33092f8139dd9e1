// Instances by last use: a list linked through the instances themselves. Each is in one list at most.
//
// To move an instance at each of its uses would cost every switch between two processes. So a use sets a flag (`wasUsed`), and who looks for
// the one that was not used for longest settles the list first: instances at its old end that were used go to the new end.

import type { GuestInstance } from './instance.ts';

export class InstanceList {
  newest: GuestInstance | null = null;
  oldest: GuestInstance | null = null;

  addNewest(instance: GuestInstance): void {
    instance.list = this;
    instance.older = this.newest;
    instance.newer = null;
    if (this.newest === null) this.oldest = instance;
    else this.newest.newer = instance;
    this.newest = instance;
  }

  /** Afterwards `oldest` was not used since it was added or settled. Each instance moves once at most. */
  settle(): void {
    let { oldest } = this;
    while (oldest?.wasUsed === true) {
      oldest.wasUsed = false;
      this.remove(oldest);
      this.addNewest(oldest);
      ({ oldest } = this);
    }
  }

  remove(instance: GuestInstance): void {
    if (instance.newer === null) this.newest = instance.older;
    else instance.newer.older = instance.older;
    if (instance.older === null) this.oldest = instance.newer;
    else instance.older.newer = instance.newer;
    instance.newer = null;
    instance.older = null;
    instance.list = null;
  }
}
