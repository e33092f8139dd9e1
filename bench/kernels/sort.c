/* Quicksort over elements of any size with a comparison callback, as in qsort(3):
 * recursion, indirect calls and byte swaps together. n is the number of elements. */
#include "kernel.h"

typedef int (*compare_fn)(const void *, const void *);

struct record {
  u32 key;
  u32 id;
};

static int by_key(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->key < y->key ? -1 : x->key > y->key;
}

static int by_id_descending(const void *a, const void *b) {
  const struct record *x = a, *y = b;
  return x->id > y->id ? -1 : x->id < y->id;
}

static void swap_bytes(u8 *a, u8 *b, u32 size) {
  for (u32 i = 0; i < size; i++) {
    u8 t = a[i];
    a[i] = b[i];
    b[i] = t;
  }
}

static NOINLINE void insertion_sort(u8 *base, u32 count, u32 size, compare_fn compare) {
  for (u32 i = 1; i < count; i++)
    for (u32 k = i; k > 0 && compare(base + k * size, base + (k - 1) * size) < 0; k--)
      swap_bytes(base + k * size, base + (k - 1) * size, size);
}

static NOINLINE void quicksort(u8 *base, u32 count, u32 size, compare_fn compare) {
  while (count > 12) {
    u8 *last = base + (count - 1) * size;
    swap_bytes(base + (count / 2) * size, last, size);
    u32 store = 0;
    for (u32 i = 0; i + 1 < count; i++) {
      if (compare(base + i * size, last) < 0) {
        swap_bytes(base + i * size, base + store * size, size);
        store++;
      }
    }
    swap_bytes(base + store * size, last, size);
    /* Recurse into the smaller side so that depth stays logarithmic. */
    u32 right = count - store - 1;
    if (store < right) {
      quicksort(base, store, size, compare);
      base += (store + 1) * size;
      count = right;
    } else {
      quicksort(base + (store + 1) * size, right, size, compare);
      count = store;
    }
  }
  insertion_sort(base, count, size, compare);
}

enum { MAX_RECORDS = 100000 };
static struct record records[MAX_RECORDS];

int run(int n) {
  static const compare_fn orders[2] = {by_key, by_id_descending};
  u32 seed = 12345, sum = 0, count = n > MAX_RECORDS ? MAX_RECORDS : (u32)n;
  for (u32 i = 0; i < count; i++) records[i] = (struct record){next_random(&seed), i};
  for (u32 pass = 0; pass < 2; pass++) {
    quicksort((u8 *)records, count, sizeof(struct record), orders[pass]);
    for (u32 i = 0; i < count; i += 97) sum = mix(sum, records[i].key ^ records[i].id);
  }
  return (int)sum;
}
