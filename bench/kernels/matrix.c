/* Nested call-free loops over doubles: a dense product of n x n matrices. */
#include "kernel.h"

enum { MAX_SIZE = 400 };
static double a[MAX_SIZE][MAX_SIZE], b[MAX_SIZE][MAX_SIZE], c[MAX_SIZE][MAX_SIZE];

int run(int n) {
  int size = n > MAX_SIZE ? MAX_SIZE : n;
  u32 seed = 7;
  for (int i = 0; i < size; i++)
    for (int k = 0; k < size; k++) {
      a[i][k] = (double)(next_random(&seed) & 255) / 16.0;
      b[i][k] = (double)(next_random(&seed) & 255) / 16.0;
    }
  for (int i = 0; i < size; i++)
    for (int k = 0; k < size; k++) {
      double sum = 0;
      for (int m = 0; m < size; m++) sum += a[i][m] * b[m][k];
      c[i][k] = sum;
    }
  double trace = 0;
  for (int i = 0; i < size; i++) trace += c[i][i] + c[i][size - 1 - i];
  return (int)trace;
}
