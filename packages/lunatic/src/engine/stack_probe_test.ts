import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeStackProbe } from './stack_probe.ts';

/** How deep a small JavaScript function can still call itself here. */
function depthLeft(): number {
  let depth = 0;
  const deeper = (): void => {
    depth++;
    deeper();
  };
  // Nothing that needs stack of its own may stand here.
  try {
    deeper();
  } catch {}
  return depth;
}

/** `depthLeft` where `check` begins to throw, on the way down a stack that is used up. */
function depthAtFirstThrow(check: () => void): number {
  let found = -1;
  const deeper = (): void => {
    try {
      check();
    } catch {
      found = depthLeft();
      return;
    }
    deeper();
  };
  deeper();
  return found;
}

/** V8's default; node:test starts its files without a flag. */
const STACK_BYTES = 984 * 1024;

test('the probe throws where some 48 KiB of stack are left, before and after V8 has compiled it well', async () => {
  const probe = makeStackProbe();
  // Once compiled, its frames are smaller.
  for (let k = 0; k < 50; k++) depthLeft();
  const bytesPerDepth = STACK_BYTES / depthLeft();
  for (const calls of [0, 100_000, 3_000_000]) {
    for (let k = 0; k < calls; k++) probe(0);
    // V8 compiles on other threads, and takes the result over when we come by.
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const leftBytes = depthAtFirstThrow(() => probe(0)) * bytesPerDepth;
    assert.ok(leftBytes > 44 * 1024 && leftBytes < 96 * 1024, `${leftBytes} bytes left after ${calls} calls`);
  }
});
