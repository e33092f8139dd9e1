// Names for processes, known to the whole program. A name goes away with its process.

import { registryGet, registryPut, registryRemove } from "./bindings/process";
import { Process } from "./process";

const THIS_NODE: u64 = 0;

@final
export abstract class Registry {
  /** Gives a name to a process; one that had it loses it. */
  static put<M>(name: string, process: Process<M>): void {
    const bytes = String.UTF8.encode(name);
    registryPut(changetype<usize>(bytes), bytes.byteLength, THIS_NODE, process.target);
  }

  /** The process of that name, or null. M is what its mailbox takes; the caller has to know. */
  static get<M>(name: string): Process<M> | null {
    const bytes = String.UTF8.encode(name);
    const nodeId = memory.data(8);
    const processId = memory.data(8);
    if (registryGet(changetype<usize>(bytes), bytes.byteLength, nodeId, processId) != 0) return null;
    return new Process<M>(load<u64>(processId));
  }

  /** Forgets a name. Unknown ones are fine. */
  static remove(name: string): void {
    const bytes = String.UTF8.encode(name);
    registryRemove(changetype<usize>(bytes), bytes.byteLength);
  }
}
