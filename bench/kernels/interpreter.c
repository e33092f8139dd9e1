/* A bytecode interpreter for a stack machine: one loop around one big switch, the worst shape for
 * optimizers. The program run counts Collatz steps of all numbers up to n. */
#include "kernel.h"

enum op { PUSH, LOAD, STORE, ADD, MUL, HALVE, IS_ODD, LESS, EQUAL, JUMP, JUMP_IF, CALL, RETURN, HALT };

static NOINLINE u32 interpret(const int *code, u32 *locals) {
  u32 stack[64], returns[16];
  u32 sp = 0, rp = 0, pc = 0;
  for (;;) {
    int argument = code[pc + 1];
    switch ((enum op)code[pc]) {
      case PUSH: stack[sp++] = (u32)argument; break;
      case LOAD: stack[sp++] = locals[argument]; break;
      case STORE: locals[argument] = stack[--sp]; break;
      case ADD: sp--, stack[sp - 1] += stack[sp]; break;
      case MUL: sp--, stack[sp - 1] *= stack[sp]; break;
      case HALVE: stack[sp - 1] >>= 1; break;
      case IS_ODD: stack[sp - 1] &= 1; break;
      case LESS: sp--, stack[sp - 1] = stack[sp - 1] < stack[sp]; break;
      case EQUAL: sp--, stack[sp - 1] = stack[sp - 1] == stack[sp]; break;
      case JUMP: pc = (u32)argument * 2; continue;
      case JUMP_IF:
        if (stack[--sp]) {
          pc = (u32)argument * 2;
          continue;
        }
        break;
      case CALL:
        returns[rp++] = pc + 2;
        pc = (u32)argument * 2;
        continue;
      case RETURN: pc = returns[--rp]; continue;
      case HALT: return locals[0];
    }
    pc += 2;
  }
}

/* Locals: 0 total, 1 i, 2 x, 3 limit. */
static const int program[] = {
    /*  0 */ LOAD, 1, LOAD, 3, LESS, 0, JUMP_IF, 5, HALT, 0,
    /*  5 */ LOAD, 1, STORE, 2, CALL, 12, LOAD, 1, PUSH, 1, ADD, 0, JUMP, 26,
    /* 12 */ LOAD, 2, PUSH, 1, EQUAL, 0, JUMP_IF, 25, LOAD, 0, PUSH, 1, ADD, 0, STORE, 0,
    /* 20 */ LOAD, 2, IS_ODD, 0, JUMP_IF, 28, LOAD, 2, JUMP, 33,
    /* 25 */ RETURN, 0, STORE, 1, JUMP, 0,
    /* 28 */ LOAD, 2, PUSH, 3, MUL, 0, PUSH, 1, JUMP, 36,
    /* 33 */ HALVE, 0, STORE, 2, JUMP, 12,
    /* 36 */ ADD, 0, STORE, 2, JUMP, 12};

int run(int n) {
  u32 locals[4] = {0, 1, 0, (u32)n};
  return (int)interpret(program, locals);
}
