// What the command line ends with, and the errors that are the user's to mend: one message, never a stack of ours.

/** Like any failure of a guest. */
export const EXIT_CODE_FAILURE = 1;
/** The command line could not be understood. */
export const EXIT_CODE_USAGE = 2;
/** A bug of the VM (EX_SOFTWARE of sysexits.h). */
export const EXIT_CODE_INTERNAL = 70;
/** As a shell reports the end by a signal: 128 and its number. */
export const EXIT_CODE_SIGINT = 130;
export const EXIT_CODE_SIGPIPE = 141;
export const EXIT_CODE_SIGTERM = 143;

/** `message` tells what is wrong and what to do; it may have several lines. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode = EXIT_CODE_FAILURE, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.exitCode = exitCode;
  }
}
