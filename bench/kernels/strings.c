/* Text: numbers formatted into a buffer, split into words, sorted into counts, searched for a pattern. n times 1,000 lines. */
#include "kernel.h"

enum { LINES = 1000, MAX_LINE = 64, COUNTERS = 512 };
static char text[LINES * MAX_LINE];
static u32 counters[COUNTERS];

static NOINLINE u32 length(const char *s) {
  u32 n = 0;
  while (s[n]) n++;
  return n;
}

static NOINLINE char *append(char *to, const char *s) {
  while (*s) *to++ = *s++;
  return to;
}

static NOINLINE char *append_number(char *to, u32 value, u32 base) {
  char digits[33];
  u32 n = 0;
  do digits[n++] = "0123456789abcdef"[value % base];
  while (value /= base);
  while (n) *to++ = digits[--n];
  return to;
}

static int is_space(char c) { return c == ' ' || c == '\n'; }

static NOINLINE u32 count_words(const char *s) {
  u32 words = 0;
  while (*s) {
    while (is_space(*s)) s++;
    if (!*s) break;
    u32 hash = 2166136261u;
    while (*s && !is_space(*s)) hash = mix(hash, (u8)*s++);
    counters[hash % COUNTERS]++;
    words++;
  }
  return words;
}

static NOINLINE u32 occurrences(const char *s, const char *pattern) {
  u32 found = 0, n = length(pattern);
  for (; *s; s++) {
    u32 i = 0;
    while (i < n && s[i] == pattern[i]) i++;
    found += i == n;
  }
  return found;
}

static NOINLINE u32 page(u32 *seed) {
  static const char *names[4] = {"alpha ", "beta ", "gamma ", "delta "};
  char *to = text;
  for (u32 i = 0; i < LINES; i++) {
    u32 r = next_random(seed);
    to = append(to, "line ");
    to = append_number(to, i, 10);
    to = append(to, ": ");
    to = append(to, names[r & 3]);
    to = append_number(to, r, 16);
    *to++ = '\n';
  }
  *to = 0;
  for (u32 i = 0; i < COUNTERS; i++) counters[i] = 0;
  u32 sum = mix(count_words(text), occurrences(text, "eta"));
  sum = mix(sum, occurrences(text, "gamma f"));
  for (u32 i = 0; i < COUNTERS; i++) sum = mix(sum, counters[i]);
  return mix(sum, length(text));
}

int run(int n) {
  u32 seed = 31337, sum = 0;
  for (int i = 0; i < n; i++) sum = mix(sum, page(&seed));
  return (int)sum;
}
