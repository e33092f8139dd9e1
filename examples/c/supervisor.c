// A supervisor starts a worker again each time it fails. Requests to it go by name, so its clients do not notice.
//
//   clang --target=wasm32-wasi -O2 -Isdk/c -Wl,--export-table examples/c/supervisor.c -o supervisor.wasm
//   lunatic supervisor.wasm

#include <lunatic.h>
#include <stdio.h>

enum { WORKER_LINK = 1, TIMEOUT_MS = 200 };

typedef struct {
  int number;
  lunatic_reply reply;
} request;

/// Divides 100 by the numbers of its requests; fails for 0.
static void worker(const void *context, size_t size) {
  (void)context;
  (void)size;
  request request;
  while (lunatic_receive_into(&request, sizeof request, LUNATIC_FOREVER)) {
    int quotient = 100 / request.number;
    lunatic_reply_send(request.reply, &quotient, sizeof quotient);
  }
}

static void supervisor(const void *context, size_t size) {
  (void)context;
  (void)size;
  lunatic_die_when_link_dies(false);
  for (;;) {
    lunatic_register("worker", lunatic_spawn_link(worker, NULL, 0, WORKER_LINK));
    while (lunatic_receive().kind != LUNATIC_LINK_DIED) {
    }
  }
}

static void divide(int number) {
  lunatic_pid to;
  while ((to = lunatic_lookup("worker")) == 0 || !lunatic_exists(to)) lunatic_sleep_ms(1);
  request request = {number, lunatic_reply_new()};
  lunatic_send(to, &request, sizeof request);
  int quotient;
  if (lunatic_reply_receive(request.reply, &quotient, sizeof quotient, TIMEOUT_MS))
    printf("100 / %d = %d\n", number, quotient);
  else
    printf("100 / %d: no answer\n", number);
}

int main(void) {
  lunatic_spawn(supervisor, NULL, 0);
  divide(5);
  divide(0);
  divide(7);
  divide(0);
  divide(-20);
}
