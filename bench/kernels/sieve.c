/* Tight loops with byte stores: primes below one million, n times. */
#include "kernel.h"

enum { LIMIT = 1000000 };
static u8 composite[LIMIT];

int run(int n) {
  u32 sum = 0;
  for (int round = 0; round < n; round++) {
    for (u32 i = 0; i < LIMIT; i++) composite[i] = 0;
    for (u32 i = 2; i * i < LIMIT; i++) {
      if (composite[i]) continue;
      for (u32 k = i * i; k < LIMIT; k += i) composite[k] = 1;
    }
    u32 primes = 0;
    for (u32 i = 2; i < LIMIT; i++) primes += !composite[i];
    sum = mix(sum, primes);
  }
  return (int)sum;
}
