// The public API: everything a program that embeds the VM may import from 'lunatic'. What is not named here is internal.

export { describeExitReason, type ExitReason, isFailure, type LimitName } from './actor/exit_reason.ts';
export { type ActorLimits, DEFAULT_ACTOR_LIMITS, MAX_MESSAGE_BYTES } from './actor/limits.ts';
export type { MessageResource } from './actor/message.ts';
export {
  type ChildSpec,
  functionChild,
  type Restart,
  type Strategy,
  type SupervisorSpec,
  supervise,
} from './actor/supervisor.ts';
export {
  type ProcessContext,
  ProcessEndedError,
  type ProcessFunction,
  type Received,
  type ReceiveOptions,
  type SendOptions,
} from './actor/ts_process.ts';
export { type Clock, ManualClock, SystemClock } from './base/clock.ts';
export { type Random, SeededRandom, SystemRandom } from './base/random.ts';
export type { HostFunction } from './engine/host_function.ts';
export type { LoadedModule, Preopen, ProcessConfig } from './engine/services.ts';
export { INPUT_NOTHING_YET, type InputSource, type OutputSink, type WriteOutcome } from './host/environment.ts';
export { LinkError, type LinkProblem } from './host/link.ts';
export type { Caller, CallerMemory } from './node/caller.ts';
export {
  type AsyncHostFunctionSpec,
  asyncHostFunction,
  type HostArguments,
  type HostFunctionSpec,
  type HostResult,
  type HostValue,
  type HostValueType,
  hostFunction,
} from './node/embedder_functions.ts';
export type { GuestValue } from './node/parameters.ts';
export { DEFAULT_PROCESS_CONFIG } from './node/process_config.ts';
export type { ProcessDescription } from './node/process_description.ts';
export { CapturedOutput, FixedInput, OutputToFunctions } from './node/streams.ts';
export {
  createVm,
  type Mailbox,
  type ProcessHandle,
  type ProcessOptions,
  SpawnError,
  type Vm,
  type VmOptions,
} from './node/vm.ts';
export { WasmError, type WasmErrorCode } from './wasm/error.ts';
