// Processes: spawning them, and what one can do to another that it knows.
//
// A spawned process is a new instance of the same module with a memory of its own: it shares nothing with its parent. It starts in the
// export `_lunatic_spawn_by_index` (below), which gets two table indexes: that of a helper which knows the type of the context,
// and that of the function to run. The context itself arrives as the first message, under a tag of its own.

import { processId, spawn } from "./bindings/process";
import * as host from "./bindings/process";
import { receive } from "./bindings/message";
import { Config } from "./config";
import { withError } from "./error";
import { Mailbox, readMessage, sendMessage, writeMessage, FOREVER } from "./mailbox";
import { isInitialising } from "./startup";
import { CONTEXT_TAG, freshTag } from "./tags";
import { Reader, Writer } from "./codec";
import { Timer } from "./timer";

const SAME_MODULE: i64 = -1;
const SAME_CONFIG: i64 = -1;
const PARAM_I32: u8 = 0x7f;
const PARAM_SIZE: usize = 17;
const NAME_LENGTH: u32 = 23;
const NO_LINK: i64 = 0;
const NOBODY: u64 = 0;

/** A process that takes messages of type M. Handles can be sent to other processes. */
@final
export class Process<M> {
  constructor(
    /** The number of the process. Never used again after its end. */
    public id: u64
  ) {}

  // --- Spawning. All of these end the caller if the process cannot be made (no permission, a limit), like any failed check. ---

  /** Runs `entry(context)` in a new process. */
  static spawn<C>(context: C, entry: (context: C) => void, config: Config | null = null): Process<void> {
    return new Process<void>(start<C>(context, plainStart<C>(), entry.index, NO_LINK, config));
  }

  /**
   * The same, linked: when one of the two fails, the other one dies too, or is told if it has called `dieWhenLinkDies(false)`.
   * Its message then has `tag`. Without one, a fresh tag is taken.
   */
  static spawnLink<C>(context: C, entry: (context: C) => void, tag: i64 = 0, config: Config | null = null): Process<void> {
    return new Process<void>(start<C>(context, plainStart<C>(), entry.index, tag ? tag : freshTag(), config));
  }

  /** Runs `entry(context, mailbox)` in a new process which takes messages of type M. */
  static spawnActor<C, M>(
    context: C, entry: (context: C, mailbox: Mailbox<M>) => void, config: Config | null = null
  ): Process<M> {
    return new Process<M>(start<C>(context, actorStart<C, M>(), entry.index, NO_LINK, config));
  }

  /** The same, linked as by `spawnLink`. */
  static spawnActorLink<C, M>(
    context: C, entry: (context: C, mailbox: Mailbox<M>) => void, tag: i64 = 0, config: Config | null = null
  ): Process<M> {
    return new Process<M>(start<C>(context, actorStart<C, M>(), entry.index, tag ? tag : freshTag(), config));
  }

  // --- The calling process ---

  /** The calling process, as others see it. M is what its mailbox takes. */
  static self<M>(): Process<M> {
    return new Process<M>(processId());
  }

  /** Waits. Messages that come meanwhile stay in the mailbox. */
  static sleep(ms: u64): void {
    host.sleepMs(ms);
  }

  /** Whether the failure of a linked process ends this one (so at first) or becomes a message. */
  static dieWhenLinkDies(dies: bool): void {
    host.dieWhenLinkDies(dies);
  }

  // --- Another process. None of these fails if it has ended. ---

  /** Sends a message. Program's own tags are positive; 0 is none. */
  send(message: M, tag: i64 = 0): void {
    sendMessage<M>(this.target, message, tag);
  }

  /** Sends a message after `delayMs`, also if the caller has ended by then. */
  sendAfter(message: M, delayMs: u64, tag: i64 = 0): Timer {
    writeMessage<M>(message, tag);
    return new Timer(host.sendAfter(this.target, delayMs));
  }

  /** Links both processes; the tag is that of the message if one fails and the other does not die of it. */
  link(tag: i64 = 0): void {
    host.link(tag, this.target);
  }

  unlink(): void {
    host.unlink(this.target);
  }

  /** Asks for one message of kind `ProcessDied` when it ends, however it ends. */
  monitor(): void {
    host.monitor(this.target);
  }

  stopMonitoring(): void {
    host.stopMonitoring(this.target);
  }

  /** Ends it at once; nothing it does can prevent that. */
  kill(): void {
    host.kill(this.target);
  }

  /** Whether it is running. */
  get isAlive(): bool {
    return host.exists(this.target) != 0;
  }

  /** The id, for calls of the host. Public for the kit's other files. */
  get target(): u64 {
    const id = this.id;
    if (id == NOBODY) {
      abort("only the main process knows this process: it was spawned by the initialiser of a global variable. Send it to those who need it");
    }
    return id;
  }

  __lunatic_encode(writer: Writer): void {
    writer.number<u64>(this.id);
  }

  __lunatic_decode(reader: Reader): void {
    this.id = reader.number<u64>();
  }
}

function start<C>(context: C, helper: u32, entry: u32, link: i64, config: Config | null): u64 {
  const id = spawnByIndex(helper, entry, link, config);
  if (id != NOBODY) sendMessage<C>(id, context, CONTEXT_TAG);
  return id;
}

function spawnByIndex(helper: u32, entry: u32, link: i64, config: Config | null): u64 {
  // Every process runs the initialisers of the variables that functions use; those that spawn are for the main process.
  if (isInitialising()) return NOBODY;
  const name = memory.data<u8>([
    0x5f, 0x6c, 0x75, 0x6e, 0x61, 0x74, 0x69, 0x63, 0x5f, 0x73, 0x70, 0x61, 0x77, 0x6e, 0x5f, 0x62, 0x79, 0x5f, 0x69, 0x6e,
    0x64, 0x65, 0x78
  ]); // "_lunatic_spawn_by_index"
  const params = memory.data(34);
  writeParam(params, helper);
  writeParam(params + PARAM_SIZE, entry);
  const idOut = memory.data(8);
  const configId = config === null ? SAME_CONFIG : config.id;
  const failed = spawn(link, configId, SAME_MODULE, name, NAME_LENGTH, params, 2 * <u32>PARAM_SIZE, idOut);
  const id = load<u64>(idOut);
  if (failed) abort(withError("a process could not be spawned", id));
  return id;
}

/** One parameter: its type, then the value as 16 bytes. */
function writeParam(at: usize, value: u32): void {
  store<u8>(at, PARAM_I32);
  store<u32>(at + 1, value);
}

function plainStart<C>(): u32 {
  const helper = (entry: u32): void => {
    call_indirect<void>(entry, receiveContext<C>());
  };
  return helper.index;
}

function actorStart<C, M>(): u32 {
  const helper = (entry: u32): void => {
    call_indirect<void>(entry, receiveContext<C>(), new Mailbox<M>());
  };
  return helper.index;
}

function receiveContext<C>(): C {
  const tags = memory.data<i64>([CONTEXT_TAG]);
  receive(tags, 1, FOREVER);
  return readMessage<C>();
}

/** Where a spawned process begins. The transform exports it from every program. */
export function _lunatic_spawn_by_index(helper: u32, entry: u32): void {
  call_indirect<void>(helper, entry);
}
