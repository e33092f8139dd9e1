// How fast the rewrite is: bytes of module per second, against V8's own compilation of the same bytes.
//
// The modules are real programs that npm packages of this repository carry: C++ compiled by Emscripten (wabt, Binaryen),
// LLVM itself, and Rust (resvg). V8 compiles functions lazily, so `WebAssembly.compile` is decoding and validation for the most part.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { transform } from '../packages/lunatic/src/transform/transform.ts';
import { alternate, type Benchmark, MIN_RUNS, median } from './harness.ts';

const MEBIBYTE = 2 ** 20;
const LARGE_MEGABYTES = 20;

interface RealModule {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The module that an npm package holds inside its JavaScript: what it gives to `WebAssembly.instantiate` when it starts. */
async function carriedBy(name: string, start: () => Promise<unknown>): Promise<RealModule> {
  const original = WebAssembly.instantiate;
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const observe = (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (!(source instanceof WebAssembly.Module)) {
      const view = ArrayBuffer.isView(source)
        ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
        : new Uint8Array(source);
      bytes = new Uint8Array(view);
    }
    return Reflect.apply(original, WebAssembly, [source, imports]);
  };
  // Both overloads are passed on unchanged.
  WebAssembly.instantiate = observe as typeof WebAssembly.instantiate;
  try {
    await start();
  } finally {
    WebAssembly.instantiate = original;
  }
  if (bytes === undefined) throw new Error(`the npm package ${name} instantiated no module`);
  return { name, bytes };
}

function bytesOf(file: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(file));
}

async function realModules(quick: boolean): Promise<RealModule[]> {
  const modules = [await carriedBy('wabt', async () => (await import('wabt')).default())];
  if (!quick) {
    modules.push(await carriedBy('binaryen', () => import('binaryen')));
    const { resolve } = createRequire(import.meta.url);
    modules.push({ name: 'resvg', bytes: bytesOf(resolve('@resvg/resvg-wasm/index_bg.wasm')) });
    modules.push({ name: 'llvm', bytes: bytesOf(path.join(path.dirname(resolve('@yowasp/clang')), 'llvm.core.wasm')) });
  }
  return modules;
}

/** A custom section that no earlier call has appended: V8 would answer for equal bytes from its cache. */
let generation = 0;
function distinct(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length + 8);
  copy.set(bytes);
  // Id 0, size 6, name of length 1, four bytes of content.
  copy.set([0, 6, 1, 0x67], bytes.length);
  new DataView(copy.buffer).setUint32(bytes.length + 4, generation++, true);
  return copy;
}

export const rewriteBenchmark: Benchmark = {
  name: 'rewrite',
  about: 'the rewrite of real modules, against WebAssembly.compile of the same bytes',
  goals: [{ bench: 'rewrite/*', bounds: 'ratio', atMost: 1 }],
  async run(context) {
    for (const { name, bytes } of await realModules(context.quick)) {
      const megabytes = bytes.length / 1e6;
      const ours = () => {
        const start = performance.now();
        transform(bytes, { stops: () => false, tracked: true, tableEntries: [] });
        return (performance.now() - start) / megabytes;
      };
      const theirs = async () => {
        const fresh = distinct(bytes);
        const start = performance.now();
        await WebAssembly.compile(fresh);
        return (performance.now() - start) / megabytes;
      };
      // The largest takes longer than all others together.
      const runs = Math.min(context.runs, megabytes > LARGE_MEGABYTES ? MIN_RUNS : Infinity);
      const samples = await alternate(ours, theirs, runs);
      context.report.compare(`rewrite/${name}`, 'WebAssembly.compile', samples, 'ms/MB');
      context.report.note(
        `${name}: ${(bytes.length / MEBIBYTE).toFixed(1)} MiB, rewritten at ${(1000 / median(samples.ours)).toFixed(1)} MB/s`,
      );
    }
  },
};
