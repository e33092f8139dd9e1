// Delayed messages, in the order of their times; cancelled ones do not come; sleeping takes its time.

import { Mailbox, print, Process } from "lunatic-as";

export function main(): void {
  const self = Process.self<string>();
  const mailbox = new Mailbox<string>();
  const start = Date.now();
  self.sendAfter("third", 90);
  self.sendAfter("first", 10);
  const cancelled = self.sendAfter("never", 30);
  self.sendAfter("second", 50);
  self.send("at once");
  print(`cancelled: ${cancelled.cancel()}`);
  for (let i = 0; i < 4; i++) print(mailbox.receive().value);
  const waited = Date.now() - start;
  print(`waited long enough: ${waited >= 85}, not too long: ${waited < 5000}`);
  print(`cancelled again: ${cancelled.cancel()}`);
  print(`nothing more: ${mailbox.receive(20).isTimeout}`);

  const before = performance.now();
  Process.sleep(30);
  const slept = performance.now() - before;
  print(`slept: ${slept >= 29 && slept < 5000}`);
}
