// Bounds of the composition root and the embedding API.

/** What a `CapturedOutput` keeps unless told otherwise. */
export const DEFAULT_CAPTURE_BYTES = 64 * 1024 * 1024;

/** Of one process unless its configuration says otherwise: the most that 32-bit addresses reach. */
export const DEFAULT_MAX_MEMORY_BYTES = 2 ** 32 - 1;
