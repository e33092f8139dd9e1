/* Indirect calls: objects with a method table, dispatched n times in an order the compiler cannot see. */
#include "kernel.h"

struct shape;
struct methods {
  u32 (*area)(const struct shape *);
  void (*scale)(struct shape *, u32);
};
struct shape {
  const struct methods *methods;
  u32 a, b;
};

static u32 square_area(const struct shape *s) { return s->a * s->a; }
static u32 rectangle_area(const struct shape *s) { return s->a * s->b; }
static u32 triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static u32 ring_area(const struct shape *s) { return 3 * (s->a * s->a - s->b * s->b); }
static void scale_both(struct shape *s, u32 by) {
  s->a = (s->a * by) & 1023;
  s->b = (s->b * by) & 1023;
}
static void scale_first(struct shape *s, u32 by) { s->a = (s->a * by + 1) & 1023; }

static const struct methods kinds[4] = {
    {square_area, scale_first}, {rectangle_area, scale_both}, {triangle_area, scale_both}, {ring_area, scale_first}};

enum { SHAPES = 1024 };
static struct shape shapes[SHAPES];

int run(int n) {
  u32 seed = 4711, sum = 0;
  for (u32 i = 0; i < SHAPES; i++) {
    u32 r = next_random(&seed);
    shapes[i] = (struct shape){&kinds[r & 3], (r >> 4) & 255, (r >> 12) & 255};
  }
  for (int i = 0; i < n; i++) {
    struct shape *shape = &shapes[i & (SHAPES - 1)];
    sum += shape->methods->area(shape);
    shape->methods->scale(shape, (sum & 7) | 1);
  }
  return (int)sum;
}
