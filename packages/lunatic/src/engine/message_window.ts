// The engine's side of the message window (transform/message_window.ts): the scratch message of the process that runs, while it is
// small enough to be served inside wasm. Elsewhere it is a Message in `WasmProcess.scratch`.

import { createMessage, MESSAGE_DATA, type Message, sizeClass } from '../actor/message.ts';
import {
  CELL_WINDOW,
  MAX_WINDOW_BYTES,
  WINDOW_BYTES,
  WINDOW_CLOSED,
  WINDOW_EMPTY,
  WINDOW_LENGTH,
  WINDOW_OPEN,
  WINDOW_POSITION,
  WINDOW_TAG,
} from '../transform/injected_abi.ts';
import type { SideMemory } from './side_memory.ts';

export function isWindowOpen({ cells }: SideMemory): boolean {
  return cells[CELL_WINDOW >> 2] === WINDOW_OPEN;
}

/** There is no scratch message now; one that was in the window is forgotten. */
export function emptyWindow({ cells }: SideMemory): void {
  cells[CELL_WINDOW >> 2] = WINDOW_EMPTY;
}

/** For the process that is about to run: its scratch message is a record, or there is none. */
export function prepareWindow({ cells }: SideMemory, hasScratch: boolean): void {
  cells[CELL_WINDOW >> 2] = hasScratch ? WINDOW_CLOSED : WINDOW_EMPTY;
}

/** The message of an open window as a record, which becomes the scratch message. */
export function closeWindow(side: SideMemory): Message {
  side.cells[CELL_WINDOW >> 2] = WINDOW_CLOSED;
  return toMessage(side);
}

/** The message of an open window as a record; there is no scratch message then. Hot: every `send`. */
export function takeFromWindow(side: SideMemory): Message {
  side.cells[CELL_WINDOW >> 2] = WINDOW_EMPTY;
  return toMessage(side);
}

/** Puts the content into the window and releases the record; false, and the window is closed, if it does not fit. Hot: every `receive`. */
export function putInWindow(side: SideMemory, message: Message): boolean {
  const { cells, bytes } = side;
  const { length, readPos } = message;
  // A position beyond the end makes reads trap: the host's business.
  if (message.kind !== MESSAGE_DATA || message.resources !== null || length > MAX_WINDOW_BYTES || readPos > length) {
    cells[CELL_WINDOW >> 2] = WINDOW_CLOSED;
    return false;
  }
  cells[CELL_WINDOW >> 2] = WINDOW_OPEN;
  cells[WINDOW_TAG >> 2] = message.tagLo;
  cells[(WINDOW_TAG >> 2) + 1] = message.tagHi;
  cells[WINDOW_LENGTH >> 2] = length;
  // It is 0, unless the sender has read what it sends.
  cells[WINDOW_POSITION >> 2] = readPos;
  message.copyTo(cells, bytes, WINDOW_BYTES, MAX_WINDOW_BYTES);
  message.release();
  return true;
}

function toMessage({ cells, windows }: SideMemory): Message {
  const length = cells[WINDOW_LENGTH >> 2];
  const message = createMessage(cells[WINDOW_TAG >> 2], cells[(WINDOW_TAG >> 2) + 1], length);
  message.copyFrom(cells, WINDOW_BYTES, windows[sizeClass(length)], length);
  message.readPos = cells[WINDOW_POSITION >> 2];
  return message;
}
