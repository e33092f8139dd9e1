// Bounds of the scheduler. All are arbitrary within the forces named beside them.

/** A slice while others are ready: short enough that 100 busy processes share 10 ms, long against the cost of a stop. */
export const SLICE_SHARED_MS = 0.1;

/** A slice of a process that is alone: bounds how late a timer or an I/O answer can be. */
export const SLICE_ALONE_MS = 1;

/**
 * Short slices (a few microseconds each) after which the clock is read again: timers and the event loop are late by that much. Odd: of two processes
 * that run in turn, a turn must not always end behind the same one, or the other is never found in the queue by whoever looks for work to give away.
 */
export const SHORT_SLICES = 15;

/** Work between two turns of the host's event loop: a turn of the loop costs some 2 us, so 1 ms keeps it near 0.2 %. */
export const TURN_MS = 1;

/** Woken tasks may run this long in a row while a preempted one waits: leaves the preempted class a share of one sixth. */
export const WOKEN_BURST_MS = 0.5;

/** The same bound in turns, for a clock that stands still or slices too short to measure. */
export const WOKEN_BURST_TURNS = 256;

/** The host's timers take at most 2^31 - 1 ms; longer waits are armed again. */
export const MAX_HOST_DELAY_MS = 2 ** 31 - 1;

/** Timers fired between two slices: a million of the same deadline must not hold up the loop. */
export const MAX_TIMERS_AT_ONCE = 256;
