// What the VM tells people, on standard error. It goes through the guests' own output, so that it appears in order with what they print.

import type { OutputSink } from '../host/environment.ts';
import { MAX_REPORT_TEXT } from './limits.ts';

export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';

/** By rising detail. */
export const LOG_LEVELS: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug'];

export class Log {
  readonly #output: OutputSink;
  readonly #level: number;
  readonly #colours: () => boolean;
  /** Lines that a slow reader has not let out yet. Whoever writes without bound (reports.ts) looks at `waiting` first. */
  #backlog: Uint8Array[] = [];

  /** `colours` is asked when there is something to tell: to find out takes time. */
  constructor(output: OutputSink, level: LogLevel, colours: () => boolean) {
    this.#output = output;
    this.#level = LOG_LEVELS.indexOf(level);
    this.#colours = colours;
  }

  shows(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.#level;
  }

  /** Texts held back by a slow reader. */
  get waiting(): number {
    return this.#backlog.length;
  }

  /** `text` without a line feed at its end; lines after the first are indented by the caller. */
  write(level: Exclude<LogLevel, 'off'>, text: string): void {
    if (!this.shows(level)) return;
    const label = this.#colours() ? `${COLOURS[level]}${LABELS[level]}:${RESET}` : `${LABELS[level]}:`;
    this.#emit(ENCODER.encode(`lunatic: ${label} ${text}\n`));
  }

  /** What is being done, for a person who waits. */
  progress(line: string): void {
    if (this.shows('warn')) this.#emit(ENCODER.encode(`lunatic: ${printable(line)}\n`));
  }

  /** Whatever the level: why there is no result at all. Names in it may come from a file that nobody trusts. */
  always(text: string): void {
    this.#emit(ENCODER.encode(`lunatic: ${harmless(text)}\n`));
  }

  #emit(bytes: Uint8Array): void {
    if (this.#backlog.length > 0 || this.#output.write(2, bytes) === 'full') {
      if (this.#backlog.push(bytes) === 1) this.#output.onDrain(() => this.#drain());
    }
  }

  #drain(): void {
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const bytes of backlog) this.#emit(bytes);
  }
}

/** A text that a guest chose, made harmless for a terminal and short. */
export function printable(text: string): string {
  return harmless(text.length > MAX_REPORT_TEXT ? `${text.slice(0, MAX_REPORT_TEXT)}...` : text);
}

/** Without what a terminal would obey; line feeds and tabs stay. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

const ENCODER = new TextEncoder();
const RESET = '\x1b[0m';
const LABELS = { error: 'error', warn: 'warning', info: 'info', debug: 'debug' } as const;
const COLOURS = { error: '\x1b[1;31m', warn: '\x1b[33m', info: '\x1b[36m', debug: '\x1b[2m' } as const;
