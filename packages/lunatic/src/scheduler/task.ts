// A task: something the scheduler can run for a slice. Its states and all transitions between them.
//
//                 wake / ready                    run
//   IDLE ------------------------------> QUEUED -------> RUNNING --- SLICE_WAITING ----> IDLE
//     ^                                     ^              |  |----- SLICE_PREEMPTED --> QUEUED
//     |                                     |              |  `----- SLICE_ENDED ------> ENDED
//     `-- (new tasks start here)            |              | wake
//                                           `-- WAITING -- RUNNING_WOKEN
//
// Invariants
// I1  A task is in a queue at most once: only IDLE -> QUEUED and the end of a slice enqueue it.
// I2  ENDED is final. A task that ended while QUEUED stays linked until the queue's turn comes to it, and is dropped then.
// I3  `queueNext` belongs to the queue the task is in, and to nobody else.

export const TASK_IDLE = 0;
export const TASK_QUEUED = 1;
export const TASK_RUNNING = 2;
/** Running, and a wake arrived meanwhile: a slice that ends with SLICE_WAITING is queued again. */
export const TASK_RUNNING_WOKEN = 3;
export const TASK_ENDED = 4;

/** How a slice ended. */
export type SliceOutcome = typeof SLICE_ENDED | typeof SLICE_PREEMPTED | typeof SLICE_WAITING;
/** The task will never run again. */
export const SLICE_ENDED = 0;
/** It used up its grant, or yields: back of the queue. */
export const SLICE_PREEMPTED = 1;
/** It waits for a wake. */
export const SLICE_WAITING = 2;

export interface Task {
  /** One of TASK_*. Written by the scheduler only; starts as TASK_IDLE. */
  taskState: number;
  /** Written by the scheduler only; starts as null. */
  queueNext: Task | null;
  /** Runs for about `sliceMs` milliseconds at most. An exception is a bug of the VM and stops the loop. */
  runSlice(sliceMs: number): SliceOutcome;
}
