// Selective receive by tag, timeouts, delayed messages, names, requests and answers, reading a message in parts.

#include <lunatic.h>
#include <stdio.h>

typedef struct {
  int value;
  lunatic_reply reply;
} request;

static void squares(const void *context, size_t size) {
  (void)context;
  (void)size;
  request request;
  while (lunatic_receive_into(&request, sizeof request, LUNATIC_FOREVER)) {
    if (request.value == 13) lunatic_sleep_ms(60);
    long long square = (long long)request.value * request.value;
    lunatic_reply_send(request.reply, &square, sizeof square);
  }
}

static void sender(const void *context, size_t size) {
  (void)size;
  lunatic_pid to = *(const lunatic_pid *)context;
  for (int i = 0; i < 6; i++) lunatic_send_tagged(to, i % 3 + 1, &i, sizeof i);
  lunatic_sleep_ms(50);
  lunatic_send_tagged(to, 9, &(int){100}, sizeof(int));
}

static int receive_tagged(const int64_t *tags, size_t count, uint64_t timeout_ms) {
  lunatic_message message = lunatic_receive_tags(tags, count, timeout_ms);
  if (message.kind != LUNATIC_DATA) return -1;
  int value;
  lunatic_read(&value, sizeof value);
  return value;
}

static long long square(lunatic_pid server, int value, uint64_t timeout_ms) {
  request request = {value, lunatic_reply_new()};
  lunatic_send(server, &request, sizeof request);
  long long answer;
  return lunatic_reply_receive(request.reply, &answer, sizeof answer, timeout_ms) ? answer : -1;
}

int main(void) {
  lunatic_pid self = lunatic_self();
  lunatic_spawn(sender, &self, sizeof self);
  printf("tag 3: %d\n", receive_tagged((int64_t[]){3}, 1, LUNATIC_FOREVER));
  printf("tag 9, later: %d\n", receive_tagged((int64_t[]){9}, 1, LUNATIC_FOREVER));
  printf("tag 2 or 3: %d\n", receive_tagged((int64_t[]){3, 2}, 2, LUNATIC_FOREVER));
  printf("tag 8: %d\n", receive_tagged((int64_t[]){8}, 1, 10));
  for (int i = 0; i < 4; i++) printf("any: %d\n", receive_tagged(NULL, 0, 1000));
  printf("empty: %d\n", receive_tagged(NULL, 0, 0));

  lunatic_send_after(self, 1, &(int){30}, sizeof(int), 60);
  lunatic_send_after(self, 2, &(int){10}, sizeof(int), 10);
  uint64_t never = lunatic_send_after(self, 3, &(int){20}, sizeof(int), 30);
  printf("cancelled: %d\n", lunatic_cancel(never));
  printf("delayed: %d %d\n", receive_tagged(NULL, 0, 1000), receive_tagged(NULL, 0, 1000));
  printf("nothing more: %d\n", receive_tagged(NULL, 0, 20));

  lunatic_pid server = lunatic_spawn(squares, NULL, 0);
  printf("nobody: %d\n", lunatic_lookup("squares") == 0);
  lunatic_register("squares", server);
  printf("found: %d\n", lunatic_lookup("squares") == server);
  printf("square: %lld\n", square(server, 12, 1000));
  printf("too slow: %lld\n", square(server, 13, 5));
  printf("nothing for the mailbox: %d\n", receive_tagged(NULL, 0, 150));
  printf("then: %lld\n", square(server, 5, 1000));
  lunatic_unregister("squares");
  printf("forgotten: %d\n", lunatic_lookup("squares") == 0);
  lunatic_kill(server);

  static char text[5000];
  memset(text, 'x', sizeof text);
  strcpy(text + 4990, "the end");
  lunatic_send(self, text, sizeof text);
  lunatic_message message = lunatic_receive();
  char part[1500];
  size_t total = 0, count;
  while ((count = lunatic_read(part, sizeof part)) > 0) total += count;
  printf("size %zu read %zu last part ends with %s\n", message.size, total, part + 490);
}
