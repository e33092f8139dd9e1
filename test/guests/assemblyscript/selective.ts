// Selective receive: messages are taken by tag, the others stay in their order; timeouts.

import { Mailbox, print, Process } from "lunatic-as";

function sender(to: Process<i32>): void {
  for (let i = 0; i < 6; i++) to.send(i, i % 3 + 1); // tags 1 2 3 1 2 3
  Process.sleep(50);
  to.send(100, 9);
}

export function main(): void {
  const mailbox = new Mailbox<i32>();
  Process.spawn(Process.self<i32>(), sender);
  print(`tag 3: ${mailbox.receiveTag(3).value}`);
  print(`tag 9, later: ${mailbox.receiveTag(9).value}`);
  print(`tag 2 or 3: ${mailbox.receiveTags([3, 2]).value}`);
  print(`tag 2 or 3: ${mailbox.receiveTags([3, 2]).value}`);
  print(`tag 8: timeout ${mailbox.receiveTag(8, 10).isTimeout}`);
  print(`tag 8: timeout ${mailbox.receiveTag(8, 0).isTimeout}`);
  for (let i = 0; i < 3; i++) {
    const message = mailbox.receive();
    print(`any: ${message.value} with tag ${message.tag}`);
  }
  print(`empty: timeout ${mailbox.receive(0).isTimeout}`);
}
