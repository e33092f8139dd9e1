// Arguments, environment and standard input, printed.

import { print, printError, readAll, readLine, write } from "lunatic-as";

export function main(): void {
  for (let i = 1; i < process.argv.length; i++) print(`argument ${i}: ${process.argv[i]}`);
  print("GREETING=" + (process.env.has("GREETING") ? process.env.get("GREETING") : "(unset)"));
  const first = readLine();
  print("first line: " + (first === null ? "(none)" : first));
  const second = readLine();
  print("second line: " + (second === null ? "(none)" : second));
  write("rest: ");
  print(readAll());
  print(readLine() === null ? "end of input" : "more input?");
  printError("this goes to standard error");
}
