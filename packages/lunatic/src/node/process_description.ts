// What people are told about a process: in crash reports, in the list of a deadlock, by an embedder's observer.

import {
  type Process,
  WAIT_INSIDE,
  WAIT_IO,
  WAIT_MESSAGE,
  WAIT_NONE,
  WAIT_SEARCH,
  WAIT_SLEEP,
} from '../actor/process.ts';
import { tagFromWords } from '../actor/tag.ts';
import { assertNever } from '../base/assert.ts';
import type { Node } from './node.ts';

export interface ProcessDescription {
  readonly pid: number;
  /** Of the module it runs; null for a TypeScript process. */
  readonly moduleName: string | null;
  /** Under which it is registered. */
  readonly names: readonly string[];
  /** What it waits for, as `waits for ...` would be continued; null: it does not wait. */
  readonly waitsFor: string | null;
}

/** Also right inside `Node.onProcessEnd`, for the process that has just ended. */
export function describeProcess(node: Node, proc: Process): ProcessDescription {
  return {
    pid: proc.pid,
    moduleName: node.engine.moduleOf(proc)?.name ?? null,
    names: node.system.registry.namesOf(proc.pid),
    waitsFor: waitOf(proc),
  };
}

function waitOf(proc: Process): string | null {
  switch (proc.waitKind) {
    case WAIT_NONE:
    case WAIT_SEARCH:
      return null;
    case WAIT_MESSAGE:
      return describeTags(proc);
    case WAIT_SLEEP:
      return 'the end of a sleep';
    case WAIT_IO:
      return 'input, output or an answer of the host';
    case WAIT_INSIDE:
      return 'another process, at a channel';
    default:
      return assertNever(proc.waitKind, 'waitKind');
  }
}

function describeTags(proc: Process): string {
  if (proc.waitTagCount === 0) return 'a message';
  if (proc.waitTagCount > 1) return `a message with one of ${proc.waitTagCount} tags`;
  return `a message with tag ${tagFromWords(proc.waitTagLo, proc.waitTagHi)}`;
}
