/* A chained hash table that grows: small hot functions, pointers, allocation. n insertions, then lookups and removals. */
#include "kernel.h"

struct entry {
  struct entry *next;
  u32 key, value;
};

struct table {
  struct entry **buckets;
  u32 mask, count;
};

static inline u32 hash(u32 key) {
  key = (key ^ (key >> 16)) * 0x45d9f3bu;
  return key ^ (key >> 16);
}

static struct entry **new_buckets(u32 count) {
  struct entry **buckets = allocate(count * sizeof *buckets);
  for (u32 i = 0; i < count; i++) buckets[i] = 0;
  return buckets;
}

static NOINLINE struct entry **find(struct table *table, u32 key) {
  struct entry **slot = &table->buckets[hash(key) & table->mask];
  while (*slot && (*slot)->key != key) slot = &(*slot)->next;
  return slot;
}

static NOINLINE void grow(struct table *table) {
  struct entry **old = table->buckets;
  u32 old_count = table->mask + 1;
  table->mask = old_count * 2 - 1;
  table->buckets = new_buckets(old_count * 2);
  for (u32 i = 0; i < old_count; i++) {
    for (struct entry *entry = old[i], *next; entry; entry = next) {
      next = entry->next;
      struct entry **head = &table->buckets[hash(entry->key) & table->mask];
      entry->next = *head;
      *head = entry;
    }
  }
  release(old);
}

static NOINLINE void insert(struct table *table, u32 key, u32 value) {
  struct entry **slot = find(table, key);
  if (*slot) {
    (*slot)->value += value;
    return;
  }
  struct entry *entry = allocate(sizeof *entry);
  *entry = (struct entry){0, key, value};
  *slot = entry;
  if (++table->count > table->mask) grow(table);
}

static NOINLINE int take(struct table *table, u32 key) {
  struct entry **slot = find(table, key);
  struct entry *entry = *slot;
  if (!entry) return 0;
  *slot = entry->next;
  release(entry);
  table->count--;
  return 1;
}

int run(int n) {
  struct table table = {new_buckets(16), 15, 0};
  u32 seed = 99, sum = 0, keys = (u32)n * 2;
  for (int i = 0; i < n; i++) insert(&table, next_random(&seed) % keys, (u32)i);
  for (u32 key = 0; key < keys; key++) {
    struct entry *entry = *find(&table, key);
    if (entry) sum = mix(sum, entry->value);
  }
  u32 taken = 0;
  for (u32 key = 0; key < keys; key++) taken += (u32)take(&table, key);
  release(table.buckets);
  return (int)mix(sum, taken);
}
