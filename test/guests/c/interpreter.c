// A small bytecode interpreter with a switch and one with a table of functions, running the same programs.

#include <stdint.h>
#include <stdio.h>

enum { PUSH, LOAD, STORE, GET, SET, ADD, SUB, LESS, JUMP, JUMP_IF_ZERO, PRINT, HALT, OPS };

typedef struct {
  const int32_t *code;
  int32_t pc, sp, steps, halted;
  int32_t stack[32], variables[8], heap[512];
} machine;

#define POP(m) ((m)->stack[--(m)->sp])
#define PUSH_VALUE(m, v) ((m)->stack[(m)->sp++] = (v))

static void run_switch(machine *m) {
  for (;;) {
    m->steps++;
    int32_t a, b;
    switch (m->code[m->pc++]) {
      case PUSH: PUSH_VALUE(m, m->code[m->pc++]); break;
      case LOAD: PUSH_VALUE(m, m->variables[m->code[m->pc++]]); break;
      case STORE: m->variables[m->code[m->pc++]] = POP(m); break;
      case GET: a = POP(m); PUSH_VALUE(m, m->heap[a]); break;
      case SET: a = POP(m); m->heap[a] = POP(m); break;
      case ADD: a = POP(m); b = POP(m); PUSH_VALUE(m, a + b); break;
      case SUB: b = POP(m); a = POP(m); PUSH_VALUE(m, a - b); break;
      case LESS: b = POP(m); a = POP(m); PUSH_VALUE(m, a < b); break;
      case JUMP: m->pc = m->code[m->pc]; break;
      case JUMP_IF_ZERO: m->pc = POP(m) == 0 ? m->code[m->pc] : m->pc + 1; break;
      case PRINT: printf("%d ", POP(m)); break;
      default: return;
    }
  }
}

static void op_push(machine *m) { PUSH_VALUE(m, m->code[m->pc++]); }
static void op_load(machine *m) { PUSH_VALUE(m, m->variables[m->code[m->pc++]]); }
static void op_store(machine *m) { m->variables[m->code[m->pc++]] = POP(m); }
static void op_get(machine *m) { int32_t a = POP(m); PUSH_VALUE(m, m->heap[a]); }
static void op_set(machine *m) { int32_t a = POP(m); m->heap[a] = POP(m); }
static void op_add(machine *m) { int32_t a = POP(m), b = POP(m); PUSH_VALUE(m, a + b); }
static void op_sub(machine *m) { int32_t b = POP(m), a = POP(m); PUSH_VALUE(m, a - b); }
static void op_less(machine *m) { int32_t b = POP(m), a = POP(m); PUSH_VALUE(m, a < b); }
static void op_jump(machine *m) { m->pc = m->code[m->pc]; }
static void op_jump_if_zero(machine *m) { m->pc = POP(m) == 0 ? m->code[m->pc] : m->pc + 1; }
static void op_print(machine *m) { printf("%d ", POP(m)); }
static void op_halt(machine *m) { m->halted = 1; }

static void run_table(machine *m) {
  static void (*const ops[OPS])(machine *) = {op_push, op_load, op_store, op_get,          op_set,   op_add,
                                              op_sub,  op_less, op_jump,  op_jump_if_zero, op_print, op_halt};
  while (!m->halted) {
    m->steps++;
    ops[m->code[m->pc++]](m);
  }
}

static void run(const char *name, const int32_t *code) {
  machine by_switch = {.code = code}, by_table = {.code = code};
  printf("%s: ", name);
  run_switch(&by_switch);
  printf("(%d steps)\n%s: ", by_switch.steps, name);
  run_table(&by_table);
  printf("(%d steps)\n", by_table.steps);
}

int main(void) {
  enum { I, J, LIMIT = 100 };
  static const int32_t sieve[] = {
      PUSH, 2, STORE, I,
      /* 4: while i < limit */ LOAD, I, PUSH, LIMIT, LESS, JUMP_IF_ZERO, 53,
      LOAD, I, GET, JUMP_IF_ZERO, 25,
      /* 16: next i */ LOAD, I, PUSH, 1, ADD, STORE, I, JUMP, 4,
      /* 25: a prime */ LOAD, I, PRINT, LOAD, I, STORE, J,
      /* 32: while j < limit */ LOAD, J, PUSH, LIMIT, LESS, JUMP_IF_ZERO, 16,
      PUSH, 1, LOAD, J, SET, LOAD, J, LOAD, I, ADD, STORE, J, JUMP, 32,
      /* 53 */ HALT};
  static const int32_t countdown[] = {PUSH, 30000, STORE, I, /* 4 */ LOAD, I, JUMP_IF_ZERO, 17, LOAD, I, PUSH, 1, SUB, STORE, I,
                                      JUMP, 4, /* 17 */ LOAD, I, PRINT, HALT};
  run("sieve", sieve);
  run("countdown", countdown);
}
