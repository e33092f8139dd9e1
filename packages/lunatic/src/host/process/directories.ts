// Which directories a process may pass on to its children, and whether they are there.
// Spec: ABI reference 1.10 (`config_preopen_dir`), without its escalation: a child's directory lies inside one of its parent's.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Preopen, ProcessConfig } from '../../engine/services.ts';

/**
 * What a guest means by `requested`: a path in its own view, or a path of the host inside a directory it was granted; `~` is the
 * user's home. Symbolic links are followed before the decision. undefined: not inside anything granted, or not there.
 */
export function grantedDirectory(owner: ProcessConfig, requested: string): Preopen | undefined {
  for (const preopen of owner.preopens) {
    const inside = relativeTo(preopen.guest, requested);
    if (inside === undefined) continue;
    const host = containedPath(preopen.host, path.join(preopen.host, inside));
    if (host !== undefined) return { host, guest: requested, readOnly: preopen.readOnly };
  }
  const asHostPath = requested === '~' ? os.homedir() : requested;
  for (const preopen of owner.preopens) {
    const host = containedPath(preopen.host, path.resolve(asHostPath));
    if (host !== undefined) return { host, guest: requested, readOnly: preopen.readOnly };
  }
  return undefined;
}

/** A text naming the first directory that a process with this configuration would lack; undefined if it has all. */
export function missingDirectory(refused: readonly string[], config: ProcessConfig): string | undefined {
  const [first] = refused;
  if (first !== undefined)
    return `directory ${JSON.stringify(first)} cannot be granted: it is not a directory inside those of the parent`;
  for (const preopen of config.preopens) {
    if (realDirectory(preopen.host) === undefined) return `directory ${JSON.stringify(preopen.guest)} does not exist`;
  }
  return undefined;
}

/** `requested` relative to the guest path `base`; undefined if it lies outside. Both absolute or both relative. */
function relativeTo(base: string, requested: string): string | undefined {
  if (path.posix.isAbsolute(base) !== path.posix.isAbsolute(requested)) return undefined;
  const relative = path.posix.relative(path.posix.join('/', base), path.posix.join('/', requested));
  return relative === '..' || relative.startsWith('../') || climbs(requested) ? undefined : relative;
}

/** Whether a relative path leads above its start at any point. */
function climbs(relative: string): boolean {
  return path.posix.normalize(relative).split('/').includes('..');
}

/** The real path of `candidate` if it is a directory inside the directory `root`. */
function containedPath(root: string, candidate: string): string | undefined {
  const realRoot = realDirectory(root);
  const real = realDirectory(candidate);
  if (realRoot === undefined || real === undefined) return undefined;
  const relative = path.relative(realRoot, real);
  return relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative) ? undefined : real;
}

/** The path without symbolic links; undefined if there is no such directory, or it may not be looked at. */
function realDirectory(candidate: string): string | undefined {
  try {
    const real = fs.realpathSync(candidate);
    return fs.statSync(real).isDirectory() ? real : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
