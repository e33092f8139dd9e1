/* A mixture in the spirit of embedded-processor benchmarks: a linked list found, reversed and merge-sorted, a small integer
 * matrix, a state machine over text, and a CRC over all results. n iterations. Not comparable with any published score. */
#include "kernel.h"

struct item {
  struct item *next;
  short key, index;
};

static u32 crc16(u32 crc, u32 value) {
  for (int bit = 0; bit < 16; bit++, value >>= 1) {
    u32 carry = (crc ^ value) & 1;
    crc >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}

/* ---- list ---- */
enum { ITEMS = 300 };
static struct item items[ITEMS];

static NOINLINE struct item *find_key(struct item *list, short key) {
  while (list && list->key != key) list = list->next;
  return list;
}

static NOINLINE struct item *reverse(struct item *list) {
  struct item *done = 0;
  while (list) {
    struct item *next = list->next;
    list->next = done;
    done = list;
    list = next;
  }
  return done;
}

typedef int (*order_fn)(const struct item *, const struct item *);
static int by_key(const struct item *a, const struct item *b) { return a->key - b->key; }
static int by_index(const struct item *a, const struct item *b) { return a->index - b->index; }

static NOINLINE struct item *merge_sort(struct item *list, order_fn order) {
  if (!list || !list->next) return list;
  struct item *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct item *right = slow->next;
  slow->next = 0;
  struct item *left = merge_sort(list, order);
  right = merge_sort(right, order);
  struct item head, *tail = &head;
  while (left && right) {
    struct item **from = order(left, right) <= 0 ? &left : &right;
    tail = tail->next = *from;
    *from = tail->next;
  }
  tail->next = left ? left : right;
  return head.next;
}

static u32 list_work(u32 seed) {
  struct item *list = 0;
  for (int i = 0; i < ITEMS; i++) {
    items[i] = (struct item){list, (short)(next_random(&seed) & 0x7f), (short)i};
    list = &items[i];
  }
  u32 crc = 0;
  for (short key = 0; key < 64; key++) {
    struct item *found = find_key(list, key);
    crc = crc16(crc, found ? (u32)found->index : 0xffff);
    if ((key & 7) == 0) list = reverse(list);
  }
  list = merge_sort(list, by_key);
  for (struct item *item = list; item; item = item->next) crc = crc16(crc, (u32)item->index);
  list = merge_sort(list, by_index);
  return crc16(crc, (u32)list->key);
}

/* ---- matrix ---- */
enum { SIZE = 24 };
static short m1[SIZE][SIZE], m2[SIZE][SIZE];
static int product[SIZE][SIZE];

static u32 matrix_work(u32 seed) {
  for (int i = 0; i < SIZE; i++)
    for (int k = 0; k < SIZE; k++) {
      m1[i][k] = (short)(next_random(&seed) & 63);
      m2[i][k] = (short)(next_random(&seed) & 63);
    }
  u32 crc = 0;
  for (int i = 0; i < SIZE; i++)
    for (int k = 0; k < SIZE; k++) {
      int sum = 0;
      for (int m = 0; m < SIZE; m++) sum += m1[i][m] * m2[m][k];
      product[i][k] = sum;
    }
  for (int i = 0; i < SIZE; i++) crc = crc16(crc, (u32)product[i][SIZE - 1 - i]);
  return crc;
}

/* ---- state machine: classify comma-separated fields as numbers ---- */
enum state { FIELD_START, SIGN, INTEGER, FRACTION, EXPONENT, INVALID, STATES };

static NOINLINE enum state scan_field(const char **cursor, u32 *transitions) {
  enum state state = FIELD_START;
  const char *s = *cursor;
  for (; *s && *s != ','; s++) {
    char c = *s;
    int digit = c >= '0' && c <= '9';
    enum state next = state;
    switch (state) {
      case FIELD_START: next = digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? FRACTION : INVALID; break;
      case SIGN: next = digit ? INTEGER : c == '.' ? FRACTION : INVALID; break;
      case INTEGER: next = digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID; break;
      case FRACTION: next = digit ? FRACTION : c == 'e' ? EXPONENT : INVALID; break;
      case EXPONENT: next = digit || c == '-' ? EXPONENT : INVALID; break;
      default: break;
    }
    if (next != state) transitions[state]++;
    state = next;
  }
  *cursor = *s ? s + 1 : s;
  return state;
}

static u32 state_work(void) {
  static const char input[] =
      "5012,-874,+1.25,.5e-3,abc,12e4,110,-.75,0x5,7.,1e,+,99999999,3.14159,2.71e-1,,-1,+x,.1.2,42,8e8,k9,-0.0,6";
  u32 finals[STATES] = {0}, transitions[STATES] = {0}, crc = 0;
  for (const char *cursor = input; *cursor;) finals[scan_field(&cursor, transitions)]++;
  for (int i = 0; i < STATES; i++) crc = crc16(crc16(crc, finals[i]), transitions[i]);
  return crc;
}

int run(int n) {
  u32 crc = 0;
  for (int i = 0; i < n; i++) {
    u32 seed = (u32)i * 2 + 1;
    crc = crc16(crc, list_work(seed));
    crc = crc16(crc, matrix_work(seed));
    for (int k = 0; k < 4; k++) crc = crc16(crc, state_work());
  }
  return (int)crc;
}
