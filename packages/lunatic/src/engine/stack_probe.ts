// Makes sure that a host function has stack to run on.
//
// Guest and host share the thread's stack. A guest that has recursed to its very end and then calls the host would make JavaScript
// overflow at some call in the middle of a handler, with the VM's own tables half changed. So every host call first calls a
// WebAssembly function whose frame is as large as any handler needs: V8 checks for the whole frame at its entry and
// throws the same RangeError there, before the handler has begun. The frame is never touched; a call costs a few ns.

import { MODULE_HEADER } from '../wasm/module.ts';
import {
  OP_CALL,
  OP_END,
  OP_I32_CONST,
  OP_I64_ATOMIC_LOAD,
  OP_I64_STORE,
  OP_I64_XOR,
  OP_IF,
  OP_LOCAL_GET,
} from '../wasm/opcodes.ts';
import { encodeCode, encodeLocals } from '../wasm/sections/code.ts';
import { encodeExports } from '../wasm/sections/exports.ts';
import { encodeFunctions } from '../wasm/sections/functions.ts';
import { encodeMemories } from '../wasm/sections/memories.ts';
import { encodeTypes } from '../wasm/sections/types.ts';
import { I32 } from '../wasm/types.ts';
import { ByteWriter } from '../wasm/writer.ts';

/** Operands of 8 bytes that live at once on the path never taken: the frame is this large. */
const OPERANDS = 6_000;
const ALIGN_8 = 3;
const EMPTY_BLOCK = 0x40;

/** Throws a RangeError when less than about 48 KiB of stack are left. Call it with 0. */
export function makeStackProbe(): (never: number) => void {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from(MODULE_HEADER));
  encodeTypes(writer, [{ params: [I32], results: [] }]);
  encodeFunctions(writer, [0]);
  encodeMemories(writer, [{ min: 1, max: 1, shared: false, is64: false }]);
  encodeExports(writer, [{ name: 'probe', kind: 'func', index: 0 }]);
  encodeCode(writer, 1, (body) => {
    encodeLocals(body, []);
    body.u8(OP_LOCAL_GET);
    body.u32(0);
    body.u8(OP_IF);
    body.u8(EMPTY_BLOCK);
    // Every operand stays alive across the call, so each needs a slot; their combination is stored, so none can be left out. Atomic
    // loads of one address are not taken for one load, as plain ones would be; stack_probe_test.ts would notice.
    emitConstant(body, 0);
    body.bytes(repeated([OP_I32_CONST, 0, OP_I64_ATOMIC_LOAD >> 12, OP_I64_ATOMIC_LOAD & 0xff, ALIGN_8, 0], OPERANDS));
    emitConstant(body, 0);
    body.u8(OP_CALL);
    body.u32(0);
    body.bytes(repeated([OP_I64_XOR], OPERANDS - 1));
    body.u8(OP_I64_STORE);
    body.u32(ALIGN_8);
    body.u32(0);
    body.u8(OP_END);
    body.u8(OP_END);
  });
  const module = new WebAssembly.Module(writer.finish().slice());
  return new WebAssembly.Instance(module).exports['probe'] as (never: number) => void;
}

/** By doubling: this runs at the start of every VM, before anything is compiled. */
function repeated(pattern: readonly number[], times: number): Uint8Array {
  const bytes = new Uint8Array(pattern.length * times);
  bytes.set(pattern);
  for (let done = pattern.length; done < bytes.length; done *= 2) bytes.copyWithin(done, 0, done);
  return bytes;
}

function emitConstant(body: ByteWriter, value: number): void {
  body.u8(OP_I32_CONST);
  body.s32(value);
}
