// Traps that are caught: the program goes on, with its stack in order.

#include <lunatic.h>
#include <stdio.h>

static int ended = 0;
static void end(void) { printf("ended %d\n", ++ended); }

static void divide(void *argument) {
  volatile int *numbers = argument;
  numbers[2] = numbers[0] / numbers[1];
}

__attribute__((noinline)) static void deep(int n) {
  volatile char bytes[64];
  bytes[n & 63] = (char)n;
  if (n == 0) __builtin_trap();
  deep(n - 1);
  bytes[0]++;
}

static void fall(void *argument) { deep(*(int *)argument); }

static void nested(void *argument) {
  int depth = 10;
  bool returned = lunatic_try(fall, &depth);
  *(int *)argument = returned ? 1 : 2;
}

static void beyond(void *argument) { *(volatile int *)argument = *(volatile int *)0xfffffff0u; }

int main(void) {
  atexit(end);
  int good[3] = {84, 2, 0}, bad[3] = {1, 0, -1};
  printf("divide: %d %d\n", lunatic_try(divide, good), good[2]);
  printf("by zero: %d %d\n", lunatic_try(divide, bad), bad[2]);
  int caught = 0;
  for (int i = 0; i < 500; i++) caught += !lunatic_try(fall, &(int){100});
  printf("caught: %d\n", caught);
  int outcome = 0;
  printf("nested: %d %d\n", lunatic_try(nested, &outcome), outcome);
  printf("out of bounds: %d\n", lunatic_try(beyond, &outcome));
  printf("again: %d %d\n", lunatic_try(divide, good), good[2]);
}
