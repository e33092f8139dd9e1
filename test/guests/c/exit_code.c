// The exit code of the program is that of its main process, even while others run; output is complete.

#include <lunatic.h>
#include <stdio.h>

static void busy(const void *context, size_t size) {
  (void)context;
  (void)size;
  for (;;) __asm__ volatile("");
}

int main(void) {
  lunatic_spawn(busy, NULL, 0);
  printf("leaving, without a line end");
  exit(42);
}
