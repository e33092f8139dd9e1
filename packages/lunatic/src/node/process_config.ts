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

/**
 * The configuration of a process: the defaults, but for what is `given`. Throws RangeError for limits that are no whole numbers (compared
 * with NaN they would be none at all), TypeError for strings that a guest would see cut or torn apart, and for what is of another type.
 */
export function completeConfig(given: Partial<ProcessConfig>): ProcessConfig {
  const config = { ...DEFAULT_PROCESS_CONFIG, ...given };
  for (const name of ['maxMemoryBytes', 'maxFuel'] as const) {
    const value = config[name];
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${name} must be a whole number from 0, not ${String(value)}`);
  }
  for (const name of ['canCompileModules', 'canCreateConfigs', 'canSpawnProcesses'] as const)
    if (typeof config[name] !== 'boolean') throw new TypeError(`${name} is true or false, not ${String(config[name])}`);
  for (const name of ['preopens', 'args', 'env'] as const)
    if (!Array.isArray(config[name])) throw new TypeError(`${name} is an array, not ${String(config[name])}`);
  for (const arg of config.args) checkText(arg, 'an argument');
  for (const [name, value] of config.env) {
    checkText(name, 'the name of a variable');
    checkText(value, 'the value of a variable');
    if (name === '' || name.includes('='))
      throw new TypeError(`${JSON.stringify(name)} cannot be the name of a variable`);
  }
  return config;
}

/** Guests read strings that end with a zero. */
function checkText(text: string, what: string): void {
  if (typeof text !== 'string' || text.includes('\0'))
    throw new TypeError(`${what} must be a string without zero characters, not ${JSON.stringify(text)}`);
}
