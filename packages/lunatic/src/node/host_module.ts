// Host functions of an embedder that every thread of the VM can call: an ES module that each of them loads.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { HostFunction } from '../engine/host_function.ts';

/**
 * What the module at `url` (a file: URL) exports as `hostFunctions`: an array made by `hostFunction` and `asyncHostFunction`. Throws TypeError for any
 * other. Loaded at once, so the module must not have a top-level await.
 */
export function hostFunctionsOf(url: string): readonly HostFunction[] {
  const loaded = load(url);
  const functions = typeof loaded === 'object' && loaded !== null && 'hostFunctions' in loaded && loaded.hostFunctions;
  if (!Array.isArray(functions) || !functions.every(isHostFunction))
    throw new TypeError(`${url} does not export an array of host functions as \`hostFunctions\``);
  return functions;
}

function load(url: string): unknown {
  try {
    return createRequire(import.meta.url)(fileURLToPath(url));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_REQUIRE_ASYNC_MODULE')) throw error;
    throw new TypeError(
      `${url}, or what it imports, has a top-level await; modules with host functions are loaded at once`,
    );
  }
}

/** Whether `hostFunction` or `asyncHostFunction` may have made it. */
export function isHostFunction(value: unknown): value is HostFunction {
  return (
    typeof value === 'object' &&
    value !== null &&
    'module' in value &&
    'name' in value &&
    'stops' in value &&
    'call' in value &&
    typeof value.call === 'function'
  );
}
