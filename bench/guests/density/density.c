// N processes with some state of their own that have answered one message and wait for another.
// Arguments: N. The protocol of bench/density.ts; peers: src/main.rs, density.ts.

#include <lunatic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct context {
  uint64_t number;
  lunatic_pid parent;
};

/// What a child must answer to `question`, its `asked`-th.
static uint64_t expected(uint64_t number, uint64_t asked, uint64_t question) {
  return (number * 31 + question + asked) ^ number;
}

/// Keeps a text and a table from one message to the next, as a session of a server would.
static void child(const void *given, size_t size) {
  (void)size;
  const struct context *context = given;
  char *name = malloc(64);
  uint64_t *asked = calloc(16, sizeof *asked);
  snprintf(name, 64, "process number %llu", (unsigned long long)context->number);
  for (;;) {
    uint64_t question;
    lunatic_receive_into(&question, sizeof question, LUNATIC_FOREVER);
    uint64_t own = strtoull(strrchr(name, ' '), NULL, 10);
    uint64_t answer = expected(own, ++asked[own % 16], question);
    lunatic_send(context->parent, &answer, sizeof answer);
  }
}

static void wait_line(void) {
  while (getchar() != '\n') {
  }
}

static bool ask(lunatic_pid process, uint64_t number, uint64_t asked) {
  uint64_t value = number * 7;
  lunatic_send(process, &value, sizeof value);
  return lunatic_receive_into(&value, sizeof value, LUNATIC_FOREVER) && value == expected(number, asked, number * 7);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void report(const char *name, uint64_t value) {
  printf("%s %llu\n", name, (unsigned long long)value);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 2) return 1;
  uint64_t count = strtoull(argv[1], NULL, 10), right = 0;
  lunatic_pid *children = calloc(count, sizeof *children);
  report("before", 0);
  wait_line();
  uint64_t start = now();
  for (uint64_t number = 0; number < count; number++) {
    struct context context = {number, lunatic_self()};
    children[number] = lunatic_spawn(child, &context, sizeof context);
    if (children[number] == 0 || !ask(children[number], number, 1)) return 1;
  }
  report("ns", now() - start);
  wait_line();
  for (uint64_t number = 0; number < count; number++) right += ask(children[number], number, 2);
  report("answers", right);
  wait_line();
  for (uint64_t number = 0; number < count; number++) lunatic_kill(children[number]);
  report("ended", count);
  wait_line();
}
