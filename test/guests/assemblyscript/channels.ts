// A bounded channel between producers and consumers; a channel sent through a channel.

import { Channel, print, Process } from "lunatic-as";

@message
class Job {
  constructor(public number: i32, public result: Channel<i64>) {}
}

@message
class Producer {
  constructor(public jobs: Channel<Job>, public from: i32, public to: i32, public results: Channel<i64>) {}
}

function produce(task: Producer): void {
  for (let i = task.from; i < task.to; i++) task.jobs.send(new Job(i, task.results));
}

function consume(jobs: Channel<Job>): void {
  while (true) {
    const job = jobs.receive();
    job.result.send(<i64>job.number * job.number);
  }
}

export function main(): void {
  const jobs = new Channel<Job>(2);
  const results = new Channel<i64>(3);
  for (let i = 0; i < 4; i++) Process.spawn(jobs, consume);
  for (let i = 0; i < 5; i++) Process.spawn(new Producer(jobs, i * 100, i * 100 + 100, results), produce);
  let sum: i64 = 0;
  for (let i = 0; i < 500; i++) sum += results.receive();
  print(`sum of 500 squares: ${sum}`);

  const texts = new Channel<Channel<string>>();
  const inner = new Channel<string>();
  texts.send(inner);
  texts.receive().send("hello");
  print(inner.receive());
}
