// For tests that a thing takes linear time where a careless version took minutes. A wall clock would make them fail on a busy machine.

import process from 'node:process';

/** The processor time in ms that this thread spends in `run`, which is synchronous. Others on the machine do not count. */
export function cpuMsOf(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
