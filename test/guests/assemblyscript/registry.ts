// Names: found by other processes, replaced, removed, and of no use after the end.

import { Mailbox, print, Process, Registry, Reply, Request, request } from "lunatic-as";

type Echo = Request<string, string>;

function echo(prefix: string, mailbox: Mailbox<Echo>): void {
  while (true) {
    const message = mailbox.receive().value;
    message.reply(prefix + message.value);
  }
}

function lookup(answer: Reply<string>): void {
  const found = Registry.get<Echo>("echo/grün");
  answer.send(found === null ? "not found" : request<string, string>(found, "from a child"));
}

function ask(): string {
  const answer = new Reply<string>();
  Process.spawn(answer, lookup);
  return answer.receive();
}

export function main(): void {
  print(ask());
  const first = Process.spawnActor("first: ", echo);
  Registry.put("echo/grün", first);
  print(ask());
  const second = Process.spawnActor("second: ", echo);
  Registry.put("echo/grün", second);
  print(ask());
  second.kill();
  while (second.isAlive) Process.sleep(1);
  const left = Registry.get<Echo>("echo/grün");
  print(`nobody alive has the name: ${left === null || !left.isAlive}`);
  Registry.remove("echo/grün");
  Registry.remove("echo/grün");
  print(ask());
}
