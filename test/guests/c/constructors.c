// What a spawned process finds in its memory: initial values, and what constructors have set up; not what its parent did later.
// Its output comes out at its end; functions for `atexit` run there too.

#include <lunatic.h>
#include <stdio.h>

static int initial = 5;
static int changed = 1;
static int constructed = 0;

/// Not to be computed by the compiler.
__attribute__((constructor)) static void construct(void) { constructed = *(volatile int *)&initial * 2; }

static void goodbye(void) { printf("goodbye of process %d\n", (int)lunatic_self()); }

static void child(const void *context, size_t size) {
  atexit(goodbye);
  printf("%.*s: initial %d changed %d constructed %d\n", (int)size, (const char *)context, initial, changed, constructed);
  changed++;
}

static void run(const char *name) {
  lunatic_pid process = lunatic_spawn(child, name, strlen(name));
  lunatic_monitor(process);
  while (lunatic_exists(process)) lunatic_yield();
}

int main(void) {
  changed = 100;
  atexit(goodbye);
  run("first");
  run("second");
  run("");
  printf("main: initial %d changed %d constructed %d\n", initial, changed, constructed);
}
