// No main function is needed: the top level of the file is the program.
//
//   lunatic examples/assemblyscript/script.ts

import { Process, Reply, print } from "lunatic-as";

const greeting = "hello from process ";

function greet(reply: Reply<string>): void {
  // `greeting` is here too: every process has its own copy of the variables that its functions use.
  reply.send(greeting + Process.self<string>().id.toString());
}

for (let i = 0; i < 3; i++) {
  const reply = new Reply<string>();
  Process.spawn(reply, greet);
  print(reply.receive());
}
