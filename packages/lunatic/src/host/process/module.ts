// Modules that guests bring along. Spec: ABI reference 1.9.

import { HandleTable } from '../../base/handle_table.ts';
import type { HostContext } from '../../engine/host_function.ts';
import type { LoadedModule } from '../../engine/services.ts';
import { WasmError } from '../../wasm/error.ts';
import { MAX_COMPILE_BYTES } from '../limits.ts';
import { LinkError } from '../link.ts';
import { addHandle, hostState, removeHandle, writeError } from '../state.ts';
import { answers, mayStop, type Row } from '../table.ts';
import { idNumber, printId } from '../values.ts';

export const MODULE_ROWS: readonly Row[] = [
  mayStop('compile_module', 'iii', 'i', compileModule),
  answers('drop_module', 'I', '', (ctx, id) => {
    const module = removeHandle(ctx, hostState(ctx).modules, idNumber(id));
    if (module === undefined) ctx.trap(`module id ${printId(id)} does not exist`);
  }),
];

/** 0: the module's id is at `idPointer`. 1: an error id is; the bytes are no module, or import what is not served. -1: not permitted. */
function compileModule(ctx: HostContext, pointer: number, length: number, idPointer: number): number {
  if (!ctx.engine.configOf(ctx.process).canCompileModules) return -1;
  ctx.memory.check(idPointer, 8);
  // A view: the engine copies what it keeps.
  const bytes = ctx.memory.read(pointer, length);
  if (bytes.length > MAX_COMPILE_BYTES) {
    writeError(ctx, `a module of ${bytes.length} bytes is larger than the limit of ${MAX_COMPILE_BYTES}`, idPointer);
    return 1;
  }
  ctx.charge(bytes.length * COMPILE_CHARGE_FACTOR);
  let module: LoadedModule;
  try {
    module = ctx.engine.loadModule(bytes, `compiled by process ${ctx.process.pid}`);
  } catch (error) {
    if (!(error instanceof WasmError) && !(error instanceof LinkError)) throw error;
    writeError(ctx, error.message, idPointer);
    return 1;
  }
  const state = hostState(ctx);
  state.modules ??= new HandleTable();
  ctx.memory.writeId(idPointer, addHandle(ctx, state.modules, module, 'modules'));
  return 0;
}

/** Rewriting and compiling a byte costs about this many times as much as copying one. */
const COMPILE_CHARGE_FACTOR = 100;
