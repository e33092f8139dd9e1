// A fast hash of 64 bits over bytes: to find things and to notice damage, not against anybody who wants two inputs to agree.

/** 16 hexadecimal digits. The same bytes give the same digits on machines of one byte order. */
export function hash64(bytes: Uint8Array, seed = 0): string {
  const words = asWords(bytes);
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  // Hot: megabytes, right after the start of the OS process (bench/startup.ts).
  for (let k = 0; k < words.length; k++) {
    const word = words[k];
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0x5f356495);
    b = (b << 13) | (b >>> 19);
  }
  for (let at = words.length * 4; at < bytes.length; at++) {
    a = Math.imul(a ^ bytes[at], 0x9e3779b1);
    b = Math.imul(b ^ bytes[at], 0x5f356495);
  }
  // Leading zeros would otherwise count for nothing.
  a = Math.imul(a ^ bytes.length ^ (b >>> 16), 0x85ebca6b);
  b = Math.imul(b ^ bytes.length ^ (a >>> 13), 0xc2b2ae35);
  a ^= b >>> 15;
  b ^= a >>> 16;
  return hex(a) + hex(b);
}

/** The whole words among `bytes`; a copy if they do not lie on a boundary of words. */
function asWords(bytes: Uint8Array): Uint32Array {
  const count = bytes.length >>> 2;
  if (bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint32Array(new Uint8Array(bytes).buffer, 0, count);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
