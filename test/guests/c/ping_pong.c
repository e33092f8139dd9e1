// Two processes send a number to and fro.

#include <lunatic.h>
#include <stdio.h>

enum { ROUNDS = 10000 };

static void player(const void *context, size_t size) {
  (void)size;
  lunatic_pid partner = *(const lunatic_pid *)context;
  for (int i = 0; i < ROUNDS; i++) {
    int value;
    if (!lunatic_receive_into(&value, sizeof value, LUNATIC_FOREVER)) __builtin_trap();
    value++;
    lunatic_send(partner, &value, sizeof value);
  }
}

int main(void) {
  lunatic_pid self = lunatic_self();
  lunatic_pid other = lunatic_spawn(player, &self, sizeof self);
  int value = 0;
  for (int i = 0; i < ROUNDS; i++) {
    lunatic_send(other, &value, sizeof value);
    if (!lunatic_receive_into(&value, sizeof value, LUNATIC_FOREVER)) return 1;
  }
  printf("after %d rounds: %d\n", ROUNDS, value);
}
