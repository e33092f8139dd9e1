// The exit code of the program is that of its main process, even while others run.

import { print, Process } from "lunatic-as";

function busy(_: i32): void {
  while (true) {}
}

export function main(): void {
  Process.spawn(0, busy);
  print("leaving");
  process.exit(42);
  print("not printed");
}
