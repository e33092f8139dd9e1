// printf and scanf: integers, floats, widths, strings.

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  printf("[%d] [%5d] [%-5d] [%05d] [%+d] [% d]\n", 42, 42, 42, 42, 42, 42);
  printf("[%u] [%x] [%X] [%#x] [%o] [%#o]\n", 3000000000u, 0xbeefu, 0xbeefu, 0xbeefu, 8u, 8u);
  printf("[%" PRId64 "] [%" PRIu64 "] [%hhd] [%hd]\n", INT64_MIN, UINT64_MAX, (signed char)-1, (short)-2);
  printf("[%f] [%.3f] [%10.2f] [%-10.2f] [%e] [%g] [%g]\n", 3.14159265, 3.14159265, 2.5, 2.5, 12345.678, 0.0001, 1e20);
  printf("[%f] [%f] [%.17g] [%a] [%.0f] [%.0f]\n", INFINITY, -NAN, 0.1, 1.5, 0.5, 1.5);
  printf("[%g] [%g] [%.15g]\n", DBL_MAX, DBL_MIN, 1.0 / 3);
  printf("[%s] [%10s] [%-10s] [%.2s] [%c] [%%]\n", "text", "text", "text", "text", 'c');
  printf("[%*d] [%.*f]\n", 6, 42, 2, 2.71828);
  char buffer[16];
  int needed = snprintf(buffer, sizeof buffer, "%s", "longer than sixteen bytes");
  printf("cut: [%s], needed %d\n", buffer, needed);

  int year, day;
  char month[8];
  double value;
  int got = sscanf("2020-Nov-07 6.02e23", "%d-%7[A-Za-z]-%d %lf", &year, month, &day, &value);
  printf("scanned %d: %d %s %d %g\n", got, year, month, day, value);
  char *end;
  errno = 0;
  long large = strtol("99999999999", &end, 10);
  printf("strtol: %ld %d [%s]\n", large, errno == ERANGE, end);
  printf("strtod: %.10f [%s]\n", strtod("0x1.8p1rest", &end), end);
  printf("math: %.12f %.12f %.12f %.3f\n", sqrt(2), sin(1), pow(2, 0.5), fmod(10.5, 3));
  printf("strerror: %s\n", strerror(ENOENT));
}
