// Bounds of the command line.

/** Reports of failed processes in one second; the rest are counted and told in one line. */
export const MAX_REPORTS_PER_SECOND = 20;

/** Stack lines in the report of a process that is not the main one. */
export const MAX_REPORT_STACK_LINES = 16;

/** Characters of a text that a guest chose (a trap message, a name) in a report. */
export const MAX_REPORT_TEXT = 2_000;

/** After SIGINT, SIGTERM or the loss of our reader, how long anything may hold up the end. */
export const INTERRUPTION_GRACE_MS = 500;

/** Native frames of a guest's stack in a crash report. */
export const MAX_STACK_FRAMES = 50;
