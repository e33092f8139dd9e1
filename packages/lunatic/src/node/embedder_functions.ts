// Host functions of an embedder: how a program that embeds the VM declares imports of its own.
//
//   hostFunction        answers at once. Runs inside the guest's call, on the thread's only stack: whatever it takes, every process
//                       waits for.
//   asyncHostFunction   starts something and answers later; the calling process waits, and others run. When the answer is there, the
//                       guest's import is called again and returns it. An answer to a process that has ended meanwhile is dropped.
//
// What either throws, or rejects with, ends the calling process with a trap that names the function. Failures that a guest is
// to handle are return values.
//
// Invariants
// H1  An asynchronous function is started once for each call of a guest.
// H2  Its caller is usable until the first await only (caller.ts).

import { IO_NONE, IO_READY, IO_WAIT, type Process } from '../actor/process.ts';
import { assert } from '../base/assert.ts';
import { describeThrown, isOurBug } from '../base/thrown.ts';
import { type HostContext, type HostFunction, STOP_WAIT } from '../engine/host_function.ts';
import { isReservedName } from '../host/not_served.ts';
import { hostStateOf } from '../host/state.ts';
import { INJECTED_MODULE } from '../transform/injected_abi.ts';
import { type Caller, LentCaller } from './caller.ts';

/** i32, f32 and f64 are numbers (i32 is signed: `>>> 0` for an address or a length), i64 is a bigint. */
export type HostValueType = 'i32' | 'i64' | 'f32' | 'f64';

export type HostValue<Type extends HostValueType> = Type extends 'i64' ? bigint : number;

export type HostArguments<Params extends readonly HostValueType[]> = {
  -readonly [Index in keyof Params]: HostValue<Params[Index]>;
};

export type HostResult<Result extends HostValueType | undefined> = Result extends HostValueType
  ? HostValue<Result>
  : void;

interface Declaration<Params extends readonly HostValueType[], Result extends HostValueType | undefined> {
  /** The import's module and name. `lunatic`, `lunatic::...` and `wasi_snapshot_preview1` belong to the VM. */
  readonly module: string;
  readonly name: string;
  readonly params: Params;
  /** None by default. */
  readonly result?: Result;
}

export interface HostFunctionSpec<Params extends readonly HostValueType[], Result extends HostValueType | undefined>
  extends Declaration<Params, Result> {
  readonly call: (caller: Caller, ...args: HostArguments<Params>) => HostResult<Result>;
}

export interface AsyncHostFunctionSpec<
  Params extends readonly HostValueType[],
  Result extends HostValueType | undefined,
  Value,
> extends Declaration<Params, Result> {
  /** Called first. `caller` may be used until the first `await`, the arguments always. `signal` is aborted when the process ends. */
  readonly start: (caller: Caller, signal: AbortSignal, ...args: HostArguments<Params>) => Promise<Value>;
  /** Called with what `start` came to; may write to the guest's memory, and gives the result. */
  readonly finish: (caller: Caller, value: Value, ...args: HostArguments<Params>) => HostResult<Result>;
}

/** Declares an import that answers at once. Throws TypeError for a name that belongs to the VM, and for a declaration that is none. */
export function hostFunction<
  const Params extends readonly HostValueType[],
  const Result extends HostValueType | undefined = undefined,
>(spec: HostFunctionSpec<Params, Result>): HostFunction {
  const what = checkDeclaration(spec, { call: spec.call });
  // Link checking has matched the guest's signature with the declared one, so the arguments are what `call` takes.
  const call = spec.call as unknown as (caller: Caller, ...args: unknown[]) => unknown;
  return row(spec, false, (ctx, ...args: unknown[]) =>
    guarded(ctx, what, (caller) => checkResult(spec.result, call(caller, ...args))),
  );
}

/** Declares an import whose answer comes later. Throws TypeError as `hostFunction` does. */
export function asyncHostFunction<
  const Params extends readonly HostValueType[],
  const Result extends HostValueType | undefined = undefined,
  Value = unknown,
>(spec: AsyncHostFunctionSpec<Params, Result, Value>): HostFunction {
  const what = checkDeclaration(spec, { start: spec.start, finish: spec.finish });
  // As in `hostFunction`; `finish` gets what this function's own `start` gave.
  const start = spec.start as unknown as (caller: Caller, signal: AbortSignal, ...args: unknown[]) => Promise<unknown>;
  const finish = spec.finish as unknown as (caller: Caller, value: unknown, ...args: unknown[]) => unknown;
  return row(spec, true, (ctx, ...args: unknown[]) => {
    switch (ctx.process.pollIo()) {
      case IO_NONE: {
        const abort = new AbortController();
        const promise = guarded(ctx, what, (caller) => Promise.resolve(start(caller, abort.signal, ...args)));
        answerLater(ctx.process, promise, abort);
        ctx.stop(STOP_WAIT);
        return undefined;
      }
      case IO_WAIT:
        ctx.stop(STOP_WAIT);
        return undefined;
      case IO_READY: {
        hostStateOf(ctx.process).withdrawal = null;
        const answer = ctx.process.takeIoValue() as Answer; // of the wait that answerLater began
        if (answer.kind === 'rejected') return ctx.trap(`${what}: ${describeThrown(answer.error)}`);
        return guarded(ctx, what, (caller) => checkResult(spec.result, finish(caller, answer.value, ...args)));
      }
      default:
        assert(false, 'a wait without a timeout does not time out');
    }
  });
}

/** What the promise of an asynchronous function came to. */
type Answer =
  | { readonly kind: 'fulfilled'; readonly value: unknown }
  | { readonly kind: 'rejected'; readonly error: unknown };

function answerLater(proc: Process, promise: Promise<unknown>, abort: AbortController): void {
  const token = proc.beginIo();
  hostStateOf(proc).withdrawal = { withdraw: () => abort.abort() };
  const answer = (value: Answer): void => {
    proc.completeIo(token, value);
  };
  promise.then(
    (value) => answer({ kind: 'fulfilled', value }),
    (error: unknown) => {
      // A bug of the VM, not a failure of the embedder's function.
      if (isOurBug(error)) throw error;
      answer({ kind: 'rejected', error });
    },
  );
}

/** V8 would throw over a value of the wrong kind where nobody can catch it, or take 0 for it. */
function checkResult(type: HostValueType | undefined, value: unknown): number | bigint | void {
  if (type === undefined) return undefined;
  if (type === 'i64' ? typeof value === 'bigint' : typeof value === 'number') return value as number | bigint; // just tested
  throw new TypeError(`returned ${value === null ? 'null' : typeof value} where ${type} was declared`);
}

/** Runs an embedder's code for a guest; what it throws becomes a trap of the guest. */
function guarded<Value>(ctx: HostContext, what: string, run: (caller: Caller) => Value): Value {
  const caller = new LentCaller(ctx, what);
  try {
    return run(caller);
  } catch (error) {
    if (ctx.hasRaised(error) || isOfTheVm(error)) throw error;
    return ctx.trap(`${what}: ${describeThrown(error)}`);
  } finally {
    caller.expire();
  }
}

/** An overflow of the stack, which the engine accounts for, or a bug of ours. */
function isOfTheVm(thrown: unknown): boolean {
  try {
    if (thrown instanceof RangeError) return thrown.message.startsWith('Maximum call stack');
    return isOurBug(thrown);
  } catch {
    // No error of the VM throws when it is looked at.
    return false;
  }
}

/**
 * How errors name the function. Refuses what only untyped code can declare: it would be found out late, in a guest or, for parameters of no known
 * type, never.
 */
function checkDeclaration(
  spec: Declaration<readonly HostValueType[], HostValueType | undefined>,
  functions: Readonly<Record<string, unknown>>,
): string {
  const { module, name, params, result } = spec;
  if (typeof module !== 'string' || typeof name !== 'string')
    throw new TypeError(
      `the module and the name of a host function are strings, not ${typeof module} and ${typeof name}`,
    );
  const what = `host function ${module} ${name}`;
  if (isReservedName(module) || module === INJECTED_MODULE) {
    throw new TypeError(
      `the import module ${JSON.stringify(module)} belongs to the VM; give host functions one of their own`,
    );
  }
  if (!Array.isArray(params)) throw new TypeError(`${what}: its params are an array of types`);
  for (const type of result === undefined ? params : [...params, result])
    if (!Object.hasOwn(LETTERS, type)) throw new TypeError(`${what}: ${String(type)} is none of i32, i64, f32, f64`);
  for (const [key, value] of Object.entries(functions))
    if (typeof value !== 'function') throw new TypeError(`${what}: ${key} is a function, not ${typeof value}`);
  return what;
}

function row(
  spec: Declaration<readonly HostValueType[], HostValueType | undefined>,
  stops: boolean,
  call: (ctx: HostContext, ...args: never[]) => number | bigint | void,
): HostFunction {
  const params = spec.params.map((type) => LETTERS[type]).join('');
  const results = spec.result === undefined ? '' : LETTERS[spec.result];
  return { module: spec.module, name: spec.name, params, results, stops, call };
}

const LETTERS: { readonly [type in HostValueType]: string } = { i32: 'i', i64: 'I', f32: 'f', f64: 'F' };
