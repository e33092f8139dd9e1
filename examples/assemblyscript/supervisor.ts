// A supervisor starts a worker again each time it fails, up to a limit.
//
//   lunatic examples/assemblyscript/supervisor.ts

import { Channel, Mailbox, MessageKind, print, Process } from "lunatic-as";

const MAX_RESTARTS = 5;
const WORKER_LINK: i64 = 1;

@message
class Job {
  constructor(public numbers: Channel<i32>, public results: Channel<string>) {}
}

/** Divides 100 by numbers; fails for 0. */
function worker(job: Job): void {
  while (true) {
    const number = job.numbers.receive();
    job.results.send(`100 / ${number} = ${100 / number}`);
  }
}

function supervisor(job: Job): void {
  Process.dieWhenLinkDies(false);
  const mailbox = new Mailbox<i32>();
  for (let restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
    if (restarts > 0) job.results.send(`restart ${restarts}`);
    Process.spawnLink(job, worker, WORKER_LINK);
    while (mailbox.receive().kind != MessageKind.LinkDied) {}
  }
  job.results.send("the worker fails too often");
}

export function main(): void {
  const job = new Job(new Channel<i32>(), new Channel<string>());
  Process.spawn(job, supervisor);
  const numbers = [5, 0, 7, 0, 0, 20, 0, 0, 0];
  for (let i = 0; i < numbers.length; i++) job.numbers.send(numbers[i]);
  let line = "";
  do {
    line = job.results.receive();
    print(line);
  } while (!line.startsWith("the worker"));
}
