// An interpreter of a small stack machine, running a sieve of primes and a loop of calls.

import { print } from "lunatic-as";

enum Op { Push, Load, Store, Get, Set, Add, Sub, Mul, Less, Jump, JumpIfZero, Print, Call, Return, Halt }

class Machine {
  private stack: i32[] = [];
  private calls: i32[] = [];
  private variables: StaticArray<i32> = new StaticArray<i32>(16);
  private heap: StaticArray<i32> = new StaticArray<i32>(1000);
  steps: i32 = 0;

  run(code: i32[]): string {
    let output = "";
    let pc = 0;
    while (true) {
      this.steps++;
      const op: Op = code[pc++];
      switch (op) {
        case Op.Push: this.stack.push(code[pc++]); break;
        case Op.Load: this.stack.push(this.variables[code[pc++]]); break;
        case Op.Store: this.variables[code[pc++]] = this.stack.pop(); break;
        case Op.Get: this.stack.push(this.heap[this.stack.pop()]); break;
        case Op.Set: {
          const index = this.stack.pop();
          this.heap[index] = this.stack.pop();
          break;
        }
        case Op.Add: this.stack.push(this.stack.pop() + this.stack.pop()); break;
        case Op.Sub: {
          const right = this.stack.pop();
          this.stack.push(this.stack.pop() - right);
          break;
        }
        case Op.Mul: this.stack.push(this.stack.pop() * this.stack.pop()); break;
        case Op.Less: {
          const right = this.stack.pop();
          this.stack.push(this.stack.pop() < right ? 1 : 0);
          break;
        }
        case Op.Jump: pc = code[pc]; break;
        case Op.JumpIfZero: pc = this.stack.pop() == 0 ? code[pc] : pc + 1; break;
        case Op.Print: output += this.stack.pop().toString() + " "; break;
        case Op.Call: {
          this.calls.push(pc + 1);
          pc = code[pc];
          break;
        }
        case Op.Return: pc = this.calls.pop(); break;
        default: return output;
      }
    }
  }
}

export function main(): void {
  const limit = 100;
  const i = 0, j = 1;
  const sieve: i32[] = [
    Op.Push, 2, Op.Store, i,
    /* 4: while i < limit */ Op.Load, i, Op.Push, limit, Op.Less, Op.JumpIfZero, 53,
    Op.Load, i, Op.Get, Op.JumpIfZero, 25,
    /* 16: next i */ Op.Load, i, Op.Push, 1, Op.Add, Op.Store, i, Op.Jump, 4,
    /* 25: a prime */ Op.Load, i, Op.Print, Op.Load, i, Op.Store, j,
    /* 32: while j < limit */ Op.Load, j, Op.Push, limit, Op.Less, Op.JumpIfZero, 16,
    Op.Push, 1, Op.Load, j, Op.Set, Op.Load, j, Op.Load, i, Op.Add, Op.Store, j, Op.Jump, 32,
    /* 53 */ Op.Halt
  ];
  const machine = new Machine();
  print(machine.run(sieve));
  print(`${machine.steps} steps`);

  const n = 0, sum = 1;
  const loop: i32[] = [
    Op.Push, 20000, Op.Store, n, Op.Push, 0, Op.Store, sum,
    /* 8 */ Op.Load, n, Op.JumpIfZero, 17, Op.Call, 21, Op.Jump, 8, Op.Halt,
    /* 17 */ Op.Load, sum, Op.Print, Op.Halt,
    /* 21 */ Op.Load, sum, Op.Load, n, Op.Add, Op.Store, sum, Op.Load, n, Op.Push, 1, Op.Sub, Op.Store, n, Op.Return
  ];
  print(machine.run(loop));
  print(`${machine.steps} steps`);
}
