// What a configuration forbids: memory beyond a limit, endless computing, spawning.

import { Config, Mailbox, print, Process, Reply } from "lunatic-as";

function swallow(step: i32): void {
  const kept: StaticArray<u8>[] = [];
  while (true) kept.push(new StaticArray<u8>(step));
}

function spin(_: i32): void {
  let i: u64 = 1;
  while (i != 0) i = i * 6364136223846793005 + 1 | 1;
}

function nothing(_: i32): void {}

function multiply(_: i32): void {
  Process.spawn(0, nothing);
}

function configure(_: i32): void {
  new Config();
}

function compute(answer: Reply<i32>): void {
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += i;
  answer.send(sum);
}

function outcome(what: string, context: i32, entry: (context: i32) => void, config: Config): void {
  const mailbox = new Mailbox<i32>();
  const child = Process.spawn(context, entry, config);
  child.monitor();
  print(`${what}: ${mailbox.receive(10000).processId == child.id ? "ended" : "still running"}`);
}

export function main(): void {
  const small = new Config();
  small.maxMemory = 2 * 1024 * 1024;
  print(`limits ${small.maxMemory} ${small.maxFuel} ${small.canSpawnProcesses} ${small.canCreateConfigs} ${small.canCompileModules}`);
  outcome("memory", 50000, swallow, small);

  const brief = new Config();
  brief.maxFuel = 10;
  outcome("fuel", 0, spin, brief);

  const plain = new Config();
  outcome("spawning", 0, multiply, plain);
  outcome("configurations", 0, configure, plain);

  const answer = new Reply<i32>();
  Process.spawn(answer, compute, plain);
  print(`computing: ${answer.receive()}`);
  plain.canSpawnProcesses = true;
  print(`changed ${plain.canSpawnProcesses}`);
  plain.drop();
}
