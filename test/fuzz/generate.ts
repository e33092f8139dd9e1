// Seed -> random bytes -> a valid module made of them by `wasm-opt -ttf`, with its state in the open.
//
// The modules end by themselves (every loop and function counts down a limit). NaNs are replaced by zero where they arise (--denan): which
// NaN an operation gives is not determined, so two compilations of one module may differ there and both be right.

import { SeededRandom } from '../../packages/lunatic/src/base/random.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import { encodeExports } from '../../packages/lunatic/src/wasm/sections/exports.ts';
import { type Export, SECTION_EXPORT } from '../../packages/lunatic/src/wasm/types.ts';
import { ByteWriter } from '../../packages/lunatic/src/wasm/writer.ts';
import type { WasmOpt } from './wasm_opt.ts';

/** Prefix of the exports added to see memories and mutable globals from outside. */
export const STATE_PREFIX = 'state ';

const ALWAYS = ['--mvp-features', '--enable-sign-ext', '--enable-nontrapping-float-to-int', '--enable-mutable-globals'];
/** Each with the share of modules that may use it. */
const SOMETIMES: readonly (readonly [options: string, share: number])[] = [
  ['--enable-bulk-memory', 0.8],
  ['--enable-simd', 0.7],
  ['--enable-multivalue', 0.7],
  ['--enable-tail-call', 0.3],
  ['--enable-extended-const', 0.3],
  ['--enable-exception-handling --enable-reference-types --translate-to-exnref', 0.2],
  ['--enable-reference-types', 0.2],
  ['--enable-multimemory', 0.1],
  // Not a feature: loads, stores and indirect calls stay in bounds, so that code gets further before it traps.
  ['--no-fuzz-oob', 0.6],
  ['-O1', 0.3],
];
const MIN_INPUT_BYTES = 500;
const MAX_INPUT_BYTES = 12_000;

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly options: readonly string[];
}

export async function generate(seed: number, wasmOpt: WasmOpt): Promise<Generated> {
  const random = new SeededRandom(seed);
  const chance = () => random.nextU32() / 2 ** 32;
  const input = new Uint8Array(MIN_INPUT_BYTES + Math.floor(chance() ** 2 * (MAX_INPUT_BYTES - MIN_INPUT_BYTES)));
  random.fill(input);
  const options = [
    ...ALWAYS,
    ...SOMETIMES.filter(([, share]) => chance() < share).flatMap(([option]) => option.split(' ')),
  ];
  const bytes = await wasmOpt.run(input, ['-ttf', ...options, '--denan']);
  return { bytes: exposeState(bytes), options };
}

/** The module with all its own memories and mutable globals exported as well. */
export function exposeState(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  const added: Omit<Export, 'offset'>[] = [];
  module.memories.forEach((_, index) => {
    added.push({ name: `${STATE_PREFIX}memory ${index}`, kind: 'memory', index });
  });
  module.globals.forEach(({ type }, index) => {
    if (type.mutable) added.push({ name: `${STATE_PREFIX}global ${index}`, kind: 'global', index });
  });
  const section = module.sections.find(({ id }) => id === SECTION_EXPORT);
  if (section === undefined) throw new Error('the module exports nothing');
  const writer = new ByteWriter(bytes.length + added.length * 16);
  writer.bytes(bytes, 0, section.start);
  encodeExports(writer, [...module.exports, ...added]);
  writer.bytes(bytes, section.end, bytes.length);
  return new Uint8Array(writer.finish());
}
