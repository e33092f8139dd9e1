/**
 * The one error of this layer: bytes that are no module, or a module that uses what is not served.
 * In the second case the text starts with `unsupported: ` and names the feature.
 */

export type WasmErrorCode = 'ERR_WASM_INVALID' | 'ERR_WASM_UNSUPPORTED';

const UNSUPPORTED = 'unsupported: ';

export class WasmError extends Error {
  override readonly name = 'WasmError';
  readonly code: WasmErrorCode;
  /** What is wrong, without the place. `message` has both. */
  readonly reason: string;
  /** In bytes from the start of the module. */
  readonly offset: number;
  readonly funcIndex: number | undefined;
  readonly funcName: string | undefined;

  constructor(reason: string, offset: number, funcIndex?: number, funcName?: string) {
    const inFunction = funcIndex === undefined ? '' : ` in function ${funcIndex}`;
    const named = funcName === undefined ? '' : ` (${funcName})`;
    super(`${reason}, at offset 0x${offset.toString(16)}${inFunction}${named}`);
    this.code = reason.startsWith(UNSUPPORTED) ? 'ERR_WASM_UNSUPPORTED' : 'ERR_WASM_INVALID';
    this.reason = reason;
    this.offset = offset;
    this.funcIndex = funcIndex;
    this.funcName = funcName;
  }
}

export function unsupported(feature: string, offset: number): WasmError {
  return new WasmError(UNSUPPORTED + feature, offset);
}
