// qsort and bsearch with callbacks: calls through the table, from inside the C library.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  char name[12];
  int age;
  double weight;
} person;

static uint32_t state = 42;
static uint32_t next_random(void) {
  state = state * 1664525u + 1013904223u;
  return state >> 8;
}

static long comparisons = 0;

static int ascending(const void *a, const void *b) {
  comparisons++;
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static int by_name_then_age(const void *a, const void *b) {
  const person *x = a, *y = b;
  int names = strcmp(x->name, y->name);
  return names != 0 ? names : (x->age > y->age) - (x->age < y->age);
}

static int by_weight(const void *a, const void *b) {
  double x = ((const person *)a)->weight, y = ((const person *)b)->weight;
  return (x < y) - (x > y);
}

static uint32_t checksum(const int *values, int count) {
  uint32_t sum = 0;
  for (int i = 0; i < count; i++) sum = sum * 31 + (uint32_t)values[i];
  return sum;
}

int main(void) {
  enum { COUNT = 5000, PEOPLE = 100 };
  static int values[COUNT];
  for (int i = 0; i < COUNT; i++) values[i] = (int)(next_random() % 100000);
  qsort(values, COUNT, sizeof values[0], ascending);
  printf("ascending %d %d %d checksum %u\n", values[0], values[COUNT / 2], values[COUNT - 1], checksum(values, COUNT));
  printf("compared more than %d times: %d\n", COUNT, comparisons > COUNT);
  int wanted = values[1234];
  int *found = bsearch(&wanted, values, COUNT, sizeof values[0], ascending);
  printf("found: %d, missing: %d\n", found != NULL && *found == wanted, bsearch(&(int){-1}, values, COUNT, sizeof values[0], ascending) == NULL);

  static const char *names[] = {"Ada", "Grace", "Barbara", "Edsger", "Alan", "Joe", "Robert", "Mike"};
  static person people[PEOPLE];
  for (int i = 0; i < PEOPLE; i++) {
    strcpy(people[i].name, names[next_random() % 8]);
    people[i].age = (int)(next_random() % 60);
    people[i].weight = 50 + (double)(next_random() % 5000) / 100;
  }
  qsort(people, PEOPLE, sizeof people[0], by_name_then_age);
  printf("by name: %s %d ... %s %d\n", people[0].name, people[0].age, people[PEOPLE - 1].name, people[PEOPLE - 1].age);
  qsort(people, PEOPLE, sizeof people[0], by_weight);
  printf("by weight: %.2f ... %.2f\n", people[0].weight, people[PEOPLE - 1].weight);
}
