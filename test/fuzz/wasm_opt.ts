// Binaryen's `wasm-opt`, many times in one OS process: started anew it spends half a second on its own 9 MB.
//
// The npm package `binaryen` (a dependency of the AssemblyScript compiler) ships it as a CommonJS program made by Emscripten. It is
// evaluated once per run with a `Module` object of ours, by the options that Emscripten documents for embedders (`arguments`,
// `printErr`, `instantiateWasm`, `postRun`, `onAbort`), and reads and writes real files.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import vm from 'node:vm';

type Program = (...environment: unknown[]) => void;
/** In this order. Each shadows a global of the program. */
const PARAMETERS = ['Module', 'require', '__filename', '__dirname', 'process', 'WebAssembly', 'module'];

interface EmscriptenModule {
  readonly arguments: readonly string[];
  readonly printErr: (text: string) => void;
  readonly print: (text: string) => void;
  readonly postRun: () => void;
  readonly onAbort: (reason: unknown) => void;
  instantiateWasm?: (imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) => void;
}

export class WasmOpt {
  readonly #file: string;
  readonly #program: Program;
  readonly #require: NodeJS.Require;
  readonly #directory = mkdtempSync(path.join(os.tmpdir(), 'lunatic-fuzz-'));
  #compiled: WebAssembly.Module | undefined;

  constructor() {
    this.#require = createRequire(import.meta.url);
    this.#file = path.join(path.dirname(this.#require.resolve('binaryen')), 'bin', 'wasm-opt');
    const source = readFileSync(this.#file, 'utf8').replace(/^#!.*/, '');
    this.#program = vm.compileFunction(source, PARAMETERS, { filename: this.#file }) as Program;
  }

  /** Runs `wasm-opt INPUT -o OUTPUT ARGS`; returns the output. Throws with what it printed if it fails. */
  async run(input: Uint8Array, args: readonly string[]): Promise<Uint8Array<ArrayBuffer>> {
    const inputFile = path.join(this.#directory, 'input');
    const outputFile = path.join(this.#directory, 'output.wasm');
    writeFileSync(inputFile, input);
    rmSync(outputFile, { force: true });
    const printed: string[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const module: EmscriptenModule = {
      arguments: [inputFile, '-o', outputFile, ...args],
      printErr: (text) => printed.push(text),
      print: (text) => printed.push(text),
      postRun: resolve,
      onAbort: reject,
    };
    const compiled = this.#compiled;
    if (compiled !== undefined) {
      module.instantiateWasm = (imports, receive) => receive(new WebAssembly.Instance(compiled, imports));
    }
    // The program sets its exit code; that must not become ours.
    const ownProcess = Object.create(process, { exitCode: { value: 0, writable: true } });
    this.#program(
      module,
      this.#require,
      this.#file,
      path.dirname(this.#file),
      ownProcess,
      this.#observedWebAssembly(),
      {},
    );
    await promise;
    try {
      return new Uint8Array(readFileSync(outputFile));
    } catch (cause) {
      throw new Error(`wasm-opt ${args.join(' ')} failed\n${printed.join('\n')}`, { cause });
    }
  }

  /** As the global, but keeps the module that the program compiles of itself. */
  #observedWebAssembly(): object {
    const instantiate = async (bytes: BufferSource, imports: WebAssembly.Imports) => {
      this.#compiled = new WebAssembly.Module(bytes);
      return { module: this.#compiled, instance: new WebAssembly.Instance(this.#compiled, imports) };
    };
    return Object.create(WebAssembly, { instantiate: { value: instantiate } });
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
