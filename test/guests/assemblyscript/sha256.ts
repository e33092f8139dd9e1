// SHA-256 of a few messages.

import { print } from "lunatic-as";

const K: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
];

class Sha256 {
  private state: StaticArray<u32> = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
  ];
  private schedule: StaticArray<u32> = new StaticArray<u32>(64);
  private block: Uint8Array = new Uint8Array(64);
  private filled: i32 = 0;
  private length: u64 = 0;

  update(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.add(bytes[i]);
    this.length += bytes.length;
  }

  private add(byte: u8): void {
    this.block[this.filled++] = byte;
    if (this.filled == 64) {
      this.compress();
      this.filled = 0;
    }
  }

  private compress(): void {
    const w = this.schedule;
    const s = this.state;
    for (let i = 0; i < 16; i++) w[i] = bswap(load<u32>(this.block.dataStart + (i << 2)));
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15];
      const b = w[i - 2];
      const s0 = rotr(a, 7) ^ rotr(a, 18) ^ (a >>> 3);
      const s1 = rotr(b, 17) ^ rotr(b, 19) ^ (b >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
    for (let i = 0; i < 64; i++) {
      const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i];
      const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
    }
    s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
  }

  finish(): string {
    const bits = this.length << 3;
    this.add(0x80);
    while (this.filled != 56) this.add(0);
    for (let i = 56; i >= 0; i -= 8) this.add(<u8>(bits >>> i));
    let text = "";
    for (let i = 0; i < 8; i++) text += this.state[i].toString(16).padStart(8, "0");
    return text;
  }
}

function digest(text: string, times: i32 = 1): string {
  const sha = new Sha256();
  const bytes = Uint8Array.wrap(String.UTF8.encode(text));
  for (let i = 0; i < times; i++) sha.update(bytes);
  return sha.finish();
}

export function main(): void {
  print(digest(""));
  print(digest("abc"));
  print(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"));
  print(digest("a".repeat(1000), 100));
}
