// A failed check deep in the main process: the report names the functions.

import { print } from "lunatic-as";

class Inventory {
  private items: Map<string, i32> = new Map();

  take(name: string): i32 {
    return this.lookUp(name) - 1;
  }

  private lookUp(name: string): i32 {
    assert(this.items.has(name), "no such item: " + name);
    return this.items.get(name);
  }
}

/** Recursive, so that the compiler keeps it as a function. */
function serveCustomer(inventory: Inventory, wish: string, patience: i32): i32 {
  if (patience > 0) return serveCustomer(inventory, wish, patience - 1) + 1;
  return inventory.take(wish);
}

print("before the crash");
print(serveCustomer(new Inventory(), "a unicorn", 3).toString());
