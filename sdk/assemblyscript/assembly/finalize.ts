// Channels that a process has lost hold of are given back to the host. The transform adds this file to programs that mention
// channels: the runtime calls `__finalize`, where it is defined, for every object that it frees.

import { dropHandle } from "./bindings/early";
import { Handle } from "./channel";

const OBJECT_CLASS_AT: usize = 8;

// @ts-ignore: decorator
@global
function __finalize(object: usize): void {
  if (load<u32>(object - OBJECT_CLASS_AT) == idof<Handle>()) dropHandle(changetype<Handle>(object).number);
}
