// Puts an empty loop before every instruction of every function. It changes nothing but gives the rewrite a resume point
// at each of them, with whatever is on the operand stack there: modules that would hardly ever stop then stop everywhere.

import { InstructionReader } from '../../packages/lunatic/src/wasm/instructions.ts';
import { decodeModule } from '../../packages/lunatic/src/wasm/module.ts';
import { OP_END, OP_LOOP } from '../../packages/lunatic/src/wasm/opcodes.ts';
import { encodeCode } from '../../packages/lunatic/src/wasm/sections/code.ts';
import { SECTION_CODE } from '../../packages/lunatic/src/wasm/types.ts';
import { ByteWriter } from '../../packages/lunatic/src/wasm/writer.ts';

const EMPTY_LOOP = Uint8Array.of(OP_LOOP, 0x40, OP_END);
/** Longer bodies get a loop before every so many instructions that about this many come out. */
const MAX_LOOPS = 2_000;

export function densify(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const module = decodeModule(bytes);
  const code = module.sections.find((section) => section.id === SECTION_CODE);
  if (code === undefined) return new Uint8Array(bytes);
  const writer = new ByteWriter(bytes.length * 2);
  writer.bytes(bytes, 0, code.start);
  encodeCode(writer, module.bodies.length, (out, codeIndex) => {
    const body = module.bodies[codeIndex];
    out.bytes(bytes, body.offset, body.codeOffset);
    // Every instruction has at least one byte.
    const interval = Math.ceil((body.end - body.codeOffset) / MAX_LOOPS);
    const reader = new InstructionReader(bytes, body.codeOffset, body.end);
    for (let count = 0; reader.next(); count++) {
      if (count % interval === 0) out.bytes(EMPTY_LOOP);
      out.bytes(bytes, reader.start, reader.pos);
    }
  });
  writer.bytes(bytes, code.end, bytes.length);
  return new Uint8Array(writer.finish());
}
