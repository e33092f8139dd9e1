/* What every kernel shares: its entry, integer types, a seeded generator and a
 * small allocator, so that a kernel needs no C library.
 *
 * A kernel file defines `int run(int n)`: do work in proportion to n and return a
 * checksum that depends on all of it. `run` may be called many times on one instance
 * and must return the same checksum for the same n each time.
 *
 * The entry is `kernel(n)`, which tells the host when `run` begins and what it gave: a process
 * starts in a function without results, and its start-up is not to be measured. */
#ifndef KERNEL_H
#define KERNEL_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef __SIZE_TYPE__ size_t;

#define EXPORT(name) __attribute__((export_name(name)))
#define NOINLINE __attribute__((noinline))
#define MAYBE_UNUSED __attribute__((unused))
#define HOST(name) __attribute__((import_module("bench"), import_name(name)))

HOST("begin") void begin(void);
HOST("done") void done(int checksum);

NOINLINE int run(int n);
EXPORT("kernel") void kernel(int n) {
  begin();
  done(run(n));
}

/* xorshift32; the state is the caller's so that every run starts equal. */
static inline u32 next_random(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}

static inline u32 mix(u32 sum, u32 value) { return (sum ^ value) * 16777619u; }

/* The allocator: power-of-two size classes from 16 bytes to 4 MiB, each with a free
 * list; fresh blocks are cut from memory grown by one chunk at a time. */
extern u8 __heap_base;

enum { CLASS_MIN_LOG2 = 4, CLASS_MAX_LOG2 = 22, PAGE_SIZE = 65536 };

struct block {
  u32 size_log2;
  u32 reserved;
  struct block *next_free; /* first bytes of the payload while free */
};

static struct block *free_lists[CLASS_MAX_LOG2 + 1];
static u8 *heap_next;
static u8 *heap_end;

static NOINLINE u8 *heap_take(u32 size) {
  if (!heap_next) {
    heap_next = (u8 *)(((size_t)&__heap_base + 15) & ~(size_t)15);
    heap_end = (u8 *)((size_t)__builtin_wasm_memory_size(0) * PAGE_SIZE);
  }
  if ((size_t)(heap_end - heap_next) < size) {
    u32 pages = (size + PAGE_SIZE - 1) / PAGE_SIZE + 15;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
    heap_end += pages * PAGE_SIZE;
  }
  u8 *taken = heap_next;
  heap_next += size;
  return taken;
}

static NOINLINE MAYBE_UNUSED void *allocate(u32 size) {
  u32 log2 = CLASS_MIN_LOG2;
  while ((1u << log2) < size + 8) log2++;
  if (log2 > CLASS_MAX_LOG2) __builtin_trap();
  struct block *block = free_lists[log2];
  if (block) {
    free_lists[log2] = block->next_free;
  } else {
    block = (struct block *)heap_take(1u << log2);
    block->size_log2 = log2;
  }
  return (u8 *)block + 8;
}

static NOINLINE MAYBE_UNUSED void release(void *pointer) {
  struct block *block = (struct block *)((u8 *)pointer - 8);
  block->next_free = free_lists[block->size_log2];
  free_lists[block->size_log2] = block;
}

#endif
