// Two processes send a number to and fro.

import { Mailbox, print, Process } from "lunatic-as";

@message
class Ball {
  constructor(public from: Process<i32>, public rounds: i32) {}
}

function player(ball: Ball, mailbox: Mailbox<i32>): void {
  for (let i = 0; i < ball.rounds; i++) ball.from.send(mailbox.receive().value + 1);
}

export function main(): void {
  const rounds = 10000;
  const mailbox = new Mailbox<i32>();
  const other = Process.spawnActor(new Ball(Process.self<i32>(), rounds), player);
  let value = 0;
  for (let i = 0; i < rounds; i++) {
    other.send(value);
    value = mailbox.receive().value;
  }
  print(`after ${rounds} rounds: ${value}`);
}
