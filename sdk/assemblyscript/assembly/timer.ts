// A message on its way: what `Process.sendAfter` gives.

import { cancelTimer } from "./bindings/process";

@final
export class Timer {
  constructor(private id: u64) {}

  /** Stops the message; false if it has been delivered already. */
  cancel(): bool {
    return cancelTimer(this.id) != 0;
  }
}
