// What a process may do when nobody says otherwise.

import type { ProcessConfig } from '../engine/services.ts';
import { DEFAULT_MAX_MEMORY_BYTES } from './limits.ts';

/**
 * A process may spawn others, compile modules and make configurations (its children get no more than it has); it sees no
 * argument, no environment variable and no directory; memory is bounded by 32-bit addresses only, fuel not at all.
 * Spec: ABI reference 3.1, main process.
 */
export const DEFAULT_PROCESS_CONFIG: ProcessConfig = Object.freeze({
  maxMemoryBytes: DEFAULT_MAX_MEMORY_BYTES,
  maxFuel: 0,
  canCompileModules: true,
  canCreateConfigs: true,
  canSpawnProcesses: true,
  preopens: [],
  args: [],
  env: [],
});
