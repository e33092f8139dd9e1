// A parent spawns 1,000 children over one channel. Each child gets (i, vec, channel), adds up vec[0..=i] and sends (i, sum) back;
// the parent prints the sums in the order in which they arrive.
//
//   lunatic examples/sum.ts

import { Channel, print, Process } from "lunatic-as";

@message
class Sum {
  constructor(
    public i: i32,
    public sum: i32
  ) {}
}

@message
class Task {
  constructor(
    public i: i32,
    public vec: i32[],
    public channel: Channel<Sum>
  ) {}
}

function child(task: Task): void {
  let sum = 0;
  for (let k = 0; k <= task.i; k++) sum += task.vec[k];
  task.channel.send(new Sum(task.i, sum));
}

export function main(): void {
  const channel = new Channel<Sum>();
  const vec: i32[] = [];
  for (let i = 0; i < 1000; i++) vec.push(i);

  for (let i = 0; i < vec.length; i++) {
    Process.spawn(new Task(i, vec, channel), child);
  }
  for (let i = 0; i < vec.length; i++) {
    const answer = channel.receive();
    print(`Sum until ${answer.i}: ${answer.sum}`);
  }
}
