// A trap in a child does not end the program.

import { print, Process } from "lunatic-as";

function divide(by: i32): void {
  print((100 / by).toString());
}

export function main(): void {
  const child = Process.spawn(0, divide);
  while (child.isAlive) Process.sleep(1);
  Process.spawn(4, divide);
  Process.sleep(20);
  print("the main process goes on");
}
