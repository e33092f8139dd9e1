// What `main` returns is the exit code.

import { print } from "lunatic-as";

export function main(): i32 {
  print("returning 7");
  return 7;
}
