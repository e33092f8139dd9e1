// `npm run plots [-- RECORD DIRECTORY]`: draws the pictures and writes the page of a recorded run; by default the one in docs/.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawGrowth, THEMES } from './growth_plot.ts';
import { performancePage } from './page.ts';
import { REPOSITORY } from './places.ts';
import { readRecord } from './record.ts';

const DOCS = path.join(REPOSITORY, 'docs');
const [file = path.join(DOCS, 'performance.jsonl'), directory = DOCS] = process.argv.slice(2);
const record = readRecord(file);
for (const theme of THEMES) {
  const picture = drawGrowth(record, theme);
  if (picture !== undefined) writeFileSync(path.join(directory, `growth-${theme.name}.svg`), picture);
}
writeFileSync(path.join(directory, 'performance.md'), performancePage(record));
