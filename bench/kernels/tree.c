/* Allocation and recursion: binary trees built, walked and released, n times. */
#include "kernel.h"

struct node {
  struct node *left, *right;
  u32 value;
};

static NOINLINE struct node *build(u32 depth, u32 value) {
  struct node *node = allocate(sizeof(struct node));
  node->value = value;
  node->left = depth ? build(depth - 1, value * 2) : 0;
  node->right = depth ? build(depth - 1, value * 2 + 1) : 0;
  return node;
}

static NOINLINE u32 walk(const struct node *node) {
  return node ? mix(walk(node->left), node->value) + walk(node->right) : 1;
}

static NOINLINE void drop(struct node *node) {
  if (!node) return;
  drop(node->left);
  drop(node->right);
  release(node);
}

int run(int n) {
  u32 sum = 0;
  for (int round = 0; round < n; round++) {
    struct node *root = build(14, (u32)round + 1);
    sum = mix(sum, walk(root));
    drop(root);
  }
  return (int)sum;
}
