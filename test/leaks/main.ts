// `npm run leaks -- [--reuses 100000] [--seed N] [--form marked|scanned|changing]`: the leak hunt. A difference names the guest's seed;
// the same --seed and --form repeat the run.

import { parseArgs } from 'node:util';
import { type Form, hunt, printReport } from './hunt.ts';

const FORMS: readonly Form[] = ['marked', 'scanned', 'changing'];
const PROGRESS_EVERY = 5_000;

const { values } = parseArgs({
  options: {
    reuses: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    form: { type: 'string' },
  },
});
const [reuses, seed] = [Number(values.reuses), Number(values.seed)];
if (!Number.isSafeInteger(reuses) || reuses < 1 || !Number.isSafeInteger(seed)) {
  throw new RangeError('--reuses and --seed take whole numbers');
}
const forms = FORMS.filter((form) => values.form === undefined || form === values.form);
if (forms.length === 0) throw new RangeError(`--form takes one of ${FORMS.join(', ')}`);
process.stdout.write(`# --seed ${seed}, ${reuses} reuses in each form\n`);
let failures = 0;
for (const form of forms) {
  let told = 0;
  const report = hunt({
    form,
    reuses,
    seed,
    onRound: (sofar) => {
      if (sofar.reuses < told + PROGRESS_EVERY) return;
      told = sofar.reuses;
      process.stderr.write(`${form}: ${sofar.reuses} reuses, ${sofar.failures.length} differences\n`);
    },
  });
  failures += report.failures.length;
  process.stdout.write(`${printReport(report)}\n`);
}
process.exitCode = failures === 0 ? 0 : 1;
