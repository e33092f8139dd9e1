/* LU decomposition and a solve of an n x n system: triangular loop nests of doubles. */
#include "kernel.h"

enum { MAX_SIZE = 1000 };
static double a[MAX_SIZE][MAX_SIZE], b[MAX_SIZE];

int run(int n) {
  int size = n > MAX_SIZE ? MAX_SIZE : n;
  u32 seed = 3;
  for (int i = 0; i < size; i++) {
    for (int k = 0; k < size; k++) a[i][k] = (double)(next_random(&seed) & 1023) / 1024.0;
    a[i][i] += size;
    b[i] = i;
  }
  for (int k = 0; k < size; k++)
    for (int i = k + 1; i < size; i++) {
      double factor = a[i][k] /= a[k][k];
      for (int m = k + 1; m < size; m++) a[i][m] -= factor * a[k][m];
    }
  for (int i = 0; i < size; i++)
    for (int k = 0; k < i; k++) b[i] -= a[i][k] * b[k];
  for (int i = size - 1; i >= 0; i--) {
    for (int k = i + 1; k < size; k++) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  double sum = 0;
  for (int i = 0; i < size; i++) sum += b[i] < 0 ? -b[i] : b[i];
  return (int)(sum * 1000);
}
