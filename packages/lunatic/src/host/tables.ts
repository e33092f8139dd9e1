// The complete list of imports the VM serves, and its listing in the text format.

import type { HostFunction } from '../engine/host_function.ts';
import { DISTRIBUTED_FUNCTIONS } from './distributed/table.ts';
import { earlyFunctions } from './early/table.ts';
import type { HostEnvironment } from './environment.ts';
import { ERROR_FUNCTIONS } from './error/table.ts';
import { MESSAGE_FUNCTIONS } from './message/table.ts';
import { PROCESS_FUNCTIONS } from './process/table.ts';
import { REGISTRY_FUNCTIONS } from './registry/table.ts';
import { printLetter } from './table.ts';
import { TIMER_FUNCTIONS } from './timer/table.ts';
import { TRAP_FUNCTIONS } from './trap/table.ts';
import { VERSION_FUNCTIONS } from './version/table.ts';
import { WASI_FUNCTIONS } from './wasi/table.ts';
import { wasiPreview1Functions } from './wasi_preview1/table.ts';

/** Every host function over one environment. Call once per VM: the early channels on their way belong to the list. */
export function hostFunctions(env: HostEnvironment): readonly HostFunction[] {
  return [
    ...ERROR_FUNCTIONS,
    ...MESSAGE_FUNCTIONS,
    ...TIMER_FUNCTIONS,
    ...PROCESS_FUNCTIONS,
    ...REGISTRY_FUNCTIONS,
    ...DISTRIBUTED_FUNCTIONS,
    ...TRAP_FUNCTIONS,
    ...VERSION_FUNCTIONS,
    ...WASI_FUNCTIONS,
    ...wasiPreview1Functions(env),
    ...earlyFunctions(env),
  ];
}

/**
 * A module in the text format that imports every function, sorted by namespace, name and signature. Where a name has several
 * signatures each is an import of its own, the current one first; `abi/imports.wat` is this text.
 */
export function printImports(functions: readonly HostFunction[]): string {
  const order = new Map(functions.map((row, index) => [row, index]));
  const sorted = [...functions].sort(
    (a, b) => compare(a.module, b.module) || compare(a.name, b.name) || (order.get(a) ?? 0) - (order.get(b) ?? 0),
  );
  const lines: string[] = [];
  let module = '';
  for (const row of sorted) {
    if (row.module !== module) lines.push('', `  ;; ${row.module}`);
    module = row.module;
    lines.push(`  ${printImport(row)}`);
  }
  return `;; Every host import, with its signature; "may stop": the calling process may wait, yield or end in it.
;; Made from the host tables; BLESS=1 node --test packages/lunatic/src/host/tables_test.ts writes it anew.
(module${lines.join('\n')})
`;
}

function printImport(row: HostFunction): string {
  const params = row.params === '' ? '' : ` (param ${[...row.params].map(printLetter).join(' ')})`;
  const results = row.results === '' ? '' : ` (result ${[...row.results].map(printLetter).join(' ')})`;
  return `(import "${row.module}" "${row.name}" (func${params}${results}))${row.stops ? ' ;; may stop' : ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
