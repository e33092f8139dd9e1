// The JavaScript API of WebAssembly, as far as this repository uses it. TypeScript declares it only in its DOM library, which
// would bring `window` and its kind into code that has none. Names are those of that library, so that the published
// declarations mean the same to programs that use it.
//
// Spec: webassembly.github.io/spec/js-api

type BufferSource = ArrayBufferView<ArrayBufferLike> | ArrayBufferLike;

declare namespace WebAssembly {
  type ImportExportKind = 'function' | 'global' | 'memory' | 'table' | 'tag';
  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc';
  type TableKind = 'anyfunc' | 'externref';

  // biome-ignore lint/complexity/noBannedTypes: an export's signature is known only to whoever knows the module.
  type ExportValue = Function | Global | Memory | Table | Tag;
  type ImportValue = ExportValue | number | bigint;
  type Exports = Record<string, ExportValue>;
  type ModuleImports = Record<string, ImportValue>;
  type Imports = Record<string, ModuleImports>;

  interface ModuleExportDescriptor {
    readonly name: string;
    readonly kind: ImportExportKind;
  }

  interface ModuleImportDescriptor {
    readonly module: string;
    readonly name: string;
    readonly kind: ImportExportKind;
  }

  class Module {
    constructor(bytes: BufferSource);
    static exports(module: Module): ModuleExportDescriptor[];
    static imports(module: Module): ModuleImportDescriptor[];
    static customSections(module: Module, sectionName: string): ArrayBuffer[];
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }

  /** Sizes in pages of 64 KiB. */
  interface MemoryDescriptor {
    readonly initial: number;
    readonly maximum?: number;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    /** Replaced, and the old one detached, when the memory grows. */
    readonly buffer: ArrayBuffer;
    /** Adds pages and returns how many there were; throws RangeError where that fails. */
    grow(pages: number): number;
  }

  interface TableDescriptor {
    readonly element: TableKind;
    readonly initial: number;
    readonly maximum?: number;
  }

  // The elements are functions or whatever the host put there; only the caller knows.
  // biome-ignore lint/suspicious/noExplicitAny: as in TypeScript's own library.
  class Table<T = any> {
    constructor(descriptor: TableDescriptor, value?: T);
    readonly length: number;
    get(index: number): T;
    set(index: number, value?: T): void;
    grow(elements: number, value?: T): number;
  }

  interface GlobalDescriptor {
    readonly value: ValueType;
    readonly mutable?: boolean;
  }

  // biome-ignore lint/suspicious/noExplicitAny: as in TypeScript's own library.
  class Global<T = any> {
    constructor(descriptor: GlobalDescriptor, value?: T);
    value: T;
    valueOf(): T;
  }

  class Tag {
    constructor(descriptor: { readonly parameters: readonly ValueType[] });
  }

  class Exception {
    constructor(tag: Tag, payload: readonly unknown[], options?: { readonly traceStack?: boolean });
    readonly stack?: string;
    is(tag: Tag): boolean;
    getArg(tag: Tag, index: number): unknown;
  }

  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}

  interface WebAssemblyInstantiatedSource {
    readonly module: Module;
    readonly instance: Instance;
  }

  function validate(bytes: BufferSource): boolean;
  function compile(bytes: BufferSource): Promise<Module>;
  function instantiate(bytes: BufferSource, imports?: Imports): Promise<WebAssemblyInstantiatedSource>;
  function instantiate(module: Module, imports?: Imports): Promise<Instance>;
}
