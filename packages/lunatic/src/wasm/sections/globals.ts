/**
 * Global section.
 *
 * Spec: core/binary/modules#global-section.
 */

import { MAX_GLOBALS } from '../limits.ts';
import type { ByteReader } from '../reader.ts';
import { type GlobalType, SECTION_GLOBAL, type WasmModule } from '../types.ts';
import type { ByteWriter } from '../writer.ts';
import { readConstExpr } from './const_expr.ts';
import { readGlobalType, writeGlobalType } from './value_types.ts';

export function decodeGlobals(reader: ByteReader, module: WasmModule): void {
  const count = reader.count('globals', MAX_GLOBALS, 4);
  for (let i = 0; i < count; i++) {
    const type = readGlobalType(reader, module.types.length);
    // Pushed only now: a const expr may read earlier globals, not its own.
    module.globals.push({ type, init: readConstExpr(reader, module) });
  }
}

/** A defined global with its const expr, `end` included. */
export interface GlobalEncoding {
  readonly type: GlobalType;
  readonly init: Uint8Array;
}

export function encodeGlobals(writer: ByteWriter, globals: readonly GlobalEncoding[]): void {
  writer.section(SECTION_GLOBAL, (section) => {
    section.u32(globals.length);
    for (const global of globals) {
      writeGlobalType(section, global.type);
      section.bytes(global.init);
    }
  });
}
