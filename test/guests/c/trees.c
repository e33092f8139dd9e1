// malloc, realloc and free under load: search trees, lists, growing strings.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct node {
  struct node *left, *right;
  int key;
  char *label;
} node;

static int live = 0;

static node *insert(node *root, int key) {
  if (root == NULL) {
    node *made = malloc(sizeof *made);
    char text[32];
    snprintf(text, sizeof text, "node %d", key);
    *made = (node){NULL, NULL, key, strdup(text)};
    live++;
    return made;
  }
  if (key < root->key) root->left = insert(root->left, key);
  if (key > root->key) root->right = insert(root->right, key);
  return root;
}

static node *detach_least(node *root, node **least) {
  if (root->left == NULL) {
    *least = root;
    return root->right;
  }
  root->left = detach_least(root->left, least);
  return root;
}

static node *delete(node *root, int key) {
  if (root == NULL) return NULL;
  if (key < root->key) {
    root->left = delete(root->left, key);
  } else if (key > root->key) {
    root->right = delete(root->right, key);
  } else {
    node *replacement = root->left;
    if (root->right != NULL) {
      node *rest = detach_least(root->right, &replacement);
      replacement->right = rest;
      replacement->left = root->left;
    }
    free(root->label);
    free(root);
    live--;
    return replacement;
  }
  return root;
}

static long sum(const node *root) { return root == NULL ? 0 : sum(root->left) + root->key + sum(root->right); }
static size_t text(const node *root) { return root == NULL ? 0 : text(root->left) + strlen(root->label) + text(root->right); }
static int height(const node *root) {
  if (root == NULL) return 0;
  int left = height(root->left), right = height(root->right);
  return 1 + (left > right ? left : right);
}

int main(void) {
  node *root = NULL;
  uint32_t state = 7;
  for (int round = 0; round < 5; round++) {
    for (int i = 0; i < 2000; i++) {
      state = state * 1103515245u + 12345u;
      root = insert(root, (int)(state >> 16 & 0x3fff));
    }
    printf("round %d: live %d sum %ld text %zu height %d\n", round, live, sum(root), text(root), height(root));
    for (int key = round; key < 0x4000; key += 3) root = delete(root, key);
    printf("round %d: live %d sum %ld\n", round, live, sum(root));
  }
  while (root != NULL) root = delete(root, root->key);
  printf("live %d\n", live);

  char *grown = NULL;
  size_t length = 0;
  for (int i = 0; i < 3000; i++) {
    char part[16];
    int size = snprintf(part, sizeof part, "%d,", i);
    grown = realloc(grown, length + (size_t)size + 1);
    memcpy(grown + length, part, (size_t)size + 1);
    length += (size_t)size;
  }
  printf("grown to %zu, ends with %s\n", length, grown + length - 10);
  free(grown);

  void *blocks[64] = {0};
  size_t total = 0;
  for (int i = 0; i < 4000; i++) {
    state = state * 1103515245u + 12345u;
    int at = state >> 16 & 63;
    free(blocks[at]);
    size_t size = state >> 8 & 0xfff;
    blocks[at] = calloc(1, size + 1);
    for (size_t k = 0; k <= size; k += 97) total += ((unsigned char *)blocks[at])[k];
    memset(blocks[at], 0xff, size + 1);
  }
  printf("calloc gave zeros: %d\n", total == 0);
}
