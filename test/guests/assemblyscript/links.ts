// Links and monitors: who is told of whose end, and who dies of it.

import { Mailbox, Message, MessageKind, print, Process, Reply } from "lunatic-as";

function fail(ms: u64): void {
  Process.sleep(ms);
  unreachable();
}

function finish(ms: u64): void {
  Process.sleep(ms);
}

function kindName(message: Message<i32>): string {
  switch (message.kind) {
    case MessageKind.Data: return "data";
    case MessageKind.LinkDied: return "link died";
    case MessageKind.ProcessDied: return "process died";
    default: return "timeout";
  }
}

/** Links itself to a process that fails, and answers only if it survives. */
function linked(answer: Reply<string>): void {
  Process.spawnLink<u64>(10, fail);
  Process.sleep(200);
  answer.send("survived");
}

/** The same, but it asks to be told. */
function trapping(answer: Reply<string>): void {
  Process.dieWhenLinkDies(false);
  Process.spawnLink<u64>(10, fail, 77);
  const message = new Mailbox<i32>().receive();
  answer.send(kindName(message) + " with tag " + message.tag.toString());
}

/** Ends its link in time. */
function unlinked(answer: Reply<string>): void {
  const child = Process.spawnLink<u64>(20, fail);
  child.unlink();
  Process.sleep(100);
  answer.send("survived");
}

function ask(entry: (answer: Reply<string>) => void): string {
  const answer = new Reply<string>();
  Process.spawn(answer, entry);
  const message = answer.tryReceive(500);
  return message.isTimeout ? "no answer" : message.value;
}

export function main(): void {
  const mailbox = new Mailbox<i32>();
  print("linked: " + ask(linked));
  print("trapping: " + ask(trapping));
  print("unlinked: " + ask(unlinked));

  const failing = Process.spawn<u64>(10, fail);
  failing.monitor();
  let message = mailbox.receive();
  print(`monitor of a failure: ${kindName(message)} ${message.processId == failing.id} ${failing.isAlive}`);

  const finishing = Process.spawn<u64>(10, finish);
  finishing.monitor();
  message = mailbox.receive();
  print(`monitor of an end: ${kindName(message)} ${message.processId == finishing.id}`);

  const endless = Process.spawn<u64>(1000000, finish);
  endless.monitor();
  print(`alive ${endless.isAlive}`);
  endless.kill();
  message = mailbox.receive();
  print(`monitor of a kill: ${kindName(message)} ${message.processId == endless.id} ${endless.isAlive}`);

  const quiet = Process.spawn<u64>(10, finish);
  quiet.monitor();
  quiet.stopMonitoring();
  print(`no monitor: ${kindName(mailbox.receive(100))}`);

  Process.dieWhenLinkDies(false);
  const gone = new Process<i32>(quiet.id);
  gone.link(5);
  message = mailbox.receive(1000);
  print(`link to nobody: ${kindName(message)} with tag ${message.tag}`);

  Process.spawnLink<u64>(1, finish, 6);
  print(`normal end of a link: ${kindName(mailbox.receive(100))}`);
}
