// The sieve of Eratosthenes as a row of processes: each keeps one prime, and passes on the numbers that it does not divide.
//
//   lunatic examples/assemblyscript/primes.ts 100

import { Channel, print, Process } from "lunatic-as";

const END = 0;

@message
class Sieve {
  constructor(public numbers: Channel<i32>, public primes: Channel<i32>) {}
}

function sieve(task: Sieve): void {
  const prime = task.numbers.receive();
  task.primes.send(prime);
  if (prime == END) return;
  const next = new Channel<i32>(16);
  Process.spawn(new Sieve(next, task.primes), sieve);
  while (true) {
    const number = task.numbers.receive();
    if (number == END || number % prime != 0) next.send(number);
    if (number == END) return;
  }
}

export function main(): void {
  const limit = process.argv.length > 1 ? <i32>parseInt(process.argv[1]) : 100;
  const numbers = new Channel<i32>(16);
  const primes = new Channel<i32>();
  Process.spawn(new Sieve(numbers, primes), sieve);
  for (let i = 2; i <= limit; i++) numbers.send(i);
  numbers.send(END);

  const found: i32[] = [];
  while (true) {
    const prime = primes.receive();
    if (prime == END) break;
    found.push(prime);
  }
  print(found.join(" "));
}
