// A parent spawns 1,000 children over one channel. Each child gets (i, vec, channel), adds up vec[0..=i] and sends (i, sum) back;
// the parent prints the sums in the order in which they arrive.
//
//   clang --target=wasm32-wasi -O2 -Isdk/c -Wl,--export-table examples/sum.c -o sum.wasm
//   lunatic sum.wasm

#include <lunatic.h>
#include <stdio.h>

enum { LENGTH = 1000 };

typedef struct {
  int32_t i;
  int32_t vec[LENGTH];
  uint64_t channel; // a ticket
} task;

typedef struct {
  int32_t i;
  int32_t sum;
} answer;

static void child(const void *context, size_t size) {
  (void)size;
  const task *task = context;
  answer answer = {task->i, 0};
  for (int32_t k = 0; k <= task->i; k++) answer.sum += task->vec[k];
  lunatic_channel_send(lunatic_channel_open(task->channel), &answer, sizeof answer);
}

int main(void) {
  lunatic_channel channel = lunatic_channel_new(0);
  static task task;
  for (int32_t i = 0; i < LENGTH; i++) task.vec[i] = i;

  for (int32_t i = 0; i < LENGTH; i++) {
    task.i = i;
    task.channel = lunatic_channel_ticket(channel);
    if (lunatic_spawn(child, &task, sizeof task) == 0) {
      fprintf(stderr, "could not spawn child %d\n", i);
      return 1;
    }
  }
  for (int32_t i = 0; i < LENGTH; i++) {
    answer answer;
    if (!lunatic_channel_receive(channel, &answer, sizeof answer)) return 1;
    printf("Sum until %d: %d\n", answer.i, answer.sum);
  }
  return 0;
}
