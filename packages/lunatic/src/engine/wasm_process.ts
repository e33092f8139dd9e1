// The body of a process that runs WebAssembly: what the engine knows of it, and its slices.
//
// Stopped, a process is: its chunk of frames in the side memory, and either an instance that still holds its memory and globals, or
// the records of its dirty blocks in the arena. Nothing else refers to it from the guest's side.
//
// W1  `instance !== null` and `parkedBytes > 0` exclude each other; with neither, the process has not begun, or all it is is in its frames.
// W2  [floor, top) of the chunk are its frames, innermost last; the chunk is its own.

import { MAIN_WORKER } from '../actor/actor_system.ts';
import type { Message } from '../actor/message.ts';
import { FOREVER, type Process, type ProcessBody, WAIT_MESSAGE, WAIT_OVER } from '../actor/process.ts';
import { SLICE_SHARED_MS } from '../scheduler/limits.ts';
import { SLICE_ENDED, SLICE_PREEMPTED, SLICE_WAITING, type SliceOutcome } from '../scheduler/task.ts';
import {
  CELL_ANSWER,
  CELL_FUEL,
  CELL_GROW_MEMORY,
  CELL_GROW_PAGES,
  CELL_GROW_RESULT,
  CELL_LEFT,
  CELL_MAILBOX_EMPTY,
  CELL_SCRATCH,
  CELL_STOP,
  CELL_TOP,
  RESULTS,
  RUN_ENDED,
  RUN_NO_ROOM,
  SCRATCH_TOP,
  STOP_GROW,
  STOP_RECEIVE,
} from '../transform/injected_abi.ts';
import { Allocator } from './allocator.ts';
import type { Engine } from './engine.ts';
import { type Signature, STOP_CALL, STOP_EXIT, STOP_MAIN, STOP_WAIT, STOP_YIELD } from './host_function.ts';
import type { GuestInstance } from './instance.ts';
import {
  FUEL_UNIT,
  INITIAL_FUEL_PER_MS,
  MAX_INSTANCE_SHARE,
  MAX_STACK_BYTES,
  MIN_MEASURED_FUEL,
  SHORT_SLICE_WORK_BYTES,
  TRAP_FUEL,
} from './limits.ts';
import type { EngineModule } from './loaded_module.ts';
import { closeWindow, emptyWindow, isWindowOpen, prepareWindow } from './message_window.ts';
import type { ProcessConfig } from './services.ts';
import { firstFuel } from './slice_grant.ts';
import { endOfTrap } from './traps.ts';

/**
 * A guest function that a host call has asked for; the host call is repeated when it has ended. Its frames are a stack of their own
 * on top of the waiting host call's frame: neither results nor exceptions go down from there by themselves.
 */
export interface GuestCall {
  readonly functionNumber: number;
  readonly calleeIndex: number;
  readonly params: Signature;
  readonly results: Signature;
  readonly args: readonly (number | bigint)[];
  readonly catchTrap: boolean;
  /** End of the frames below the callee, the waiting host call's included; -1: not begun. */
  height: number;
  /** It has returned `value`, or `trapped`. */
  ended: boolean;
  trapped: boolean;
  value: number | bigint;
}

const NO_CALLS: GuestCall[] = [];
const NO_TAGS = new Int32Array(0);

/** Values of CELL_STOP beside those of StopRequest: out of fuel; a trap that a host call caught. */
const STOP_NONE = 0;
const STOP_CAUGHT = 65;

export class WasmProcess implements ProcessBody {
  readonly engine: Engine;
  readonly module: EngineModule;
  readonly config: ProcessConfig;
  process!: Process;
  instance: GuestInstance | null = null;
  floor: number;
  top: number;
  chunkBytes: number;
  /** Pages of memory 0. */
  pages: number;
  /** It has had an instance, here or on another worker. */
  hasBegun = false;
  parkedAt = -1;
  parkedBytes = 0;
  /** The module's `evictions` when it was parked last. */
  evictedAt = -MAX_INSTANCE_SHARE;
  /** Fuel used so far, kept only under a limit. */
  fuelUsed = 0;
  fuelPerMs = INITIAL_FUEL_PER_MS;
  /** Fuel for the only run of a slice that is expected to be short; 0: no such slice is expected, or fuel is limited. */
  quickFuel: number;
  growResult = 0;
  /** The scratch message of `lunatic::message`, unless it is in the window (message_window.ts): at most one, owned by this process. */
  scratch: Message | null = null;
  /** It waits in a `receive` whose answer may be left for it (CELL_ANSWER). */
  takesAnswer = false;
  /** Its last frame has returned, or nobody caught its trap. */
  hasEnded = false;
  /** Shared empty list until the first. */
  calls: GuestCall[] = NO_CALLS;
  /** Why it cannot even begin (missing export, wrong arguments). */
  readonly startError: string | null;

  constructor(
    engine: Engine,
    module: EngineModule,
    config: ProcessConfig,
    floor: number,
    top: number,
    chunkBytes: number,
    startError: string | null,
  ) {
    this.engine = engine;
    this.module = module;
    this.config = config;
    this.floor = floor;
    this.top = top;
    this.chunkBytes = chunkBytes;
    this.pages = module.initialPages;
    this.startError = startError;
    this.quickFuel = config.maxFuel === 0 ? MIN_MEASURED_FUEL : 0;
  }

  pushCall(call: GuestCall): void {
    if (this.calls === NO_CALLS) this.calls = [];
    this.calls.push(call);
  }

  // Hot: bench/actors.ts. Most slices are one short run that ends in a wait: those read no clock and keep no account.
  runSlice(proc: Process, sliceMs: number): SliceOutcome {
    if (this.startError !== null) return this.#end({ kind: 'trap', message: this.startError });
    const { pool, side } = this.engine;
    const { changes } = pool;
    let instance = this.instance;
    if (instance !== null) {
      instance.wasUsed = true;
    } else {
      instance = pool.acquire(this);
      if (instance === null) {
        const { failure } = this.module;
        return this.#end(failure === null ? { kind: 'limit', limit: 'instances' } : { kind: 'trap', message: failure });
      }
    }
    instance.context.hostWork = 0;
    this.#prepare(proc, instance);
    const fuel = this.quickFuel;
    if (fuel === 0) return this.#longSlice(proc, sliceMs, instance, changes, 0, 0);
    const left = this.#run(instance, fuel);
    if (fuel - left < MIN_MEASURED_FUEL) {
      const stop = side.cells[CELL_STOP >> 2];
      let outcome: SliceOutcome | -1 = -1;
      if (proc.killRequested || this.hasEnded) outcome = SLICE_ENDED;
      else if (stop === STOP_RECEIVE || stop === STOP_WAIT || stop === STOP_YIELD)
        outcome = this.#endOfSlice(proc, stop);
      if (outcome !== -1) {
        proc.system.scheduler.sliceWasShort =
          instance.context.hostWork < SHORT_SLICE_WORK_BYTES && pool.changes === changes;
        return outcome;
      }
    }
    this.quickFuel = 0;
    return this.#longSlice(proc, sliceMs, instance, changes, fuel, left);
  }

  /** Goes on after a first run that was given `quickFuel` and left `quickLeft`, if `quickFuel` is not 0. `changes`: the pool's, at the start. */
  #longSlice(
    proc: Process,
    sliceMs: number,
    instance: GuestInstance,
    changes: number,
    quickFuel: number,
    quickLeft: number,
  ): SliceOutcome {
    const { config } = this;
    const { pool, side, grant } = this.engine;
    const { scheduler } = proc.system;
    let startMs = scheduler.sliceStartMs;
    let startIsExact = scheduler.sliceStartIsExact;
    // What parking another process and bringing in this one took is not its doing.
    if (pool.changes !== changes) {
      startIsExact = quickFuel === 0;
      if (startIsExact) startMs = scheduler.clock.nowMs();
    }
    grant.begin(sliceMs, this.fuelPerMs, startMs, scheduler.clock, startIsExact);
    let hasRun = quickFuel > 0;
    let fuel = hasRun ? quickFuel : firstFuel(sliceMs, this.fuelPerMs, startIsExact);
    let left = quickLeft;
    for (;;) {
      if (!hasRun) {
        if (config.maxFuel > 0) {
          const allowed = config.maxFuel * FUEL_UNIT - this.fuelUsed;
          if (allowed <= 0) return this.#end({ kind: 'limit', limit: 'fuel' });
          fuel = Math.min(fuel, allowed);
        }
        left = this.#run(instance, fuel);
      }
      hasRun = false;
      this.fuelUsed += fuel - left;
      grant.used(fuel - left);
      if (proc.killRequested || this.hasEnded) return SLICE_ENDED;
      const stop = side.cells[CELL_STOP >> 2];
      switch (stop) {
        case STOP_RECEIVE:
        case STOP_WAIT:
        case STOP_YIELD: {
          const outcome = this.#endOfSlice(proc, stop);
          if (outcome === -1) break;
          scheduler.sliceWasShort =
            grant.isShort && instance.context.hostWork < SHORT_SLICE_WORK_BYTES && pool.changes === changes;
          const wasShort = grant.isShort;
          this.fuelPerMs = grant.end();
          if (wasShort && config.maxFuel === 0) this.quickFuel = firstFuel(SLICE_SHARED_MS, this.fuelPerMs, false);
          return outcome;
        }
        case STOP_EXIT: {
          // `trap::catch` answers 0 for an exit inside it too (ABI reference 1.13); an end for a limit is not the guest's own.
          const catching = this.#catchingCall();
          const kind = proc.exitReason?.kind;
          if (catching < 0 || (kind !== 'normal' && kind !== 'exit')) return SLICE_ENDED;
          proc.exitReason = null;
          this.#catch(catching, instance, left);
          break;
        }
        case STOP_CALL:
          if (!this.#enterCall()) return this.#end({ kind: 'limit', limit: 'stack' });
          break;
        case STOP_MAIN:
          this.#keepScratch();
          this.fuelPerMs = grant.end();
          return this.#goToMain(proc);
        case STOP_GROW:
          this.#grow(instance);
          break;
        case STOP_NONE:
        case STOP_CAUGHT:
          break;
        default:
          throw new Error(`a host function asked for stop ${stop}`);
      }
      fuel = left;
      if (fuel > 0) continue;
      fuel = grant.next();
      if (fuel > 0) continue;
      this.#keepScratch();
      this.fuelPerMs = grant.end();
      return SLICE_PREEMPTED;
    }
  }

  /** Sets what this process finds in the side memory. */
  #prepare(proc: Process, instance: GuestInstance): void {
    const { side } = this.engine;
    const { cells } = side;
    prepareWindow(side, this.scratch !== null);
    cells[CELL_MAILBOX_EMPTY >> 2] = proc.mailHead === null ? 1 : 0;
    // A process that ended before it took its answer may have left one.
    cells[CELL_ANSWER >> 2] = 0;
    if (!this.takesAnswer) return;
    this.takesAnswer = false;
    if (proc.waitKind !== WAIT_MESSAGE || proc.waitState !== WAIT_OVER) return;
    // The wait of the `receive` that is the innermost frame is over: its answer is left for it.
    proc.receive(NO_TAGS, 0, FOREVER);
    const message = proc.takeReceived();
    cells[CELL_ANSWER >> 2] = message.kind + 1;
    instance.context.putScratch(message);
  }

  /** The process has asked for a wait or a yield; -1: it need not wait, the slice goes on. */
  #endOfSlice(proc: Process, stop: number): SliceOutcome | -1 {
    const { side } = this.engine;
    if (stop === STOP_RECEIVE) {
      if (proc.waitKind !== WAIT_MESSAGE) {
        if (proc.mailHead !== null) {
          // The hint was wrong. The import is called when the frame is resumed, and finds the message.
          side.cells[CELL_MAILBOX_EMPTY >> 2] = 0;
          return -1;
        }
        proc.receive(NO_TAGS, 0, FOREVER);
        // Only a message can end this wait, and it takes the place of the scratch message, which nobody will see any more.
        this.#dropScratch();
      } else {
        this.#keepScratch();
      }
      this.takesAnswer = true;
      return SLICE_WAITING;
    }
    this.#keepScratch();
    return stop === STOP_WAIT ? SLICE_WAITING : SLICE_PREEMPTED;
  }

  /** The window is another process's from now on. */
  #keepScratch(): void {
    const { side } = this.engine;
    if (isWindowOpen(side)) this.scratch = closeWindow(side);
  }

  #dropScratch(): void {
    emptyWindow(this.engine.side);
    if (this.scratch === null) return;
    this.scratch.release();
    this.scratch = null;
  }

  #goToMain(proc: Process): SliceOutcome {
    const travel = proc.system.remote?.travel;
    if (travel === undefined || !travel.isMovable(proc))
      return this.#end({
        kind: 'trap',
        message: 'this process is tied to its thread, and asks for what only the main thread has',
      });
    travel.sendTo(proc, MAIN_WORKER);
    return SLICE_WAITING;
  }

  #end(reason: Process['exitReason']): SliceOutcome {
    this.process.exitReason = reason;
    return SLICE_ENDED;
  }

  /** Runs until the process ends or stops; returns the fuel left. */
  #run(instance: GuestInstance, fuel: number): number {
    const { side } = this.engine;
    side.cells[CELL_STOP >> 2] = 0;
    side.cells[CELL_GROW_RESULT >> 2] = this.growResult;
    let outcome: number;
    try {
      outcome = instance.injected.run(
        fuel,
        this.top,
        this.calls === NO_CALLS ? this.floor : (this.#hostCall()?.height ?? this.floor),
        this.floor + this.chunkBytes,
      );
    } catch (error) {
      return this.#trapped(instance, error, fuel);
    }
    const { cells } = side;
    if (outcome === RUN_ENDED) {
      const call = this.calls === NO_CALLS ? undefined : this.#hostCall();
      if (call === undefined) {
        this.hasEnded = true;
        return cells[CELL_FUEL >> 2];
      }
      this.#returnTo(call);
      return cells[CELL_FUEL >> 2];
    }
    this.top = cells[CELL_TOP >> 2] >>> 0;
    // Nobody would resume the frames of an exit.
    if (outcome === RUN_NO_ROOM && cells[CELL_STOP >> 2] !== STOP_EXIT && !this.#makeRoom(cells[CELL_SCRATCH >> 2])) {
      const catching = this.#catchingCall();
      if (catching >= 0) return this.#catch(catching, instance, fuel);
      this.#end({ kind: 'limit', limit: 'stack' });
      this.hasEnded = true;
      return 0;
    }
    // Making room may have grown the side memory: `cells` would be a detached view.
    const { cells: current } = side;
    return current[CELL_STOP >> 2] === 0 ? current[CELL_FUEL >> 2] : current[CELL_LEFT >> 2];
  }

  /** The innermost host call whose guest function is running. */
  #hostCall(): GuestCall | undefined {
    for (let k = this.calls.length - 1; k >= 0; k--) {
      const call = this.calls[k];
      if (call.height >= 0 && !call.ended) return call;
    }
    return undefined;
  }

  /** The guest function that `call` asked for has returned: the host call's frame is the innermost now, and its import is called again. */
  #returnTo(call: GuestCall): void {
    const { view } = this.engine.side;
    call.ended = true;
    if (call.results === 'i') call.value = view.getInt32(RESULTS, true);
    else if (call.results === 'I') call.value = view.getBigInt64(RESULTS, true);
    this.top = call.height;
  }

  /** The frames of this stop, from `scratch` up, do not fit the chunk. */
  #makeRoom(scratch: number): boolean {
    const { side } = this.engine;
    const used = this.top - this.floor;
    const added = SCRATCH_TOP - scratch;
    if (!this.#enlarge(used + added)) return false;
    side.bytes.copyWithin(this.top, scratch, SCRATCH_TOP);
    this.top += added;
    return true;
  }

  #enlarge(sizeBytes: number): boolean {
    if (sizeBytes <= this.chunkBytes) return true;
    if (sizeBytes > MAX_STACK_BYTES) return false;
    const { side } = this.engine;
    const floor = side.allocate(sizeBytes);
    if (floor < 0) return false;
    side.bytes.copyWithin(floor, this.floor, this.top);
    side.free(this.floor, this.chunkBytes);
    // Heights of host calls that wait for guest functions are addresses in the chunk.
    for (const call of this.calls) if (call.height >= 0) call.height += floor - this.floor;
    this.top += floor - this.floor;
    this.floor = floor;
    this.chunkBytes = Allocator.capacity(sizeBytes);
    return true;
  }

  /** A trap: the innermost host call that catches traps is answered, or the process ends. */
  #trapped(instance: GuestInstance, error: unknown, fuel: number): number {
    const catching = this.#catchingCall();
    const reason = endOfTrap(error, instance, this, catching < 0);
    const { cells } = this.engine.side;
    // The frames of an exit found no room on their way out: it is one all the same.
    if (cells[CELL_STOP >> 2] === STOP_EXIT) return cells[CELL_LEFT >> 2];
    if (catching >= 0) return this.#catch(catching, instance, fuel);
    this.#end(reason);
    this.hasEnded = true;
    return 0;
  }

  /** Position of the innermost host call that catches traps of the guest function it runs; -1: none does. */
  #catchingCall(): number {
    return this.calls.findLastIndex((call) => call.catchTrap && call.height >= 0 && !call.ended);
  }

  /**
   * Drops everything above that host call; its import is called again and learns of the trap. A wait that a call above it had begun when there was
   * no room to keep its frames is dropped with it.
   */
  #catch(catching: number, instance: GuestInstance, fuel: number): number {
    this.process.clearWait();
    this.engine.onCallGivenUp(this.process);
    const call = this.calls[catching];
    this.calls.length = catching + 1;
    call.ended = true;
    call.trapped = true;
    this.top = call.height;
    this.engine.side.cells[CELL_STOP >> 2] = STOP_CAUGHT;
    return Math.max(0, Math.min(fuel, instance.injected.fuel()) - TRAP_FUEL);
  }

  /** Puts the frame of the guest function that was asked for on top. */
  #enterCall(): boolean {
    const call = this.calls[this.calls.length - 1];
    call.height = this.top;
    const { floor } = this;
    if (!this.#enlarge(this.top - floor + 16 * call.params.length + 16)) return false;
    this.top = this.engine.writeEntryFrame(this.top, call);
    return true;
  }

  #grow(instance: GuestInstance): void {
    const { cells } = this.engine.side;
    const memory = cells[CELL_GROW_MEMORY >> 2];
    this.growResult = instance.grow(memory, cells[CELL_GROW_PAGES >> 2] >>> 0, this.config.maxMemoryBytes);
    this.pages = instance.pages;
    this.engine.pool.grown(instance);
  }

  dispose(_proc: Process): void {
    if (this.scratch !== null) this.scratch.release();
    this.scratch = null;
    this.engine.processEnded(this);
  }
}
