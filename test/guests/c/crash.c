// A trap deep in the main process: the report names the functions.

#include <stdio.h>

#define NOINLINE __attribute__((noinline))

NOINLINE static int divide(volatile int *numbers, int at) { return numbers[at] / numbers[at + 1]; }

NOINLINE static int serve_customer(volatile int *numbers, int patience) {
  if (patience > 0) return serve_customer(numbers, patience - 1) + 1;
  return divide(numbers, 0) * 2;
}

int main(void) {
  volatile int numbers[] = {1, 0};
  printf("before the crash\n");
  fflush(stdout);
  printf("%d\n", serve_customer(numbers, 2));
}
