// A program for workers_test.ts, with nothing in its event loop but a VM: it sends something to a process of another thread, and waits for its end.

import { setTimeout } from 'node:timers/promises';
import type { ExitReason } from '../actor/exit_reason.ts';
import { createMessage } from '../actor/message.ts';
import { assemble } from '../wasm/test_modules.ts';
import { DEFAULT_PROCESS_CONFIG } from './process_config.ts';
import { startNode } from './start_node.ts';
import { CapturedOutput, FixedInput } from './streams.ts';
import type { ThreadTransport } from './thread_transport.ts';

const { node, pool, close } = startNode({ output: new CapturedOutput(), input: new FixedInput(''), workers: 2 });
const module = node.load(
  assemble(`(module
    (import "lunatic::message" "receive" (func $receive (param i32 i32 i64) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start"))
    (func (export "waits") (local $k i32)
      (drop (call $receive (i32.const 0) (i32.const 0) (i64.const -1)))
      (loop $more
        (br_if $more (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 50000000))))))`),
  'guest',
);
pool?.start();
const transport = node.system.remote?.transport as ThreadTransport; // startNode has made it
while (!transport.isUp(1)) await setTimeout(1);

function spawn(name: string, worker: number): { readonly pid: number; readonly exited: Promise<ExitReason> } {
  node.engine.placement = () => worker;
  const { promise, resolve } = Promise.withResolvers<ExitReason>();
  const entry = { kind: 'export', name } as const;
  const request = { module, config: DEFAULT_PROCESS_CONFIG, entry, params: new Uint8Array(0), link: null };
  const pid = node.engine.spawn({ ...request, onExit: resolve });
  if (typeof pid === 'string') throw new Error(pid);
  return { pid, exited: promise };
}

// Once it has run here, its processes can be elsewhere.
await spawn('_start', 0).exited;
const { pid, exited } = spawn('waits', 1);
await setTimeout(100);
node.system.send(pid, createMessage());
console.log((await exited).kind);
await close();
