// A bounded channel between producers and consumers; a channel sent through a channel.

#include <lunatic.h>
#include <stdio.h>

typedef struct {
  uint64_t jobs, results;
  int from, to;
} task;

static void produce(const void *context, size_t size) {
  (void)size;
  const task *task = context;
  lunatic_channel jobs = lunatic_channel_open(task->jobs);
  for (int i = task->from; i < task->to; i++) lunatic_channel_send(jobs, &i, sizeof i);
}

static void consume(const void *context, size_t size) {
  (void)size;
  const task *task = context;
  lunatic_channel jobs = lunatic_channel_open(task->jobs), results = lunatic_channel_open(task->results);
  int number;
  while (lunatic_channel_receive(jobs, &number, sizeof number)) {
    long long square = (long long)number * number;
    lunatic_channel_send(results, &square, sizeof square);
  }
}

static lunatic_pid start(lunatic_entry entry, lunatic_channel jobs, lunatic_channel results, int from) {
  task task = {lunatic_channel_ticket(jobs), lunatic_channel_ticket(results), from, from + 100};
  return lunatic_spawn(entry, &task, sizeof task);
}

int main(void) {
  lunatic_channel jobs = lunatic_channel_new(2), results = lunatic_channel_new(3);
  for (int i = 0; i < 4; i++) start(consume, jobs, results, 0);
  for (int i = 0; i < 5; i++) start(produce, jobs, results, 100 * i);
  long long sum = 0, square;
  for (int i = 0; i < 500 && lunatic_channel_receive(results, &square, sizeof square); i++) sum += square;
  printf("sum of 500 squares: %lld\n", sum);

  lunatic_channel channels = lunatic_channel_new(0), inner = lunatic_channel_new(0);
  uint64_t ticket = lunatic_channel_ticket(inner);
  lunatic_channel_send(channels, &ticket, sizeof ticket);
  if (!lunatic_channel_receive(channels, &ticket, sizeof ticket)) return 1;
  lunatic_channel other = lunatic_channel_open(ticket);
  lunatic_channel_send(other, "hello", 6);
  lunatic_channel_close(other);
  size_t size;
  char *text = lunatic_channel_receive_new(inner, &size);
  printf("%s (%zu bytes)\n", text, size);
  free(text);
}
