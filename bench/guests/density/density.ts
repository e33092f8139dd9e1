// N processes with some state of their own that have answered one message and wait for another.
// Arguments: N. The protocol of bench/density.ts; peers: src/main.rs, density.c.

import { Mailbox, print, Process, readLine } from "lunatic-as";

@message
class Start {
  constructor(public number: u64, public parent: Process<u64>) {}
}

/** What a child must answer to `question`, its `asked`-th. */
function expected(number: u64, asked: u64, question: u64): u64 {
  return (number * 31 + question + asked) ^ number;
}

/** Keeps a text and a map from one message to the next, as a session of a server would. */
function child(start: Start, mailbox: Mailbox<u64>): void {
  const name = `process number ${start.number}`;
  const asked = new Map<string, u64>();
  while (true) {
    const question = mailbox.receive().value;
    asked.set(name, (asked.has(name) ? asked.get(name) : 0) + 1);
    const own = u64.parse(name.split(" ")[2]);
    start.parent.send(expected(own, asked.get(name), question));
  }
}

const mailbox = new Mailbox<u64>();

function ask(process: Process<u64>, number: u64, asked: u64): bool {
  process.send(number * 7);
  return mailbox.receive().value == expected(number, asked, number * 7);
}

export function main(): void {
  const count = u64.parse(process.argv[process.argv.length - 1]);
  const children = new Array<Process<u64>>();
  print("before 0");
  readLine();
  const start = performance.now();
  for (let number: u64 = 0; number < count; number++) {
    const process = Process.spawnActor(new Start(number, Process.self<u64>()), child);
    assert(ask(process, number, 1));
    children.push(process);
  }
  print(`ns ${<u64>((performance.now() - start) * 1e6)}`);
  readLine();
  let right: u64 = 0;
  for (let number: u64 = 0; number < count; number++) right += u64(ask(children[<i32>number], number, 2));
  print(`answers ${right}`);
  readLine();
  for (let number: u64 = 0; number < count; number++) children[<i32>number].kill();
  print(`ended ${count}`);
  readLine();
}
