// Rewritten modules on disk: the engine's ModuleCache over a DiskCache.

import type { ModuleCache } from '../engine/module_cache.ts';
import type { DiskCache } from './disk_cache.ts';
import { rewriteVersion } from './rewrite_version.ts';

/** `onProblem` is told why a module could not be kept. */
export function rewrittenModules(disk: DiskCache, onProblem: (why: string) => void = () => {}): ModuleCache {
  const version = rewriteVersion();
  return {
    load: (source, form) => disk.load(`${form} ${version}`, source),
    store: (source, form, rewritten) => {
      const problem = disk.store(`${form} ${version}`, source, rewritten);
      if (problem !== undefined) onProblem(problem);
    },
  };
}
