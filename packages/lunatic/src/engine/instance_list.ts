// Instances by last use: a list linked through the instances themselves. Each is in one list at most.

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
