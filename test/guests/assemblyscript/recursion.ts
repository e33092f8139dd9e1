// Recursion: fibonacci, Ackermann, mutual recursion, and as deep as 5,000 calls.

import { print } from "lunatic-as";

function fib(n: i32): i32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function ackermann(m: u32, n: u32): u32 {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

function isEven(n: i32): bool { return n == 0 ? true : isOdd(n - 1); }
function isOdd(n: i32): bool { return n == 0 ? false : isEven(n - 1); }

function depth(n: i32): i64 {
  return n == 0 ? 0 : depth(n - 1) * 3 % 1000003 + n;
}

function hanoi(n: i32, from: i32, to: i32, over: i32): i32 {
  return n == 0 ? 0 : hanoi(n - 1, from, over, to) + 1 + hanoi(n - 1, over, to, from);
}

export function main(): void {
  print(`fib(27) = ${fib(27)}`);
  print(`ackermann(2, 300) = ${ackermann(2, 300)}, ackermann(3, 6) = ${ackermann(3, 6)}`);
  print(`isEven(1001) = ${isEven(1001)}, isOdd(1001) = ${isOdd(1001)}`);
  print(`depth(5000) = ${depth(5000)}`);
  print(`hanoi(16) = ${hanoi(16, 1, 2, 3)}`);
}
