// Processes whose body is a TypeScript function, in the same id space as all others, with the same mailbox, links and monitors.
//
// The body is an async function over a ProcessContext. It runs in promise reactions, between the scheduler's turns: a slice of it only
// starts the function or answers what it waits for, and then lets the event loop go first. It is trusted code: nothing preempts it.
//
// Its end: the function's promise fulfils (normal) or rejects (`error`), or something ends the process from outside. Then what it waits
// for is rejected with ProcessEndedError, so that its `finally` blocks run, and whatever it still does through its
// context is dropped.

import { assert } from '../base/assert.ts';
import { describeThrown, isOurBug, stackOfThrown } from '../base/thrown.ts';
import { SLICE_ENDED, SLICE_WAITING, type SliceOutcome } from '../scheduler/task.ts';
import type { ActorSystem } from './actor_system.ts';
import { copyExitReason, describeExitReason, EXIT_KILLED, EXIT_NORMAL, type ExitReason } from './exit_reason.ts';
import { MAX_MESSAGE_BYTES, MAX_MESSAGE_RESOURCES } from './limits.ts';
import {
  createMessage,
  MAILBOX_FULL,
  MESSAGE_DATA,
  MESSAGE_LINK_DIED,
  type Message,
  type MessageResource,
  NO_PROCESS,
  type SendOutcome,
} from './message.ts';
import { FOREVER, type Process, type ProcessBody, RECEIVE_MESSAGE, RECEIVE_TIMEOUT, RECEIVE_YIELD } from './process.ts';
import { NAME_PUT } from './registry.ts';
import { tagFromWords, tagHigh, tagLow } from './tag.ts';

export type ProcessFunction = (self: ProcessContext) => void | Promise<void>;

/** A message taken out of the mailbox. Its bytes and resources belong to the receiver. */
export type Received =
  | {
      readonly kind: 'data';
      /** 0n: untagged. */
      readonly tag: bigint;
      readonly bytes: Uint8Array;
      /** By index; null where one was taken out before. */
      readonly resources: readonly (MessageResource | null)[];
    }
  | { readonly kind: 'link-died'; readonly tag: bigint; readonly pid: number; readonly reason: ExitReason }
  | {
      readonly kind: 'process-died';
      readonly pid: number;
      readonly reason: ExitReason;
      /** What `monitor` returned. */
      readonly ref: number;
    };

export interface ReceiveOptions {
  /** Only messages with one of these tags; default: any message. 0n matches nothing. */
  readonly tags?: readonly bigint[];
  /** 0 looks once; default: no timeout. */
  readonly timeoutMs?: number;
}

export interface SendOptions {
  /** Default 0n: untagged. */
  readonly tag?: bigint;
  /** Given away with the message. */
  readonly resources?: readonly MessageResource[];
}

export interface SpawnFunctionOptions {
  /** Link parent and child before the child runs. */
  readonly parent?: Process;
  /** The tag of a link-died message to the parent. */
  readonly tag?: bigint;
}

/** Rejects what a process waits for when it is ended from outside, and whatever it asks for afterwards. */
export class ProcessEndedError extends Error {
  override readonly name = 'ProcessEndedError';
  readonly pid: number;
  readonly reason: ExitReason;

  constructor(pid: number, reason: ExitReason) {
    super(`process ${pid} has ended: ${describeExitReason(reason)}`);
    this.pid = pid;
    this.reason = reason;
  }
}

/** Starts a process that runs `run`. Null at the limit of processes. Throws TypeError for what is no function. */
export function spawnFunction(
  system: ActorSystem,
  run: ProcessFunction,
  options: SpawnFunctionOptions = {},
): Process | null {
  if (typeof run !== 'function') throw new TypeError(`the body of a process is a function, not ${typeof run}`);
  const tag = options.tag ?? 0n;
  const proc = system.spawn(new FunctionBody(run), null, options.parent ?? null, tagLow(tag), tagHigh(tag));
  // Its promises may wake it at any time, so with it alive the system is not deadlocked.
  if (proc !== null) system.retain();
  return proc;
}

/** What a TypeScript body can do. Each process has its own. */
export class ProcessContext {
  readonly process: Process;
  readonly system: ActorSystem;
  readonly #body: FunctionBody;

  constructor(proc: Process, body: FunctionBody) {
    this.process = proc;
    this.system = proc.system;
    this.#body = body;
  }

  get pid(): number {
    return this.process.pid;
  }

  /** Aborted when the process ends: for `fetch` and the like. */
  get signal(): AbortSignal {
    return this.#body.signal(this.process);
  }

  /** False: the failure of a linked process becomes a message. Default true: it ends this one. */
  get dieWhenLinkDies(): boolean {
    return this.process.dieWhenLinkDies;
  }

  set dieWhenLinkDies(value: boolean) {
    this.process.dieWhenLinkDies = value;
  }

  /**
   * The oldest message that matches, as soon as there is one; null after `timeoutMs`. One `receive` or `sleep` at a time, else TypeError;
   * RangeError for a time that is no number from 0.
   */
  receive(options: ReceiveOptions = {}): Promise<Received | null> {
    return this.#body.receive(this.process, options);
  }

  sleep(delayMs: number): Promise<void> {
    return this.#body.sleep(this.process, delayMs);
  }

  /** Copies `bytes`. MAILBOX_FULL: not sent, and the resources were released. Throws RangeError for a message that is too large. */
  send(pid: number, bytes: Uint8Array, options: SendOptions = {}): SendOutcome {
    if (!this.process.isAlive) return NO_PROCESS;
    const message = buildMessage(bytes, options);
    const outcome = this.system.send(pid, message);
    if (outcome === MAILBOX_FULL) message.release();
    return outcome;
  }

  /** Starts another TypeScript process; with `link` linked to this one, with that tag here. Null at the limit of processes. */
  spawn(run: ProcessFunction, options: { readonly link?: bigint } = {}): number | null {
    if (!this.process.isAlive) return null;
    const linked = options.link === undefined ? {} : { parent: this.process, tag: options.link };
    return spawnFunction(this.system, run, linked)?.pid ?? null;
  }

  link(pid: number, tag = 0n): void {
    this.system.link(this.process, pid, tagLow(tag), tagHigh(tag));
  }

  unlink(pid: number): void {
    if (this.process.isAlive) this.system.unlink(this.process, pid);
  }

  /** One process-died message when `pid` ends, or at once if it does not exist. Returns the ref it will carry. */
  monitor(pid: number): number {
    return this.system.monitorWithRef(this.process, pid);
  }

  /** False when that monitor has fired; its message may lie in the mailbox. */
  demonitor(ref: number): boolean {
    return this.system.demonitor(this.process, ref);
  }

  kill(pid: number): void {
    if (this.process.isAlive) this.system.kill(pid);
  }

  /** Ends this process; does not return. Throws TypeError for what is no reason. */
  exit(reason: ExitReason = EXIT_NORMAL): never {
    const own = copyExitReason(reason);
    this.system.exit(this.process, own);
    throw new ProcessEndedError(this.pid, own);
  }

  /** Registers this process. False when the name is too long or the registry is full. */
  register(name: string): boolean {
    return this.process.isAlive && this.system.registry.put(name, this.system.registry.nodeId, this.pid) === NAME_PUT;
  }

  /** The local process registered under `name`, or null. */
  whereIs(name: string): number | null {
    const entry = this.system.registry.get(name);
    return entry !== null && entry.nodeId === this.system.registry.nodeId ? entry.pid : null;
  }
}

/** A data message with a copy of `bytes`. Throws RangeError beyond the bounds of a message. */
export function buildMessage(bytes: Uint8Array, options: SendOptions = {}): Message {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('the content of a message is a Uint8Array');
  const tag = options.tag ?? 0n;
  const resources = options.resources ?? [];
  if (resources.length > MAX_MESSAGE_RESOURCES) {
    throw new RangeError(`a message carries at most ${MAX_MESSAGE_RESOURCES} resources, not ${resources.length}`);
  }
  if (!resources.every(isResource)) throw new TypeError('the resources of a message are objects with a kind');
  const message = createMessage(tagLow(tag), tagHigh(tag));
  if (!message.append(bytes)) {
    message.release();
    throw new RangeError(`a message holds at most ${MAX_MESSAGE_BYTES} bytes, not ${bytes.length}`);
  }
  for (const resource of resources) message.pushResource(resource);
  return message;
}

function isResource(value: unknown): value is MessageResource {
  return typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string';
}

/** The content of `message`, which is released. */
export function takeContent(message: Message): Received {
  const { kind, pid, ref, resources } = message;
  const reason = message.reason ?? EXIT_KILLED;
  const tag = tagFromWords(message.tagLo, message.tagHi);
  const bytes = message.content().slice();
  message.resources = null;
  message.release();
  if (kind === MESSAGE_DATA) return { kind: 'data', tag, bytes, resources: resources ?? [] };
  if (kind === MESSAGE_LINK_DIED) return { kind: 'link-died', tag, pid, reason };
  return { kind: 'process-died', pid, reason, ref };
}

/** What the function awaits. */
interface Pending {
  readonly resolve: (received: Received | null) => void;
  readonly reject: (error: ProcessEndedError) => void;
}

class FunctionBody implements ProcessBody {
  readonly #run: ProcessFunction;
  #started = false;
  #pending: Pending | null = null;
  #abort: AbortController | null = null;

  constructor(run: ProcessFunction) {
    this.#run = run;
  }

  runSlice(proc: Process): SliceOutcome {
    if (!this.#started) {
      this.#started = true;
      return this.#start(proc);
    }
    const pending = this.#pending;
    if (pending === null) return SLICE_WAITING;
    const received = this.#answer(proc);
    if (received === undefined) return SLICE_WAITING;
    this.#pending = null;
    pending.resolve(received);
    proc.system.scheduler.handOver();
    return SLICE_WAITING;
  }

  dispose(proc: Process): void {
    const reason = proc.exitReason ?? EXIT_NORMAL;
    proc.system.release();
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) pending.reject(new ProcessEndedError(proc.pid, reason));
    this.#abort?.abort(new ProcessEndedError(proc.pid, reason));
  }

  signal(proc: Process): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (!proc.isAlive) this.#abort.abort(endedError(proc));
    }
    return this.#abort.signal;
  }

  receive(proc: Process, options: ReceiveOptions): Promise<Received | null> {
    const refused = this.#refusal(proc, options.timeoutMs);
    if (refused !== null) return rejected(refused);
    const tags = options.tags ?? [];
    const words = new Int32Array(2 * tags.length);
    for (const [i, tag] of tags.entries()) {
      words[2 * i] = tagLow(tag);
      words[2 * i + 1] = tagHigh(tag);
    }
    let outcome = proc.receive(words, tags.length, options.timeoutMs ?? FOREVER);
    while (outcome === RECEIVE_YIELD) outcome = proc.receive(words, tags.length, options.timeoutMs ?? FOREVER);
    if (outcome === RECEIVE_MESSAGE) return Promise.resolve(takeContent(proc.takeReceived()));
    if (outcome === RECEIVE_TIMEOUT) return Promise.resolve(null);
    const waiting = new Promise<Received | null>((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
    waiting.catch(ignore);
    return waiting;
  }

  sleep(proc: Process, delayMs: number): Promise<void> {
    const refused = this.#refusal(proc, delayMs);
    if (refused !== null) return rejected(refused);
    if (proc.sleep(delayMs)) return Promise.resolve();
    const waiting = new Promise<void>((resolve, reject) => {
      this.#pending = { resolve: () => resolve(), reject };
    });
    waiting.catch(ignore);
    return waiting;
  }

  #start(proc: Process): SliceOutcome {
    let result: void | Promise<void>;
    try {
      result = this.#run(new ProcessContext(proc, this));
    } catch (error) {
      proc.exitReason ??= failure(error);
      return SLICE_ENDED;
    }
    if (result === undefined) return SLICE_ENDED;
    // Of whatever library the promise is; nothing but its `then` is looked at, and that with care.
    new Promise<void>((resolve) => resolve(result)).then(
      () => proc.system.exit(proc, EXIT_NORMAL),
      (error: unknown) => {
        if (proc.isAlive) proc.system.exit(proc, failure(error));
        else if (isOurBug(error)) throw error;
      },
    );
    proc.system.scheduler.handOver();
    return SLICE_WAITING;
  }

  /** Repeats the call that waits; undefined: not over yet. Its arguments were taken the first time. */
  #answer(proc: Process): Received | null | undefined {
    if (proc.isSleeping) return proc.sleep(0) ? null : undefined;
    const outcome = proc.receive(NO_TAGS, 0, FOREVER);
    if (outcome === RECEIVE_MESSAGE) return takeContent(proc.takeReceived());
    return outcome === RECEIVE_TIMEOUT ? null : undefined;
  }

  #refusal(proc: Process, delayMs: number | undefined): Error | null {
    if (!proc.isAlive) return endedError(proc);
    // A timer for NaN would never come.
    if (delayMs !== undefined && !(delayMs >= 0))
      return new RangeError(`a time to wait is a number of milliseconds from 0, not ${String(delayMs)}`);
    return this.#pending === null ? null : new TypeError('a process awaits one receive or sleep at a time');
  }
}

function endedError(proc: Process): ProcessEndedError {
  assert(proc.exitReason !== null, 'a process that has ended has a reason');
  return new ProcessEndedError(proc.pid, proc.exitReason);
}

/** The exit reason for what a body threw; our own bugs go on to the top. */
function failure(thrown: unknown): ExitReason {
  if (isOurBug(thrown)) throw thrown;
  const message = describeThrown(thrown);
  const stack = stackOfThrown(thrown);
  return stack === undefined ? { kind: 'error', message } : { kind: 'error', message, stack };
}

function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

/** A wait that nobody looks at any more when the process has ended is no unhandled rejection. */
function ignore(): void {}

const NO_TAGS = new Int32Array(0);
