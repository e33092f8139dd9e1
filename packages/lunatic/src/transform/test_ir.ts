// Shared by the tests of this folder: the intermediate form of one function, given as text.

import { decodeModule } from '../wasm/module.ts';
import { opcodeName } from '../wasm/opcodes.ts';
import { assemble } from '../wasm/test_modules.ts';
import { analyseCalls } from './call_graph.ts';
import { buildFunctionIr, type FunctionIr } from './function_ir.ts';

/** `$wait` and `$ask` may stop. */
export const IMPORTS = '(import "env" "wait" (func $wait)) (import "env" "ask" (func $ask (param i32) (result i32)))';
const FIRST = 2;

/** The form of `(func <code>)`; `module`: other fields. */
export function irOf(code: string, module = ''): FunctionIr {
  const decoded = decodeModule(assemble(`(module ${IMPORTS} (func ${code}) ${module})`));
  return buildFunctionIr(
    decoded,
    analyseCalls(decoded, () => true),
    decoded.bodies[FIRST - decoded.importedFunctions],
  );
}

/** Names of the instructions kept. */
export function opsOf(ir: FunctionIr): string {
  return Array.from(ir.ops, opcodeName).join(' ');
}
