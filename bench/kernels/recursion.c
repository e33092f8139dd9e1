/* Calls: naive Fibonacci, the smallest function that calls itself twice. */
#include "kernel.h"

static NOINLINE u32 fibonacci(u32 n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

int run(int n) { return (int)fibonacci((u32)n); }
