// `npm run fuzz -- [--modules 2000] [--seed N]`: generated modules, plain against rewritten. A failure names its seed:
// `npm run fuzz -- --seed N --modules 1` repeats it.

import { parseArgs } from 'node:util';
import { printReport, runSession } from './session.ts';

const { values } = parseArgs({
  options: { modules: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});
const [modules, seed] = [Number(values.modules), Number(values.seed)];
if (!Number.isSafeInteger(modules) || modules < 1 || !Number.isSafeInteger(seed)) {
  throw new RangeError('--modules and --seed take whole numbers');
}
process.stderr.write(`seeds ${seed} to ${seed + modules - 1}\n`);
const report = await runSession(seed, modules, (sofar) => {
  if (sofar.modules % 50 === 0) process.stderr.write(`${sofar.modules} modules, ${sofar.failures.length} failures\n`);
});
process.stdout.write(`${printReport(report)}\n`);
process.exitCode = report.failures.length === 0 ? 0 : 1;
