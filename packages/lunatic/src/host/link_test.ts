import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeModule } from '../wasm/module.ts';
import { encodeImports } from '../wasm/sections/imports.ts';
import { encodeTypes } from '../wasm/sections/types.ts';
import { EXTERNREF, F64, I32, I64, type Import, type ValType, type WasmModule } from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';
import { HostIndex, LinkError, linkImports } from './link.ts';
import { World } from './test_guest.ts';

type FunctionImport = readonly [module: string, name: string, params: readonly ValType[], results?: readonly ValType[]];

/** A module of nothing but imports. */
function moduleOf(functions: readonly FunctionImport[], others: readonly Omit<Import, 'offset'>[] = []): WasmModule {
  const writer = new ByteWriter();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) writer.u8(byte);
  encodeTypes(
    writer,
    functions.map(([, , params, results = []]) => ({ params, results })),
  );
  const imports = functions.map(([module, name], typeIndex) => ({ module, name, kind: 'func' as const, typeIndex }));
  encodeImports(writer, [...imports, ...others]);
  return decodeModule(writer.finish());
}

const { index } = new World();

function problemsOf(module: WasmModule): string[] {
  try {
    linkImports(module, index);
  } catch (error) {
    assert.ok(error instanceof LinkError);
    return error.problems.map(({ kind, module, name, reason }) => `${kind}: ${module} ${name}: ${reason}`);
  }
  return [];
}

test('linkImports gives the function for each import, in order', () => {
  const linked = linkImports(
    moduleOf([
      ['wasi_snapshot_preview1', 'proc_exit', [I32]],
      ['lunatic::message', 'receive', [I32, I32, I64], [I32]],
      ['lunatic', 'channel', [I32], [I32]],
    ]),
    index,
  );
  assert.deepEqual(
    linked.map(({ name, stops }) => [name, stops]),
    [
      ['proc_exit', true],
      ['receive', true],
      ['channel', false],
    ],
  );
});

test('linkImports picks among the signatures of one name', () => {
  const shapes: FunctionImport[] = [
    ['lunatic::message', 'send_receive_skip_search', [I64, I32], [I32]],
    ['lunatic::message', 'send_receive_skip_search', [I64, I64], [I32]],
    ['lunatic::message', 'send_receive_skip_search', [I64, I64, I64], [I32]],
    ['lunatic::message', 'send', [I64]],
    ['lunatic::message', 'send', [I64], [I32]],
    ['lunatic::message', 'receive', [I32, I32, I32], [I32]],
    ['lunatic::registry', 'put', [I32, I32, I64]],
    ['lunatic::registry', 'put', [I32, I32, I64, I64]],
  ];
  const linked = shapes.flatMap((shape) => linkImports(moduleOf([shape]), index));
  assert.deepEqual(
    linked.map(({ params, results }) => params + results),
    ['Iii', 'IIi', 'IIIi', 'I', 'Ii', 'iiii', 'iiI', 'iiII'],
  );
});

test('one error tells of every import that cannot be served', () => {
  const module = moduleOf(
    [
      ['env', 'abort', [I32, I32, I32, I32]],
      ['lunatic::process', 'process_id', [], [I64]],
      ['lunatic::process', 'proces_id', [], [I64]],
      ['lunatic::process', 'exists', [I32], [I32]],
      ['lunatic::networking', 'tcp_bind', [I32], [I32]],
      ['lunatic::metrics', 'gauge', [I32, I32, F64]],
      ['lunatic::message', 'push_tcp_stream', [I64], [I64]],
      ['lunatic::process', 'clone_process', [I64], [I64]],
    ],
    [{ module: 'env', name: 'memory', kind: 'memory', memory: { min: 1, max: undefined, shared: false, is64: false } }],
  );
  assert.deepEqual(problemsOf(module), [
    'unknown: env abort: no such namespace',
    'unknown: lunatic::process proces_id: no such function in this namespace',
    'signature: lunatic::process exists: expected (i64) -> i32, got (i32) -> i32',
    'not served: lunatic::networking tcp_bind: not yet served',
    'not served: lunatic::metrics gauge: not yet served',
    'not served: lunatic::message push_tcp_stream: not yet served',
    'not served: lunatic::process clone_process: an interface before version 0.10 of the original, which is not served',
    'unknown: env memory: the VM provides functions only, not a memory',
  ]);
  assert.throws(() => linkImports(module, index), {
    code: 'ERR_LUNATIC_LINK',
    message: /^8 imports cannot be linked:\n {2}env abort: no such namespace\n {2}lunatic::process proces_id: no such/,
  });
});

test('every served signature is named when none fits', () => {
  assert.deepEqual(problemsOf(moduleOf([['lunatic::message', 'send', [I32]]])), [
    'signature: lunatic::message send: expected (i64) -> i32 or (i64), got (i32)',
  ]);
});

test('generations of the early interface are told apart', () => {
  const notServed = (generation: string): string =>
    `this module speaks generation ${generation} of the early interface, which is not yet served (generation B, crate 0.2, is)`;
  const cases: [FunctionImport[], string[]][] = [
    [
      [
        ['lunatic', 'spawn', [I32, I64], [I32]],
        ['lunatic', 'receive', [I32, I32]],
      ],
      [
        `not served: lunatic spawn: ${notServed('A (crate 0.1)')}`,
        `not served: lunatic receive: ${notServed('A (crate 0.1)')}`,
      ],
    ],
    [
      [['lunatic', 'channel_next_message_size', [I32], [I32]]],
      [`not served: lunatic channel_next_message_size: ${notServed('C (December 2020)')}`],
    ],
    [
      [
        ['lunatic', 'channel', [I32, I32], [I32]],
        ['lunatic', 'spawn_with_context', [I32, I32, I32], [I32]],
      ],
      [
        `not served: lunatic channel: ${notServed('D (crate 0.3)')}`,
        `not served: lunatic spawn_with_context: ${notServed('D (crate 0.3)')}`,
      ],
    ],
    [[['lunatic', 'yield_', []]], [`not served: lunatic yield_: ${notServed('C or D')}`]],
    [
      [
        ['lunatic', 'drop_externref', [I32]],
        ['lunatic', 'tcp_bind_str', [I32, I32, I32], [I32]],
      ],
      ['not served: lunatic tcp_bind_str: not yet served'],
    ],
    [
      [['lunatic', 'drop_externref', [EXTERNREF]]],
      ['signature: lunatic drop_externref: expected (i32), got (externref)'],
    ],
  ];
  for (const [imports, expected] of cases) assert.deepEqual(problemsOf(moduleOf(imports)), expected);
});

test('one name with two signatures is refused, the same one twice is not', () => {
  const old = ['lunatic::message', 'send_receive_skip_search', [I64, I32], [I32]] as const;
  const older = ['lunatic::message', 'send_receive_skip_search', [I64, I64], [I32]] as const;
  assert.equal(linkImports(moduleOf([old, old]), index).length, 2);
  assert.deepEqual(problemsOf(moduleOf([old, older])), [
    'signature: lunatic::message send_receive_skip_search: imported with two signatures, (i64, i32) -> i32 and (i64, i64) -> i32',
  ]);
});

test('HostIndex refuses two functions of one name and signature', () => {
  const [row] = index.functions;
  assert.ok(row !== undefined);
  assert.throws(() => new HostIndex([row, row]), RangeError);
});
