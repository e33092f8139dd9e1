// Standard output, error and input of the program, over WASI. A line goes out in one call, so lines of processes that print
// at the same time do not mix.

import { fdRead, fdWrite } from "./bindings/wasi";

const STDIN: u32 = 0;
const STDOUT: u32 = 1;
const STDERR: u32 = 2;

const READ_SIZE: usize = 4096;
const LINE_FEED: u8 = 10;
const CARRIAGE_RETURN: u8 = 13;

/** Prints a line on standard output. */
export function print(line: string): void {
  writeLine(STDOUT, line);
}

/** Prints a line on standard error. */
export function printError(line: string): void {
  writeLine(STDERR, line);
}

/** Writes text as it is, without ending the line. */
export function write(text: string): void {
  writeText(STDOUT, text, 0);
}

function writeLine(fd: u32, line: string): void {
  writeText(fd, line, 1);
}

function writeText(fd: u32, text: string, lineEnds: usize): void {
  const size = <usize>String.UTF8.byteLength(text);
  // One block: iovec {pointer, length}, written count, then the bytes.
  const block = heap.alloc(12 + size + lineEnds);
  const bytes = block + 12;
  String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, bytes);
  if (lineEnds) store<u8>(bytes + size, LINE_FEED);
  writeBytes(fd, block, bytes, size + lineEnds);
  heap.free(block);
}

/** `scratch` is 12 bytes for the call's own use. Errors (a closed reader) are not a reason to end the program. */
function writeBytes(fd: u32, scratch: usize, bytes: usize, size: usize): void {
  while (size > 0) {
    store<usize>(scratch, bytes);
    store<usize>(scratch + 4, size);
    if (fdWrite(fd, scratch, 1, scratch + 8) != 0) return;
    const written = load<usize>(scratch + 8);
    if (written == 0) return;
    bytes += written;
    size -= written;
  }
}

/** Room for the last words of a process; longer ones are cut. */
const REPORT_SIZE: usize = 1024;

/**
 * Text put together without allocating: for a process that ends because it is out of memory, or whose heap is broken.
 * There is one, in static memory.
 */
@final @unmanaged
export class Report {
  private length: usize;

  /** Adds UTF-16 text as UTF-8. */
  add(text: string | null): Report {
    if (text === null) return this;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i);
      const size: usize = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      if (this.length + size > REPORT_SIZE - 1) break;
      String.UTF8.encodeUnsafe(changetype<usize>(text) + (<usize>i << 1), size == 4 ? 2 : 1, reportText() + this.length);
      this.length += size;
      if (size == 4) i++;
    }
    return this;
  }

  addNumber(value: u32): Report {
    let divisor: u32 = 1;
    while (value / divisor >= 10) divisor *= 10;
    for (; divisor > 0; divisor /= 10) this.addByte(48 + <u8>((value / divisor) % 10));
    return this;
  }

  private addByte(byte: u8): void {
    if (this.length < REPORT_SIZE) store<u8>(reportText() + this.length++, byte);
  }

  /** Writes the line on standard error. */
  print(): void {
    this.addByte(LINE_FEED);
    writeBytes(STDERR, memory.data(12), reportText(), this.length);
    this.length = 0;
  }
}

export function report(): Report {
  return changetype<Report>(memory.data(4));
}

function reportText(): usize {
  return memory.data(<i32>REPORT_SIZE);
}

// What was read from standard input and not yet asked for. Raw memory, there only while input is being read.
let pending: usize = 0;
let pendingLength: usize = 0;
let pendingCapacity: usize = 0;

/** The next line of standard input without its line end, or null at the end of input. Waits for it. */
export function readLine(): string | null {
  let searched: usize = 0;
  while (true) {
    for (; searched < pendingLength; searched++) {
      if (load<u8>(pending + searched) == LINE_FEED) return takePending(searched, searched + 1);
    }
    if (!readMore()) return pendingLength > 0 ? takePending(pendingLength, pendingLength) : null;
  }
}

/** The rest of standard input. Waits for its end. */
export function readAll(): string {
  while (readMore()) {}
  return takePending(pendingLength, pendingLength, false);
}

function takePending(length: usize, consumed: usize, isLine: bool = true): string {
  let end = length;
  if (isLine && end > 0 && consumed > length && load<u8>(pending + end - 1) == CARRIAGE_RETURN) end--;
  const text = String.UTF8.decodeUnsafe(pending, end);
  pendingLength -= consumed;
  memory.copy(pending, pending + consumed, pendingLength);
  return text;
}

function readMore(): bool {
  if (pendingCapacity - pendingLength < READ_SIZE) {
    pendingCapacity = max(pendingCapacity * 2, pendingLength + READ_SIZE);
    pending = pending ? heap.realloc(pending, pendingCapacity) : heap.alloc(pendingCapacity);
  }
  const scratch = memory.data(12);
  store<usize>(scratch, pending + pendingLength);
  store<usize>(scratch + 4, pendingCapacity - pendingLength);
  if (fdRead(STDIN, scratch, 1, scratch + 8) != 0) return false;
  const count = load<usize>(scratch + 8);
  pendingLength += count;
  return count > 0;
}
