// Which top-level code runs where: all of it in the main process; in others the initialisers of what functions use.

import { print, Process, Channel } from "lunatic-as";
import { shared, sharedCount } from "./lib/counter";

@message
class Work {
  constructor(public done: Channel<string>, public name: string) {}
}

const LIMIT = 10;
const doubled = LIMIT * 2;
const table = new Map<string, i32>();
table.set("only in the main process", 1);
let counter = start();
counter += 5;
const total = counter; // used by a function: a spawned process computes it from the initial values
@lazy const rare: string = "lazy " + doubled.toString();

class Settings {
  static readonly names: string[] = ["a", "b"];
  private static hidden: i32 = start() + 1;
  static get shown(): i32 { return Settings.hidden; }
}

namespace Space {
  export const list: i32[] = [1, 2, 3];
}

enum Level { Low = 1, High = Low + 1 }

const square = (x: i32): i32 => x * x;

function start(): i32 { return 100; }

function describe(): string {
  return `${doubled} ${table.size} ${counter} ${total} ${Settings.names} ${Settings.shown} ${Space.list} ${Level.High} ${square(3)} ${shared.size} ${sharedCount()} ${rare}`;
}

function child(work: Work): void {
  counter++;
  work.done.send(work.name + ": " + describe());
}

const done = new Channel<string>();
print("main: " + describe());
// A name that a function uses for something of its own is no use of this variable.
const other = Process.spawn(new Work(done, "first"), child);
print(done.receive());
Process.spawn(new Work(done, "second"), child);
print(done.receive());
print("main: " + describe());

export function unrelated(other: i32): i32 { return other; }
