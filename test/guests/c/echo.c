// Arguments, environment and standard input, printed.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
  const char *greeting = getenv("GREETING");
  printf("GREETING=%s\n", greeting == NULL ? "(unset)" : greeting);
  char line[256];
  int number = 0;
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\r\n")] = 0;
    printf("line %d: %s\n", ++number, line);
  }
  printf("end of input: %d\n", feof(stdin) != 0);
  fprintf(stderr, "this goes to standard error\n");
}
