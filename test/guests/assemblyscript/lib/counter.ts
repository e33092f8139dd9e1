// The top level of an imported file runs in every process.

export const shared = new Map<string, i32>();
shared.set("set at the top level of a library", 1);

let count = 1;
count++;

export function sharedCount(): i32 { return count; }
