// Requests and answers, one process serving several at once; late answers do no harm.

import { Mailbox, print, Process, Reply, Request, request } from "lunatic-as";

function squares(ready: Reply<bool>, mailbox: Mailbox<Request<i32, i64>>): void {
  ready.send(true);
  while (true) {
    const message = mailbox.receive().value;
    if (message.value < 0) return;
    if (message.value == 13) Process.sleep(60);
    message.reply(<i64>message.value * message.value);
  }
}

@message
class Client {
  constructor(public server: Process<Request<i32, i64>>, public from: i32, public sum: Reply<i64>) {}
}

function client(task: Client): void {
  let sum: i64 = 0;
  for (let i = 0; i < 100; i++) sum += request(task.server, task.from + i);
  task.sum.send(sum);
}

export function main(): void {
  const ready = new Reply<bool>();
  const server = Process.spawnActor<Reply<bool>, Request<i32, i64>>(ready, squares);
  ready.receive(1000);
  print(`one: ${request<i32, i64>(server, 12)}`);

  const sums: Reply<i64>[] = [];
  for (let i = 0; i < 10; i++) {
    const sum = new Reply<i64>();
    sums.push(sum);
    Process.spawn(new Client(server, 100 * (i + 1), sum), client);
  }
  for (let i = 0; i < sums.length; i++) print(`client ${i}: ${sums[i].receive()}`);

  const late = new Reply<i64>();
  server.send(new Request<i32, i64>(13, late));
  print(`too slow: ${late.tryReceive(5).isTimeout}`);
  // The answer comes while this process waits for something else: it is passed over.
  print(`nothing for the mailbox: ${new Mailbox<i32>().receive(150).isTimeout}`);
  print(`then: ${request<i32, i64>(server, 5, 1000)}`);
  server.send(new Request<i32, i64>(-1, late));
}
