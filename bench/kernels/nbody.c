/* Five bodies under gravity, n steps: floating point with square roots and short inner loops. */
#include "kernel.h"

enum { BODIES = 5 };
struct body {
  double x[3], v[3], mass;
};

static const struct body start[BODIES] = {
    {{0, 0, 0}, {0, 0, 0}, 39.47},
    {{4.84, -1.16, -0.10}, {0.60, 2.81, -0.02}, 0.037},
    {{8.34, 4.12, -0.40}, {-1.01, 1.82, 0.008}, 0.011},
    {{12.89, -15.11, -0.22}, {1.08, 0.86, -0.01}, 0.0017},
    {{15.37, -25.91, 0.17}, {0.97, 0.59, -0.03}, 0.002}};
static struct body bodies[BODIES];

static void step(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int k = i + 1; k < BODIES; k++) {
      double d[3], square = 0;
      for (int axis = 0; axis < 3; axis++) {
        d[axis] = bodies[i].x[axis] - bodies[k].x[axis];
        square += d[axis] * d[axis];
      }
      double magnitude = dt / (square * __builtin_sqrt(square));
      for (int axis = 0; axis < 3; axis++) {
        bodies[i].v[axis] -= d[axis] * bodies[k].mass * magnitude;
        bodies[k].v[axis] += d[axis] * bodies[i].mass * magnitude;
      }
    }
  for (int i = 0; i < BODIES; i++)
    for (int axis = 0; axis < 3; axis++) bodies[i].x[axis] += dt * bodies[i].v[axis];
}

int run(int n) {
  for (int i = 0; i < BODIES; i++) bodies[i] = start[i];
  for (int i = 0; i < n; i++) step(0.001);
  double sum = 0;
  for (int i = 0; i < BODIES; i++) sum += bodies[i].x[0] * 1000 + bodies[i].v[1] * 1000;
  return (int)sum;
}
