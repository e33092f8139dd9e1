// A TransformResult as one run of bytes, to be kept between runs: the length of a JSON text (u32 little-endian), the text with everything
// but the two modules, and the rewritten module. The source is not among them; whoever keeps a result finds it by its source.
//
// There is no version in the format: results are kept apart by the version of the rewrite as a whole, which this file is part of.

import type { TransformResult } from './transform.ts';

const LENGTH_BYTES = 4;

/** Everything else is JSON already. `undefined` members vanish and read as undefined again. */
type Stored = Omit<TransformResult, 'bytes' | 'source' | 'entries' | 'resumedFunctions'> & {
  readonly entries: readonly (readonly [string, NonNullable<ReturnType<TransformResult['entries']['get']>>])[];
  readonly resumedFunctions: readonly (readonly [number, number])[];
};

export function encodeResult(result: TransformResult): Uint8Array {
  const { bytes, source: _, ...rest } = result;
  const stored: Stored = { ...rest, entries: [...rest.entries], resumedFunctions: [...rest.resumedFunctions] };
  const text = new TextEncoder().encode(JSON.stringify(stored));
  const encoded = new Uint8Array(LENGTH_BYTES + text.length + bytes.length);
  new DataView(encoded.buffer).setUint32(0, text.length, true);
  encoded.set(text, LENGTH_BYTES);
  encoded.set(bytes, LENGTH_BYTES + text.length);
  return encoded;
}

/** `encoded` must come from `encodeResult`, for this source; the result's `bytes` are a view on it. */
export function decodeResult(encoded: Uint8Array, source: Uint8Array): TransformResult {
  const end = LENGTH_BYTES + new DataView(encoded.buffer, encoded.byteOffset).getUint32(0, true);
  const text = new TextDecoder().decode(encoded.subarray(LENGTH_BYTES, end));
  // encodeResult has written it.
  const stored = JSON.parse(text) as Stored;
  return {
    ...stored,
    bytes: encoded.subarray(end),
    source,
    entries: new Map(stored.entries),
    resumedFunctions: new Map(stored.resumedFunctions),
  };
}
