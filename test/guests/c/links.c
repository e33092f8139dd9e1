// Links and monitors: who is told of whose end, and who dies of it.

#include <lunatic.h>
#include <stdio.h>

static void fail(const void *context, size_t size) {
  (void)size;
  lunatic_sleep_ms(*(const uint32_t *)context);
  __builtin_trap();
}

static void finish(const void *context, size_t size) {
  (void)size;
  lunatic_sleep_ms(*(const uint32_t *)context);
}

static const uint32_t SOON = 10, LATER = 100000;

static const char *kind_name(lunatic_message message) {
  switch (message.kind) {
    case LUNATIC_DATA: return "data";
    case LUNATIC_LINK_DIED: return "link died";
    case LUNATIC_PROCESS_DIED: return "process died";
    default: return "timeout";
  }
}

static void answer(lunatic_reply reply, int value) { lunatic_reply_send(reply, &value, sizeof value); }

static void linked(const void *context, size_t size) {
  (void)size;
  lunatic_spawn_link(fail, &SOON, sizeof SOON, 1);
  lunatic_sleep_ms(200);
  answer(*(const lunatic_reply *)context, 1);
}

static void trapping(const void *context, size_t size) {
  (void)size;
  lunatic_die_when_link_dies(false);
  lunatic_spawn_link(fail, &SOON, sizeof SOON, 77);
  lunatic_message message = lunatic_receive();
  answer(*(const lunatic_reply *)context, message.kind == LUNATIC_LINK_DIED ? (int)message.tag : -1);
}

static void unlinked(const void *context, size_t size) {
  (void)size;
  lunatic_unlink(lunatic_spawn_link(fail, &SOON, sizeof SOON, 1));
  lunatic_sleep_ms(100);
  answer(*(const lunatic_reply *)context, 1);
}

static int ask(lunatic_entry entry) {
  lunatic_reply reply = lunatic_reply_new();
  lunatic_spawn(entry, &reply, sizeof reply);
  int value;
  return lunatic_reply_receive(reply, &value, sizeof value, 500) ? value : 0;
}

int main(void) {
  printf("linked: %d\n", ask(linked));
  printf("trapping: %d\n", ask(trapping));
  printf("unlinked: %d\n", ask(unlinked));

  lunatic_pid failing = lunatic_spawn(fail, &SOON, sizeof SOON);
  lunatic_monitor(failing);
  lunatic_message message = lunatic_receive();
  printf("monitor of a failure: %s %d %d\n", kind_name(message), message.process == failing, lunatic_exists(failing));

  lunatic_pid finishing = lunatic_spawn(finish, &SOON, sizeof SOON);
  lunatic_monitor(finishing);
  message = lunatic_receive();
  printf("monitor of an end: %s %d\n", kind_name(message), message.process == finishing);

  lunatic_pid endless = lunatic_spawn(finish, &LATER, sizeof LATER);
  lunatic_monitor(endless);
  lunatic_kill(endless);
  message = lunatic_receive();
  printf("monitor of a kill: %s %d %d\n", kind_name(message), message.process == endless, lunatic_exists(endless));

  lunatic_die_when_link_dies(false);
  lunatic_link(finishing, 5);
  message = lunatic_receive_timeout(1000);
  printf("link to nobody: %s with tag %lld\n", kind_name(message), (long long)message.tag);

  lunatic_spawn_link(finish, &SOON, sizeof SOON, 6);
  printf("normal end of a link: %s\n", kind_name(lunatic_receive_timeout(100)));
}
