// `npm run build`: makes packages/lunatic ready for `npm pack` and `npm publish`: JavaScript (bundle.ts) and declarations in dist/, and
// the licences and the README of the repository beside them. npm runs it by itself before packing.

import { spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKAGE = path.join(ROOT, 'packages', 'lunatic');

rmSync(path.join(PACKAGE, 'dist'), { recursive: true, force: true });
for (const name of ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md']) {
  copyFileSync(path.join(ROOT, name), path.join(PACKAGE, name));
}
await bundle(path.join(PACKAGE, 'dist'));
const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const result = spawnSync(process.execPath, [tsc, '-p', path.join(PACKAGE, 'tsconfig.build.json')], {
  cwd: ROOT,
  // Standard output is npm's: `npm pack` prints the name of the tarball there.
  stdio: ['ignore', 2, 2],
});
process.exitCode = result.status ?? 1;
