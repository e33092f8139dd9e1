// A process that keeps a map for others: messages of several classes, answers, and a name to find it by.
//
//   lunatic examples/assemblyscript/key_value_store.ts

import { Mailbox, print, Process, Registry, Reply } from "lunatic-as";

type Values = Map<string, i32>;

@message
abstract class Command {
  abstract applyTo(values: Values): void;
}

@message
class Put extends Command {
  constructor(public key: string, public value: i32) {
    super();
  }
  applyTo(values: Values): void {
    values.set(this.key, this.value);
  }
}

@message
class Add extends Command {
  constructor(public key: string, public by: i32) {
    super();
  }
  applyTo(values: Values): void {
    values.set(this.key, (values.has(this.key) ? values.get(this.key) : 0) + this.by);
  }
}

@message
class Get extends Command {
  constructor(public key: string, public reply: Reply<i32>) {
    super();
  }
  applyTo(values: Values): void {
    this.reply.send(values.has(this.key) ? values.get(this.key) : -1);
  }
}

function store(name: string, mailbox: Mailbox<Command>): void {
  const values: Values = new Map();
  Registry.put(name, Process.self<Command>());
  while (true) mailbox.receive().value.applyTo(values);
}

function findStore(): Process<Command> {
  while (true) {
    const found = Registry.get<Command>("store");
    if (found !== null) return found;
    Process.sleep(1);
  }
}

function get(key: string): i32 {
  const reply = new Reply<i32>();
  findStore().send(new Get(key, reply));
  return reply.receive(1000);
}

function visitor(done: Reply<bool>): void {
  const found = findStore();
  for (let i = 0; i < 100; i++) found.send(new Add("visits", 1));
  get("visits"); // answered after all of the above: messages of one sender keep their order
  done.send(true);
}

export function main(): void {
  Process.spawnActor("store", store);
  findStore().send(new Put("answer", 42));
  print(`answer: ${get("answer")}`);
  print(`question: ${get("question")}`);

  const visitors: Reply<bool>[] = [];
  for (let i = 0; i < 10; i++) {
    const done = new Reply<bool>();
    visitors.push(done);
    Process.spawn(done, visitor);
  }
  for (let i = 0; i < visitors.length; i++) visitors[i].receive(1000);
  print(`visits: ${get("visits")}`);
}
