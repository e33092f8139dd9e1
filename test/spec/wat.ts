// Text to binary, for the modules of a script.
//
// The whole of WebAssembly 3.0 and the proposals are read by the parser of wasm-tools, which the npm package
// @bytecodealliance/jco-transpile carries. It is large and only this runner wants it, so it is not a dependency: where it is not
// installed, wabt reads what it can, and the summary counts what it could not. Legacy exceptions are wabt's alone.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import wabt from 'wabt';

export const BETTER_PARSER = '@bytecodealliance/jco-transpile';

/** The text was not understood: either it is malformed, or the parser is too old for it. */
export class TextError extends Error {
  override readonly name = 'TextError';
}

const WABT_FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  function_references: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  annotations: true,
  code_metadata: true,
  gc: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
};

interface WasmTools {
  parse(source: string): Promise<Uint8Array>;
}

/** Whoever installs the better parser outside the repository names its directory in WASM_TEXT_PARSER. */
async function loadWasmTools(): Promise<WasmTools | undefined> {
  const places = [
    import.meta.url,
    ...(process.env.WASM_TEXT_PARSER ? [pathToFileURL(`${process.env.WASM_TEXT_PARSER}/`).href] : []),
  ];
  for (const place of places) {
    let file: string;
    try {
      // The package exports for `import` alone; its main file is the one place that `require.resolve` can find.
      file = createRequire(place).resolve(`${BETTER_PARSER}/wasm-tools`);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') continue;
      throw error;
    }
    const loaded: WasmTools = await import(pathToFileURL(file).href);
    return loaded;
  }
  return undefined;
}

export interface ScriptParser {
  readonly name: string;
  /** Reads the newest text, so that what it does not know is little. */
  readonly complete: boolean;
  /** Throws TextError. */
  readonly parse: (source: string) => Promise<Uint8Array<ArrayBuffer>>;
}

export async function loadParser(): Promise<ScriptParser> {
  const tools = await loadWasmTools();
  const wabtModule = await wabt();
  const byWabt = (source: string) => {
    try {
      const module = wabtModule.parseWat('script.wat', source, WABT_FEATURES);
      try {
        return new Uint8Array(module.toBinary({}).buffer);
      } finally {
        module.destroy();
      }
    } catch (cause) {
      throw new TextError(String(cause), { cause });
    }
  };
  if (tools === undefined)
    return {
      complete: false,
      name: `wabt (install ${BETTER_PARSER} for the newer text)`,
      parse: async (source) => byWabt(asciiOnly(source)),
    };
  const parse = async (source: string) => {
    const text = asciiOnly(source);
    try {
      return new Uint8Array(await tools.parse(text));
    } catch (cause) {
      try {
        return byWabt(text);
      } catch {
        throw new TextError(String(cause), { cause });
      }
    }
  };
  return { name: 'wasm-tools', complete: true, parse };
}

const utf8 = new TextEncoder();

/** Characters outside ASCII stand in strings and comments only; as escapes no parser stumbles over them. */
function asciiOnly(source: string): string {
  return source.replace(/[^\0-\x7f]/gu, (char) =>
    Array.from(utf8.encode(char), (byte) => `\\${byte.toString(16)}`).join(''),
  );
}
