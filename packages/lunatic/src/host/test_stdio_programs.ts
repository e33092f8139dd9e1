// Programs that stdio_test.ts starts, by name.

import fs from 'node:fs';
import { INPUT_NOTHING_YET } from './environment.ts';
import { NodeInput, NodeOutput } from './stdio.ts';

const output = new NodeOutput();
const input = new NodeInput();
const UTF8 = new TextEncoder();

function print(fd: 1 | 2, text: string): string {
  return output.write(fd, UTF8.encode(text));
}

/**
 * 100,000 lines, waiting whenever asked to. Tells on standard error when timers have gone on during the first wait: past `output`, which
 * keeps the order of both streams.
 */
async function lines(): Promise<void> {
  let ticks = 0;
  const tick = () => {
    if (++ticks === 3) fs.writeSync(2, 'waiting\n');
    else setTimeout(tick, 1);
  };
  for (let i = 0; i < 100_000; i++) {
    while (print(1, `line ${i}\n`) === 'full') {
      if (ticks === 0) setTimeout(tick, 1);
      await new Promise<void>((resolve) => output.onDrain(resolve));
    }
  }
  await output.drained();
}

function both(): void {
  for (let i = 0; i < 3; i++) {
    print(1, `o${i}\n`);
    print(2, `e${i}\n`);
  }
}

function count(): void {
  let calls = 0;
  const { writeSync } = fs;
  fs.writeSync = ((...args: Parameters<typeof writeSync>) => {
    calls++;
    return writeSync(...args);
  }) as typeof writeSync;
  for (let i = 0; i < 1000; i++) print(1, 'x\n');
  setImmediate(() => {
    fs.writeSync = writeSync;
    writeSync(2, JSON.stringify({ calls }));
  });
}

function endless(): void {
  const timer = setInterval(() => print(1, `${'x'.repeat(1000)}\n`), 1);
  output.onClosed = (fd) => {
    clearInterval(timer);
    print(2, `closed ${fd}\n`);
  };
}

function full(): void {
  const first = print(1, 'x');
  output.flush();
  print(2, `${first} ${print(1, 'y')}\n`);
}

/** Copies input to output as it comes, then prints `end`. */
async function echo(): Promise<void> {
  const buffer = new Uint8Array(1000);
  for (;;) {
    const size = input.read(buffer);
    if (size === 0) break;
    if (size === INPUT_NOTHING_YET) await new Promise<void>((resolve) => input.onReadable(resolve));
    else while (output.write(1, buffer.subarray(0, size)) === 'full') await output.drained();
  }
  print(1, 'end\n');
}

function withdraw(): void {
  const withdrawn = input.onReadable(() => {});
  setTimeout(withdrawn, 50);
}

function ask(): void {
  const timer = setInterval(() => {
    const available = input.available();
    if (available === INPUT_NOTHING_YET) return;
    clearInterval(timer);
    print(1, `available ${available}\n`);
  }, 5);
}

function askOnce(): void {
  input.available();
}

const PROGRAMS = new Map<string, () => void | Promise<void>>(
  Object.entries({ lines, both, count, endless, full, echo, withdraw, ask, ask_once: askOnce }),
);

await PROGRAMS.get(process.argv[2] ?? '')?.();
