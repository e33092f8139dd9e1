// Tags of messages: an i64 at the guest boundary and in the public API, two signed 32-bit words inside.

/** Throws TypeError for what is no bigint: a number is easily given instead, and BigInt's own words name no tag. */
export function tagLow(tag: bigint): number {
  if (typeof tag !== 'bigint') throw new TypeError(`a tag is a bigint, not the ${typeof tag} ${String(tag)}`);
  return Number(BigInt.asIntN(32, tag));
}

export function tagHigh(tag: bigint): number {
  return Number(BigInt.asIntN(32, tag >> 32n));
}

/** The signed 64-bit tag of two words. */
export function tagFromWords(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}
