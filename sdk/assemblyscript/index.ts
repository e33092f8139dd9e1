// What a program gets from `import { ... } from "lunatic-as"`.
// asc resolves the package name to this file; everything lives in assembly/.

export { Channel } from "./assembly/channel";
export { decode, encode, Reader, Writer } from "./assembly/codec";
export { Config } from "./assembly/config";
export { Mailbox, Message, MessageKind, FOREVER } from "./assembly/mailbox";
export { Process } from "./assembly/process";
export { Registry } from "./assembly/registry";
export { Reply, Request, request } from "./assembly/reply";
export { print, printError, readAll, readLine, write } from "./assembly/stdio";
export { Timer } from "./assembly/timer";
