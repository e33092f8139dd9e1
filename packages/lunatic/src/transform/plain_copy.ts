// Bodies that cannot stop. They stay byte for byte, except where their writes have to be tracked or where they call an import that
// now has another function in its place, or name one by `ref.func`.

import { InstructionReader } from '../wasm/instructions.ts';
import { OP_CALL, OP_REF_FUNC, OP_RETURN_CALL } from '../wasm/opcodes.ts';
import type { FunctionBody, ValType } from '../wasm/types.ts';
import { CodeWriter } from './code_writer.ts';
import { encodeLocals, type RewriteContext } from './context.ts';
import { type ExtraLocals, emitTrackedWrite, writesMemory } from './tracked_writes.ts';

export function needsCopy(context: RewriteContext, body: FunctionBody): boolean {
  if (!context.tracked && !context.hasRedirects) return false;
  const reader = new InstructionReader(context.module.bytes, body.codeOffset, body.end);
  while (reader.next()) {
    if (context.tracked && writesMemory(reader.op)) return true;
    if (namesRedirected(context, reader)) return true;
  }
  return false;
}

function namesRedirected(context: RewriteContext, { op, imm0 }: InstructionReader): boolean {
  return (op === OP_CALL || op === OP_RETURN_CALL || op === OP_REF_FUNC) && context.isRedirected(imm0);
}

/** The body without its size. */
export function copyPlainBody(context: RewriteContext, body: FunctionBody): Uint8Array {
  const { module } = context;
  const params = module.types[module.funcTypeIndices[body.funcIndex]].params.length;
  const declared = body.locals.reduce((sum, group) => sum + group.count, 0);
  const extra: ValType[] = [];
  const named = new Map<string, number>();
  const locals: ExtraLocals = {
    local(name, type) {
      let index = named.get(name);
      if (index === undefined) {
        index = params + declared + extra.length;
        extra.push(type);
        named.set(name, index);
      }
      return index;
    },
  };
  const code = new CodeWriter();
  const reader = new InstructionReader(module.bytes, body.codeOffset, body.end);
  let copyFrom = body.codeOffset;
  while (reader.next()) {
    const store = context.tracked && writesMemory(reader.op);
    if (!store && !namesRedirected(context, reader)) continue;
    code.out.bytes(module.bytes, copyFrom, reader.start);
    copyFrom = reader.pos;
    if (store) {
      emitTrackedWrite(code, context, reader.op, reader.imm1, reader.start, reader.pos, locals);
    } else {
      code.op(reader.op);
      code.out.u32(context.target(reader.imm0));
    }
  }
  code.out.bytes(module.bytes, copyFrom, body.end);
  const whole = new CodeWriter();
  const guestLocals = body.locals.flatMap((group) => new Array<ValType>(group.count).fill(group.type));
  encodeLocals(whole.out, [...guestLocals, ...extra]);
  whole.out.append(code.out);
  return whole.out.finish();
}
