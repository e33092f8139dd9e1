// `npm run exactness -- [--seed N] [--dense-stops N] [FILTER]`: real programs, plain against rewritten, under every policy of stops. FILTER
// selects the programs whose names (LANGUAGE/PROGRAM) contain it. A failure names the seed that repeats it.

import { parseArgs } from 'node:util';
import { checkProgram, type ProgramReport } from './check.ts';
import { findPrograms } from './programs.ts';
import { printTable } from './report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    'dense-stops': { type: 'string', default: '5000000' },
  },
});
const [seed, denseStops] = [Number(values.seed), Number(values['dense-stops'])];
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(denseStops) || denseStops < 0) {
  throw new RangeError('--seed and --dense-stops take whole numbers');
}
const { programs, leftOut } = await findPrograms(positionals[0] ?? '');
if (programs.length === 0) throw new RangeError(`no program that needs only WASI is called ${positionals[0]}`);
const reports: ProgramReport[] = [];
for (const program of programs) {
  process.stderr.write(`${program.name}\n`);
  reports.push(checkProgram(program, { seed, denseStops, maxDenseBytes: Number.POSITIVE_INFINITY }));
}
process.stdout.write(`# V8 ${process.versions.v8}, --seed ${seed}\n${printTable(reports, denseStops)}\n`);
process.stdout.write(`left out, since they import more than WASI: ${leftOut.join(', ')}\n`);
process.exitCode = reports.every(({ failures }) => failures.length === 0) ? 0 : 1;
