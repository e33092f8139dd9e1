// POSIX regular expressions of the C library.

#include <regex.h>
#include <stdio.h>

static void match(const char *pattern, const char *text) {
  regex_t regex;
  int problem = regcomp(&regex, pattern, REG_EXTENDED);
  if (problem != 0) {
    char message[64];
    regerror(problem, &regex, message, sizeof message);
    printf("%s: %s\n", pattern, message);
    return;
  }
  regmatch_t groups[4];
  if (regexec(&regex, text, 4, groups, 0) != 0) {
    printf("%s: no match in %s\n", pattern, text);
  } else {
    printf("%s:", pattern);
    for (int i = 0; i < 4 && groups[i].rm_so >= 0; i++)
      printf(" [%.*s]", (int)(groups[i].rm_eo - groups[i].rm_so), text + groups[i].rm_so);
    printf("\n");
  }
  regfree(&regex);
}

int main(void) {
  match("([0-9]+)-([a-z]+)", "on 2020-nov it began");
  match("^(a|ab)(c|bcd)(d*)$", "abcd");
  match("(x+x+)+y", "xxxxxxxxxxxxy");
  match("(x+x+)+y", "xxxxxxxxxxxxz");
  match("[[:alpha:]_][[:alnum:]_]*", "  first_name2 = 3");
  match("(a*)*b", "aaaaaaaaaaaaaaaab");
  match("(unclosed", "text");
}
