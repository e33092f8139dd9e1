// Recursion: fibonacci, Ackermann, mutual recursion, and as deep as 10,000 calls with arrays on the stack of C.

#include <stdint.h>
#include <stdio.h>

#define NOINLINE __attribute__((noinline))

NOINLINE static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

NOINLINE static unsigned ackermann(unsigned m, unsigned n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

NOINLINE static int is_odd(int n);
NOINLINE static int is_even(int n) { return n == 0 ? 1 : is_odd(n - 1); }
static int is_odd(int n) { return n == 0 ? 0 : is_even(n - 1); }

NOINLINE static int64_t depth(int n) { return n == 0 ? 0 : depth(n - 1) * 3 % 1000003 + n; }

NOINLINE static unsigned with_array(int n) {
  volatile unsigned char bytes[100];
  for (int i = 0; i < 100; i++) bytes[i] = (unsigned char)(n + i);
  unsigned below = n == 0 ? 0 : with_array(n - 1);
  for (int i = 0; i < 100; i++) below = below * 31 + bytes[i];
  return below;
}

int main(void) {
  printf("fib(27) = %d\n", fib(27));
  printf("ackermann(2, 300) = %u, ackermann(3, 6) = %u\n", ackermann(2, 300), ackermann(3, 6));
  printf("is_even(1001) = %d, is_odd(1001) = %d\n", is_even(1001), is_odd(1001));
  printf("depth(10000) = %lld\n", (long long)depth(10000));
  printf("with_array(400) = %u\n", with_array(400));
}
