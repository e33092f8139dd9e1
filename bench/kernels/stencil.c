/* A five-point stencil over a square grid of doubles, n sweeps: memory-bound call-free loops. */
#include "kernel.h"

enum { SIZE = 300 };
static double grid[2][SIZE][SIZE];

int run(int n) {
  for (int i = 0; i < SIZE; i++)
    for (int k = 0; k < SIZE; k++) grid[0][i][k] = grid[1][i][k] = (double)(i * (k + 2) % 100);
  for (int sweep = 0; sweep < n; sweep++) {
    double(*from)[SIZE] = grid[sweep & 1], (*to)[SIZE] = grid[~sweep & 1];
    for (int i = 1; i < SIZE - 1; i++)
      for (int k = 1; k < SIZE - 1; k++)
        to[i][k] = 0.2 * (from[i][k] + from[i][k - 1] + from[i][k + 1] + from[i - 1][k] + from[i + 1][k]);
  }
  double sum = 0;
  for (int i = 0; i < SIZE; i++) sum += grid[n & 1][i][i];
  return (int)(sum * 1000);
}
