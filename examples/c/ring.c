// A ring of 1,000 processes passes a token around 10 times; each adds 1 to it.
//
//   clang --target=wasm32-wasi -O2 -Isdk/c -Wl,--export-table examples/c/ring.c -o ring.wasm
//   lunatic ring.wasm

#include <lunatic.h>
#include <stdio.h>

enum { PROCESSES = 1000, ROUNDS = 10 };

static void member(const void *context, size_t size) {
  (void)size;
  lunatic_pid next = *(const lunatic_pid *)context;
  int token;
  for (int round = 0; round < ROUNDS; round++) {
    if (!lunatic_receive_into(&token, sizeof token, LUNATIC_FOREVER)) __builtin_trap();
    token++;
    lunatic_send(next, &token, sizeof token);
  }
}

int main(void) {
  lunatic_pid next = lunatic_self();
  for (int i = 0; i < PROCESSES; i++) {
    next = lunatic_spawn(member, &next, sizeof next);
    if (next == 0) return 1;
  }
  int token = 0;
  for (int round = 0; round < ROUNDS; round++) {
    lunatic_send(next, &token, sizeof token);
    if (!lunatic_receive_into(&token, sizeof token, LUNATIC_FOREVER)) return 1;
    printf("round %d: %d\n", round + 1, token);
  }
}
