// Supervisors as in OTP: a process that starts children, restarts them by a strategy, and gives up when that happens too often.
//
// A supervisor is an ordinary TypeScript process; its children may be of any kind. It is linked to each child, so that they fall with it,
// and monitors each, because only a monitor tells of every end. It traps link failures: the end of a child is a message, and the end of
// any other linked process (its own supervisor, say) is the order to end.
//
//   a child ends -> is it to be restarted (child spec)? -> more than `intensity` restarts in `periodMs`? -> end all, and itself (shutdown)
//                -> one_for_one: start it again | one_for_all: end all others, start all again | rest_for_one: those started after it
//
// Invariants
// V1  Children are started in the order of the specs and ended in the reverse order, one by one, each awaited.
// V2  When a supervisor ends by itself none of its children is alive.

import type { ActorSystem } from './actor_system.ts';
import { EXIT_SHUTDOWN, type ExitReason, isFailure } from './exit_reason.ts';
import type { Process } from './process.ts';
import { type ProcessContext, type ProcessFunction, type Received, spawnFunction } from './ts_process.ts';

/** Which children are started again when one has ended. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';

/** `permanent`: always restarted. `transient`: only after a failure other than shutdown. `temporary`: never. */
export type Restart = 'permanent' | 'transient' | 'temporary';

export interface ChildSpec {
  /** Unique within the supervisor. */
  readonly id: string;
  /** Starts the child and links it to `supervisor` (`spawn` with a parent does); null if it cannot be started now. */
  readonly start: (supervisor: Process) => Process | null;
  /** Default: permanent. */
  readonly restart?: Restart;
  /** How long the child may take to end when asked to, before it is killed; 0 kills at once. Default: 5000. */
  readonly shutdownMs?: number;
}

export interface SupervisorSpec {
  /** Default: one_for_one. */
  readonly strategy?: Strategy;
  /** More than `intensity` restarts (default 3) within `periodMs` (default 5000) end the supervisor. */
  readonly intensity?: number;
  readonly periodMs?: number;
  readonly children: readonly ChildSpec[];
}

/** A child spec for a TypeScript body; the system is that of the supervisor. */
export function functionChild(
  id: string,
  run: ProcessFunction,
  options: Omit<ChildSpec, 'id' | 'start'> = {},
): ChildSpec {
  return { id, start: (supervisor) => spawnFunction(supervisor.system, run, { parent: supervisor }), ...options };
}

/** Starts a supervisor, linked to `parent` if given. Throws as `supervise` does. Null at the limit of processes. */
export function startSupervisor(system: ActorSystem, spec: SupervisorSpec, parent?: Process): Process | null {
  const run = supervise(spec);
  return spawnFunction(system, run, parent === undefined ? {} : { parent });
}

/**
 * The body of a supervisor, for a tree of them: `functionChild('sub', supervise(spec), { shutdownMs: Infinity })`. Throws TypeError for child ids
 * that are not unique and for words that are no strategy or restart, RangeError for times and counts that are no numbers from 0.
 */
export function supervise(spec: SupervisorSpec): ProcessFunction {
  checkSpec(spec);
  return async (self) => {
    self.dieWhenLinkDies = false;
    await new Supervisor(self, spec).run();
  };
}

/** A misspelt word would be taken for some other: a child that ought to be permanent would never come back. */
function checkSpec({ strategy, intensity, periodMs, children }: SupervisorSpec): void {
  if (!Array.isArray(children)) throw new TypeError('the children of a supervisor are an array');
  checkWord('strategy', strategy, STRATEGIES);
  checkNumber('intensity', intensity);
  checkNumber('periodMs', periodMs);
  for (const { id, start, restart, shutdownMs } of children as readonly ChildSpec[]) {
    if (typeof start !== 'function') throw new TypeError(`the child ${JSON.stringify(id)} has no function \`start\``);
    checkWord('restart', restart, RESTARTS);
    checkNumber('shutdownMs', shutdownMs);
  }
  const ids = new Set(children.map((child) => child.id));
  if (ids.size !== children.length) throw new TypeError('the ids of the children of a supervisor must be unique');
}

function checkWord(what: string, value: string | undefined, words: readonly string[]): void {
  if (value !== undefined && !words.includes(value))
    throw new TypeError(`${what} is one of ${words.join(', ')}, not ${String(value)}`);
}

function checkNumber(what: string, value: number | undefined): void {
  if (value !== undefined && !(typeof value === 'number' && value >= 0))
    throw new RangeError(`${what} is a number from 0, not ${String(value)}`);
}

const STRATEGIES: readonly Strategy[] = ['one_for_one', 'one_for_all', 'rest_for_one'];
const RESTARTS: readonly Restart[] = ['permanent', 'transient', 'temporary'];

interface Child {
  readonly spec: ChildSpec;
  /** 0 and 0 while it is not alive. */
  pid: number;
  ref: number;
}

class Supervisor {
  readonly #self: ProcessContext;
  readonly #children: Child[];
  readonly #strategy: Strategy;
  readonly #intensity: number;
  readonly #periodMs: number;
  /** Times of the restarts within the period, oldest first; at most `#intensity` of them. */
  #restartsMs: number[];
  /** Messages that came while the end of a child was awaited. */
  readonly #deferred: Received[];

  constructor(self: ProcessContext, spec: SupervisorSpec) {
    this.#self = self;
    this.#children = spec.children.map((child) => ({ spec: child, pid: 0, ref: 0 }));
    this.#strategy = spec.strategy ?? 'one_for_one';
    this.#intensity = spec.intensity ?? 3;
    this.#periodMs = spec.periodMs ?? 5000;
    this.#restartsMs = [];
    this.#deferred = [];
  }

  async run(): Promise<void> {
    for (const child of this.#children) {
      if (!this.#start(child)) await this.#end({ kind: 'limit', limit: 'processes' });
    }
    for (;;) {
      const message = this.#deferred.shift() ?? (await this.#self.receive());
      if (message !== null) await this.#handle(message);
    }
  }

  async #handle(message: Received): Promise<void> {
    if (message.kind === 'process-died') {
      const child = this.#children.find((candidate) => candidate.ref === message.ref && candidate.ref !== 0);
      if (child !== undefined) await this.#childEnded(child, message.reason);
    } else if (message.kind === 'link-died' && !this.#isOfChild(message.pid)) {
      await this.#end(message.reason);
    }
    // Data is for nobody here, and dropped.
  }

  async #childEnded(child: Child, reason: ExitReason): Promise<void> {
    forget(child);
    if (!mustRestart(child.spec.restart ?? 'permanent', reason)) return;
    // A start that fails counts as a restart and is tried again, until the intensity ends it.
    do {
      if (!this.#mayRestart()) await this.#end(EXIT_SHUTDOWN);
    } while (!(await this.#restart(child)));
  }

  /** Starts again what the strategy says; false if some child could not be started. */
  async #restart(failed: Child): Promise<boolean> {
    const index = this.#children.indexOf(failed);
    const affected =
      this.#strategy === 'one_for_one' ? [failed] : this.#children.slice(this.#strategy === 'one_for_all' ? 0 : index);
    for (const child of [...affected].reverse()) await this.#terminate(child);
    for (const child of affected) {
      // Temporary children that were ended with the others do not come back.
      const comesBack = child === failed || (child.spec.restart ?? 'permanent') !== 'temporary';
      if (comesBack && !this.#start(child)) return false;
    }
    return true;
  }

  #start(child: Child): boolean {
    const proc = child.spec.start(this.#self.process);
    if (proc === null) return false;
    child.pid = proc.pid;
    child.ref = this.#self.monitor(proc.pid);
    return true;
  }

  /** Notes a restart; false when it is one too many. */
  #mayRestart(): boolean {
    const nowMs = this.#self.system.scheduler.clock.nowMs();
    this.#restartsMs = this.#restartsMs.filter((timeMs) => timeMs > nowMs - this.#periodMs);
    this.#restartsMs.push(nowMs);
    return this.#restartsMs.length <= this.#intensity;
  }

  /** Asks the child to end, kills it if that takes too long, and returns when it has ended. */
  async #terminate(child: Child): Promise<void> {
    if (child.ref === 0) return;
    const shutdownMs = child.spec.shutdownMs ?? 5000;
    if (shutdownMs > 0) {
      this.#self.system.askToEnd(this.#self.process, child.pid, EXIT_SHUTDOWN);
      if (await this.#ended(child, shutdownMs)) return;
    }
    this.#self.kill(child.pid);
    await this.#ended(child, Infinity);
  }

  /** Awaits the notice of `child`'s end, and forgets it; false after `timeoutMs`. Other notices are kept for later. */
  async #ended(child: Child, timeoutMs: number): Promise<boolean> {
    const isNotice = (message: Received): boolean => message.kind === 'process-died' && message.ref === child.ref;
    const known = this.#deferred.findIndex(isNotice);
    if (known >= 0) this.#deferred.splice(known, 1);
    const { clock } = this.#self.system.scheduler;
    const deadlineMs = clock.nowMs() + timeoutMs;
    let found = known >= 0;
    while (!found) {
      const message = await this.#self.receive({ timeoutMs: Math.max(0, deadlineMs - clock.nowMs()) });
      if (message === null) return false;
      found = isNotice(message);
      const matters =
        message.kind === 'process-died' || (message.kind === 'link-died' && !this.#isOfChild(message.pid));
      if (!found && matters) this.#deferred.push(message);
    }
    forget(child);
    return true;
  }

  /**
   * Whether a link-died message is about a child, whose monitor tells the same and is what counts. It comes before the monitor's notice,
   * so the child is not forgotten yet.
   */
  #isOfChild(pid: number): boolean {
    return this.#children.some((child) => child.pid === pid);
  }

  /** Ends all children (V2), then the supervisor; does not return. */
  async #end(reason: ExitReason): Promise<never> {
    for (const child of [...this.#children].reverse()) await this.#terminate(child);
    return this.#self.exit(reason);
  }
}

function forget(child: Child): void {
  child.pid = 0;
  child.ref = 0;
}

function mustRestart(restart: Restart, reason: ExitReason): boolean {
  switch (restart) {
    case 'permanent':
      return true;
    case 'transient':
      return isFailure(reason) && reason.kind !== 'shutdown';
    case 'temporary':
      return false;
  }
}
