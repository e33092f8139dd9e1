// Host functions that every thread of a VM loads, for workers_test.ts.

import { threadId } from 'node:worker_threads';
import { asyncHostFunction, hostFunction } from './embedder_functions.ts';

export const hostFunctions = [
  hostFunction({ module: 'test', name: 'thread', params: [], result: 'i32', call: () => threadId }),
  asyncHostFunction({
    module: 'test',
    name: 'thread_later',
    params: [],
    result: 'i32',
    start: () => new Promise<number>((resolve) => setTimeout(resolve, 5, threadId)),
    finish: (_, value) => value,
  }),
  // On any thread but the main one, this ends the thread and nothing else.
  hostFunction({ module: 'test', name: 'end_thread', params: [], call: () => process.exit(1) }),
];
