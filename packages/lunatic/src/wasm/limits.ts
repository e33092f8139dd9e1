/**
 * Bounds on what is decoded. The first group is the list every JavaScript engine shares, so nothing that V8 accepts is
 * refused by it; a count is also checked against the bytes that are left before anything is allocated for it.
 *
 * Spec: js-api#limits (implementation-defined limits), WebAssembly 3.0.
 */

export const MAX_MODULE_BYTES = 1024 * 1024 * 1024;
export const MAX_TYPES = 1_000_000;
export const MAX_FUNCTIONS = 1_000_000;
export const MAX_IMPORTS = 1_000_000;
export const MAX_EXPORTS = 1_000_000;
export const MAX_GLOBALS = 1_000_000;
export const MAX_TAGS = 1_000_000;
export const MAX_TABLES = 100_000;
export const MAX_MEMORIES = 100_000;
export const MAX_DATA_SEGMENTS = 100_000;
export const MAX_ELEMENT_SEGMENTS = 10_000_000;
export const MAX_ELEMENT_ITEMS = 10_000_000;
export const MAX_TABLE_ELEMENTS = 10_000_000;
export const MAX_MEMORY_PAGES = 65_536;
export const MAX_PARAMS = 1_000;
export const MAX_RESULTS = 1_000;
export const MAX_LOCALS = 50_000;
export const MAX_BODY_BYTES = 7_654_321;
export const MAX_BR_TABLE_TARGETS = 65_520;

/** Ours: what the validator may hold at once. V8 has no such bound, so passing it is `unsupported`, not invalid. */
export const MAX_OPERANDS = 4_000_000;
export const MAX_CONTROL_DEPTH = 1_000_000;
