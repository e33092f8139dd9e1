// What tells rewrites by different versions of this package apart: a hash of the sources that a rewritten module depends on. A version
// number would not do, since in a checkout the sources change under it.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { hash64 } from '../base/hash64.ts';

/** The publish build (tools/bundle.ts) puts the hash in this name's place; a checkout has none. */
declare const LUNATIC_REWRITE_VERSION: string | undefined;

/** Relative to `src`: folders and files. */
const DECISIVE = ['wasm', 'transform', 'engine/context.ts', 'engine/make_form.ts'];

export function rewriteVersion(): string {
  if (typeof LUNATIC_REWRITE_VERSION === 'string') return LUNATIC_REWRITE_VERSION;
  return rewriteVersionOf(path.join(import.meta.dirname, '..'));
}

/** Of the sources under `directory`, the `src` of a checkout. Tests count for nothing. */
export function rewriteVersionOf(directory: string): string {
  const names = DECISIVE.flatMap((name) =>
    name.endsWith('.ts')
      ? [name]
      : readdirSync(path.join(directory, name), { recursive: true, encoding: 'utf8' }).map((file) =>
          path.join(name, file),
        ),
  );
  const sources = names.filter((name) => name.endsWith('.ts') && !/_test\.ts$|test_[^/\\]*\.ts$/.test(name)).sort();
  const hashes = sources.map((name) => hash64(readFileSync(path.join(directory, name))));
  return hash64(new TextEncoder().encode(hashes.join()));
}
